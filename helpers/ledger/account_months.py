"""Account-months: every month in which an account could have left, and what was so at its opening.

An account that pays at the end of a month is at risk in the next one, until it leaves or the data ends; one that comes
back is at risk again. What a month is compared on was so at its opening, so nothing looks ahead.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.formats.sentences import Sentences
from helpers.ledger import renewals
from helpers.ledger.book import WORDS
from helpers.ledger.renewals import BASE
from helpers.sources import Tables

MOST_ACCOUNTS = 20_000
WINDOW = 6  # months after a change at the customer in which it is counted as recent
ENOUGH = 6  # months without a new use case after which an account stagnates


@dataclass(frozen=True)
class History:
    """The months of accounts. `months` has one row per account and month at risk, sorted by both:

    account_id (categorical), segment, month_no, age_months (since the first MRR), cohort_no, is_left_truncated (was
    there when the data begins), has_left, has_expanded, opening_cents, change_cents (MRR gained by expansion or lost),
    is_renewal (a term ends), in_change_window, months_since_use_case (at the opening; missing without usage).
    `levels` is the ledger behind it, `every` = k where every kth account represents all, `last` the last month.
    """

    months: pd.DataFrame
    levels: pd.DataFrame
    changes: pd.DataFrame
    every: int
    last: int

    @property
    def sampling(self) -> str:
        """How the accounts were sampled, or an empty text.

        >>> History(*[pd.DataFrame()] * 3, every=3, last=1).sampling
        'Risks, effects, and stages with their MRR are of every 3rd account, by account_id. Lists and other \
amounts are of all.'
        """
        return Sentences(WORDS, self).sampling


def every_kth(tables: Tables, most: int = MOST_ACCOUNTS) -> int:
    """The k for which every kth account is `most` accounts at most; 1 where all are."""
    return tables.every_kth("accounts", most)


def history(tables: Tables, every: int | None = None, window: int = WINDOW) -> History:
    """The account-months of a source up to the end of the period (or of the last month that the data covers whole).

    `every` = k takes every kth account, by default as `every_kth` says. `window`: months after a change that count as
    recent.
    """
    last = min(tables.period.last, tables.coverage.last_complete_month)
    every = every or every_kth(tables)
    # Sorted here: the collation of a database need not be Python's.
    levels = tables.run("levels", last_month=last, every=every)
    levels = levels.sort_values(["account_id", "month_no"], ignore_index=True)
    changes = detected_changes(tables, every)
    use_cases = tables.run("use_case_months", every=every, part=0) if tables.has("usage") else None
    at_risk = months(levels, last, tables.coverage.first_month)
    at_risk = with_states(at_risk, renewals.read(tables, last, every), changes, use_cases, window)
    return History(at_risk, levels, changes, every, last)


def detected_changes(tables: Tables, every: int = 1) -> pd.DataFrame:
    """Changes at customers: account_id, kind, detected_on, month_no (of the detection); empty without the table.

    `every` = k takes those of every kth account.
    """
    columns = {"account_id": "str", "kind": "str", "detected_on": "datetime64[us]"}
    found = tables.frame("changes", every) if tables.has("changes") else pd.DataFrame(columns=[*columns])
    found = found[[*columns]].astype(columns)
    return found.assign(month_no=month_no(found["detected_on"]))


def month_no(days: pd.Series) -> pd.Series:
    """Dates as month numbers, year × 12 + month − 1.

    >>> month_no(pd.Series(pd.to_datetime(["2024-01-31", "2024-12-01"]))).tolist()
    [24288, 24299]
    """
    return (days.dt.year * 12 + days.dt.month - 1).astype("int64")


def enrolments(tables: Tables, every: int = 1) -> pd.DataFrame:
    """When each program first contacted each account, or every kth.

    Columns: account_id, program, first_no (month of the first contact, or of the program's start where that is later),
    last_no, n_touches. A random offer is no contact. Empty without touches.
    """
    columns = {"account_id": "str", "program": "str", "first_no": "int64", "last_no": "int64", "n_touches": "int64"}
    if not tables.has("touches"):
        return pd.DataFrame(columns=[*columns]).astype(columns)
    found = tables.run("enrolments", every=every)
    if tables.has("programs"):
        starts = looked_up(tables.frame("programs").set_index("program")["starts_on"], found["program"])
        found["first_no"] = np.fmax(found["first_no"], starts.dt.year * 12.0 + starts.dt.month - 1).astype("int64")
    return found


def only_first_year(counts: pd.DataFrame) -> list[str]:
    """Programs whose contacts all fall into a customer's first year (life_year 0), by name.

    >>> only_first_year(pd.DataFrame({"program": ["a", "b", "b"], "life_year": [0, 0, 1], "n_touches": [5, 5, 1]}))
    ['a']
    """
    latest = counts[counts["n_touches"] > 0].groupby("program")["life_year"].max()
    return sorted(latest.index[latest == 0])


def looked_up(values: pd.Series, keys: pd.Series) -> pd.Series:
    """The value of each key, missing where there is none; `values` by key, of any type, and of any length.

    >>> looked_up(pd.Series([5], index=["a"]), pd.Series(["b", "a"])).tolist()
    [nan, 5.0]
    """
    return values.reindex(keys.astype("str")).set_axis(keys.index)


def lots(tables: Tables, every: int = 1) -> pd.DataFrame:
    """The first random draw of each account, or every kth, and program.

    Columns: account_id, program, drawn_on, month_no, is_offered (bool).
    """
    columns = {"account_id": "str", "program": "str", "drawn_on": "datetime64[us]", "month_no": "int64"}
    found = tables.run("lots", every=every) if tables.has("touches") else pd.DataFrame(columns=[*columns, "is_offered"])
    found = found.drop_duplicates(["account_id", "program"], ignore_index=True)
    return found.astype(columns | {"is_offered": "bool"})


def months(levels: pd.DataFrame, last: int, first: int) -> pd.DataFrame:
    """One row per account and month at risk, up to month `last`: see `History` for the columns up to change_cents.

    A level of MRR is the opening of every month after it, up to the one that brings the next level. `levels` is sorted
    by account_id and month_no; `first` is the month with which the data begins.

    >>> levels = pd.DataFrame({"account_id": ["a", "a"], "name": "A", "segment": "S", "month_no": [3, 5],
    ...     "cohort_no": 3, "opening_cents": [0, 9], "closing_cents": [9, 0], "movement": ["new", "churn"]})
    >>> months(levels, last=9, first=0)[["month_no", "has_left", "change_cents"]].values.tolist()
    [[4, False, 0], [5, True, -9]]
    """
    after = levels[["account_id", "month_no", "movement", "closing_cents"]].shift(-1)
    is_followed = after["account_id"] == levels["account_id"]
    until = after["month_no"].where(is_followed, last).astype("int64")
    accounts = pd.CategoricalDtype(sorted(levels["account_id"].unique()))
    cohort = levels["cohort_no"].astype("int64")
    rows = levels[["account_id", "segment", "month_no"]].assign(
        account_id=levels["account_id"].astype(accounts),
        age_months=levels["month_no"] - cohort,
        cohort_no=cohort,
        is_left_truncated=cohort <= first,
        has_left=is_followed & (after["movement"] == "churn"),
        has_expanded=is_followed & (after["movement"] == "expansion"),
        opening_cents=levels["closing_cents"],
        change_cents=(after["closing_cents"] - levels["closing_cents"]).where(is_followed, 0).astype("int64"),
        until=until,
    )
    rows = rows.loc[rows.index.repeat((until - levels["month_no"]).where(levels["closing_cents"] > 0, 0))]
    later = rows.groupby(level=0).cumcount() + 1
    brings = rows["month_no"] + later == rows["until"]  # the next level, and what moved with it
    for name in ("month_no", "age_months"):
        rows[name] += later
    for name in ("has_left", "has_expanded", "change_cents"):
        rows[name] *= brings
    return rows.drop(columns="until").reset_index(drop=True)


def with_states(months: pd.DataFrame, renewals, changes, use_cases=None, window: int = WINDOW) -> pd.DataFrame:
    """The account-months with what was known at their opening: is_renewal, in_change_window, months_since_use_case.

    `renewals`, `changes` and `use_cases` have account_id and month_no. An account without a use case on record counts
    from its first month; without usage months_since_use_case is missing.
    """
    since = np.nan
    if use_cases is not None and len(use_cases):
        since = np.fmin(months_since(months, use_cases), months["age_months"] - 1.0)
    return months.assign(
        is_renewal=happens(months, renewals),
        in_change_window=months_since(months, changes) < window,
        months_since_use_case=since,
    )


def covariates(months: pd.DataFrame) -> pd.DataFrame:
    """What else was so in each account-month: the columns that every model of leaving holds equal, a row each.

    Columns: `segment X` (0 or 1; the first by name has none), age and cohort (years since the first MRR, and since the
    earliest cohort), left truncated, renewal, change window (0 or 1), stagnation (months beyond six without a new use
    case; 0 where the source does not record them).

    >>> months = pd.DataFrame({"segment": ["L", "S"], "age_months": [6, 12], "cohort_no": [12, 0],
    ...     "is_left_truncated": False, "is_renewal": True, "in_change_window": False, "months_since_use_case": [9, 2]})
    >>> covariates(months)[["segment S", "age", "cohort", "renewal", "stagnation"]].values.tolist()
    [[0.0, 0.5, 1.0, 1.0, 3.0], [1.0, 1.0, 0.0, 1.0, 0.0]]
    """
    segments = sorted(months["segment"].unique())[1:]
    return pd.DataFrame(
        {f"segment {name}": months["segment"] == name for name in segments}
        | {
            "age": months["age_months"] / 12,
            "cohort": (months["cohort_no"] - months["cohort_no"].min()) / 12,
            "left truncated": months["is_left_truncated"],
            "renewal": months["is_renewal"],
            "change window": months["in_change_window"],
            "stagnation": (months["months_since_use_case"] - ENOUGH).clip(lower=0).fillna(0),
        }
    ).astype("float64")


def truncated(months: pd.DataFrame) -> set[str]:
    """Accounts that were there when the data begins, so that their age is not known."""
    return set(months.loc[months["is_left_truncated"], "account_id"].astype("str"))


def happens(months: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """Whether an event of the account falls on the month."""
    return np.isin(renewals.keyed(months, months), renewals.keyed(months, events))


def months_since(months: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """Whole months from the account's latest event before the month to the month's opening; 0 = the month before.

    Missing where there was none.
    """
    own, keys = renewals.keyed(months, months), np.unique(np.append(renewals.keyed(months, events), -BASE))
    latest = keys[np.searchsorted(keys, own, side="left") - 1]
    return np.where(latest // BASE == own // BASE, own - latest - 1.0, np.nan)


def held(tables: Tables, last: int) -> pd.DataFrame:
    """All accounts that pay at the end of a month, however many: as `level_at`."""
    found = tables.run("held", last_month=last).sort_values("account_id", ignore_index=True)
    return found.astype({"mrr_cents": "int64"})


def level_at(levels: pd.DataFrame, month: int) -> pd.DataFrame:
    """Accounts that pay at the end of a month: account_id, name, segment, cohort_no, mrr_cents.

    >>> levels = pd.DataFrame({"account_id": ["a", "a"], "name": "A", "segment": "S", "month_no": [3, 5],
    ...     "cohort_no": 3, "opening_cents": [0, 9], "closing_cents": [9, 0], "movement": ["new", "churn"]})
    >>> level_at(levels, 4)["mrr_cents"].tolist(), len(level_at(levels, 5))
    ([9], 0)
    """
    known = levels[levels["month_no"] <= month].drop_duplicates("account_id", keep="last")
    known = known[known["closing_cents"] > 0].rename(columns={"closing_cents": "mrr_cents"})
    return known[["account_id", "name", "segment", "cohort_no", "mrr_cents"]].reset_index(drop=True)
