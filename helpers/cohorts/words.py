"""What is said about cohorts (`words.toml`): with n and interval, a difference only where the evidence holds."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
from helpers.cohorts import survival
from helpers.cohorts.deviations import FEWEST_LOST
from helpers.cohorts.survival.projection import NO_FIT, SCENARIO
from helpers.cohorts.triangles import pooled
from helpers.formats.sentences import Sentences


def _said(name: str, **facts):
    return getattr(Sentences(Path(__file__).with_suffix(".toml"), SimpleNamespace(**facts)), name)


def _first(table: pd.DataFrame) -> pd.Series | None:
    return table.iloc[0] if len(table) else None


def sentences(
    frames: dict, milestone: int, contrasts: list[tuple], refusals: tuple[dict, dict], currency: str
) -> SimpleNamespace:
    """All of them, from the frames of `cohorts.read`.

    `contrasts`: the log-rank tests of segments, of sources, and of sources within segments; `refusals`: by contract
    term, why nothing is projected, and why no projection is tested.
    """
    value, stages = value_sentence(frames["value"], frames["lives"], currency), stages_sentence(frames["stages"])
    steepest, bends, drift = steepest_sentence(frames["losses"]), frames["bends"], frames["drift"]
    by_segment, by_source, inside = contrasts
    by = {"segment": ("curves", *by_segment), "acquisition_source": ("curves_by_source", *by_source, *inside)}
    segments, sources = (contrast_sentence(frames[name], by, milestone, *test) for by, (name, *test) in by.items())
    terms, tests = ([rows for _, rows in frames[name].groupby("term_months")] for name in ("projection", "backtest"))
    # The trend is of all cohorts and months; two halves compared at one age see less of it, and may seem to deny it.
    newer = trend_sentence(drift) or newer_sentence(frames["in_force"], milestone)
    return SimpleNamespace(
        headline=[newer, stages if len(frames["stages"]) else steepest, value],
        milestone=milestone_sentence(pooled(frames["in_force"]), milestone),
        net=revenue_sentence(pooled(frames["net"]), milestone),
        gross=revenue_sentence(pooled(frames["gross"]), milestone, "without growth"),
        compared=compare_sentence(frames["compared"]),
        deviations=f"{deviations_sentence(bends)} {drift_sentence(drift)}".strip(),
        stand_out=deviations_sentence(bends, short=True) if len(bends) else "",
        steepest=steepest,
        stages=stages,
        segments=f"{segments} {median_sentence(frames['medians'], 'segment')}",
        sources=sources,
        projections=[projection_sentence(rows) for rows in terms],
        no_projection=refusal_sentence("projection", refusals[0]),
        tests=[backtest_sentence(rows) for rows in tests],
        no_test=refusal_sentence("test", refusals[1]),
        value=value,
        actions=actions(frames["stages"], frames["compared"], frames["projection"]),
    )


def milestone_sentence(averages: pd.DataFrame, age: int) -> str:
    """What is still here at an age, with interval and n, over the cohorts that have reached it (or the age they have).

    >>> reached = pd.DataFrame({"age_months": [12], "numerator": [9], "denominator": [10], "share": [0.9],
    ...                         "low": [0.6], "high": [0.98], "n_cohorts": [2]})
    >>> milestone_sentence(reached, 12)
    'After 12 months 90.0% of the accounts are still paying (95% interval 60–98%, n = 10, 2 cohorts).'
    """
    return _said("milestone", row=_first(averages[averages["age_months"] <= age].tail(1)), age=age)


def revenue_sentence(averages: pd.DataFrame, age: int, without: str = "") -> str:
    """What the cohorts that have reached an age pay then, against their first month.

    >>> revenue_sentence(pd.DataFrame({"age_months": [12], "share": [1.04], "n_cohorts": [2]}), 12)
    'After 12 months cohorts pay 104.0% of their first month (2 cohorts).'
    """
    return _said("revenue", row=_first(averages[averages["age_months"] <= age].tail(1)), age=age, without=without)


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
    newer = there.index[half:]
    shares = [(int(there[part].sum()), int(size[part].sum())) for part in (newer, there.index[:half])]
    who, when = f"Accounts won since {periods.name_of(newer[0])}", f"after {formats.plural(age, 'month')}"
    verdicts = ("stay longer than", "stay less long than", "show no clear difference from")
    return stats.two_shares(*shares, *(f"{who} {verdict} earlier ones, {when}" for verdict in verdicts))


def steepest_sentence(losses: pd.DataFrame) -> str:
    """The month of life in which most is lost, named only where the evidence holds (binomial test, Bonferroni).

    >>> steady = pd.DataFrame({"age_months": [1, 2], "n_lost": [5, 6], "n_at_risk": [100, 95], "rate": [0.05, 0.063],
    ...                        "low": [0.02, 0.03], "high": [0.11, 0.13]})
    >>> steepest_sentence(steady)
    'No month of life stands out: 5.6% leave in an average one (n = 195 account-months).'
    """
    n_lost, n_months = int(losses["n_lost"].sum()), int(losses["n_at_risk"].sum())
    tests = survival.excess(losses) if n_lost else np.ones(1)
    peak = losses.iloc[tests.argmin()] if tests.min() < 0.05 else None
    return _said("steepest", n_lost=n_lost, n_months=n_months, average=n_lost / max(n_months, 1), peak=peak)


def actions(stages: pd.DataFrame, compared: pd.DataFrame, projection: pd.DataFrame) -> list[str]:
    """Who should do what, the owner first: only what the numbers ask for.

    >>> stages = pd.DataFrame({"contract": ["month to month"], "stage": ["onboarding"], "rate": [0.1], "low": [0.02],
    ...                        "high": [0.2]})
    >>> actions(stages, pd.DataFrame({"verdict": ["few"]}), pd.DataFrame())
    ['Customer success: call month-to-month accounts at “onboarding”; 10.0% leave per month (95% interval 2–20%).']
    """
    # Where the rate is high even at the low end of its interval, so that a small stage is not named by chance.
    stage, last, contract = stages.loc[stages["low"].idxmax()] if len(stages) else None, None, ""
    verdicts = ("better", "worse")
    clear = {verdict: compared[compared["verdict"] == verdict].head(3) for verdict in verdicts}
    names = {verdict: [periods.name_of(day) for day in rows.get("cohort", ())] for verdict, rows in clear.items()}
    if len(projection):
        term = projection.loc[projection["n_at_risk"].astype("float64").idxmax(), "term_months"]  # most accounts
        last, contract = projection[projection["term_months"] == term].iloc[-1], survival.contract_name(int(term))
    return _said("actions", stage=stage, last=last, contract=contract, **names)


def compare_sentence(compared: pd.DataFrame) -> str:
    """Which cohorts differ from the others, the clearest first; or that none does, and among how many.

    >>> compare_sentence(pd.DataFrame({"verdict": ["few"]}))
    'No cohort is old and large enough to compare with the others.'
    """
    apart = compared[compared["verdict"].isin(["better", "worse"])]
    if len(apart):
        apart = apart.sort_values("difference", key=abs, ascending=False)
    return _said("compared", n=int((compared["verdict"] != "few").sum()), apart=apart.to_dict("records"))


def deviations_sentence(found: pd.DataFrame, short: bool = False) -> str:
    """Which bins stand out from the straight lines, or that none does; `short` without what it rests on.

    >>> deviations_sentence(pd.DataFrame(columns=["axis"]))
    'We do not compare cohort, age and calendar month: that needs 40 losses or more, and three spans of each.'
    """
    out, n_lost = [], 0
    if len(found):
        n_lost = int(found.loc[found["axis"] == "age", "n_lost"].sum())
        ranked = found.sort_values("odds_ratio", key=lambda ratio: np.log(ratio).abs(), ascending=False)
        out = ranked[ranked["stands_out"]].to_dict("records")
    return _said("bends", n_spans=len(found), out=out, n_lost=n_lost, short=short, fewest=FEWEST_LOST)


def drift_sentence(found: pd.DataFrame) -> str:
    """The net drift, and what it is under each named constraint; said to differ from none only where its interval does.

    >>> one = {"odds_ratio_per_year": 0.8, "low": 0.7, "high": 1.1}
    >>> drift_sentence(pd.DataFrame([one, one])).partition(" over ")[0]
    'The odds of leaving show no clear trend'
    """
    return _said("drift", row=_first(found))


def trend_sentence(found: pd.DataFrame) -> str:
    """The net drift as the page's answer, where its interval leaves none out; else empty.

    >>> row = {"odds_ratio_per_year": 0.77, "low": 0.63, "high": 0.94}
    >>> trend_sentence(pd.DataFrame([row])).partition(". ")[0]
    'Over all months on record, customers leave less: the odds of leaving fall by 23% per year (95% interval 6–37%)'
    >>> trend_sentence(pd.DataFrame([row | {"high": 1.1}]))
    ''
    """
    return _said("trend", row=_first(found))


def contrast_sentence(
    curve: pd.DataFrame, column: str, age: int, chi_squared: float, p: float, within: float = math.nan
) -> str:
    """Whether groups stay differently long: the log-rank test over their whole lives, and the farthest two at an age.

    `within` is the p of the test inside the segments, where the groups may differ only by the segments they bring.

    >>> rows = pd.DataFrame({"segment": ["SMB"], "age": [12], "survival": [0.8], "n_at_risk": [40]})
    >>> contrast_sentence(rows, "segment", 12, math.nan, math.nan)
    'There is nothing to compare: one segment, or nobody left.'
    """
    at = []
    if p < 0.05:
        rows = curve[(curve["age"] == age) & (curve[column] != survival.ALL) & (curve["n_at_risk"] > 0)]
        at = rows.sort_values("survival").rename(columns={column: "name"}).to_dict("records")
    what = column.replace("_", " ")
    return _said("contrast", what=what, age=age, at=at, chi_squared=chi_squared, p=p, within=within)


def median_sentence(medians: pd.DataFrame, column: str) -> str:
    """Median life over all accounts, with interval; or that more than half are still there.

    >>> row = {"segment": "all", "n": 90, "n_lost": 10, "median_months": math.nan, "low": 30.0, "high": math.nan}
    >>> median_sentence(pd.DataFrame([row]), "segment")
    'Median life is not reached yet: at every age seen more than half are still there (n = 90; 95%: 30 months or more).'
    """
    return _said("median", row=_first(medians[medians[column] == survival.ALL]))


def stages_sentence(stages: pd.DataFrame) -> str:
    """In which stage of life most accounts are lost, and where the rate is highest; each with its count.

    >>> stages_sentence(pd.DataFrame({"n_lost": []}))
    'No account of a known age has left yet, or no contract term is known.'
    """
    n_lost, most, above, average = int(stages["n_lost"].sum()), None, [], 0.0
    if n_lost:
        most, average = stages.loc[stages["n_lost"].idxmax()], n_lost / stages["n_at_risk"].sum()
        rates = stages[survival.excess(stages) < 0.05].sort_values("rate", ascending=False)
        above = rates.head(2).to_dict("records")
    return _said("stages", n_lost=n_lost, most=most, above=above, average=average)


def projection_sentence(table: pd.DataFrame, years: int = 3) -> str:
    """What is projected for one contract term at some years, or at the horizon if that is nearer."""
    table = table.assign(months=table["age"] * table["term_months"])
    contract = survival.contract_name(int(table["term_months"].iloc[0]))
    known = table[table["n_at_risk"].fillna(0) >= 30]
    far = known.loc[(known["projected"] - known["observed"]).abs().idxmax()] if len(known) else table.iloc[0]
    row, n_seen = table[table["months"] <= 12 * years].iloc[-1], int(table["observed"].notna().sum()) - 1
    return _said("projection", row=row, far=far, contract=contract, n=table["n_at_risk"].iloc[0], n_seen=n_seen)


def refusal_sentence(what: str, refusals: dict[int, str]) -> str:
    """Why something is not projected, by contract term, in words; empty where nothing was refused.

    >>> refusal_sentence("projection", {12: "none had left by Oct 2026"})
    'No projection of the 12-month contracts: none had left by Oct 2026.'
    """
    reasons: dict[str, list[str]] = {}
    for term, why in refusals.items():
        reasons.setdefault(why, []).extend([survival.contract_name(term)] if term else [])
    return _said("refusals", what=what, reasons=reasons)


def backtest_sentence(table: pd.DataFrame) -> str:
    """What was projected, what came, and the errors of both models."""
    ours, constant = (f"{100 * error:.1f}" for error in survival.errors(table))
    is_closer = float(ours) < float(constant)
    row = table.iloc[-1]
    return _said("backtest", row=row, n_months=len(table), ours=ours, constant=constant, is_closer=is_closer)


def value_sentence(table: pd.DataFrame, lives: pd.DataFrame, currency: str) -> str:
    """What the base is worth over all terms, how sure that is, and the MRR that is not in it.

    Terms are fitted apart, so their errors are independent and add up in squares; scenarios add up as they are.
    """
    if table.empty or table["value_cents"].isna().any():
        return _said("value", total=None)
    total, mrr, seen = table["value_cents"].sum(), int(table["mrr_cents"].sum()), set(table["basis"])
    basis = "none" if NO_FIT in seen else "range" if SCENARIO in seen else "interval"
    apart = np.array([table["value_cents"] - table["low"], table["high"] - table["value_cents"]])
    down, up = apart.sum(axis=1) if basis == "range" else np.sqrt((apart**2).sum(axis=1))
    amounts = {"total": total, "low": total - down, "high": total + up, "mrr": mrr}
    left_out = int(lives["mrr_cents"].sum()) - mrr
    amounts |= {"left_out": left_out} if left_out else {}
    said = {name: formats.money(cents, currency) for name, cents in amounts.items()}
    return _said("value", n=int(table["n_accounts"].sum()), basis=basis, **({"left_out": ""} | said))
