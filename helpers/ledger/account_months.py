"""Account-months: every month in which an account could have left, and what was so at its opening.

An account that pays at the end of a month is at risk in the next one, until it leaves or the data ends; one that comes
back is at risk again. What a month is compared on was so at its opening, so nothing looks ahead.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import formats
from helpers.ledger import renewals
from helpers.sources import Tables

MOST_ACCOUNTS = 20_000
WINDOW = 6  # months after a change at the customer in which it is counted as recent
ENOUGH = 6  # months without a new use case after which an account stagnates
_BASE = 100_000  # above any month number, so that account × _BASE + month is one key


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
    first: int
    last: int

    @property
    def sampling(self) -> str:
        """How the accounts were sampled, or an empty text.

        >>> History(*[pd.DataFrame()] * 3, every=3, first=0, last=1).sampling
        'Risks, effects and stages are computed on every 3rd account, in order of account_id; lists and amounts on all.'
        """
        if self.every == 1:
            return ""
        nth = formats.ordinal(self.every)
        base = f"every {nth} account, in order of account_id"
        return f"Risks, effects and stages are computed on {base}; lists and amounts on all."


def history(tables: Tables, most: int = MOST_ACCOUNTS, window: int = WINDOW) -> History:
    """The account-months of a source up to the end of the period (or of the last month that the data covers whole).

    Above `most` accounts every kth represents all. `window`: months after a change that count as recent.
    """
    last = min(tables.period.last, tables.coverage.last_complete_month)
    n_accounts = int(tables.query("select count(*) as n from accounts")["n"].iloc[0])
    every = max(1, -(-n_accounts // most))
    # Sorted here: the collation of a database need not be Python's.
    levels = tables.run("levels", last_month=last, every=every).sort_values(
        ["account_id", "month_no"], ignore_index=True
    )
    changes = detected_changes(tables, every)
    found = months(spells(levels, last), levels, tables.coverage.first_month)
    found = with_states(
        found,
        renewals=renewals.read(tables, last, every),
        changes=changes,
        use_cases=tables.run("use_case_months", every=every) if tables.has("usage") else None,
        window=window,
    )
    return History(found, levels, changes, every, tables.coverage.first_month, last)


def detected_changes(tables: Tables, every: int = 1) -> pd.DataFrame:
    """Changes at customers: account_id, kind, detected_on, month_no (of the detection); empty without the table.

    `every` = k takes those of every kth account.
    """
    columns = ["account_id", "kind", "detected_on"]
    if not tables.has("changes"):
        empty = pd.DataFrame({"account_id": pd.Series(dtype="str"), "kind": pd.Series(dtype="str")})
        return empty.assign(detected_on=pd.to_datetime([]), month_no=pd.Series(dtype="int64"))
    found = tables.frame("changes", every)[columns]
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
    if not tables.has("touches"):
        columns = dict.fromkeys(("account_id", "program"), "str")
        columns |= dict.fromkeys(("first_no", "last_no", "n_touches"), "int64")
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    found = tables.run("enrolments", every=every)
    if tables.has("programs"):
        known = looked_up(tables.frame("programs").set_index("program")["starts_on"], found["program"])
        starts = known.dt.year * 12 + known.dt.month - 1
        found["first_no"] = np.fmax(found["first_no"], starts.astype("float64")).astype("int64")
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
    """The first lot of each account, or every kth, and program.

    Columns: account_id, program, drawn_on, month_no, is_offered (bool).
    """
    if not tables.has("touches"):
        empty = pd.DataFrame({"account_id": pd.Series(dtype="str"), "program": pd.Series(dtype="str")})
        return empty.assign(drawn_on=pd.to_datetime([]), month_no=pd.Series(dtype="int64"), is_offered=False)
    found = tables.run("lots", every=every).drop_duplicates(["account_id", "program"], ignore_index=True)
    return found.assign(is_offered=found["is_offered"].astype(bool))


def spells(levels: pd.DataFrame, last: int) -> pd.DataFrame:
    """The stretches in which an account paid without a gap.

    Columns: account_id, segment, cohort_no, first_no and last_no (first and last month at risk), is_lost (in last_no).
    A stretch that began in the last month has none at risk and is left out.

    >>> levels = pd.DataFrame({"account_id": ["a", "a"], "name": "A", "segment": "S", "month_no": [3, 5],
    ...     "cohort_no": 3, "opening_cents": [0, 9], "closing_cents": [9, 0], "movement": ["new", "churn"]})
    >>> spells(levels, last=9)[["first_no", "last_no", "is_lost"]].values.tolist()
    [[4, 5, True]]
    """
    edges = levels[levels["movement"].isin(["new", "reactivation", "churn"])]
    opens = edges[edges["movement"] != "churn"]
    ends = edges["month_no"].shift(-1).loc[opens.index]
    is_lost = (edges["movement"].shift(-1).loc[opens.index] == "churn") & (
        edges["account_id"].shift(-1).loc[opens.index] == opens["account_id"]
    )
    found = pd.DataFrame(
        {
            "account_id": opens["account_id"],
            "segment": opens["segment"],
            "cohort_no": opens["cohort_no"].astype("int64"),
            "first_no": opens["month_no"].astype("int64") + 1,
            "last_no": ends.where(is_lost, last).astype("int64"),
            "is_lost": is_lost,
        }
    )
    return found[found["first_no"] <= found["last_no"]].reset_index(drop=True)


def months(spells: pd.DataFrame, levels: pd.DataFrame, first: int) -> pd.DataFrame:
    """One row per account and month at risk, in numpy: see `History` for the columns up to change_cents."""
    length = (spells["last_no"] - spells["first_no"] + 1).to_numpy()
    row = np.repeat(np.arange(len(spells)), length)
    nth = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    month = spells["first_no"].to_numpy()[row] + nth
    ids = pd.Categorical(spells["account_id"], categories=sorted(levels["account_id"].unique()))
    account, cohort = ids.codes[row], spells["cohort_no"].to_numpy()[row]
    moved = pd.Categorical(levels["account_id"], categories=ids.categories).codes
    keys = moved * np.int64(_BASE) + levels["month_no"].to_numpy()
    own = account * np.int64(_BASE) + month
    before = np.maximum(np.searchsorted(keys, own, side="left") - 1, 0)
    at = np.minimum(np.searchsorted(keys, own, side="left"), max(len(keys) - 1, 0))
    hit = keys[at] == own if len(keys) else np.zeros(len(own), bool)
    change = (levels["closing_cents"] - levels["opening_cents"]).to_numpy()
    movement = levels["movement"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "account_id": pd.Categorical.from_codes(account, categories=ids.categories),
            "segment": spells["segment"].astype("str").to_numpy()[row],
            "month_no": month,
            "age_months": month - cohort,
            "cohort_no": cohort,
            "is_left_truncated": cohort <= first,
            "has_left": hit & (movement[at] == "churn"),
            "has_expanded": hit & (movement[at] == "expansion"),
            "opening_cents": levels["closing_cents"].to_numpy()[before],
            "change_cents": np.where(hit, change[at], 0),
        }
    )


def with_states(
    months: pd.DataFrame,
    renewals: pd.DataFrame,
    changes: pd.DataFrame,
    use_cases: pd.DataFrame | None,
    window: int = WINDOW,
) -> pd.DataFrame:
    """The account-months with what was known at their opening: is_renewal, in_change_window, months_since_use_case.

    `renewals`, `changes` and `use_cases` have account_id and month_no. An account without a use case on record counts
    from its first month; without usage months_since_use_case is missing.
    """
    since = np.full(len(months), np.nan)
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
            "cohort": (months["cohort_no"] - (months["cohort_no"].min() if len(months) else 0)) / 12,
            "left truncated": months["is_left_truncated"],
            "renewal": months["is_renewal"],
            "change window": months["in_change_window"],
            "stagnation": (months["months_since_use_case"] - ENOUGH).clip(lower=0).fillna(0),
        }
    ).astype("float64")


def truncated(months: pd.DataFrame) -> set[str]:
    """Accounts that were there when the data begins, so that their age is not known."""
    return set(months.loc[months["is_left_truncated"], "account_id"].astype("str"))


def _keyed(months: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """One sorted number an account and month of `events`, on the accounts of `months`; other accounts are left out."""
    codes = months["account_id"].cat.categories.get_indexer(events["account_id"])
    keys = codes.astype("int64") * _BASE + events["month_no"].to_numpy(dtype="int64")
    return np.unique(keys[codes >= 0])


def happens(months: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """Whether an event of the account falls on the month."""
    own = months["account_id"].cat.codes.astype("int64") * _BASE + months["month_no"]
    return np.isin(own.to_numpy(), _keyed(months, events))


def months_since(months: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """Whole months from the account's latest event before the month to the month's opening; 0 = the month before.

    Missing where there was none.
    """
    keys = _keyed(months, events)
    account = months["account_id"].cat.codes.to_numpy().astype("int64")
    own = account * _BASE + months["month_no"].to_numpy()
    place = np.searchsorted(keys, own, side="left") - 1
    latest = keys[np.maximum(place, 0)] if len(keys) else np.zeros(len(own), "int64")
    known = (place >= 0) & (latest // _BASE == account) if len(keys) else np.zeros(len(own), bool)
    return np.where(known, own - latest - 1, np.nan).astype(float)


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
