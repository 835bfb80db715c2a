"""What customers say in surveys: regret and what silence hides, words against behavior, and the story of value."""

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pandas as pd

from helpers import formats, stats
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.metrics import Metric, benchmarks, measures, published
from helpers.remorse import regret, sentiment, value_story
from helpers.remorse.diagnosis import Diagnosis
from helpers.sources import Tables


@dataclass(frozen=True)
class Voice(Shown):
    """What customers say: `says` has the sentences. Rates and `left` are None where nobody was asked."""

    months: int
    every: int
    rate: Metric | None = field(metadata={"holds": "the remorse rate, of the latest answer of each person"})
    segments: pd.DataFrame = field(metadata={"holds": "the remorse rate, a row a segment"})
    ages: pd.DataFrame = field(metadata={"holds": "the remorse rate, a row an age of the account at the answer"})
    quarters: pd.DataFrame = field(metadata={"holds": "the remorse rate of early answers, a row a quarter"})
    comparison: pd.DataFrame = field(metadata={"holds": "respondents against non-respondents, a row a fact known"})
    estimates: pd.DataFrame = field(metadata={"holds": "as answered, weighted, and worst-case bounds: a row each"})
    left: pd.DataFrame | None = field(metadata={"holds": "who left within 12 months, a row a stance a year ago"})
    churned: Metric | None = field(metadata={"holds": "promoters among the accounts that left"})
    against: pd.DataFrame = field(metadata={"holds": "accounts whose words and risk disagree, a row an account"})
    story: pd.DataFrame = field(metadata={"holds": "from promised to experienced value, a row a measure and cohort"})
    benchmark: pd.DataFrame = field(metadata={"holds": "what others published on regret, a row a source"})

    @property
    def says(self) -> Sentences:
        """The sentences, by what they are about."""
        return Sentences(Path(__file__).with_suffix(".toml"), Facts(self))

    @property
    def rates(self) -> pd.DataFrame:
        """`estimates` as a page shows them."""
        return self.estimates.rename(columns={"value": "remorse_rate"})

    @property
    def both_sides(self) -> pd.DataFrame:
        """The largest six of each group where words and risk disagree."""
        return self.against.groupby("group", sort=False).head(6).reset_index(drop=True)

    @property
    def story_by_cohort(self) -> pd.DataFrame:
        """`story` as a page shows it."""
        return value_story.by_cohort(self.story)


@dataclass(frozen=True)
class Facts:
    """What the sentences on `remorse.listen` are made of."""

    voice: Voice

    @property
    def published(self) -> str:
        """What others published on regret."""
        return benchmarks.sentence(self.voice.benchmark, at_most=2)

    @property
    def sampling(self) -> str:
        """How the answers were sampled, where they were."""
        return "".join(measures.sampling_sentences({"surveys": self.voice.every}))

    @property
    def estimates(self) -> dict[str, dict]:
        """The rows of `regret.estimates` by name."""
        return self.voice.estimates.set_index("estimate").to_dict("index")

    @property
    def quarters(self) -> pd.DataFrame:
        """The latest quarter with answers enough and the four such before it, latest first, as people call them."""
        quarters = self.voice.quarters
        enough = quarters[quarters["verdict"] == "ok"].iloc[-5:][::-1] if len(quarters) else quarters
        starts = pd.to_datetime(enough["period"]).dt.to_period("M") if len(enough) else []
        return enough.assign(period=[f"{first:%b}–{first + 2:%b %Y}" for first in starts])

    @property
    def stances(self) -> pd.DataFrame:
        """Who left among detractors and promoters."""
        rows = self.voice.left[self.voice.left["segment"].isin(["promoter", "detractor"])][::-1]
        return rows.assign(verdict=rows["value"].notna().map({True: "ok", False: ""}))

    @property
    def apart(self) -> list[dict]:
        """The rows of `regret.compare` on which respondents and non-respondents differ."""
        rows = self.voice.comparison
        return rows[(rows["low"] > 0) | (rows["high"] < 0)].to_dict("records")

    @property
    def story(self) -> dict[str, dict]:
        """The measures of all accounts by name: text, bounds and n; those without a value are empty."""
        rows = self.voice.story
        rows = rows[(rows["cohort"] == "all") & rows["value"].notna() & rows["unit"].isin(["share", "time"])]
        found = {}
        for row in rows.to_dict("records"):
            write = partial(_in, row["unit"])
            bounds = formats.between(row["low"], row["high"], write)
            found[row["measure"]] = {"text": write(row["value"]), "bounds": bounds, "n": row["n"]}
        return found

    def compared(self, lines: pd.DataFrame, name: str, unit: str, higher: str, lower: str, same: str) -> str:
        """The first row with a rate against the last one, `{0}` and `{1}` being their names; "" without two of them."""
        lines = lines[lines["verdict"] == "ok"] if len(lines) else lines
        if len(lines) < 2:
            return ""
        ends = lines.iloc[[0, -1]]
        counts = list(zip(ends["numerator"].astype(int), ends["denominator"].astype(int), strict=True))
        return stats.two_shares(*counts, *(text.format(*ends[name]) for text in (higher, lower, same)), unit)


def _in(unit: str, value: float) -> str:
    return formats.percent(value, 0) if unit == "share" else formats.plural(round(value), "day")


def listen(
    tables: Tables, found: Diagnosis, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> Voice:
    """What the customers of a source say; a purchase is regretted where expectations were met at most
    `expectations_at_most` and the customer settled for less at least `settled_at_least`, on 1–7."""
    every = tables.every_kth("surveys")
    surveys = tables.optional("surveys", every)
    cutoffs = {"expectations_at_most": expectations_at_most, "settled_at_least": settled_at_least}
    everyone = replace(found.outcomes, accounts=found.accounts.dropna(subset="cutoff_no"))
    return Voice(
        months,
        every,
        *regret.measured(surveys, tables.period, found.accounts, months, **cutoffs),
        *sentiment.said(surveys, everyone, found.at_risk),
        value_story.story(tables, found.signals),
        benchmarks.for_metric(published().table, "remorse_rate_12_months"),
    )
