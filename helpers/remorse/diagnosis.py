"""The whole diagnosis of one source and period, from signals to accounts at risk, in one frozen value."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.remorse import accounts, attribution, measurement, outcomes, risk, scores, signals, validation
from helpers.remorse.attribution import THIN, Attribution, gap
from helpers.remorse.measurement import Measured
from helpers.remorse.outcomes import Outcomes
from helpers.remorse.recipe import CUTOFF_DAYS, DRIVERS, LABELS, of_driver
from helpers.remorse.risk import Model
from helpers.remorse.scores import Scores
from helpers.remorse.signals import Signals
from helpers.remorse.validation import Validation
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
        return Sentences(Path(__file__).with_suffix(".toml"), Facts(self))

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
        rows, table = self.attribution.table, {}
        for title, suffix in {"odds as measured": "", "odds, corrected for noise": "_corrected"}.items():
            odds = np.exp(rows[[f"{name}{suffix}" for name in ("log_odds", "low", "high")]].astype(float)).to_numpy()
            table[title] = [f"×{value:.2f} ({low:.2f}–{high:.2f})" for value, low, high in odds]
        for title, name in {"Shapley share": "share", "fraction, if causal": "paf"}.items():
            triples = rows[[name, f"{name}_low", f"{name}_high"]].to_numpy()
            table[title] = [f"{formats.percent(value, 0)} ({formats.interval(*ends)})" for value, *ends in triples]
        return pd.DataFrame({"driver": rows["driver"].map(LABELS)} | table)

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


@dataclass(frozen=True)
class Facts:
    """What the sentences on a diagnosis are made of."""

    found: Diagnosis

    labels, thin = LABELS, THIN
    most_checked, renewal_within = validation.MOST_CHECKED, accounts.RENEWAL_WITHIN

    @property
    def top(self) -> dict:
        """The driver with the largest corrected odds: its label, and its odds with their interval."""
        row = self.found.attribution.table.iloc[0]
        odds = np.exp(row[["log_odds_corrected", "low_corrected", "high_corrected"]].astype(float))
        return {"label": LABELS[row["driver"]], "odds": odds.tolist()}

    @property
    def second(self) -> str:
        """The label of the driver after it, "" without one."""
        return next(iter(self.found.attribution.table["driver"].iloc[1:2].map(LABELS)), "")

    @property
    def is_ahead(self) -> bool:
        """Whether the first is told from the second."""
        return gap(self.found.attribution.fit, *self.found.attribution.table["driver"].head(2))[1] > 0

    def alphas(self, verdict: str) -> list[dict]:
        """The rows of Cronbach's alpha with a verdict."""
        checks = self.found.validation.checks
        return checks[(checks["measure"] == "Cronbach's alpha") & (checks["verdict"] == verdict)].to_dict("records")

    def check(self, measure: str) -> dict | None:
        """The row of one measure of the validation, None where it is not there."""
        checks = self.found.validation.checks
        return next(iter(checks[checks["measure"] == measure].to_dict("records")), None)

    @property
    def scored(self) -> tuple[list, list]:
        """Label and number of accounts of each driver with a score; label, signals needed and signals of the others."""
        n = self.found.scores.score.notna().sum()
        has = [(LABELS[driver], int(n[driver])) for driver in DRIVERS if n[driver]]
        sizes = {driver: len(of_driver(driver)) for driver in DRIVERS if not n[driver]}
        return has, [(LABELS[driver], -(-size // 2), size) for driver, size in sizes.items()]

    @property
    def acts(self) -> bool:
        """Whether the score may be acted on, and there is an account to act for."""
        return self.found.validation.is_passed and len(self.found.at_risk) > 0

    @property
    def n_signals(self) -> tuple[int, int]:
        """How many signals the source shows, and how many there are."""
        shown = self.found.signals.values.notna().any().sum()
        return int(shown), sum(len(of_driver(driver)) for driver in DRIVERS)

    @property
    def first(self) -> list[dict]:
        """The three accounts with the most MRR at risk."""
        return self.found.at_risk.head(3).to_dict("records")

    @property
    def leading(self) -> tuple[str, int] | None:
        """The driver that leads most accounts, and how many."""
        return _most(self.found.at_risk["leading_driver"])

    @property
    def due(self) -> pd.DataFrame:
        """The accounts that renew soon."""
        return self.found.at_risk[self.found.at_risk["stage"] == "renewal"]

    @property
    def product(self) -> tuple[str, int] | None:
        """The play of the product team that most accounts need, and how many."""
        return _most(self.found.at_risk.loc[self.found.at_risk["owner"] == "product", "play"])


def _most(values: pd.Series) -> tuple[str, int] | None:
    return next(((str(value), int(n)) for value, n in values.value_counts().items()), None)


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
