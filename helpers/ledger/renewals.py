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
    return repeated(tables.run("due_months", last_month=tables.period.last, until=until, every=every, part=part))


def repeated(due: pd.DataFrame) -> pd.DataFrame:
    """Each renewal, and those that follow it every `term` months up to the month `until_no`; the longest of a month.

    >>> due = pd.DataFrame({"account_id": ["a"], "month_no": [3], "term": [4], "until_no": [11]})
    >>> repeated(due)["month_no"].tolist()
    [3, 7, 11]
    """
    n = 1 + (due["until_no"] - due["month_no"]).clip(lower=0) // due["term"].replace(0, BASE)
    every = due.loc[due.index.repeat(n), ["account_id", "month_no", "term"]]
    every["month_no"] += every.groupby(level=0).cumcount() * every["term"]
    every = every.sort_values(["account_id", "month_no", "term"], ignore_index=True)
    return every.drop_duplicates(["account_id", "month_no"], keep="last", ignore_index=True)


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
