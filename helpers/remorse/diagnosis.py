"""The whole diagnosis of one source and period, from signals to accounts at risk, in one frozen value."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import account_months
from helpers.remorse import accounts, attribution, outcomes, risk, scores, signals, validation
from helpers.remorse.attribution import THIN, Attribution, gap
from helpers.remorse.measurement import Measured
from helpers.remorse.outcomes import Outcomes, Part
from helpers.remorse.risk import Model
from helpers.remorse.scores import Scores
from helpers.remorse.signals import CUTOFF_DAYS, LABELS, SIGNALS, Signals, of_driver
from helpers.remorse.validation import Validation
from helpers.sources import ROOT, Tables

LATER_DAYS = 365
AT_ONCE = 200_000  # accounts that are held in memory at once


@dataclass(frozen=True)
class Diagnosis(Shown):
    """Who regrets the purchase and why: `says` has the sentences, `call_list` and `driver_table` are for the page.

    `model` is a `risk.Model`, or in words why there is none; `at_risk` is empty without one; `total` is MRR at risk
    with its interval, in cents.
    """

    labels, thin, renewal_within = LABELS, THIN, accounts.RENEWAL_WITHIN
    of_driver, gap = staticmethod(of_driver), staticmethod(gap)
    tables: Tables = field(repr=False)
    at_risk: pd.DataFrame = field(metadata={"holds": "accounts by MRR at risk: chance, evidence and play, a row each"})
    attribution: Attribution = field(metadata={"holds": ".table: what predicts leaving, a row a driver"})
    validation: Validation = field(metadata={"holds": ".checks: can the score be trusted, a row a measure"})
    signals: Signals = field(metadata={"holds": ".values and .known_on: a row an account, a column a signal"})
    scores: Scores = field(metadata={"holds": ".score and .percentile: a row an account, a column a driver"})
    readings: Measured = field(metadata={"holds": ".latent and .noise: a row an account, a column a driver"})
    outcomes: Outcomes = field(metadata={"holds": ".months: a row an account and month at risk"})
    model: Model | str = field(metadata={"holds": "the fitted hazard of leaving in a month, or why there is none"})
    total: tuple[float, float, float] | None = field(metadata={"holds": "MRR at risk in cents: value, low, high"})
    accounts: pd.DataFrame = field(metadata={"holds": "every account scored: its start, its loss, a row each"})
    counts: pd.Series = field(metadata={"holds": "accounts scored, left out, with each signal, with each score"})
    driver_scores: pd.DataFrame = field(
        metadata={"holds": "z of every signal, scores: an account each, the first 100,000 by id"}
    )

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.tables.currency

    @property
    def says(self) -> Sentences:
        """The sentences, by what they are about."""
        return Sentences(Path(__file__).with_suffix(".toml"), self)

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
        """How many of the accounts show each signal of the recipe, in its order, a row each.

        Columns: signal, driver, about, n (accounts with a value), share (of all scored, 0–1; missing without accounts).
        """
        rows = [(name, signal.driver, signal.about) for name, signal in SIGNALS.items()]
        n = self.counts.reindex(list(SIGNALS), fill_value=0).to_numpy(dtype="int64")
        share = n / (self.counts["scored"] or np.nan)
        return pd.DataFrame(rows, columns=["signal", "driver", "about"]).assign(n=n, share=share)


def diagnose(
    tables: Tables, plays: pd.DataFrame | None = None, cutoff_days: int = CUTOFF_DAYS, draws: int = 12
) -> Diagnosis:
    """Diagnose the accounts of a source as of its period. `plays` is `accounts.plays`, by default those of
    data/plays.csv; `draws` are SIMEX's a level.

    Above 20,000 accounts, everything is learned from every kth account by id and then said of all, 200,000 at a time:
    `signals`, `scores`, `readings` and `outcomes` are those of the sample. A failed or impossible validation leaves the
    plays out of the accounts at risk.
    """
    plays = accounts.plays(ROOT / "data" / "plays.csv") if plays is None else plays
    sample = outcomes.diagnosed(tables, cutoff_days, every=account_months.every_kth(tables))
    attributed = attribution.attribute(sample.outcomes.months, sample.scores.z, draws)
    before = _year_before(tables, cutoff_days, sample.signals.every)
    checked = validation.validate(before, sample.outcomes, sample.scores, _later(tables, sample))
    model, book = risk.fitted(sample.outcomes, sample.readings), plays if checked.is_passed else None
    n = account_months.every_kth(tables, AT_ONCE)
    # One after the other: of many accounts, two parts at once would not fit in memory.
    parts = (outcomes.diagnosed(tables, cutoff_days, n, part, sample) for part in range(n))
    said = [_said(part, model, book) for part in ([sample] if sample.signals.every == 1 else parts)]
    listed, everyone, counts, sums, saved = zip(*said, strict=True)
    order = {"by": ["mrr_at_risk_cents", "account_id"], "ascending": [False, True], "ignore_index": True}
    total = risk.total(model, sum(sums)) if isinstance(model, Model) else None
    known = vars(sample) | {"total": total, "counts": sum(counts), "accounts": pd.concat(everyone)}
    listed = pd.concat(listed).sort_values(**order)
    saved = pd.concat(saved).sort_values("account_id", ignore_index=True).head(formats.MOST_SAVED)
    return Diagnosis(tables, listed, attributed, checked, model=model, driver_scores=saved, **known)


def _said(part: Part, model: Model | str, book: pd.DataFrame | None) -> tuple:
    """Of some accounts: those at risk, all that were scored, counts and sums to be added up, and their scores."""
    found, scored, lives = part.signals, part.scores, part.outcomes
    listed, sums = pd.DataFrame(columns=accounts.COLUMNS), 0.0
    if isinstance(model, Model):
        own = outcomes.in_force(lives, lives.last_no)
        projected = risk.project(model, lives, part.readings, own, lives.last_no)
        listed = accounts.at_risk(model, projected, own, part, book)
        sums = risk.sums(model, projected, own["mrr_cents"])
    everyone = found.accounts[["segment", "first_paid_on", "place"]]
    everyone = everyone.join(lives.accounts[["start_no", "cutoff_no", "lost_no"]]).join(scores.observed(scored.z))
    left_out = {"too_young": found.too_young, "truncated": found.truncated, "lost_before": lives.lost_before}
    counts = [pd.Series({"scored": len(everyone)} | left_out), found.values.count(), scored.score.count()]
    return listed, everyone, pd.concat(counts), sums, _driver_scores(found.accounts, scored)


def _driver_scores(accounts: pd.DataFrame, scored: Scores) -> pd.DataFrame:
    """Account by account every signal's z and every driver's score and percentile, to be saved.

    Columns: account_id, name, segment, cutoff_on, then z_<signal>, score_<driver> (SD), percentile_<driver> (0–1).
    """
    parts = [accounts[["name", "segment", "cutoff_on"]], scored.z.add_prefix("z_")]
    parts += [scored.score.add_prefix("score_"), scored.percentile.add_prefix("percentile_")]
    together = pd.concat([part.iloc[: formats.MOST_SAVED] for part in parts], axis=1)
    return together.rename_axis("account_id").reset_index()


def _later(tables: Tables, sample: Part) -> Scores | None:
    """The scores of the same accounts a year after they first paid; None where that is no later."""
    found = sample.signals
    if not len(found.accounts) or found.cutoff_days >= LATER_DAYS:
        return None
    again = signals.read(tables, LATER_DAYS, every=found.every)
    return scores.score(again, sample.scores.reference, sample.scores.basis)


def _year_before(tables: Tables, cutoff_days: int, every: int = 1) -> Part | None:
    """What the report of 12 months earlier knew: the source as it was known then; None where the data begins later.

    Of every kth account, the k being that of today: there were fewer accounts then, and what became of others than
    those of the sample is not known here.
    """
    month = tables.period.last - outcomes.HORIZON
    if month < tables.coverage.first_month:
        return None
    return outcomes.diagnosed(tables.at(periods.of_month(month)), cutoff_days, every)
