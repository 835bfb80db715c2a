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
        signal = SIGNALS.get(name)
        place = f"{signal.table}, column {signal.columns} (signal {name})" if signal else f"signal {name}"
        if name not in known_on.columns:
            raise Refused(f"{place}: nobody says when it was known, so it may tell of the outcome; add its date")
        known = known_on[name].reindex(values.index)
        late = values[name].notna() & ~(known <= cutoff)
        says = [
            f"{value:g}, " + ("nobody says when it was known" if pd.isna(day) else f"known on {_day(day)}")
            for value, day in zip(values.loc[late, name].head(SHOWN), known[late], strict=False)
        ]
        fix = "Leave the signal out, or take its value as it was known at the cut-off."
        _refuse(place, "known after the cut-off", says, cutoff[late], fix)


def refuse_early_outcomes(outcome_from: pd.Series, cutoff_on: pd.Series, table="subscriptions", column="ends_on"):
    """Refuse outcome windows that start on or before the cut-off. Both are dates by account_id.

    >>> refuse_early_outcomes(pd.Series({"A7": pd.Timestamp("2026-04-01")}), pd.Series({"A7": pd.Timestamp(0)}))
    """
    cutoff = cutoff_on.reindex(outcome_from.index)
    early = ~(outcome_from > cutoff)
    says = [f"outcome window from {_day(day)}" for day in outcome_from[early].head(SHOWN)]
    what = "with an outcome window that starts at or before the cut-off"
    _refuse(f"{table}, column {column}", what, says, cutoff[early], "Start the window the day after.")


def _refuse(place: str, what: str, says: list[str], cutoff: pd.Series, fix: str) -> None:
    if says:
        rows = zip(cutoff.index, says, cutoff, strict=False)
        listed = "".join(f"\n    account {account}: {text}, cut-off {_day(end)}" for account, text, end in rows)
        raise Refused(f"{place}: {formats.plural(len(cutoff), 'row')} {what}:{listed}\n  {fix}")


def _day(when) -> str:
    return "none" if pd.isna(when) else f"{when:%Y-%m-%d}"
