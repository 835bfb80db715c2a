"""What customers say in surveys: regret and what silence hides, words against behavior, and the story of value."""

from dataclasses import dataclass, field

import pandas as pd

from helpers.formats import Shown
from helpers.metrics import Metric, benchmarks, published
from helpers.remorse import regret, sentiment, survey_words, value_story
from helpers.remorse.diagnosis import Diagnosis
from helpers.sentences import Sentences
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
        return survey_words.sentences(self)

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


def listen(
    tables: Tables, found: Diagnosis, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> Voice:
    """What the customers of a source say; a purchase is regretted where expectations were met at most
    `expectations_at_most` and the customer settled for less at least `settled_at_least`, on 1–7."""
    every = tables.every_kth("surveys")
    surveys = tables.optional("surveys", every)
    cutoffs = {"expectations_at_most": expectations_at_most, "settled_at_least": settled_at_least}
    return Voice(
        months,
        every,
        *regret.measured(surveys, tables.period, found.signals.accounts, found.scores.z, months, **cutoffs),
        *sentiment.said(surveys, found.outcomes, found.at_risk),
        value_story.story(tables, found.signals),
        benchmarks.for_metric(published().table, "remorse_rate_12_months"),
    )
