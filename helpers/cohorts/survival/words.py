"""What is said about lives: sentences with n and interval, a difference only where a test finds one."""

import math

import pandas as pd

from helpers import formats, stats
from helpers.cohorts.survival.lives import ALL


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


def stages_sentence(stages: pd.DataFrame) -> str:
    """In which stage of life most accounts are lost, and where the rate is highest; each with its count.

    >>> stages_sentence(pd.DataFrame({"n_lost": []}))
    'No account of a known age has left yet, or no contract term is known.'
    """
    if not len(stages) or not stages["n_lost"].sum():
        return "No account of a known age has left yet, or no contract term is known."
    n_lost, n_at_risk = int(stages["n_lost"].sum()), int(stages["n_at_risk"].sum())
    average = f"the average of {formats.percent(n_lost / n_at_risk)} per month"
    counts = zip(stages["n_lost"], stages["n_at_risk"], strict=True)
    tests = [stats.binomial_excess(k, n, n_lost / n_at_risk) for k, n in counts]
    above = stages[[p * len(tests) < 0.05 for p in tests]].sort_values("rate", ascending=False)
    most = stages.loc[stages["n_lost"].idxmax()]
    share = f"{formats.count(most['n_lost'])} of {formats.plural(n_lost, 'loss', 'losses')}"
    text = f"Most accounts leave in “{most['stage']}” of the {called(most['contract'])} ({share})."
    if above.empty:
        return f"{text} No stage's rate is clearly above {average}."
    rates = [
        f"“{row['stage']}” of the {called(row['contract'])} ({formats.percent(row['rate'])}, 95% interval "
        f"{formats.interval(row['low'], row['high'])}, {formats.count(row['n_lost'])} left)"
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
    bounds = formats.interval(row["low"], row["high"])
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
