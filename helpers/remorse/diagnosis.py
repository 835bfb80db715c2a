"""The whole diagnosis of one source and period, from signals to accounts at risk, in one frozen value."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import account_months
from helpers.remorse import attribution, outcomes, risk, scores, signals, validation
from helpers.remorse.attribution import THIN, Attribution, gap
from helpers.remorse.outcomes import Outcomes, Part
from helpers.remorse.risk import Model
from helpers.remorse.scores import Measured, Scores
from helpers.remorse.signals import CUTOFF_DAYS, DRIVERS, LABELS, SIGNALS, Signals, evidence, of_driver
from helpers.remorse.validation import Validation
from helpers.sources import ROOT, Tables

STAGES = ("onboarding", "adoption", "value_review", "renewal")
OWNERS = ("marketing", "success", "product", "sales")
PLAYS = ["driver", "stage", "play", "owner", "metric"]
STANDS_OUT = 0.5  # SD of the reference from which a signal is worth a word
WORDS, RENEWAL_WITHIN = 3, 4
LISTED = "account_id name segment mrr_cents probability low high mrr_at_risk_cents".split()
LISTED += "leading_driver percentile evidence stage play owner metric".split()
LATER_DAYS = 365
AT_ONCE = 200_000  # accounts that are held in memory at once


@dataclass(frozen=True)
class Diagnosis(Shown):
    """Who regrets the purchase and why: `says` has the sentences, `call_list` and `driver_table` are for the page.

    `model` is a `risk.Model`, or in words why there is none; `at_risk` is empty without one; `total` is MRR at risk
    with its interval, in cents.
    """

    labels, thin, renewal_within = LABELS, THIN, RENEWAL_WITHIN
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
        return Sentences(__file__, self)

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
    """Diagnose the accounts of a source as of its period. `plays` is `read_plays`, by default those of
    data/plays.csv; `draws` are SIMEX's a level.

    Above 20,000 accounts, everything is learned from every kth account by id and then said of all, 200,000 at a time:
    `signals`, `scores`, `readings` and `outcomes` are those of the sample. A failed or impossible validation leaves the
    plays out of the accounts at risk.
    """
    plays = read_plays(ROOT / "data" / "plays.csv") if plays is None else plays
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
    known = sample._asdict() | {"total": total, "counts": sum(counts), "accounts": pd.concat(everyone)}
    listed = pd.concat(listed).sort_values(**order)
    saved = pd.concat(saved).sort_values("account_id", ignore_index=True).head(formats.MOST_SAVED)
    return Diagnosis(tables, listed, attributed, checked, model=model, driver_scores=saved, **known)


def _said(part: Part, model: Model | str, book: pd.DataFrame | None) -> tuple:
    """Of some accounts: those at risk, all that were scored, counts and sums to be added up, and their scores."""
    found, scored, lives = part.signals, part.scores, part.outcomes
    listed, sums = pd.DataFrame(columns=LISTED), 0.0
    if isinstance(model, Model):
        own = outcomes.in_force(lives, lives.last_no)
        projected = risk.project(model, lives, part.readings, own, lives.last_no)
        listed = at_risk(model, projected, own, part, book)
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


# Accounts at risk, for people who act: the MRR behind each, its leading driver, what was observed, and the play.


def read_plays(path: Path | str) -> pd.DataFrame:
    """The plays, one row a driver and stage: driver, stage, play, owner, metric. Raises Refused with the row."""
    path = Path(path)
    if not path.is_file():
        raise Refused(f"{path}: no such file; it says which play answers which driver (columns {', '.join(PLAYS)})")
    frame = pd.read_csv(path, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
    missing = [column for column in PLAYS if column not in frame.columns]
    if missing:
        raise Refused(f"{path}, column {missing[0]}: missing; the columns are {', '.join(PLAYS)}")
    for column, allowed in {"driver": DRIVERS, "stage": STAGES, "owner": OWNERS}.items():
        for place, value in frame.loc[~frame[column].isin(allowed), column].head(1).items():
            raise Refused(f"{path}, column {column}, row {place + 2}: {value!r}; {did_you_mean(str(value), allowed)}")
    if (twice := frame.duplicated(["driver", "stage"])).any():
        raise Refused(f"{path}, row {int(np.argmax(twice)) + 2}: a second play for the same driver and stage")
    return frame[PLAYS]


def at_risk(
    model: Model, projected: pd.DataFrame, own: pd.DataFrame, part: Part, book: pd.DataFrame | None
) -> pd.DataFrame:
    """Paying accounts with their MRR at risk: chance of leaving within 12 months × MRR.

    `projected` is `risk.project` over `own`; `book` is `read_plays`, or None where the score must not be acted on: then
    no play is named. Columns: account_id, name, segment, mrr_cents, probability, low, high (0–1), mrr_at_risk_cents,
    leading_driver (what adds most to this account's risk; empty where nothing does), percentile (of its score, 0–1),
    evidence (what was observed, in words), stage (`renewal` when a term runs out within four months, else by the
    account's age: `onboarding` under 6 months, `adoption` under 12, then `value_review`), play, owner, metric.
    """
    drivers, last, due = list(model.drivers), part.outcomes.last_no, part.outcomes.due
    added = part.readings.best.reindex(own.index)[drivers] * model.fit.estimate[drivers]
    leading = pd.DataFrame({"none": 0.0}, own.index).join(added).idxmax(axis=1)
    leading = leading.where(leading != "none").astype("str")
    percentiles = part.scores.percentile.reindex(own.index)
    is_due = own.index.isin(due.loc[due["month_no"].between(last + 1, last + RENEWAL_WITHIN), "account_id"])
    age, mrr = last - own["start_no"], own["mrr_cents"].astype("int64")
    stage = np.select([is_due, age < 6, age < 12], [STAGES[3], STAGES[0], STAGES[1]], STAGES[2])
    said = observed(part.signals, part.scores, leading.dropna()).reindex(own.index)
    rows = own[["name", "segment"]].assign(
        mrr_cents=mrr,
        **projected[["probability", "low", "high"]],
        mrr_at_risk_cents=(projected["probability"] * mrr).round().astype("int64"),
        leading_driver=leading,
        percentile=np.select([leading == name for name in DRIVERS], [percentiles[name] for name in DRIVERS], np.nan),
        evidence=said.fillna("no single signal stands out").astype("str"),
        stage=pd.Series(stage, own.index).astype("str"),
    )
    book = pd.DataFrame(columns=PLAYS, dtype="str") if book is None else book
    key = ["leading_driver", "stage"]
    rows = rows.rename_axis("account_id").reset_index()
    full = rows.merge(book.rename(columns={"driver": key[0]}), on=key, how="left", validate="many_to_one")
    return full.assign(leading_driver=full["leading_driver"].map(LABELS))[LISTED]


def observed(signals: Signals, scores: Scores, drivers: pd.Series) -> pd.Series:
    """What was observed of each account's leading driver, the most unusual first, in words; at most three signals.

    `drivers`: account_id → driver. Only signals half an SD worse than the reference's mean are named; accounts without
    one are left out.
    """
    said = {}
    for driver, own in drivers.groupby(drivers):
        names = sorted(name for name in of_driver(driver) if name in scores.z.columns)
        z = scores.z.loc[own.index, names].to_numpy()
        z = np.where(z >= STANDS_OUT, z, -np.inf)
        words = np.full(z.shape, "", dtype=object)
        for place, name in enumerate(names):
            values = signals.values.loc[own.index, name][z[:, place] > 0]
            words[z[:, place] > 0, place] = values.map({value: evidence(name, value) for value in values.unique()})
        worst = np.argsort(-z, axis=1, kind="stable")[:, :WORDS]
        texts = np.take_along_axis(words, worst, axis=1)
        said |= {account: "; ".join(filter(None, row)) for account, row in zip(own.index, texts, strict=True)}
    found = pd.Series(said, dtype="str")
    return found[found != ""]
