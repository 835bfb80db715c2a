"""What is said about cohorts: sentences with n and interval, a difference only where the evidence holds."""

from types import SimpleNamespace

import pandas as pd

from helpers import formats, periods, stats
from helpers.cohorts import survival
from helpers.cohorts.apart import compare_sentence
from helpers.cohorts.deviations import deviations_sentence, drift_sentence, trend_sentence
from helpers.cohorts.triangles import pooled


def sentences(
    frames: dict, milestone: int, contrasts: list[tuple], refusals: tuple[dict, dict], currency: str
) -> SimpleNamespace:
    """All of them, from the frames of `cohorts.read`.

    `contrasts`: the log-rank tests of segments, of sources, and of sources within segments; `refusals`: by contract
    term, why nothing is projected, and why no projection is tested.
    """
    stages, value = frames["stages"], survival.value_sentence(frames["value"], frames["lives"], currency)
    steepest = steepest_sentence(frames["losses"])
    of_stages = survival.stages_sentence(stages)
    by_segment, by_source, inside = contrasts
    segments = survival.contrast_sentence(frames["curves"], "segment", milestone, *by_segment)
    sources = survival.contrast_sentence(
        frames["curves_by_source"], "acquisition_source", milestone, *by_source, *inside
    )
    terms, tests = ([rows for _, rows in frames[name].groupby("term_months")] for name in ("projection", "backtest"))
    bends = frames["bends"]
    # The trend is of all cohorts and months; two halves compared at one age see less of it, and may seem to deny it.
    newer = trend_sentence(frames["drift"]) or newer_sentence(frames["in_force"], milestone)
    return SimpleNamespace(
        headline=[newer, of_stages if len(stages) else steepest, value],
        milestone=milestone_sentence(pooled(frames["in_force"]), milestone),
        net=revenue_sentence(pooled(frames["net"]), milestone),
        gross=revenue_sentence(pooled(frames["gross"]), milestone, "without growth"),
        compared=compare_sentence(frames["compared"]),
        deviations=f"{deviations_sentence(bends)} {drift_sentence(frames['drift'])}".strip(),
        stand_out=deviations_sentence(bends, short=True) if len(bends) else "",
        steepest=steepest,
        stages=of_stages,
        segments=f"{segments} {survival.median_sentence(frames['medians'], 'segment')}",
        sources=sources,
        projections=[survival.projection_sentence(rows) for rows in terms],
        no_projection=survival.refusal_sentence("projection", refusals[0]),
        tests=[survival.backtest_sentence(rows) for rows in tests],
        no_test=survival.refusal_sentence("test", refusals[1]),
        value=value,
        actions=actions(stages, frames["compared"], frames["projection"]),
    )


def milestone_sentence(averages: pd.DataFrame, age: int, what: str = "accounts") -> str:
    """What is still here at an age, with interval and n, over the cohorts that have reached it (or the age they have).

    >>> reached = pd.DataFrame({"age_months": [12], "numerator": [9], "denominator": [10], "share": [0.9],
    ...                         "low": [0.6], "high": [0.98], "n_cohorts": [2]})
    >>> milestone_sentence(reached, 12)
    'After 12 months 90.0% of the accounts are still paying (95% interval 60–98%, n = 10, 2 cohorts).'
    """
    row, when = _at(averages, age)
    if row is None:
        return when
    behind = f"n = {formats.count(row['denominator'])}, {formats.plural(int(row['n_cohorts']), 'cohort')}"
    bounds = formats.interval(row["low"], row["high"], row["share"])
    return f"{when} {formats.percent(row['share'])} of the {what} are still paying (95% interval {bounds}, {behind})."


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
    shares = [(int(part.sum()), int(size[part.index].sum())) for part in (newer, older)]
    who, when = f"Accounts won since {periods.name_of(newer.index[0])}", f"after {formats.plural(age, 'month')}"
    return stats.two_shares(
        *shares,
        f"{who} stay longer than earlier ones, {when}",
        f"{who} stay less long than earlier ones, {when}",
        f"{who} show no clear difference from earlier ones, {when}",
    )


def revenue_sentence(averages: pd.DataFrame, age: int, without: str = "") -> str:
    """What the cohorts that have reached an age pay then, against their first month.

    >>> revenue_sentence(pd.DataFrame({"age_months": [12], "share": [1.04], "n_cohorts": [2]}), 12)
    'After 12 months cohorts pay 104.0% of their first month (2 cohorts).'
    """
    row, when = _at(averages, age)
    if row is None:
        return when
    share, n = formats.percent(row["share"]), formats.plural(int(row["n_cohorts"]), "cohort")
    what = f"{share} of their first month" + (f" {without}" if without else "")
    return f"{when} cohorts pay {what} ({n})."


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
    'No month of life stands out: 5.6% leave in an average one (n = 195 account-months).'
    """
    n_lost, n_months = int(losses["n_lost"].sum()), int(losses["n_at_risk"].sum())
    if not n_lost:
        return "No account of a known age has left yet."
    average, tests = formats.percent(n_lost / n_months), survival.excess(losses)
    if tests.min() >= 0.05:
        n = formats.count(n_months)
        return f"No month of life stands out: {average} leave in an average one (n = {n} account-months)."
    peak = losses.iloc[tests.argmin()]
    bounds = f"95% interval {formats.interval(*peak[['low', 'high', 'rate']])}, n = {formats.count(peak['n_at_risk'])}"
    return (
        f"Month {peak['age_months']:.0f} of life stands out: {formats.percent(peak['rate'])} of the accounts still "
        f"there leave ({bounds}). In an average month {average} leave."
    )


def actions(stages: pd.DataFrame, compared: pd.DataFrame, projection: pd.DataFrame) -> list[str]:
    """Who should do what, the owner first: only what the numbers ask for.

    >>> stages = pd.DataFrame({"contract": ["month to month"], "stage": ["onboarding"], "rate": [0.1], "low": [0.02],
    ...                        "high": [0.2]})
    >>> actions(stages, pd.DataFrame({"verdict": ["few"]}), pd.DataFrame())
    ['Customer success: call month-to-month accounts at “onboarding”; 10.0% leave per month (95% interval 2–20%).']
    """
    says = []
    if len(stages):
        # Where the rate is high even at the low end of its interval, so that a small stage is not named by chance.
        row = stages.loc[stages["low"].idxmax()]
        bounds = formats.interval(*row[["low", "high", "rate"]])
        rate = f"{formats.percent(row['rate'])} leave per month (95% interval {bounds})"
        says.append(f"Customer success: call {survival.called(row['contract'])} at “{row['stage']}”; {rate}.")
    clear = compared[compared["verdict"].isin(["better", "worse"])]
    for verdict, rows in clear.groupby("verdict"):
        names = ", ".join(periods.name_of(cohort) for cohort in rows["cohort"].head(3))
        says.append(f"Product: find out why these cohorts kept {'more' if verdict == 'better' else 'fewer'}: {names}.")
    if len(projection):
        term = projection.loc[projection["n_at_risk"].astype("float64").idxmax(), "term_months"]  # most accounts
        last = projection[projection["term_months"] == term].iloc[-1]
        if pd.isna(last["low"]):
            return says
        bounds = formats.interval(last["low"], last["high"])
        when = formats.plural(int(last["age"] * last["term_months"]), "month")
        new = survival.called(survival.contract_name(int(last["term_months"])))
        says.append(f"Finance: plan with {bounds} of new {new} still there after {when}.")
    return says
