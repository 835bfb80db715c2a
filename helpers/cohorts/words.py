"""What is said about cohorts: sentences with n and interval, a difference only where the evidence holds."""

import pandas as pd

from helpers import formats, stats
from helpers.cohorts.triangles import pooled


def milestone_sentence(averages: pd.DataFrame, age: int, what: str = "accounts") -> str:
    """What is still here at an age, with interval and n, over the cohorts that have reached it (or the age they have).

    >>> reached = pd.DataFrame({"age_months": [12], "numerator": [9], "denominator": [10], "share": [0.9],
    ...                         "low": [0.6], "high": [0.98], "n_cohorts": [2]})
    >>> milestone_sentence(reached, 12)
    'After 12 months 90.0% of the accounts are in force (95% interval 60.0–98.0%, n = 10, 2 cohorts).'
    """
    row, when = _at(averages, age)
    if row is None:
        return when
    behind = f"n = {formats.count(row['denominator'])}, {formats.plural(int(row['n_cohorts']), 'cohort')}"
    bounds = formats.interval(row["low"], row["high"])
    return f"{when} {formats.percent(row['share'])} of the {what} are in force (95% interval {bounds}, {behind})."


def newer_sentence(triangle: pd.DataFrame, age: int) -> str:
    """Whether newer customers stay longer: the newer half of the cohorts that have reached an age against the older.

    `triangle` holds accounts; the left-truncated cohort is left out. With fewer than two cohorts of that age there is
    nothing to compare, and the milestone is said instead. A difference is called one only where its interval
    (Newcombe) leaves 0 out.
    """
    known = triangle[~triangle["is_left_truncated"]]
    size = known[known["age_months"] == 0].set_index("cohort")["n"]
    there = known[known["age_months"] == age].set_index("cohort")["n"].sort_index()
    half = len(there) // 2
    if half == 0:
        return milestone_sentence(pooled(triangle), age)
    older, newer = there.iloc[:half], there.iloc[half:]
    counts = [int(part.sum()) for part in (newer, size[newer.index], older, size[older.index])]
    difference, low, high = stats.share_difference(*counts)
    shares = [f"{formats.percent(k / n)} of {formats.count(n)}" for k, n in (counts[:2], counts[2:])]
    since = f"{newer.index[0]:%Y-%m}"
    says = "differ from" if low > 0 or high < 0 else "show no difference to"
    bounds = " to ".join(formats.points(side).removesuffix(" points") for side in (low, high))
    return (
        f"Accounts won since {since} {says} the earlier ones: after {formats.plural(age, 'month')} {shares[0]} are in "
        f"force, against {shares[1]} ({formats.points(difference)}, 95% interval {bounds})."
    )


def revenue_sentence(averages: pd.DataFrame, age: int, without: str = "") -> str:
    """What the cohorts that have reached an age pay then, against their first month.

    >>> revenue_sentence(pd.DataFrame({"age_months": [12], "share": [1.04], "n_cohorts": [2]}), 12)
    'After 12 months the cohorts that have reached it pay 104.0% of their first month (2 cohorts).'
    """
    row, when = _at(averages, age)
    if row is None:
        return when
    share, n = formats.percent(row["share"]), formats.plural(int(row["n_cohorts"]), "cohort")
    what = f"{share} of their first month" + (f" {without}" if without else "")
    return f"{when} the cohorts that have reached it pay {what} ({n})."


def _at(averages: pd.DataFrame, age: int) -> tuple[pd.Series | None, str]:
    """The row at an age, or at the last one before it, and the words for when."""
    reached = averages[averages["age_months"] <= age]
    if reached.empty:
        return None, "No cohort of a known age has been observed yet."
    row = reached.iloc[-1]
    found = formats.plural(int(row["age_months"]), "month")
    if row["age_months"] == age:
        return row, f"After {found}"
    return row, f"No cohort has been observed for {formats.plural(age, 'month')} yet; after {found}"


def steepest_sentence(losses: pd.DataFrame) -> str:
    """The month of life in which most is lost, named only where the evidence holds (binomial test, Bonferroni).

    >>> steady = pd.DataFrame({"age_months": [1, 2], "n_lost": [5, 6], "n_at_risk": [100, 95], "rate": [0.05, 0.063],
    ...                        "low": [0.02, 0.03], "high": [0.11, 0.13]})
    >>> steepest_sentence(steady)
    'No month of life stands out: 5.6% of the accounts still there are lost in an average one (n = 195 account-months).'
    """
    n_lost, n_months = int(losses["n_lost"].sum()), int(losses["n_at_risk"].sum())
    if not n_lost:
        return "No account of a known age has been lost yet."
    average = n_lost / n_months
    usual = f"{formats.percent(average)} of the accounts still there are lost in an average one"
    tests = [stats.binomial_excess(k, n, average) for k, n in zip(losses["n_lost"], losses["n_at_risk"], strict=True)]
    if min(tests) * len(tests) >= 0.05:
        return f"No month of life stands out: {usual} (n = {formats.count(n_months)} account-months)."
    peak = losses.iloc[tests.index(min(tests))]
    bounds = f"95% interval {formats.interval(peak['low'], peak['high'])}, n = {formats.count(peak['n_at_risk'])}"
    return (
        f"Month {peak['age_months']:.0f} of life stands out: {formats.percent(peak['rate'])} of the accounts still "
        f"there are lost in it ({bounds}); {usual}."
    )
