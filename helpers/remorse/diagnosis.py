"""The whole diagnosis of one source and period, from signals to accounts at risk, in one frozen value."""

from dataclasses import dataclass

import pandas as pd

from helpers.remorse import accounts, attribution, measurement, outcomes, risk, scores, validation
from helpers.remorse import signals as signal
from helpers.remorse.recipe import CUTOFF_DAYS
from helpers.sources import Tables

LATER_DAYS = 365


@dataclass(frozen=True)
class Diagnosis:
    """Everything that the notebook shows. `model` is a `risk.Model`, or in words why there is none; `at_risk` is empty
    without one; `total` is MRR at risk with its interval, in cents."""

    signals: signal.Signals
    scores: scores.Scores
    readings: measurement.Measured
    outcomes: outcomes.Outcomes
    attribution: attribution.Attribution
    validation: validation.Validation
    model: risk.Model | str
    at_risk: pd.DataFrame
    total: tuple[float, float, float] | None

    @property
    def has_scores(self) -> bool:
        """Whether any account has a score on any driver."""
        return bool(self.scores.score.notna().any(axis=None))


def diagnose(tables: Tables, plays: pd.DataFrame, cutoff_days: int = CUTOFF_DAYS, draws: int = 12) -> Diagnosis:
    """Diagnose the accounts of a source as of its period. `plays` is `accounts.plays`, `draws` are SIMEX's a level.

    A failed or impossible validation leaves the plays out of the accounts at risk.
    """
    found = signal.read(tables, cutoff_days)
    scored = scores.score(found, *scores.against(tables, found))
    later = None
    if len(found.accounts) and cutoff_days < LATER_DAYS:
        again = signal.read(tables, LATER_DAYS)
        later = scores.score(again, scored.reference, scored.basis)
    readings = measurement.measured(scored.z)
    lives = outcomes.read(tables, found)
    attributed = attribution.attribute(lives.months, scored.z, draws)
    checked = validation.validate(lives, readings, scored, later)
    model = risk.fitted(lives, readings, lives.last_no)
    listed, total = pd.DataFrame(columns=accounts.COLUMNS), None
    if isinstance(model, risk.Model):
        own = outcomes.in_force(lives, lives.last_no)
        projected = risk.project(model, lives, readings, own, lives.last_no)
        book = plays if checked.is_passed else None
        stages = accounts.stage(lives, own)
        listed = accounts.at_risk(projected, own, model, readings, found, scored, stages, book)
        total = risk.total(model, projected, own["mrr_cents"])
    return Diagnosis(found, scored, readings, lives, attributed, checked, model, listed, total)
