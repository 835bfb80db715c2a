"""What is said about cohorts (`words.toml`): with n and interval, a difference only where the evidence holds."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
from helpers.cohorts.apart import FEWEST_LOST
from helpers.cohorts.survival import observed, projection
from helpers.cohorts.survival.projection import NO_FIT, SCENARIO
from helpers.cohorts.triangles import pooled
from helpers.formats.sentences import Sentences


def said(name: str, **facts) -> str | list[str]:
    """One sentence of `words.toml`, or one list of them, filled with these facts.

    >>> drift = pd.DataFrame([{"odds_ratio_per_year": 0.8, "low": 0.7, "high": 1.1}])
    >>> said("drift", drift=drift).partition(" over ")[0]
    'The odds of leaving show no clear trend'
    """
    return getattr(Sentences(Path(__file__).with_suffix(".toml"), SimpleNamespace(**facts)), name)


def sentences(frames: dict, milestone: int, contrasts: list, refusals: tuple, currency: str) -> SimpleNamespace:
    """All of them, from the frames of `cohorts.read`.

    `contrasts`: the log-rank tests of segments, of sources, and of sources within segments; `refusals`: by contract
    term, why nothing is projected, and why no projection is tested.
    """
    value, stages = value_sentence(frames["value"], frames["lives"], currency), stages_sentence(frames["stages"])
    steepest, bends, drift = steepest_sentence(frames["losses"]), frames["bends"], frames["drift"]
    by_segment, by_source, inside = contrasts
    here, net, gross = ({"averages": pooled(frames[name]), "age": milestone} for name in ("in_force", "net", "gross"))
    segments = contrast_sentence(frames["curves"], "segment", milestone, *by_segment)
    terms, tests = ([rows for _, rows in frames[name].groupby("term_months")] for name in ("projection", "backtest"))
    # The trend is of all cohorts and months; two halves compared at one age see less of it, and may seem to deny it.
    newer = said("trend", drift=drift) or newer_sentence(frames["in_force"], milestone)
    return SimpleNamespace(
        headline=[newer, stages if len(frames["stages"]) else steepest, value],
        milestone=said("milestone", **here),
        net=said("revenue", **net, without=""),
        gross=said("revenue", **gross, without="without growth"),
        compared=compare_sentence(frames["compared"]),
        deviations=f"{deviations_sentence(bends)} {said('drift', drift=drift)}".strip(),
        stand_out=deviations_sentence(bends, short=True) if len(bends) else "",
        steepest=steepest,
        stages=stages,
        segments=f"{segments} {said('median', medians=frames['medians'])}",
        sources=contrast_sentence(frames["curves_by_source"], "acquisition_source", milestone, *by_source, *inside),
        projections=[said("projection", table=rows, years=3) for rows in terms],
        no_projection=said("refusals", what="projection", refusals=refusals[0]),
        tests=[said("backtest", table=rows, errors=projection.errors(rows)) for rows in tests],
        no_test=said("refusals", what="test", refusals=refusals[1]),
        value=value,
        actions=said("actions", **{name: frames[name] for name in ("stages", "compared", "projection")}),
    )


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
        return said("milestone", averages=pooled(triangle), age=age)
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
    tests = observed.excess(losses) if losses["n_lost"].any() else np.ones(1)
    return said("steepest", losses=losses, peak=losses.iloc[tests.argmin()] if tests.min() < 0.05 else None)


def compare_sentence(compared: pd.DataFrame) -> str:
    """Which cohorts differ from the others, the clearest first; or that none does, and among how many.

    >>> compare_sentence(pd.DataFrame({"verdict": ["few"], "difference": [math.nan]}))
    'No cohort is old and large enough to compare with the others.'
    """
    apart = compared[compared["verdict"].isin(["better", "worse"])].sort_values("difference", key=abs, ascending=False)
    return said("compared", compared=compared, apart=apart.to_dict("records"))


def deviations_sentence(bends: pd.DataFrame, short: bool = False) -> str:
    """Which bins stand out from the straight lines, or that none does; `short` without what it rests on.

    >>> deviations_sentence(pd.DataFrame(columns=["axis", "odds_ratio", "stands_out"]))
    'We do not compare cohort, age and calendar month: that needs 40 losses or more, and three spans of each.'
    """
    out = bends[bends["stands_out"].astype("bool")]
    out = out.sort_values("odds_ratio", key=lambda ratio: np.log(ratio.astype("float64")).abs(), ascending=False)
    return said("bends", bends=bends, out=out.to_dict("records"), short=short, fewest=FEWEST_LOST)


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
        rows = curve[(curve["age"] == age) & (curve[column] != observed.ALL) & (curve["n_at_risk"] > 0)]
        at = rows.sort_values("survival").rename(columns={column: "name"}).to_dict("records")
    what = column.replace("_", " ")
    return said("contrast", what=what, age=age, at=at, chi_squared=chi_squared, p=p, within=within)


def stages_sentence(stages: pd.DataFrame) -> str:
    """In which stage of life most accounts are lost, and where the rate is highest; each with its count.

    >>> stages_sentence(pd.DataFrame({"n_lost": []}))
    'No account of a known age has left yet, or no contract term is known.'
    """
    above = []
    if stages["n_lost"].any():
        above = stages[observed.excess(stages) < 0.05].sort_values("rate", ascending=False).head(2).to_dict("records")
    return said("stages", stages=stages, above=above)


def value_sentence(table: pd.DataFrame, lives: pd.DataFrame, currency: str) -> str:
    """What the base is worth over all terms, how sure that is, and the MRR that is not in it.

    Terms are fitted apart, so their errors are independent and add up in squares; scenarios add up as they are.
    """
    if table.empty or table["value_cents"].isna().any():
        return said("value", total=None)
    total, seen = table["value_cents"].sum(), set(table["basis"])
    basis = "none" if NO_FIT in seen else "range" if SCENARIO in seen else "interval"
    apart = np.array([table["value_cents"] - table["low"], table["high"] - table["value_cents"]])
    down, up = apart.sum(axis=1) if basis == "range" else np.sqrt((apart**2).sum(axis=1))
    left_out = lives["mrr_cents"].sum() - table["mrr_cents"].sum()
    facts = {"total": total, "low": total - down, "high": total + up, "left_out": left_out, "basis": basis}
    return said("value", table=table, currency=currency, **facts)
