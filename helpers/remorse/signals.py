"""The signals of each account as they stood at its cut-off, by default day 90 after it first paid: four drivers of
regret, what each is read from (`signals.toml`), and the guard that nothing known later explains anything."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused
from helpers.sources import Tables

CUTOFF_DAYS, WINDOW_DAYS = 90, 90
SHOWN = 3


@dataclass(frozen=True)
class Signal:
    """One signal: its driver, the table and columns it is read from, what it says, and the evidence in words.

    `says` has `{}` for the value; `unit` is days, share, count, rate (a seat), points (1–7) or flag; `is_reversed`
    where a high value is good; `ratio`, where two columns make it: share, rest (1 − share) or excess (share − 1).
    """

    driver: str
    table: str
    columns: str
    about: str
    says: str
    unit: str
    is_reversed: bool = False
    ratio: str = ""


_RECIPE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
LABELS: dict[str, str] = _RECIPE["drivers"]
DRIVERS = tuple(LABELS)
SIGNALS = {name: Signal(**row) for name, row in _RECIPE["signals"].items()}


def of_driver(driver: str) -> list[str]:
    """The signals of one driver.

    >>> of_driver("implementation")
    ['cost_exceeded', 'go_live_slip', 'cost_overrun', 'urgent_tickets']
    """
    return [name for name, signal in SIGNALS.items() if signal.driver == driver]


@dataclass(frozen=True)
class Signals:
    """What is known of each account that reached its cut-off.

    accounts: name, segment, first_paid_on, cutoff_on, place, by account_id.
    values: one column a signal in its own unit, missing where unknown. known_on: the day each was known. too_young:
    accounts whose cut-off is still to come; truncated: accounts left out because they were there when the data begins
    and show no onboarding, so that nobody knows their day 90. They are every `every`-th account, the `part`-th of them.
    """

    accounts: pd.DataFrame
    values: pd.DataFrame
    known_on: pd.DataFrame
    too_young: int
    truncated: int
    cutoff_days: int
    every: int = 1
    part: int = 0


def read(tables: Tables, cutoff_days: int = CUTOFF_DAYS, every: int = 1, part: int = 0) -> Signals:
    """The signals of all accounts whose cut-off has passed, from whichever tables the source has.

    Usage and tickets are those of the 90 days up to the cut-off. `every` = k takes the accounts whose place in the
    order of account_id, divided by k, leaves `part`. Raises Refused for a cut-off that is not a whole number of days
    from 1, and where the leakage guard finds a value known later.
    """
    if not (float(cutoff_days).is_integer() and cutoff_days >= 1):
        raise Refused(f"a cut-off is a whole number of days after the first paid day, not {cutoff_days}")
    which = {"cutoff_days": cutoff_days, "window_days": WINDOW_DAYS, "every": every, "part": part}
    names = {signal.table for signal in SIGNALS.values() if tables.has(signal.table)}
    rows = {name: as_dates(tables.run(f"signals_{name}", **which)).set_index("account_id") for name in sorted(names)}
    start = rows["accounts"]
    is_young = start["cutoff_on"] > pd.Timestamp(tables.as_of)
    # Who was there when the data begins, and no onboarding says that it came just then, has no day 90 that we know.
    begins = pd.Timestamp(periods.month_start(tables.coverage.first_month)) + pd.DateOffset(months=1)
    onboarded = start.index.isin(rows["onboarding"].index) if "onboarding" in rows else False
    was_there = (start["first_paid_on"] < begins) & ~onboarded & ~is_young
    accounts = start.loc[~is_young & ~was_there, ["name", "segment", "first_paid_on", "cutoff_on", "place"]]
    values, known_on = _measured(rows, accounts.index)
    refuse_leaks(values, known_on, accounts["cutoff_on"])
    n_young, n_there = int(is_young.sum()), int(was_there.sum())
    return Signals(accounts, values, known_on, n_young, n_there, int(cutoff_days), every, part)


def as_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """A query's result with its days (`…_on`) as dates, whichever engine gave them.

    >>> as_dates(pd.DataFrame({"n": [1], "asked_on": ["2026-10-31"]})).dtypes.astype("str").tolist()
    ['int64', 'datetime64[us]']
    """
    return frame.astype({column: "datetime64[us]" for column in frame.columns if column.endswith("_on")})


def _measured(rows: dict[str, pd.DataFrame], accounts: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The value of each signal, and the day on which it was known: a row an account, a column a signal."""
    values, known_on = {}, {}
    rows = {name: frame if "item" in frame else frame.reindex(accounts) for name, frame in rows.items()}
    for name, signal in SIGNALS.items():
        if signal.table not in rows:
            continue
        own = rows[signal.table]
        if "item" in own:  # an item of a survey, not a column
            own = own[own["item"] == name].rename(columns={"score": name}).reindex(accounts)
        known_on[name] = own.get(f"{name}_known_on", own["known_on"])
        if signal.ratio:
            part, whole = (pd.to_numeric(own[f"{name}_{end}"]).astype("float64") for end in ("part", "whole"))
            share = part / whole.where(whole > 0)
            values[name] = {"share": share, "rest": (1 - share).clip(lower=0), "excess": share - 1}[signal.ratio]
        else:
            values[name] = pd.to_numeric(own[name]).astype("float64")
    return pd.DataFrame(values, accounts, dtype="float64"), pd.DataFrame(known_on, accounts)


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
        if late.any():
            days = known[late].dt.strftime("known on %Y-%m-%d").fillna("nobody says when it was known")
            fix = "Leave the signal out, or take its value as it was known at the cut-off."
            says = values.loc[late, name].map("{:g}, ".format) + days
            raise _refused(place, "known after the cut-off", says, cutoff, fix)


def refuse_early_outcomes(outcome_from: pd.Series, cutoff_on: pd.Series) -> None:
    """Refuse outcome windows that start on or before the cut-off. Both are dates by account_id.

    >>> refuse_early_outcomes(pd.Series({"A7": pd.Timestamp("2026-04-01")}), pd.Series({"A7": pd.Timestamp(0)}))
    """
    early = outcome_from[~(outcome_from > cutoff_on.reindex(outcome_from.index))]
    if len(early):
        what = "with an outcome window that starts at or before the cut-off"
        says = early.dt.strftime("outcome window from %Y-%m-%d")
        raise _refused("subscriptions, column ends_on", what, says, cutoff_on, "Start the window the day after.")


def _refused(place: str, what: str, says: pd.Series, cutoff: pd.Series, fix: str) -> Refused:
    ends = cutoff.reindex(says.index).dt.strftime("%Y-%m-%d").fillna("none")
    first = "".join(
        f"\n    account {account}: {text}, cut-off {end}"
        for (account, text), end in zip(says.head(SHOWN).items(), ends, strict=False)
    )
    return Refused(f"{place}: {formats.plural(len(says), 'row')} {what}:{first}\n  {fix}")


def in_unit(name: str, value: float) -> str:
    """A signal's value as a reader wants it, "" where it is missing.

    >>> in_unit("go_live_slip", 1.0), in_unit("cost_overrun", 0.38), in_unit("urgent_tickets", 0.0512)
    ('1 day', '38%', '0.05')
    >>> in_unit("states_value", 2.0), in_unit("no_use_case", 1.0), in_unit("no_use_case", 0.25)
    ('2', 'none', 'none for 25%')
    """
    unit = SIGNALS[name].unit
    if pd.isna(value):
        return ""
    if unit == "flag":
        return {0.0: "recorded", 1.0: "none"}.get(value, f"none for {formats.percent(value, 0)}")
    if unit == "days":
        return formats.plural(round(value), "day").replace("-", "−")
    if unit == "share":
        return formats.percent(value, 0)
    return f"{value:.2f}" if unit == "rate" else f"{value:.1f}".removesuffix(".0")


def evidence(name: str, value: float) -> str:
    """One observed signal in words.

    >>> evidence("go_live_slip", 41), evidence("cost_overrun", 0.38), evidence("states_value", 2)
    ('went live 41 days late', 'cost 38% over plan', 'cannot state the value it gets (2 of 7)')
    """
    return SIGNALS[name].says.replace("{}", in_unit(name, value))
