"""What became of the diagnosed accounts: the months in which each could leave, and its dated events.

The months are those of `ledger.account_months`, from the month after the cut-off to the first loss.
"""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import periods
from helpers.ledger import account_months, renewals
from helpers.ledger.account_months import month_no
from helpers.remorse import scores, signals
from helpers.remorse.scores import measured
from helpers.remorse.signals import Signals, refuse_early_outcomes
from helpers.sources import Tables

HORIZON = 12  # months ahead for which a chance is given
ON_ANNIVERSARIES, FEWEST_LOSSES = 0.9, 10
PROGRAMS_AT_LEAST = 30  # accounts that a program has touched, under which it gets no column of its own


@dataclass(frozen=True)
class Outcomes:
    """Each diagnosed account after its cut-off, and its dated events as month numbers.

    accounts, by account_id: name, segment, start_no, cutoff_no, lost_no (first loss, or missing), mrr_cents (today).
    months: one row an account and month at risk (`_months_at_risk`), of every kth account where `every` is k.
    due: `renewals.read` up to the horizon; changed, used, programs: account_id and month_no of all accounts (programs:
    the first touch of each); each is empty where the source has none.
    lost_before: accounts lost by the month of their cut-off, which are in none of these.
    n_on_anniversary: the losses that make each anniversary count as a renewal; 0 where renewals are stated.
    """

    accounts: pd.DataFrame
    months: pd.DataFrame
    due: pd.DataFrame
    changed: pd.DataFrame
    used: pd.DataFrame
    programs: pd.DataFrame
    lost_before: int
    last_no: int
    n_on_anniversary: int = 0
    every: int = 1


def read(tables: Tables, signals: Signals, like: "Outcomes | None" = None) -> Outcomes:
    """What became of the diagnosed accounts by the period's end, month by month after the month of the cut-off.

    `like`: the outcomes of a sample of the accounts. Then `months` is empty, and what that sample says of renewals
    holds. Raises Refused where an outcome window would start at or before its cut-off.
    """
    last_no, which = tables.period.last, {"every": signals.every, "part": signals.part}
    lives = tables.run("lives", last_month=last_no, **which).set_index("account_id")
    own = signals.accounts[["name", "segment"]].assign(cutoff_no=month_no(signals.accounts["cutoff_on"]))
    own = own.join(lives.astype({"lost_no": "float64", "mrr_cents": "Int64"}))
    # An account that came and went within a month is paying at the end of none.
    before = (own["lost_no"] <= own["cutoff_no"]) | own["start_no"].isna()
    own = own[~before].astype({"start_no": "int64"})
    events = [tables.run(query, **which) if tables.has(table) else _NO_EVENTS.copy() for table, query in _EVENTS]
    due, n_yearly = renewals.read(tables, last_no + HORIZON, **which), 0
    is_unstated = due.empty
    if is_unstated and (like is None or like.n_on_anniversary):
        due, n_yearly = _anniversaries(own, last_no)
    if like:
        return Outcomes(own, like.months[:0], due, *events, int(before.sum()), last_no, n_yearly, like.every)
    months = account_months.history(tables, signals.every).months
    if is_unstated:
        months = months.assign(is_renewal=account_months.happens(months, due))
    at_risk = _months_at_risk(months.assign(term=renewals.running(months, due)), own, events[-1], last_no)
    first = at_risk.groupby("account_id")["month_no"].min().map(periods.month_start).astype("datetime64[us]")
    refuse_early_outcomes(first, signals.accounts["cutoff_on"])
    return Outcomes(own, at_risk, due, *events, int(before.sum()), last_no, n_yearly, signals.every)


# Of changes, use cases and programs, in the order in which `Outcomes` has them.
_EVENTS = (("changes", "change_months"), ("usage", "use_case_months"), ("touches", "program_months"))
_NO_EVENTS = pd.DataFrame({"account_id": pd.Series(dtype="str"), "program": "", "month_no": pd.Series(dtype="int64")})


def _anniversaries(own: pd.DataFrame, last_no: int) -> tuple[pd.DataFrame, int]:
    """Each account's anniversaries, where nine in ten losses came on one: terms are a year, though nobody states them.

    Without them, a first year in which nobody can leave would pass for a risk that grows with age.
    """
    age = own["lost_no"] - own["start_no"]
    n_yearly = int((age % 12 == 0).sum())
    if age.notna().sum() < FEWEST_LOSSES or n_yearly < ON_ANNIVERSARIES * age.notna().sum():
        return pd.DataFrame({"account_id": own.index[:0], "month_no": 0, "term": 0}), 0
    due = pd.DataFrame({"account_id": own.index, "month_no": own["start_no"].to_numpy() + renewals.YEAR})
    return renewals.repeated(due.assign(term=renewals.YEAR, until_no=last_no + HORIZON + renewals.YEAR)), n_yearly


def _months_at_risk(months: pd.DataFrame, own: pd.DataFrame, programs: pd.DataFrame, last_no: int) -> pd.DataFrame:
    """One row an account and month from the month after its cut-off to its first loss.

    Columns: account_id, month_no, is_lost (in that month), term (`renewals.running`), and what else was so at its
    opening (`_conditions`).
    """
    limits = own[["cutoff_no", "lost_no"]].reindex(months["account_id"].cat.categories)
    cutoff, lost = limits.to_numpy(dtype=float)[months["account_id"].cat.codes].T
    months = months[(months["month_no"] > cutoff) & ~(months["month_no"] > lost)]
    touched = programs[programs["account_id"].isin(months["account_id"].unique())]
    often = touched[touched["program"].map(touched["program"].value_counts()) >= PROGRAMS_AT_LEAST]
    rows = months[["account_id", "month_no", "term"]].astype({"account_id": "str"})
    rows.insert(2, "is_lost", months["has_left"])
    found = _conditions(months, often, last_no)
    # What the source does not record takes no place among the covariates.
    absent = [name for name in ("change window", "stagnation") if not found[name].any()]
    return rows.join(found.drop(columns=absent)).reset_index(drop=True)


def _conditions(months: pd.DataFrame, programs: pd.DataFrame, last_no: int) -> pd.DataFrame:
    """`account_months.covariates` of account-months, with age as a logarithm, the cohort counted from the period's end,
    and a column for each program (1 once it has touched the account)."""
    # Accounts of unknown age are not diagnosed, so nobody is left truncated.
    found = account_months.covariates(months).drop(columns=["age", "left truncated"])
    found["cohort"] = (months["cohort_no"] - last_no) / 12
    found["log age"] = np.log(np.maximum(months["age_months"], 1))
    for name, rows in programs.groupby("program", sort=True):
        found[f"program {name}"] = np.isfinite(account_months.months_since(months, rows)) * 1.0
    return found


def conditions(outcomes: Outcomes, own: pd.DataFrame, at: int) -> pd.DataFrame:
    """What was so for the accounts `own` when month `at` ended: the columns of `Outcomes.months` for the month after
    it, by account_id, and `months_since_change`. Nothing later than `at` is used but the terms that then run out."""
    months = own[["segment"]].assign(
        account_id=pd.Categorical(own.index, categories=own.index),
        month_no=at + 1,
        age_months=at + 1 - own["start_no"],
        cohort_no=own["start_no"],
        is_left_truncated=False,
    )
    months = account_months.with_states(months, outcomes.due, outcomes.changed, outcomes.used)
    since = account_months.months_since(months, outcomes.changed)
    return _conditions(months, outcomes.programs, outcomes.last_no).assign(months_since_change=since)


def in_force(outcomes: Outcomes, at: int) -> pd.DataFrame:
    """The accounts past their cut-off and never lost by the end of month `at`."""
    own = outcomes.accounts
    return own[(own["cutoff_no"] <= at) & ~(own["lost_no"] <= at)]


# The accounts that are diagnosed together, all of them or every kth: `Signals`, `Scores`, `Measured` and `Outcomes`.
Part = namedtuple("Part", "signals scores readings outcomes")


def diagnosed(tables: Tables, cutoff_days: int, every: int, part: int = 0, like: Part | None = None) -> Part:
    """Every `every`-th account, the `part`-th of them, as it stood at its cut-off, and what became of it.

    `like`: the sample from which the reference, the factors and what is known of renewals are taken.
    """
    found = signals.read(tables, cutoff_days, every, part)
    against = (like.scores.reference, like.scores.basis) if like else scores.against(tables, found)
    scored = scores.score(found, *against)
    readings = measured(scored.z, like and like.scores.z)
    return Part(found, scored, readings, read(tables, found, like and like.outcomes))
