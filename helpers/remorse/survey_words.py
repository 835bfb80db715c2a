"""What customers say, in sentences: regret, silence, and words against behavior; no claim beyond the intervals."""

import typing
from dataclasses import dataclass
from functools import partial

import pandas as pd

from helpers import formats, stats
from helpers.metrics import benchmarks, measures

if typing.TYPE_CHECKING:
    from helpers.remorse.voice import Voice

FEW_ANSWERS = "There are too few answers"


@dataclass(frozen=True)
class Sentences:
    """Each sentence about `remorse.listen`, by what it is about."""

    voice: "Voice"

    @property
    def rate(self) -> str:
        """How many of those who answered regret, and how many answered; or that nobody asked."""
        rate, when = self.voice.rate, f"in the last {self.voice.months} months"
        if rate is None:
            return "This source has no survey, so nobody can say how many customers regret the purchase."
        if rate.value is None:
            why = f"only {formats.plural(rate.n, 'answer')}" if rate.n else formats.why_none(rate)
            return f"We cannot say how many customers regret the purchase {when}: {why}."
        asked = self.voice.estimates.set_index("estimate").loc["worst-case bounds", "n"]
        answered = f"{formats.count(rate.n)} of the {formats.count(asked)} people we asked {when} answered"
        return f"{formats.estimate(rate)} of the people who answered regret the purchase. {answered}."

    @property
    def benchmark(self) -> str:
        """What others published on regret; their questions are not ours."""
        return benchmarks.sentence(self.voice.benchmark, at_most=2)

    @property
    def caveats(self) -> list[str]:
        """How the answers were sampled, where they were."""
        return measures.sampling_sentences({"surveys": self.voice.every})

    @property
    def age(self) -> str:
        """Whether regret is higher early than late: the first band with answers enough against the last one."""
        return _compared(
            self.voice.ages,
            "segment",
            f"{FEW_ANSWERS} to compare regret early and late.",
            "Regret is higher in {0} than in {1}",
            "Regret is lower in {0} than in {1}",
            "Regret shows no clear difference between {0} and {1}",
        )

    @property
    def trend(self) -> str:
        """The latest quarter with answers enough against the one four before it."""
        quarters = self.voice.quarters
        enough = quarters[quarters["verdict"] == "ok"].iloc[-5:][::-1] if len(quarters) else quarters
        starts = pd.to_datetime(enough["period"]).dt.to_period("M") if len(enough) else []
        enough = enough.assign(period=[f"{first:%b}–{first + 2:%b %Y}" for first in starts])
        return _compared(
            enough,
            "period",
            f"{FEW_ANSWERS} for a trend.",
            "Early regret is higher in {0} than in {1}",
            "Early regret is lower in {0} than in {1}",
            "Early regret in {0} shows no clear difference from {1}",
        )

    @property
    def stance(self) -> str:
        """Whether promoters left less often than detractors."""
        rows = self.voice.left[self.voice.left["segment"].isin(["promoter", "detractor"])][::-1]
        return _compared(
            rows.assign(verdict=rows["value"].notna().map({True: "ok", False: ""})),
            "segment",
            f"{FEW_ANSWERS} to compare promoters and detractors.",
            "Detractors left more often than promoters",
            "Promoters left more often than detractors",
            "Detractors and promoters show no clear difference in leaving",
            "accounts",
        )

    @property
    def silence(self) -> str:
        """What weighting changes, and how wide the worst case is."""
        if self.voice.estimates.empty:
            return "We asked nobody, so we cannot bound the share that regrets."
        rows = self.voice.estimates.set_index("estimate")
        raw, weighted, bounds = (rows.loc[name] for name in ("as answered", "weighted", "worst-case bounds"))
        if pd.isna(raw["value"]) or pd.isna(bounds["low"]):
            return f"{FEW_ANSWERS} for an estimate."
        text = f"{formats.percent(raw['value'])} of those who answered regret the purchase"
        if pd.notna(weighted["value"]):
            around = f" ({formats.interval(weighted['low'], weighted['high'])})" if pd.notna(weighted["low"]) else ""
            text += f"; weighted for who answers, {formats.percent(weighted['value'])}{around}"
        n = f"n = {formats.count(raw['n'])} answers from {formats.count(bounds['n'])} people asked"
        between = formats.interval(bounds["low"], bounds["high"])
        return f"{text}. Whatever those who did not answer think, the true share is within {between} ({n})."

    @property
    def difference(self) -> str:
        """On what respondents and non-respondents differ, as far as the data can tell."""
        comparison = self.voice.comparison
        if comparison.empty:
            return "Too few people answered, or did not, for us to compare them."
        apart = comparison[(comparison["low"] > 0) | (comparison["high"] < 0)]
        n = " and ".join(formats.count(comparison[f"n_{name}"].max()) for name in ("respondents", "non_respondents"))
        if apart.empty:
            return f"People who answered show no clear difference from people who did not, on all we know (n = {n})."
        sides = (apart["difference"] > 0).map({True: "higher", False: "lower"})
        parts = [f"{what} {side}" for what, side in zip(apart["what"], sides, strict=True)]
        return f"People who answered differ from people who did not: {', '.join(parts)} (n = {n})."

    @property
    def promoters(self) -> str:
        """How many of the accounts that left had called themselves promoters."""
        share = self.voice.churned
        if share.value is None:
            return f"We cannot say how many accounts that left were promoters: {formats.why_none(share)}."
        left = "the accounts that left in the last 12 months and had answered before"
        return f"{formats.estimate(share)} of {left} had called themselves promoters."

    @property
    def against(self) -> str:
        """How many promoters are about to leave, and how many detractors stay."""
        n = self.voice.against["group"].value_counts()
        leaving, staying = int(n.get("promoters about to leave", 0)), int(n.get("detractors who stay", 0))
        promoters, detractors = formats.plural(leaving, "promoter"), formats.plural(staying, "detractor")
        return (
            f"{promoters} {'is' if leaving == 1 else 'are'} in the riskiest 10% of accounts. "
            f"{detractors} of a year or more {'is' if staying == 1 else 'are'} in the half with the lower risk."
        )

    @property
    def story(self) -> str:
        """How long the way to first value is, and how many have a use case written down and a value review held."""
        story = self.voice.story
        rows = story[(story["cohort"] == "all") & story["value"].notna()].set_index("measure")
        parts = []
        for measure, text in _STORY.items():
            if measure in rows.index:
                row = rows.loc[measure]
                write = partial(_in, row["unit"])
                bounds = formats.between(row["low"], row["high"], write)
                parts.append(
                    f"{text.format(write(row['value']))} (95% interval {bounds}, n = {formats.count(row['n'])})."
                )
        return " ".join(parts) or "The source says too little about value for a sentence; the table shows what it does."


_STORY = {
    "signature to first value (median)": "Half of the accounts reach first value within {} of signature",
    "use case written down": "{} of the accounts have a use case written down",
    "value review held": "{} had a value review in their first year",
}


def _in(unit: str, value: float) -> str:
    return formats.percent(value, 0) if unit == "share" else formats.plural(round(value), "day")


def _compared(lines: pd.DataFrame, name: str, few: str, higher: str, lower: str, same: str, unit="answers") -> str:
    """The first row with a rate against the last one, the sentence's `{0}` and `{1}` being their names."""
    known = lines[lines["verdict"] == "ok"] if len(lines) else lines
    if len(known) < 2:
        return few
    ends = known.iloc[[0, -1]]
    counts = list(zip(ends["numerator"].astype(int), ends["denominator"].astype(int), strict=True))
    return stats.two_shares(*counts, *(text.format(*ends[name]) for text in (higher, lower, same)), unit)
