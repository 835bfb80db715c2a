"""The leakage guard: what was not known at the cut-off explains nothing, and an outcome begins after it."""

import pandas as pd

from helpers import formats
from helpers.errors import Refused
from helpers.remorse.recipe import SIGNALS

SHOWN = 3


def refuse_leaks(values: pd.DataFrame, known_on: pd.DataFrame, cutoff_on: pd.Series) -> None:
    """Refuse every signal that was known later than its account's cut-off, or of which nobody says when it was known.

    `values` and `known_on` have one row an account (index account_id) and one column a signal; `cutoff_on` has the
    cut-off of each account. A missing value needs no date. Raises Refused with the table, the column, the first bad
    rows and how to fix it.

    >>> day = pd.Timestamp("2026-03-31")
    >>> late = pd.DataFrame({"go_live_slip": [41.0]}, index=["A7"])
    >>> refuse_leaks(late, pd.DataFrame({"go_live_slip": [day]}, index=["A7"]), pd.Series({"A7": day}))
    >>> refuse_leaks(late, pd.DataFrame({"go_live_slip": [day]}, index=["A7"]), pd.Series({"A7": pd.Timestamp(0)}))
    Traceback (most recent call last):
    helpers.errors.Refused: onboarding, column went_live_on (signal go_live_slip): 1 row known after the cut-off:
        account A7: 41, known on 2026-03-31, cut-off 1970-01-01
      Leave the signal out, or take its value as it was known at the cut-off.
    """
    cutoff = cutoff_on.reindex(values.index)
    for name in values.columns:
        given = values[name].notna()
        if name not in known_on.columns:
            raise Refused(f"{_place(name)}: nobody says when it was known, so it may tell of the outcome; add its date")
        known = known_on[name].reindex(values.index)
        late = given & ~(known <= cutoff)
        if late.any():
            _refuse(_place(name), values.loc[late, name], known[late], cutoff[late])


def refuse_early_outcomes(outcome_from: pd.Series, cutoff_on: pd.Series, table="subscriptions", column="ends_on"):
    """Refuse outcome windows that start on or before the cut-off. Both are dates by account_id.

    >>> refuse_early_outcomes(pd.Series({"A7": pd.Timestamp("2026-04-01")}), pd.Series({"A7": pd.Timestamp(0)}))
    """
    cutoff = cutoff_on.reindex(outcome_from.index)
    early = ~(outcome_from > cutoff)
    if early.any():
        rows = [
            f"account {account}: outcome window from {_day(outcome_from[account])}, cut-off {_day(cutoff[account])}"
            for account in outcome_from.index[early]
        ]
        says = "with an outcome window that starts at or before the cut-off"
        _stop(f"{table}, column {column}", says, rows, "Start the window the day after.")


def _place(name: str) -> str:
    signal = SIGNALS.get(name)
    return f"{signal.table}, column {signal.columns} (signal {name})" if signal else f"signal {name}"


def _refuse(place, values, known, cutoff) -> None:
    rows = [
        f"account {account}: {values[account]:g}, "
        + (f"known on {_day(known[account])}" if pd.notna(known[account]) else "nobody says when it was known")
        + f", cut-off {_day(cutoff[account])}"
        for account in values.index
    ]
    fix = "Leave the signal out, or take its value as it was known at the cut-off."
    _stop(place, "known after the cut-off", rows, fix)


def _stop(place, says, rows, fix) -> None:
    listed = "".join(f"\n    {row}" for row in rows[:SHOWN])
    raise Refused(f"{place}: {formats.plural(len(rows), 'row')} {says}:{listed}\n  {fix}")


def _day(when) -> str:
    return "none" if pd.isna(when) else f"{pd.Timestamp(when):%Y-%m-%d}"
