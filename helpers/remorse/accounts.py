"""Accounts at risk, for people who act: the MRR behind each, its leading driver, what was observed, and the play."""

from pathlib import Path

import numpy as np
import pandas as pd

from helpers.errors import Refused, did_you_mean
from helpers.remorse.outcomes import Part
from helpers.remorse.risk import Model
from helpers.remorse.scores import Scores
from helpers.remorse.signals import DRIVERS, LABELS, Signals, evidence, of_driver

STAGES = ("onboarding", "adoption", "value_review", "renewal")
OWNERS = ("marketing", "success", "product", "sales")
PLAYS = ["driver", "stage", "play", "owner", "metric"]
STANDS_OUT = 0.5  # SD of the reference from which a signal is worth a word
WORDS, RENEWAL_WITHIN = 3, 4
COLUMNS = "account_id name segment mrr_cents probability low high mrr_at_risk_cents".split()
COLUMNS += "leading_driver percentile evidence stage play owner metric".split()


def plays(path: Path | str) -> pd.DataFrame:
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

    `projected` is `risk.project` over `own`; `book` is `plays`, or None where the score must not be acted on: then no
    play is named. Columns: account_id, name, segment, mrr_cents, probability, low, high (0–1), mrr_at_risk_cents,
    leading_driver (what adds most to this account's risk; empty where nothing does), percentile (of its score, 0–1),
    evidence (what was observed, in words), stage (`renewal` when a term runs out within four months, else by the
    account's age: `onboarding` under 6 months, `adoption` under 12, then `value_review`), play, owner, metric.
    """
    drivers, last, due = list(model.drivers), part.outcomes.last_no, part.outcomes.due
    added = part.readings.best.reindex(own.index)[drivers] * model.fit.estimate[drivers]
    leading = pd.Series(index=own.index, dtype="str")
    if drivers and len(own):
        leading = added.idxmax(axis=1).where(added.max(axis=1) > 0).astype("str")
    percentile, of_each = pd.Series(np.nan, own.index), part.scores.percentile.reindex(own.index)
    for driver in drivers:
        percentile = percentile.where(leading != driver, of_each[driver])
    is_due = own.index.isin(due.loc[due["month_no"].between(last + 1, last + RENEWAL_WITHIN), "account_id"])
    age, mrr = last - own["start_no"], own["mrr_cents"].astype("int64")
    stage = np.select([is_due, age < 6, age < 12], [STAGES[3], STAGES[0], STAGES[1]], STAGES[2])
    said = observed(part.signals, part.scores, leading.dropna()).reindex(own.index)
    rows = own[["name", "segment"]].assign(
        mrr_cents=mrr,
        **projected[["probability", "low", "high"]],
        mrr_at_risk_cents=(projected["probability"] * mrr).round().astype("int64"),
        leading_driver=leading,
        percentile=percentile,
        evidence=said.fillna("no single signal stands out").astype("str"),
        stage=pd.Series(stage, own.index).astype("str"),
    )
    book = pd.DataFrame(columns=PLAYS, dtype="str") if book is None else book
    key = ["leading_driver", "stage"]
    rows = rows.rename_axis("account_id").reset_index()
    full = rows.merge(book.rename(columns={"driver": key[0]}), on=key, how="left", validate="many_to_one")
    return full.assign(leading_driver=full["leading_driver"].map(LABELS))[COLUMNS]


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
