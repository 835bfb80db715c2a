"""Does the score deserve to be acted on? Printed beside every result: alpha, a later window, calibration, stability."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from helpers import formats, stats
from helpers.remorse import discrimination as measure
from helpers.remorse import risk
from helpers.remorse.measurement import ACCEPTABLE, UNMEASURED, alphas
from helpers.remorse.outcomes import Outcomes, Part, in_force
from helpers.remorse.recipe import DRIVERS, LABELS
from helpers.remorse.scores import Scores

FEWEST_LOST = 20
SLOPES = (0.5, 2.0)
LEVELS = (0.75, 4 / 3)
COLUMNS = ["measure", "about", "value", "low", "high", "n", "asks_for", "verdict"]


@dataclass(frozen=True)
class Validation:
    """What speaks for and against acting on the score.

    verdict: `passed`, `failed` or `not possible`; reasons: in words. checks: one row a measure (measure, about, value,
    low, high, n, asks_for, verdict: ok, warn, fail, undefined). calibration: predicted against observed, empty where
    not possible. n, n_lost: accounts and losses of the later window.
    """

    verdict: str
    reasons: list[str]
    checks: pd.DataFrame
    calibration: pd.DataFrame = field(default_factory=pd.DataFrame)
    n: int = 0
    n_lost: int = 0

    @property
    def is_passed(self) -> bool:
        """Whether the score may be acted on."""
        return self.verdict == "passed"


def validate(before: Part | None, outcomes: Outcomes, scores: Scores, later: Scores | None) -> Validation:
    """Take the risk that the report of 12 months ago gave, and look how it did in the 12 months since.

    `before` is all that report knew, read from the source as it was known then (None: the data does not reach back).
    `outcomes` and `scores` are those of now, `later` the scores of the same accounts a year after they first paid
    (None: unknown). The score fails where, among accounts of equal segment risk, it does not predict the losses of the
    window (its slope, as weighted before the window; an AUC difference, shown too, says the same with less power),
    where its risks are off in spread by a factor of two (calibration slope), or where they are off in level by a third
    (mean predicted ÷ observed). Fewer than 20 losses in the window, or too few to learn from before it: not possible.
    """
    rows = _alpha_rows(scores) + _stability_rows(scores, later)
    if before is None:
        why = "the data does not reach back to a report of 12 months ago"
        return Validation("not possible", [why], _table(rows))
    at, readings = before.outcomes.last_no, before.readings
    own = in_force(before.outcomes, at)
    lost = (outcomes.accounts["lost_no"].reindex(own.index) <= outcomes.last_no).to_numpy()
    models = {only: risk.fitted(before.outcomes, readings, only) for only in ("segment", "scores", "all")}
    why = _impossible(readings, models, lost)
    if why:
        return Validation("not possible", [why], _table(rows), n=len(own), n_lost=int(lost.sum()))
    usable = {only: model for only, model in models.items() if isinstance(model, risk.Model)}
    chances = risk.project_all(list(usable.values()), before.outcomes, readings, own, at)
    projected = dict(zip(usable, chances, strict=True))
    risks = {only: frame["probability"].to_numpy() for only, frame in projected.items()}
    risks.setdefault("segment", np.full(len(own), lost.mean()))
    part = risk.score_part(models["scores"], readings, own)
    everyone = risk.sums(models["all"], projected["all"], pd.Series(1.0, index=own.index))
    level = measure.level(*risk.expected(models["all"], everyone), lost)
    found = [*_window_rows(risks, part, lost), _level(level, len(own))]
    reasons = [row["says"] for row in found if row["verdict"] == "fail"]
    table = measure.calibration(risks["all"], lost, 10 if len(own) >= 500 else 5)
    verdict = "failed" if reasons else "passed"
    return Validation(verdict, reasons, _table(rows + found), table, len(own), int(lost.sum()))


def _impossible(readings, models, lost) -> str:
    """Why nothing can be validated; an empty text where it can."""
    if not readings.latent.notna().any(axis=None):
        return UNMEASURED
    for only in ("scores", "all"):
        if isinstance(models[only], str):
            return models[only]
    if lost.sum() < FEWEST_LOST or (~lost).sum() < FEWEST_LOST:
        n, losses = formats.plural(len(lost), "account"), formats.plural(int(lost.sum()), "loss", "losses")
        return f"the last 12 months saw {losses} among {n}"
    return ""


def _table(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(("value", "low", "high"), "float64"))


def _row(name, about, triple, n, asks_for, verdict, says="") -> dict:
    return dict(zip((*COLUMNS, "says"), (name, about, *triple, n, asks_for, verdict, says), strict=True))


def _alpha_rows(scores) -> list[dict]:
    row, asks = partial(_row, "Cronbach's alpha"), f"{ACCEPTABLE:.2f} or more"
    table = alphas(scores.z).itertuples(index=False)
    return [row(LABELS[name], found, n, asks, _warned(found[0], is_ok)) for name, *found, _, n, is_ok in table]


def _stability_rows(scores, later) -> list[dict]:
    rows, row = [], partial(_row, "Rank stability")
    for driver in DRIVERS if later is not None else ():
        *found, n = measure.rank_correlation(scores.score[driver], later.score[driver])
        verdict = _warned(found[0], (found[0] or 0) >= 0.5)
        rows.append(row(f"{LABELS[driver]}: day 90 against day 365", found, n, "0.50 or more", verdict))
    return rows


def _warned(value, is_ok) -> str:
    return "undefined" if pd.isna(value) else "ok" if is_ok else "warn"


def _window_rows(risks, part, lost) -> list[dict]:
    n, everything = len(lost), "all that the risk uses"
    gain = measure.auc_difference(risks["scores"], risks["segment"], lost)
    lift, tenth = measure.top_decile_lift(risks["all"], lost), "losses in the tenth of highest risk ÷ in all"
    about = {"segment": "segment alone", "scores": "segment and score", "all": everything}
    return [
        *(_row("AUC", what, measure.auc(risks[only], lost), n, "–", "ok") for only, what in about.items()),
        _row("AUC difference", "score beyond segment", gain, n, "above 0", _warned(n, gain[1] > 0)),
        _beyond(part, risks["segment"], lost),
        _spread(risks["all"], everything, lost),
        _row("Top-decile lift", tenth, lift, n, "above 1", _warned(n, lift[1] > 1)),
    ]


def _beyond(part, segment, lost) -> dict:
    """Whether the score, as weighted before the window, predicted losses in it among accounts of equal segment risk."""
    row = partial(_row, "Score beyond segment", "slope of the score, segment held equal")
    n, asks = len(lost), "an interval above 0"
    try:
        slope, low, high = measure.slope_beyond(part, segment, lost)
    except stats.UNESTIMABLE as error:
        return row((None,) * 3, n, asks, "fail", f"no slope: {error}")
    says = "in the last 12 months the score did not clearly predict better than segment alone "
    says += f"(slope {slope:.2f}, 95% interval {low:.2f} to {high:.2f}; 1 is as learned, 0 is nothing)"
    return row((slope, low, high), n, asks, "ok" if low > 0 else "fail", says.replace("-", "−"))


def _spread(risks, about, lost) -> dict:
    row, n, asks = partial(_row, "Calibration slope", about), len(lost), "near 1 (0.5 to 2)"
    try:
        slope, low, high = measure.calibration_slope(risks, lost)
    except stats.UNESTIMABLE:
        return row((None,) * 3, n, asks, "undefined")
    is_off = not SLOPES[0] <= slope <= SLOPES[1] and not low <= 1 <= high
    says = f"its risks were too {'far apart' if slope < 1 else 'close together'} "
    says += f"(calibration slope {slope:.2f}, {low:.2f} to {high:.2f})"
    return row((slope, low, high), n, asks, "fail" if is_off else "ok", says.replace("-", "−"))


def _level(level, n) -> dict:
    value, low, high = level
    is_off = not LEVELS[0] <= value <= LEVELS[1] and not low <= 1 <= high
    says = f"it expected {value:.2f} times the losses that happened (95% interval {low:.2f} to {high:.2f})"
    about, verdict = "losses expected ÷ losses that came", "fail" if is_off else "ok"
    return _row("Calibration in the large", about, level, n, "near 1 (0.75 to 1.33)", verdict, says)
