"""Curves, hazards and tests from counted lives (`movements.lifetimes`), and what they say, at any size of a company.

Accounts of the left-truncated first cohort are left out throughout: their age is unknown.
"""

import numpy as np
import pandas as pd

from helpers import stats
from helpers.cohorts.triangles import rated
from helpers.stats import curves

ALL = "all"


def life_table(lives: pd.DataFrame, last_month: int) -> pd.DataFrame:
    """Accounts at risk of their first loss, and lost, in each month of life; one row an age, without gaps.

    `lives` is `movements.lifetimes` at `last_month`. Columns: age (months), n_at_risk, n_lost.

    >>> lives = pd.DataFrame({"cohort_no": [10, 10], "first_lost_no": pd.array([12, None], dtype="Int64"),
    ...                       "n_accounts": [1, 3], "is_left_truncated": False})
    >>> life_table(lives, 13).values.tolist()
    [[0, 4, 0], [1, 4, 0], [2, 4, 1], [3, 3, 0]]
    """
    known = lives[~lives["is_left_truncated"]]
    lost = known["first_lost_no"].notna().to_numpy(dtype=bool)
    age = (known["first_lost_no"].fillna(last_month) - known["cohort_no"]).to_numpy(dtype="int64")
    n = known["n_accounts"].to_numpy(dtype="int64")
    length = int(age.max(initial=-1)) + 1
    ended = np.bincount(age, weights=n, minlength=length)
    gone = np.bincount(age[lost], weights=n[lost], minlength=length)
    before = n.sum() - np.concatenate([[0.0], np.cumsum(ended)[:-1]]) if length else ended
    return pd.DataFrame({"age": range(length), "n_at_risk": before, "n_lost": gone}).astype("int64")


def by_group(lives: pd.DataFrame, last_month: int, column: str = "segment") -> pd.DataFrame:
    """Kaplan–Meier by segment, acquisition source or contract term, and over `all`, which comes first.

    Columns: the group's, age (months), n_at_risk, n_lost, survival, low, high (0–1; log-log band).
    """
    parts = {ALL: lives} | {str(name): part for name, part in lives.groupby(column, sort=True)}
    rows = []
    for name, part in parts.items():
        table = life_table(part, last_month)
        curve = curves.from_counts(table["age"], table["n_at_risk"], table["n_lost"])
        rows.append(table.assign(**{column: name}, **{side: curve[side] for side in ("survival", "low", "high")}))
    table = pd.concat(rows, ignore_index=True)
    return table[[column, "age", "n_at_risk", "n_lost", "survival", "low", "high"]]


def contrast(lives: pd.DataFrame, last_month: int, column: str, strata: str = "") -> tuple[float, float]:
    """The log-rank test of a column's groups, within the groups of `strata` where given: (chi-squared, p).

    (nan, nan) where there is nothing to compare.
    """
    if lives.empty:
        return np.nan, np.nan
    names, length = sorted(lives[column].unique()), last_month - int(lives["cohort_no"].min()) + 1
    counts = []
    for _, stratum in lives.groupby(strata) if strata else [("", lives)]:
        tables = [life_table(stratum[stratum[column] == name], last_month).reindex(range(length)) for name in names]
        sides = [[table[side].fillna(0) for table in tables] for side in ("n_at_risk", "n_lost")]
        counts.append(tuple(np.array(side, dtype=float) for side in sides))
    return curves.logrank_from_counts(counts)


def medians(curve: pd.DataFrame, column: str) -> pd.DataFrame:
    """Median life of each group of `by_group`, in months: missing where more than half are still there.

    Columns: the group's, n (accounts of known age), n_lost, median_months, low, high (95%; missing = not reached).
    """
    rows = []
    for name, part in curve.groupby(column, sort=False):
        middle, low, high = curves.median(part.rename(columns={"age": "time"}))
        rows.append([name, int(part["n_at_risk"].max()), int(part["n_lost"].sum()), middle, low, high])
    columns = [column, "n", "n_lost", "median_months", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], "float64"))


def hazard(table: pd.DataFrame, at_least: int = 1) -> pd.DataFrame:
    """Share lost in each month of life of those still there, where `at_least` are at risk.

    `table` is a `life_table`. Columns: age, n_at_risk, n_lost, rate (0–1), low, high (Wilson).

    >>> hazard(pd.DataFrame({"age": [0, 1], "n_at_risk": [4, 4], "n_lost": [0, 1]}))["rate"].tolist()
    [0.25]
    """
    rows = table[(table["age"] > 0) & (table["n_at_risk"] >= max(at_least, 1))].reset_index(drop=True)
    return rated(rows)


def stages(lives: pd.DataFrame, last_month: int, onboarding_months: int = 3) -> pd.DataFrame:
    """How often accounts are lost in each stage of life: onboarding, first renewal, later.

    Contracts of several months have renewals, which are the months of life that end a term; month to month there are
    none, and the first year stands against what follows. Columns: contract, stage, n_at_risk (account-months), n_lost,
    rate (a month, 0–1), low, high (Wilson), share (of the losses in the table).
    """
    rows = []
    for term, part in lives.dropna(subset=["term_months"]).groupby("term_months", sort=True):
        table = life_table(part, last_month).query("age > 0")
        stage = pd.Series(_stage(table["age"].to_numpy(), int(term), onboarding_months), table.index, name="stage")
        sums = table.groupby(stage, sort=False)[["n_at_risk", "n_lost"]].sum().reset_index()
        rows.append(sums.assign(contract=contract_name(int(term))))
    columns = ["contract", "stage", "n_at_risk", "n_lost", "rate", "low", "high", "share"]
    if not rows:
        return pd.DataFrame(columns=columns)
    table = rated(pd.concat(rows, ignore_index=True).query("n_at_risk > 0").reset_index(drop=True))
    total = table["n_lost"].sum()
    return table.assign(share=table["n_lost"] / total if total else np.nan)[columns]


def _stage(age: np.ndarray, term: int, onboarding_months: int) -> np.ndarray:
    if term == 1:
        first_year = [age <= onboarding_months, age <= 12]
        return np.select(first_year, ["onboarding", "rest of the first year"], "after the first year")
    conditions = [age == term, age % term == 0, age > term, age <= onboarding_months]
    names = ["first renewal", "later renewals", "between renewals", "onboarding"]
    return np.select(conditions, names, "before the first renewal")


def of_known_age(lives: pd.DataFrame, term_months: int, last_month: int) -> pd.DataFrame:
    """The lives of one contract term that began after the data did, and by a month."""
    is_known = ~lives["is_left_truncated"] & (lives["term_months"] == term_months)
    return lives[is_known & (lives["cohort_no"] <= last_month)]


def alive_by_term(lives: pd.DataFrame, term_months: int, last_month: int) -> pd.DataFrame:
    """Accounts never lost after 0, 1, 2 … terms, one row a cohort (month number); missing = not over yet.

    `lives` is `movements.lifetimes` at `last_month`, or at any month before it: what was lost later is not seen.

    >>> lives = pd.DataFrame({"term_months": 12, "cohort_no": [0, 0, 5], "first_lost_no": pd.array([12, None, None],
    ...                       dtype="Int64"), "n_accounts": [1, 9, 4], "is_left_truncated": False})
    >>> alive_by_term(lives, 12, 25).values.tolist()
    [[10.0, 9.0, 9.0], [4.0, 4.0, nan]]
    """
    known = of_known_age(lives, term_months, last_month)
    ages = np.arange((last_month - known["cohort_no"].min()) // term_months + 1) if len(known) else np.arange(0)
    # The renewal that a loss falls on: the end of the term in which it happens.
    lived = known["first_lost_no"].astype("float64") - known["cohort_no"]
    is_alive = np.ceil(lived / term_months).fillna(np.inf).to_numpy()[:, None] > ages
    alive = pd.DataFrame(is_alive * known["n_accounts"].to_numpy(dtype=float)[:, None], columns=ages)
    alive = alive.groupby(known["cohort_no"].to_numpy()).sum().rename_axis("cohort_no")
    return alive.where(alive.index.to_numpy()[:, None] + ages * term_months <= last_month)


def terms_of(lives: pd.DataFrame) -> list[int]:
    """The contract terms that occur, in months, the one of most accounts first.

    >>> terms_of(pd.DataFrame({"term_months": [1, 12], "n_accounts": [5, 9]}))
    [12, 1]
    """
    counts = lives.dropna(subset=["term_months"]).groupby("term_months")["n_accounts"].sum()
    return [int(term) for term in counts.sort_values(ascending=False, kind="stable").index]


def excess(table: pd.DataFrame) -> np.ndarray:
    """p of each row's rate (n_lost ÷ n_at_risk) being above the average of all, allowing for all rows (Bonferroni).

    >>> excess(pd.DataFrame({"n_lost": [9, 1], "n_at_risk": [10, 90]})).round(3).tolist()
    [0.0, 2.0]
    """
    average = table["n_lost"].sum() / table["n_at_risk"].sum()
    counts = zip(table["n_lost"], table["n_at_risk"], strict=True)
    return len(table) * np.array([stats.binomial_excess(k, n, average) for k, n in counts])


def contract_name(term: int) -> str:
    """How a contract term is called.

    >>> contract_name(1), contract_name(12)
    ('month to month', '12-month contract')
    """
    return "month to month" if term == 1 else f"{term}-month contract"
