"""Months at risk after the cut-off, and what else was so in them: what a discrete-time hazard model is fitted to.

One row an account and month, made here from one row an account and its dated events, so that only accounts and events
travel from the engine.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.ledger import movements
from helpers.remorse.guard import refuse_early_outcomes
from helpers.remorse.signals import Signals
from helpers.sources import Tables

MOST_ACCOUNTS = 10_000
CHANGE_WINDOW, STAGNATES_AFTER = 6, 6
HORIZON = 12  # months ahead for which a chance is given
ON_ANNIVERSARIES, FEWEST_LOSSES = 0.9, 10
PROGRAMS_AT_LEAST = 30  # accounts that a program has touched, under which it is not told apart


@dataclass(frozen=True)
class Lives:
    """Each diagnosed account after its cut-off, and its dated events as month numbers.

    accounts, by account_id: segment, start_no, cutoff_no, lost_no (first loss, missing = none), mrr_cents (today).
    due, changed, used: account_id and month_no. programs: account_id, program, month_no (of the first touch).
    Absent tables give None. lost_before: accounts lost by the month of their cut-off, which are in none of these.
    n_on_anniversary: the losses for whose sake each anniversary is taken for a renewal; 0 where renewals are stated.
    """

    accounts: pd.DataFrame
    due: pd.DataFrame
    changed: pd.DataFrame | None
    used: pd.DataFrame | None
    programs: pd.DataFrame | None
    lost_before: int
    last_no: int
    n_on_anniversary: int = 0


def read(tables: Tables, signals: Signals) -> Lives:
    """What became of the diagnosed accounts by the period's end, month by month after the month of the cut-off.

    Raises Refused where an outcome window would start at or before its cut-off.
    """
    lives = movements.lives(tables).set_index("account_id").reindex(signals.accounts.index)
    own = signals.accounts[["name", "segment"]].assign(
        start_no=month_no(signals.accounts["first_paid_on"]),
        cutoff_no=month_no(signals.accounts["cutoff_on"]),
        lost_no=lives["first_lost_no"].astype("float64"),
        mrr_cents=lives["mrr_cents"].astype("Int64"),
    )
    refuse_early_outcomes(_month_day(own["cutoff_no"] + 1), signals.accounts["cutoff_on"])
    # An account that came and went within a month is in force at the end of none.
    before = (own["lost_no"] <= own["cutoff_no"]) | lives["cohort_no"].isna()
    events = {
        name: tables.run(query, every=1) if tables.has(table) else None for name, (table, query) in _EVENTS.items()
    }
    if events["used"] is not None and events["used"].empty:
        events["used"] = None  # usage without one new use case does not record them
    last_no, n_yearly = tables.period.last, 0
    if events["due"].empty:
        events["due"], n_yearly = _anniversaries(own[~before], last_no)
    return Lives(own[~before], **events, lost_before=int(before.sum()), last_no=last_no, n_on_anniversary=n_yearly)


def _anniversaries(own: pd.DataFrame, last_no: int) -> tuple[pd.DataFrame, int]:
    """Each account's anniversaries, where nine in ten losses came on one: terms are a year, though nobody states them.

    Without them, a first year in which nobody can leave would pass for a risk that grows with age.
    """
    age = own["lost_no"] - own["start_no"]
    n_yearly = int((age % 12 == 0).sum())
    if age.notna().sum() < FEWEST_LOSSES or n_yearly < ON_ANNIVERSARIES * age.notna().sum():
        return pd.DataFrame({"account_id": pd.Series(dtype="str"), "month_no": pd.Series(dtype="int64")}), 0
    n_years = ((last_no + HORIZON - own["start_no"]) // 12).clip(lower=0).to_numpy()
    place = np.repeat(np.arange(len(own)), n_years)
    years = np.arange(len(place)) - np.repeat(np.cumsum(n_years) - n_years, n_years) + 1
    month = own["start_no"].to_numpy()[place] + 12 * years
    return pd.DataFrame({"account_id": own.index.to_numpy()[place], "month_no": month}), n_yearly


_EVENTS = {
    "due": ("subscriptions", "due_months"),
    "changed": ("changes", "change_months"),
    "used": ("usage", "use_case_months"),
    "programs": ("touches", "program_months"),
}


def month_no(days: pd.Series) -> pd.Series:
    """Dates as month numbers, year × 12 + month − 1."""
    return (days.dt.year * 12 + days.dt.month - 1).astype("int64")


def _month_day(months: pd.Series) -> pd.Series:
    """The first day of numbered months."""
    text = (months // 12).astype(int).astype(str) + "-" + (months % 12 + 1).astype(int).astype(str).str.zfill(2)
    return pd.to_datetime(text + "-01")


def months_at_risk(lives: Lives, until: int | None = None) -> pd.DataFrame:
    """One row an account and month from the month after its cut-off to its first loss, or to `until`.

    Columns: account_id, month_no, is_lost (in that month), and the covariates of `conditions`. Beyond 10,000 accounts
    every k-th, by account_id, is taken.
    """
    until = lives.last_no if until is None else until
    own = sampled(lives.accounts)
    last = own["lost_no"].fillna(np.inf).clip(upper=until)
    n = (last - own["cutoff_no"]).clip(lower=0).astype(int)
    place = np.repeat(np.arange(len(own)), n)
    first = own["cutoff_no"].to_numpy()[place] + 1
    month = first + np.arange(len(place)) - np.repeat(np.cumsum(n.to_numpy()) - n.to_numpy(), n)
    rows = pd.DataFrame({"account_id": own.index.to_numpy()[place], "month_no": month})
    rows["is_lost"] = month == own["lost_no"].to_numpy()[place]
    return pd.concat([rows, conditions(lives, own, place, month)], axis=1)


def sampled(accounts: pd.DataFrame, most: int = MOST_ACCOUNTS) -> pd.DataFrame:
    """All accounts, or every k-th so that at most 10,000 are left, or `most`."""
    return accounts.iloc[:: -(-len(accounts) // most)] if len(accounts) > most else accounts


def conditions(
    lives: Lives, own: pd.DataFrame, place: np.ndarray, month: np.ndarray, at_least: int = PROGRAMS_AT_LEAST
) -> pd.DataFrame:
    """What was so at the opening of each month beside the drivers: segment, cohort, age, renewal, change, stagnation,
    programs. One row an entry of `place` (position in `own`) and `month`; without a table its columns are absent."""
    start = own["start_no"].to_numpy()[place]
    segments = own["segment"].to_numpy()[place]
    base = own["segment"].mode().iloc[0] if len(own) else None
    found = {f"segment {name}": (segments == name) * 1.0 for name in sorted(own["segment"].unique()) if name != base}
    found["cohort_years"] = (start - lives.last_no) / 12
    found["log_age"] = np.log(np.maximum(month - start, 1))
    found["is_renewal_month"] = _happened(lives.due, own, place, month) * 1.0
    if lives.changed is not None:
        since = month - _latest(lives.changed, own, place, month - 1)
        found["changed_lately"] = (since <= CHANGE_WINDOW) * 1.0
    if lives.used is not None:
        latest = np.maximum(_latest(lives.used, own, place, month - 1), start)
        found["months_stagnant"] = np.maximum(0, month - 1 - latest - STAGNATES_AFTER) * 1.0
    for name, rows in _programs(enough(lives.programs, own, at_least)):
        found[f"program {name}"] = np.isfinite(_latest(rows, own, place, month - 1)) * 1.0
    return pd.DataFrame(found, index=range(len(place)))


def enough(programs: pd.DataFrame | None, own: pd.DataFrame, at_least: int = PROGRAMS_AT_LEAST) -> pd.DataFrame | None:
    """The first touches of `own` accounts, of the programs that have touched at least so many of them."""
    if programs is None:
        return None
    rows = programs[programs["account_id"].isin(own.index)]
    return rows[rows["program"].map(rows["program"].value_counts()) >= at_least]


def _programs(rows: pd.DataFrame | None) -> list[tuple[str, pd.DataFrame]]:
    return [] if rows is None else list(rows.groupby("program", sort=True))


def _keys(rows, own) -> np.ndarray:
    """Account position × a wide step + month, sorted: one number to search in."""
    at = own.index.get_indexer(rows["account_id"])
    kept = at >= 0
    return np.sort(at[kept].astype("int64") * 100_000 + rows["month_no"].to_numpy()[kept])


def _happened(rows, own, place, month) -> np.ndarray:
    return np.isin(place.astype("int64") * 100_000 + month, _keys(rows, own))


def _latest(rows, own, place, month) -> np.ndarray:
    """The latest month of an event up to `month`, −inf where there is none."""
    keys = _keys(rows, own)
    wanted = place.astype("int64") * 100_000 + month
    at = np.searchsorted(keys, wanted, side="right") - 1
    found = keys[np.maximum(at, 0)] if len(keys) else np.full(len(wanted), -1)
    is_own = (at >= 0) & (found // 100_000 == place)
    return np.where(is_own, found % 100_000, -np.inf)
