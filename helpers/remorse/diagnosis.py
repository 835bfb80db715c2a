"""The whole diagnosis of one source and period, from signals to accounts at risk, in one frozen value."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.formats import Shown
from helpers.remorse import accounts, attribution, measurement, outcomes, risk, scores, signals, validation, words
from helpers.remorse.attribution import Attribution
from helpers.remorse.measurement import Measured
from helpers.remorse.outcomes import Outcomes
from helpers.remorse.recipe import CUTOFF_DAYS, DRIVERS, LABELS
from helpers.remorse.risk import Model
from helpers.remorse.scores import Scores
from helpers.remorse.signals import Signals
from helpers.remorse.validation import Validation
from helpers.sentences import Sentences
from helpers.sources import ROOT, Tables

LATER_DAYS = 365


@dataclass(frozen=True)
class Diagnosis(Shown):
    """Who regrets the purchase and why: `says` has the sentences, `call_list` and `driver_table` are for the page.

    `model` is a `risk.Model`, or in words why there is none; `at_risk` is empty without one; `total` is MRR at risk
    with its interval, in cents.
    """

    currency: str
    at_risk: pd.DataFrame = field(metadata={"holds": "accounts by MRR at risk: chance, evidence and play, a row each"})
    attribution: Attribution = field(metadata={"holds": ".table: what predicts leaving, a row a driver"})
    validation: Validation = field(metadata={"holds": ".checks: can the score be trusted, a row a measure"})
    signals: Signals = field(metadata={"holds": ".values and .known_on: a row an account, a column a signal"})
    scores: Scores = field(metadata={"holds": ".score and .percentile: a row an account, a column a driver"})
    readings: Measured = field(metadata={"holds": ".latent and .noise: a row an account, a column a driver"})
    outcomes: Outcomes = field(metadata={"holds": ".months: a row an account and month at risk"})
    model: Model | str = field(metadata={"holds": "the fitted hazard of leaving in a month, or why there is none"})
    total: tuple[float, float, float] | None = field(metadata={"holds": "MRR at risk in cents: value, low, high"})

    @property
    def says(self) -> Sentences:
        """The sentences, by what they are about."""
        return words.sentences(self)

    @property
    def has_scores(self) -> bool:
        """Whether any account has a score on any driver."""
        return bool(self.scores.score.notna().any(axis=None))

    @property
    def call_list(self) -> pd.DataFrame:
        """The accounts at risk as a page shows them, most MRR at risk first; empty without scores."""
        names = ["name", "mrr_cents", "probability", "low", "high", "mrr_at_risk_cents", "leading_driver", "evidence"]
        rows = self.at_risk[[*names, "play", "owner"]] if self.has_scores else pd.DataFrame(columns=names)
        return rows.rename(columns={"name": "account", "probability": "chance of leaving"})

    @property
    def at_risk_total(self) -> pd.DataFrame:
        """MRR at risk of all accounts listed, one row, in cents; a list of very many accounts is saved in part only."""
        value, low, high = (round(amount) for amount in self.total or (0, 0, 0))
        own = {"n_accounts": len(self.at_risk), "mrr_cents": int(self.at_risk["mrr_cents"].sum())}
        return pd.DataFrame([own | {"mrr_at_risk_cents": value, "low_cents": low, "high_cents": high}])

    @property
    def driver_table(self) -> pd.DataFrame:
        """The three answers to why customers leave, written with their intervals, one row a driver."""
        rows = self.attribution.table

        def odds(suffix: str) -> list[str]:
            triples = np.exp(rows[[f"{name}{suffix}" for name in ("log_odds", "low", "high")]].astype(float))
            return [f"×{value:.2f} ({low:.2f}–{high:.2f})" for value, low, high in triples.to_numpy()]

        def share(name: str) -> list[str]:
            triples = rows[[name, f"{name}_low", f"{name}_high"]].to_numpy()
            return [f"{formats.percent(value, 0)} ({formats.interval(*ends)})" for value, *ends in triples]

        return pd.DataFrame(
            {
                "driver": rows["driver"].map(LABELS),
                "odds as measured": odds(""),
                "odds, corrected for noise": odds("_corrected"),
                "Shapley share": share("share"),
                "fraction, if causal": share("paf"),
            }
        )

    @property
    def coverage(self) -> pd.DataFrame:
        """How many of the accounts show each signal, a row each."""
        return signals.coverage(self.signals)

    @property
    def driver_scores(self) -> pd.DataFrame:
        """Every diagnosed account with every signal's z and every driver's score and percentile, to be saved.

        Columns: account_id, name, segment, cutoff_on, then z_<signal>, score_<driver> (SD), percentile_<driver> (0–1).
        """
        parts = [
            self.signals.accounts[["name", "segment", "cutoff_on"]],
            self.scores.z.add_prefix("z_"),
            self.scores.score[list(DRIVERS)].add_prefix("score_"),
            self.scores.percentile[list(DRIVERS)].add_prefix("percentile_"),
        ]
        return pd.concat(parts, axis=1).rename_axis("account_id").reset_index()


def diagnose(
    tables: Tables, plays: pd.DataFrame | None = None, cutoff_days: int = CUTOFF_DAYS, draws: int = 12
) -> Diagnosis:
    """Diagnose the accounts of a source as of its period. `plays` is `accounts.plays`, by default those of
    data/plays.csv; `draws` are SIMEX's a level.

    A failed or impossible validation leaves the plays out of the accounts at risk.
    """
    plays = accounts.plays(ROOT / "data" / "plays.csv") if plays is None else plays
    found = signals.read(tables, cutoff_days)
    scored = scores.score(found, *scores.against(tables, found))
    later = None
    if len(found.accounts) and cutoff_days < LATER_DAYS:
        again = signals.read(tables, LATER_DAYS)
        later = scores.score(again, scored.reference, scored.basis)
    readings = measurement.measured(scored.z)
    lives = outcomes.read(tables, found)
    attributed = attribution.attribute(lives.months, scored.z, draws)
    checked = validation.validate(_year_before(tables, cutoff_days), lives, scored, later)
    model = risk.fitted(lives, readings)
    listed, total = pd.DataFrame(columns=accounts.COLUMNS), None
    if isinstance(model, Model):
        own = outcomes.in_force(lives, lives.last_no)
        projected = risk.project(model, lives, readings, own, lives.last_no)
        book = plays if checked.is_passed else None
        listed = accounts.at_risk(projected, own, model, readings, found, scored, accounts.stage(lives, own), book)
        total = risk.total(model, projected, own["mrr_cents"])
    return Diagnosis(tables.currency, listed, attributed, checked, found, scored, readings, lives, model, total)


def _year_before(tables: Tables, cutoff_days: int) -> validation.Learned | None:
    """What the report of 12 months earlier knew: the source as it was known then; None where the data begins later."""
    month = tables.period.last - outcomes.HORIZON
    if month < tables.coverage.first_month:
        return None
    before = tables.at(periods.of_month(month))
    found = signals.read(before, cutoff_days)
    readings = measurement.measured(scores.score(found, *scores.against(before, found)).z)
    return validation.Learned(outcomes.read(before, found), readings)
