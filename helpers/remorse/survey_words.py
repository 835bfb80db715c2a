"""The numbers behind what is said of the surveys; the sentences are in survey_words.toml."""

import typing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from helpers import formats, stats
from helpers.metrics import benchmarks, measures
from helpers.sentences import Sentences

if typing.TYPE_CHECKING:
    from helpers.remorse.voice import Voice


@dataclass(frozen=True)
class Facts:
    """What the sentences on `remorse.listen` are made of."""

    voice: "Voice"

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


def sentences(voice: "Voice") -> Sentences:
    """What page 30 says of the surveys."""
    return Sentences(Path(__file__).with_suffix(".toml"), Facts(voice))
