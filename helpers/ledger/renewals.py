"""The months in which contracts are up for renewal: those on record, and those that follow term by term."""

import numpy as np
import pandas as pd

from helpers.sources import Tables

YEAR = 12
BASE = 100_000  # above any month number, so that account × BASE + month is one key


def read(tables: Tables, until: int, every: int = 1, part: int = 0) -> pd.DataFrame:
    """The renewals of each account, or of every kth (their `part`), up to month `until` and one beyond it.

    As known at the period's end. Columns: account_id, month_no, term (months, 0 = not known). A contract that is still
    running at the period's end is renewed for the same term as long as nobody says otherwise, and so is a row that runs
    on beyond its renewal. One that ended before its renewal was never up for it.
    """
    recorded = tables.run("due_months", every=every, part=part)
    is_open = (recorded["month_no"] > tables.period.last) | (recorded["is_open"] == 1)
    recorded = recorded[is_open | (recorded["until_no"] >= recorded["month_no"])]
    # A term of 11 or 13 months is a year whose ends were counted differently.
    term = recorded["n_months"].clip(lower=0)
    near = (term >= YEAR - 1) & ((term + 1) % YEAR <= 2)
    term = term.where(~near, (term + 1) // YEAR * YEAR)
    ends = recorded["until_no"].where(~is_open, until + term)
    return repeated(recorded[["account_id", "month_no"]].assign(term=term, until=ends))


def repeated(due: pd.DataFrame) -> pd.DataFrame:
    """Each renewal, and those that follow it every `term` months up to the month `until`; the longest term of a month.

    >>> due = pd.DataFrame({"account_id": ["a"], "month_no": [3], "term": [4], "until": [11]})
    >>> repeated(due)["month_no"].tolist()
    [3, 7, 11]
    """
    term, until = due["term"].to_numpy(dtype="int64"), due["until"].to_numpy(dtype="int64")
    first = due["month_no"].to_numpy(dtype="int64")
    n = 1 + np.where(term > 0, np.maximum(until - first, 0) // np.maximum(term, 1), 0)
    row = np.repeat(np.arange(len(due)), n)
    nth = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    every = due[["account_id", "term"]].iloc[row].assign(month_no=first[row] + nth * term[row])
    every = every.sort_values(["account_id", "month_no", "term"], ignore_index=True)
    every = every.drop_duplicates(["account_id", "month_no"], keep="last", ignore_index=True)
    return every[["account_id", "month_no", "term"]]


def running(months: pd.DataFrame, due: pd.DataFrame) -> np.ndarray:
    """The term of the contract that runs in each account-month, in months; 0 where there is none, or nobody knows it.

    `months` has account_id (categorical) and month_no, `due` is `read`. The contract is the one next up for renewal, if
    it had begun by then.

    >>> months = pd.DataFrame({"account_id": pd.Categorical(["a", "a", "a"]), "month_no": [1, 5, 9]})
    >>> running(months, pd.DataFrame({"account_id": ["a"], "month_no": [6], "term": [3]})).tolist()
    [0, 3, 0]
    """
    due = due[due["account_id"].isin(months["account_id"].cat.categories)]
    term = due.assign(key=keyed(months, due)).sort_values("key", kind="stable")
    keys, term = np.append(term["key"], BASE**3), np.append(term["term"], 0).astype("int64")
    own = keyed(months, months)
    at = np.searchsorted(keys, own, side="left")
    return np.where((keys[at] // BASE == own // BASE) & (keys[at] - term[at] <= own), term[at], 0)


def keyed(months: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """A number for each account and month of `events`, on the accounts of `months`; other accounts are left out.

    >>> months = pd.DataFrame({"account_id": pd.Categorical(["a", "b"]), "month_no": [1, 5]})
    >>> keyed(months, pd.DataFrame({"account_id": ["b", "other"], "month_no": [7, 7]})).tolist()
    [100007]
    """
    own, accounts = months["account_id"].cat, events["account_id"]
    codes = np.asarray(own.codes if events is months else own.categories.get_indexer(accounts), dtype="int64")
    return (codes * BASE + events["month_no"].to_numpy(dtype="int64"))[codes >= 0]
