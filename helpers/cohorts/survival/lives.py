"""Curves, hazards and tests from counted lives (`movements.lifetimes`), and what they say, at any size of a company.

Accounts of the left-truncated first cohort are left out throughout: their age is unknown.
"""

import math

import numpy as np
import pandas as pd

from helpers import formats, stats
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
        table = life_table(part, last_month)
        table = table[table["age"] > 0]
        names = _stage(table["age"].to_numpy(), int(term), onboarding_months)
        sums = table.groupby(pd.Categorical(names, _STAGES, ordered=True), observed=True)[["n_at_risk", "n_lost"]].sum()
        rows.append(sums.rename_axis("stage").reset_index().assign(contract=contract_name(int(term))))
    if not rows:
        return pd.DataFrame(columns=["contract", "stage", "n_at_risk", "n_lost", "rate", "low", "high", "share"])
    table = rated(pd.concat(rows, ignore_index=True).query("n_at_risk > 0").reset_index(drop=True))
    total = table["n_lost"].sum()
    table = table.assign(stage=table["stage"].astype("str"), share=table["n_lost"] / total if total else np.nan)
    return table[["contract", "stage", "n_at_risk", "n_lost", "rate", "low", "high", "share"]]


_STAGES = [
    "onboarding",
    "before the first renewal",
    "first renewal",
    "between renewals",
    "later renewals",
    "rest of the first year",
    "after the first year",
]


def _stage(age: np.ndarray, term: int, onboarding_months: int) -> np.ndarray:
    if term == 1:
        rest = np.where(age <= 12, "rest of the first year", "after the first year")
        return np.where(age <= onboarding_months, "onboarding", rest)
    renewal = np.where(age == term, "first renewal", "later renewals")
    other = np.where(age <= onboarding_months, "onboarding", "before the first renewal")
    return np.where(age % term == 0, renewal, np.where(age < term, other, "between renewals"))


def contrast_sentence(
    curve: pd.DataFrame, column: str, age: int, chi_squared: float, p: float, within: float = math.nan
) -> str:
    """Whether groups stay differently long: the log-rank test over their whole lives, and the farthest two at an age.

    `within` is the p of the test inside the segments, where the groups may differ only by the segments they bring.

    >>> rows = pd.DataFrame({"segment": ["SMB"], "age": [12], "survival": [0.8], "n_at_risk": [40]})
    >>> contrast_sentence(rows, "segment", 12, math.nan, math.nan)
    'There is nothing to compare: one segment, or nobody left.'
    """
    what = column.replace("_", " ")
    if math.isnan(p):
        return f"There is nothing to compare: one {what}, or nobody left."
    test = f"log-rank χ² = {chi_squared:.1f}, {_p(p)}"
    if p >= 0.05:
        return f"The {what}s show no clear difference ({test})."
    text = f"The {what}s differ ({test})."
    at = curve[(curve["age"] == age) & (curve[column] != ALL) & (curve["n_at_risk"] > 0)].sort_values("survival")
    if len(at) > 1:
        worst, best = (f"{formats.percent(at['survival'].iloc[k])} of {at[column].iloc[k]}" for k in (0, -1))
        text = f"After {formats.plural(age, 'month')} {best} have never left, {worst} ({test})."
    if math.isnan(within):
        return text
    left = "they still differ" if within < 0.05 else "no difference is left"
    return f"{text} Within the segments {left} ({_p(within)})."


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def median_sentence(medians: pd.DataFrame, column: str) -> str:
    """Median life over all accounts, with interval; or that more than half are still there.

    >>> row = {"segment": "all", "n": 90, "n_lost": 10, "median_months": math.nan, "low": 30.0, "high": math.nan}
    >>> median_sentence(pd.DataFrame([row]), "segment")
    'Median life is not reached yet: at every age seen more than half are still there (n = 90; 95%: 30 months or more).'
    """
    rows = medians[medians[column] == ALL]
    if not rows["n"].sum():
        return "No account of a known age has been seen yet."
    row, n = rows.iloc[0], formats.count(rows["n"].iloc[0])
    low, high = ("open" if math.isnan(row[side]) else formats.count(row[side]) for side in ("low", "high"))
    if math.isnan(row["median_months"]):
        least = "" if low == "open" else f"; 95%: {formats.plural(int(row['low']), 'month')} or more"
        return f"Median life is not reached yet: at every age seen more than half are still there (n = {n}{least})."
    months = formats.plural(int(row["median_months"]), "month")
    return f"Median life is {months} (95% interval {low} to {high}, n = {n})."


def excess(table: pd.DataFrame) -> np.ndarray:
    """p of each row's rate (n_lost ÷ n_at_risk) being above the average of all, allowing for all rows (Bonferroni).

    >>> excess(pd.DataFrame({"n_lost": [9, 1], "n_at_risk": [10, 90]})).round(3).tolist()
    [0.0, 2.0]
    """
    average = table["n_lost"].sum() / table["n_at_risk"].sum()
    counts = zip(table["n_lost"], table["n_at_risk"], strict=True)
    return len(table) * np.array([stats.binomial_excess(k, n, average) for k, n in counts])


def stages_sentence(stages: pd.DataFrame) -> str:
    """In which stage of life most accounts are lost, and where the rate is highest; each with its count.

    >>> stages_sentence(pd.DataFrame({"n_lost": []}))
    'No account of a known age has left yet, or no contract term is known.'
    """
    if not len(stages) or not stages["n_lost"].sum():
        return "No account of a known age has left yet, or no contract term is known."
    n_lost, n_at_risk = int(stages["n_lost"].sum()), int(stages["n_at_risk"].sum())
    average = f"the average of {formats.percent(n_lost / n_at_risk)} per month"
    above = stages[excess(stages) < 0.05].sort_values("rate", ascending=False)
    most = stages.loc[stages["n_lost"].idxmax()]
    share = f"{formats.count(most['n_lost'])} of {formats.plural(n_lost, 'loss', 'losses')}"
    text = f"Most accounts leave in “{most['stage']}” of the {called(most['contract'])} ({share})."
    if above.empty:
        return f"{text} No stage's rate is clearly above {average}."
    rates = [
        f"“{row['stage']}” of the {called(row['contract'])} ({formats.percent(row['rate'])}, 95% interval "
        f"{formats.interval(row['low'], row['high'], row['rate'])}, {formats.count(row['n_lost'])} left)"
        for _, row in above.head(2).iterrows()
    ]
    return f"The rate of leaving is clearly above {average} in {' and in '.join(rates)}. {text}"


def called(contract: str) -> str:
    """The accounts of a contract.

    >>> called("month to month")
    'month-to-month accounts'
    """
    return f"{contract}s" if contract.endswith("contract") else "month-to-month accounts"


def projection_sentence(table: pd.DataFrame, years: int = 3) -> str:
    """What is projected for one contract term at some years, or at the horizon if that is nearer."""
    term = int(table["term_months"].iloc[0])
    row = table[table["age"] * term <= 12 * years].iloc[-1]
    n = formats.count(table["n_at_risk"].iloc[0])
    n_seen = int(table["observed"].notna().sum()) - 1
    seen, new = formats.plural(n_seen, "renewal"), called(contract_name(term))
    share, when = formats.percent(row["projected"]), formats.plural(int(row["age"] * term), "month")
    if pd.isna(row["low"]):
        known = table[table["n_at_risk"].fillna(0) >= 30]
        far = known.loc[(known["projected"] - known["observed"]).abs().idxmax()] if len(known) else table.iloc[0]
        at = formats.plural(int(far["age"] * term), "month")
        return (
            f"The projection of new {new} does not fit what was observed: after {at} it says "
            f"{formats.percent(far['projected'])}, and {formats.percent(far['observed'])} were there (n = {n}). "
            f"It says {share} after {when}; we give no interval."
        )
    bounds = formats.interval(row["low"], row["high"], row["projected"])
    what = "95% interval" if n_seen >= 3 else "range by scenario"
    return f"We expect {share} of new {new} to stay {when} ({what} {bounds}, n = {n}, {seen} seen)."


def contract_name(term: int) -> str:
    """How a contract term is called.

    >>> contract_name(1), contract_name(12)
    ('month to month', '12-month contract')
    """
    return "month to month" if term == 1 else f"{term}-month contract"


def refusal_sentence(what: str, refusals: dict[int, str]) -> str:
    """Why something is not projected, by contract term, in words; empty where nothing was refused.

    >>> refusal_sentence("projection", {12: "none had left by Oct 2026"})
    'No projection of the 12-month contracts: none had left by Oct 2026.'
    """
    reasons: dict[str, list[str]] = {}
    for term, why in refusals.items():
        reasons.setdefault(why, []).extend([called(contract_name(term))] if term else [])
    names = {why: f" of the {' and the '.join(terms)}" if terms else "" for why, terms in reasons.items()}
    return " ".join(f"No {what}{name}: {why}." for why, name in names.items())
