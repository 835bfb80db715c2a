"""What customers say in surveys: regret and what silence hides, words against behavior, and the story of value."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import metrics, stats
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger.account_months import month_no
from helpers.metrics import Metric, benchmarks, measures, published
from helpers.metrics.core import TOO_FEW, proportion
from helpers.periods import Period
from helpers.remorse import regret
from helpers.remorse.diagnosis import Diagnosis
from helpers.remorse.outcomes import Outcomes, in_force
from helpers.remorse.signals import Signals
from helpers.sources import Tables
from helpers.stats import Z, curves

STANCES = ("promoter", "passive", "detractor")
SURVEY = "nps_relationship"
AGAINST = ["group", "account_id", "name", "segment", "score", "answered_on", "mrr_cents", "probability"]
STORY = "phase measure cohort value low high n unit verdict".split()
YEAR = 365


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

    published, sampled = staticmethod(benchmarks.sentence), staticmethod(measures.sampling_sentences)
    two_shares = staticmethod(stats.two_shares)

    @property
    def says(self) -> Sentences:
        """The sentences, by what they are about."""
        return Sentences(__file__, self)

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
        """`story` as a page shows it: a row a measure, a column a cohort, each cell with its interval and n."""
        keys = ["phase", "measure"]
        file = Path(__file__).with_name("story.toml")
        cells = [Sentences(file, row).cell for row in self.story.itertuples()]
        wide = self.story.assign(cell=cells).pivot(index=keys, columns="cohort", values="cell").fillna("")
        order = self.story[keys].drop_duplicates().itertuples(index=False, name=None)
        return wide.loc[list(order), sorted(wide.columns, key=lambda name: (name != "all", name))].reset_index()

    @property
    def latest_quarters(self) -> pd.DataFrame:
        """The latest quarter with answers enough and the four such before it, latest first, as people call them."""
        enough = self.quarters[self.quarters["verdict"] == "ok"].iloc[-5:][::-1]
        starts = pd.to_datetime(enough["period"]).dt.to_period("M")
        return enough.assign(period=[f"{first:%b}–{first + 2:%b %Y}" for first in starts])


def listen(
    tables: Tables, found: Diagnosis, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> Voice:
    """What the customers of a source say; a purchase is regretted where expectations were met at most
    `expectations_at_most` and the customer settled for less at least `settled_at_least`, on 1–7."""
    every = tables.every_kth("surveys")
    surveys = tables.optional("surveys", every)
    left, churned, against = None, None, pd.DataFrame(columns=AGAINST)
    if surveys is not None and (surveys["survey"] == SURVEY).any():
        everyone = replace(found.outcomes, accounts=found.accounts.dropna(subset="cutoff_no"))
        left, churned = left_by_stance(surveys, everyone), churned_promoters(surveys, everyone)
        against = _against_behavior(found.at_risk, _stances(surveys, everyone.last_no), everyone)
    rates = regret.measured(surveys, tables.period, found.accounts, months, expectations_at_most, settled_at_least)
    benchmark = benchmarks.for_metric(published().table, "remorse_rate_12_months")
    return Voice(months, every, *rates, left, churned, against, story(tables, found.signals), benchmark)


# Words against behavior: promoters who leave, detractors who stay.


def _stances(surveys: pd.DataFrame, until: int) -> pd.DataFrame:
    """Each account's stance: its latest relationship answer in the 12 months that end with month number `until`.

    Several contacts of one account: the latest answer counts. Columns, by account_id: score (0–10), answered_on, stance
    (promoter 9–10, passive 7–8, detractor 0–6).
    """
    answers = metrics.latest_answers(surveys, SURVEY, "recommend", Period(until, until), 12)
    last = answers.drop_duplicates("account_id", keep="last")
    found = last.set_index("account_id")[["score", "answered_on"]]
    stance = pd.cut(found["score"], [-np.inf, 7, 9, np.inf], right=False, labels=STANCES[::-1])
    return found.assign(stance=stance.astype("str"))


def left_by_stance(surveys: pd.DataFrame, outcomes: Outcomes) -> pd.DataFrame:
    """Of those that paid 12 months ago, by what they had said in the 12 months before: who has left since.

    Columns: segment (the stance, or `said nothing`), value (share that left, 0–1), low, high (Wilson), numerator,
    denominator, n, verdict.
    """
    at, method = outcomes.last_no - 12, "left ÷ paying 12 months ago"
    own = in_force(outcomes, at)
    said = _stances(surveys, at)["stance"].reindex(own.index).fillna("said nothing")
    left = {name: own.loc[said == name, "lost_no"] for name in (*STANCES, "said nothing")}
    return regret.lines({name: proportion(no.count(), len(no), method, "nobody") for name, no in left.items()})


def churned_promoters(surveys: pd.DataFrame, outcomes: Outcomes) -> Metric:
    """Of the accounts lost in the last 12 months that had answered in the 12 before: the share that had called
    themselves promoters (9–10) in their latest answer, 0–1; Wilson. An answer of the month of the loss does not count:
    it may have come after notice was given."""
    lost_no = outcomes.accounts["lost_no"]
    lost_no = lost_no[lost_no > outcomes.last_no - 12]
    answers = surveys[(surveys["survey"] == SURVEY) & (surveys["item"] == "recommend") & surveys["score"].notna()]
    answers = answers[answers["account_id"].isin(lost_no.index)]
    before = answers["account_id"].map(lost_no).astype("float64") - month_no(answers["answered_on"])
    answers = answers[before.between(1, 12)].sort_values(["answered_on", "response_id"])
    last = answers.drop_duplicates("account_id", keep="last")
    method = "promoters in their last answer before ÷ lost accounts that had answered; Wilson"
    return proportion(int((last["score"] >= 9).sum()), len(last), method, "no lost account had answered")


def _against_behavior(at_risk: pd.DataFrame, said: pd.DataFrame, outcomes: Outcomes) -> pd.DataFrame:
    """The two groups where words and risk disagree: promoters in the top tenth of risk, detractors in the lower half
    who have stayed 12 months and more.

    `at_risk`: `accounts.at_risk` (account_id, name, segment, mrr_cents, probability); `said`: `_stances`. Columns:
    group, account_id, name, segment, score, answered_on, mrr_cents, probability; by group, then MRR.
    """
    rows = at_risk.assign(place=at_risk["probability"].rank(pct=True))
    rows = rows.merge(said.reset_index(), on="account_id", validate="one_to_one")
    age = outcomes.last_no - rows["account_id"].map(outcomes.accounts["start_no"])
    leaving = (rows["stance"] == "promoter") & (rows["place"] > 0.9)
    staying = (rows["stance"] == "detractor") & (rows["place"] <= 0.5) & (age >= 12)
    rows["group"] = np.where(leaving, "promoters about to leave", "detractors who stay")
    rows = rows[leaving | staying].sort_values(["group", "mrr_cents", "account_id"], ascending=[False, False, True])
    return rows[AGAINST].reset_index(drop=True)


# From the belief in potential value before the deal to experienced value after it: how far each cohort has come.


def story(tables: Tables, signals: Signals) -> pd.DataFrame:
    """Where value is promised, recorded, first seen and reviewed: all diagnosed accounts, and by year of their start.

    Columns: phase (before the deal, onboarding, first year), measure, cohort (`all` or a year), value, low, high (95%),
    n, unit (days, share 0–1, points 1–7, count), verdict. First value: Kaplan–Meier median, accounts that have none yet
    are censored at their latest snapshot. First-year measures count accounts whose first year is over. What the source
    does not tell is left out.
    """
    start, rows = signals.accounts["first_paid_on"], []
    cohorts = {"all": start} | {str(year): own for year, own in start.groupby(start.dt.year)}
    for (phase, measure, unit), values in _facts(tables, signals).items():
        for cohort, own in cohorts.items():
            *found, verdict = _measured(values.loc[values.index.intersection(own.index)], unit)
            rows.append((phase, measure, cohort, *found, unit, verdict))
    return pd.DataFrame(rows, columns=STORY).astype(regret.NUMBERS)


def _facts(tables, signals) -> dict[tuple, pd.Series]:
    """(phase, measure, unit) → one value an account; of first value, days and whether it was seen."""
    found, values = {}, signals.values
    paid = signals.accounts["first_paid_on"]
    over = paid.index[paid + pd.Timedelta(days=YEAR) <= pd.Timestamp(tables.as_of)]

    def run(query: str) -> pd.DataFrame:
        rows = tables.run(query, days=YEAR, every=signals.every, part=signals.part)
        return rows[rows["account_id"].isin(values.index)].set_index("account_id")

    if "days_to_signature" in values.columns:
        found["before the deal", "first contact to signature", "days"] = values["days_to_signature"].dropna()
    if tables.has("onboarding"):
        first = run("first_value")
        found["onboarding", "signature to first value (median)", "time"] = first
        found["onboarding", "use case written down", "share"] = first["is_use_case_recorded"].dropna()
    if "states_value" in values.columns:
        found["onboarding", "can state the value it gets, at day 90", "points"] = values["states_value"].dropna()
    if tables.has("usage"):
        begun = run("first_year")["n_begun"].dropna().astype(float)
        found["first year", "use cases begun", "count"] = begun[begun.index.isin(over)]
    if tables.has("touches"):
        reviewed = over.isin(run("early_reviews").index)
        found["first year", "value review held", "share"] = pd.Series(reviewed, over)
    return found


def _measured(values, unit) -> tuple:
    """Value, low, high, n and verdict of a cohort."""
    n = len(values)
    if unit == "share":
        metric = proportion(int(values.sum()), n, "share", "nobody")
        return metric.value, metric.low, metric.high, metric.n, metric.verdict
    if n < TOO_FEW:
        return None, None, None, n, "too few" if n or unit == "time" else "undefined"
    if unit == "time":
        middle, low, high = curves.median(curves.kaplan_meier(values["days"], values["is_seen"] == 1))
        return middle, low, high, n, "undefined" if middle is None else "ok"
    mean, half = float(values.mean()), Z * float(values.std(ddof=1)) / np.sqrt(n)
    return mean, mean - half, mean + half, n, "few" if n < 10 else "ok"
