"""Does the score deserve to be acted on? Printed beside every result: alpha, a later window, calibration, stability."""

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from helpers import formats, stats
from helpers.remorse import risk
from helpers.remorse.outcomes import Outcomes, Part, in_force
from helpers.remorse.scores import UNMEASURED, Scores, cronbach
from helpers.remorse.signals import DRIVERS, LABELS, of_driver
from helpers.stats import Z

FEWEST_LOST, FEWEST_PAIRS = 20, 10
COLUMNS = ["measure", "about", "value", "low", "high", "n", "asks_for", "verdict"]
NONE = (None, None, None)
_CHECKS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


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
    rows = _of_scores(scores, later)
    if before is None:
        why = "the data does not reach back to a report of 12 months ago"
        return Validation("not possible", [why], _table(rows))
    at, readings = before.outcomes.last_no, before.readings
    own = in_force(before.outcomes, at)
    lost = (outcomes.accounts["lost_no"].reindex(own.index) <= outcomes.last_no).to_numpy()
    models = {only: risk.fitted(before.outcomes, readings, only) for only in ("segment", "scores", "all")}
    if why := _impossible(readings, models, lost):
        return Validation("not possible", [why], _table(rows), n=len(own), n_lost=int(lost.sum()))
    months = risk.ahead(before.outcomes, readings, own, at)
    projected = {only: risk.chances(model, months) for only, model in models.items() if isinstance(model, risk.Model)}
    risks = {only: frame["probability"].to_numpy() for only, frame in projected.items()}
    risks.setdefault("segment", np.full(len(own), lost.mean()))
    drivers = list(models["scores"].drivers)
    score = readings.best.reindex(own.index)[drivers].to_numpy() @ models["scores"].fit.estimate[drivers].to_numpy()
    everyone = risk.sums(models["all"], projected["all"], pd.Series(1.0, index=own.index))
    found = _of_window(risks, score, level(*risk.expected(models["all"], everyone), lost), lost)
    reasons = [row["says"] for row in found if row["verdict"] == "fail"]
    table = calibration(risks["all"], lost, 10 if len(own) >= 500 else 5)
    verdict = "failed" if reasons else "passed"
    return Validation(verdict, reasons, _table(rows + found), table, len(own), int(lost.sum()))


def _impossible(readings, models, lost) -> str:
    """Why nothing can be validated; an empty text where it can."""
    if not readings.latent.notna().any(axis=None):
        return UNMEASURED
    refused = [model for model in (models["scores"], models["all"]) if isinstance(model, str)]
    if not refused and min(lost.sum(), (~lost).sum()) < FEWEST_LOST:
        n, losses = formats.plural(len(lost), "account"), formats.plural(int(lost.sum()), "loss", "losses")
        return f"the last 12 months saw {losses} among {n}"
    return "".join(refused[:1])


def _table(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(("value", "low", "high"), "float64"))


def _row(name: str, found, n: int, about: str = "", why: str = "") -> dict:
    """A row of `checks`, and why the score fails, where it fails. `found`: value, low, high; `why` there is none."""
    check, (value, low, high) = _CHECKS[name], found
    if value is None:
        verdict, says = check.get("without", "undefined"), why
    else:
        least, most = check.get("near", (-math.inf, math.inf))
        holds = value >= check.get("least", -math.inf) and low > check.get("above", -math.inf)
        holds = holds and (least <= value <= most or low <= 1 <= high)
        verdict = "ok" if holds else check.get("otherwise", "warn")
        side = "far apart" if value < 1 else "close together"
        says = check.get("says", "").format(value=value, low=low, high=high, side=side).replace("-", "−")
    cells = (check["measure"], check["about"].format(about=about), *found, n, check["asks_for"], verdict, says)
    return dict(zip((*COLUMNS, "says"), cells, strict=True))


def _of_scores(scores, later) -> list[dict]:
    rows = []
    for driver in DRIVERS:
        alpha = cronbach(scores.z[[name for name in of_driver(driver) if name in scores.z.columns]])
        rows.append(_row("alpha", (alpha.value, alpha.low, alpha.high), alpha.n, LABELS[driver]))
    for driver in DRIVERS if later is not None else ():
        *found, n = rank_correlation(scores.score[driver], later.score[driver])
        rows.append(_row("stability", found, n, LABELS[driver]))
    return rows


def _of_window(risks, score, in_large, lost) -> list[dict]:
    beyond, why = _tried(slope_beyond, score, risks["segment"], lost)
    spread, _ = _tried(calibration_slope, risks["all"], lost)
    found = {f"auc_{only}": auc(risks[only], lost) for only in ("segment", "scores", "all")}
    found |= {"gain": auc_difference(risks["scores"], risks["segment"], lost), "beyond": beyond, "spread": spread}
    found |= {"lift": top_decile_lift(risks["all"], lost), "level": in_large}
    return [_row(name, triple, len(lost), why=why) for name, triple in found.items()]


def _tried(estimate: Callable, *given) -> tuple[tuple, str]:
    """An estimate with its interval, and why there is none."""
    try:
        return estimate(*given), ""
    except stats.UNESTIMABLE as error:
        return NONE, f"no slope: {error}"


# How well a risk ranked losses, and whether its level was right.


def auc_parts(risk, lost) -> tuple[float, np.ndarray, np.ndarray]:
    """The area under the ROC curve, and each lost and each kept account's part in it (DeLong et al. 1988).

    The AUC is the chance that a lost account had the higher risk than a kept one; ties count half.

    >>> auc_parts([0.9, 0.4, 0.5, 0.1], [True, True, False, False])[0]
    0.75
    """
    risk, lost = pd.Series(risk, dtype=float), np.asarray(lost, dtype=bool)
    ranks, n, m = risk.rank(), lost.sum(), (~lost).sum()
    of_lost = ((ranks[lost] - risk[lost].rank()) / m).to_numpy()
    of_kept = (1 - (ranks[~lost] - risk[~lost].rank()) / n).to_numpy()
    return float(of_lost.mean()), of_lost, of_kept


def auc(risk, lost) -> tuple[float, float, float]:
    """AUC with DeLong's 95% interval, drawn on the logit scale: (value, low, high)."""
    value, of_lost, of_kept = auc_parts(risk, lost)
    error = math.sqrt(of_lost.var(ddof=1) / len(of_lost) + of_kept.var(ddof=1) / len(of_kept))
    if not 0 < value < 1 or error == 0:
        return value, value, value
    return value, *stats.on_logit(value, Z * error)


def auc_difference(risk, other, lost) -> tuple[float, float, float]:
    """AUC of one risk − AUC of another over the same accounts, with DeLong's paired 95% interval.

    >>> auc_difference([0.9, 0.4, 0.5, 0.1], [0.9, 0.4, 0.5, 0.1], [True, True, False, False])
    (0.0, 0.0, 0.0)
    """
    (one, lost1, kept1), (two, lost2, kept2) = auc_parts(risk, lost), auc_parts(other, lost)
    half = Z * math.sqrt((lost1 - lost2).var(ddof=1) / len(lost1) + (kept1 - kept2).var(ddof=1) / len(kept1))
    return one - two, one - two - half, one - two + half


def calibration(risk, lost, groups: int = 10) -> pd.DataFrame:
    """Predicted against observed, by groups of equal size from the lowest to the highest risk.

    Columns: group (1 = lowest), n, predicted (mean risk), observed (share lost), low, high (Wilson), all 0–1.
    """
    risk, lost = np.asarray(risk, dtype=float), np.asarray(lost, dtype=bool)
    rows = []
    for group, own in enumerate(np.array_split(np.argsort(risk, kind="stable"), min(groups, len(risk))), start=1):
        k, n = int(lost[own].sum()), len(own)
        rows.append((group, n, float(risk[own].mean()), k / n, *stats.wilson(k, n)))
    return pd.DataFrame(rows, columns=["group", "n", "predicted", "observed", "low", "high"])


def calibration_slope(risk, lost) -> tuple[float, float, float]:
    """The slope of the outcome on the log-odds of the risk, with its 95% interval: 1 = well spread, below 1 = too bold.

    Raises ValueError where the risk does not vary or tells the outcomes apart without error.
    """
    return _slope(pd.DataFrame({"log_odds": _log_odds(risk)}), lost)


def slope_beyond(score, baseline, lost) -> tuple[float, float, float]:
    """The slope of the outcome on a score's log-odds, the baseline's log-odds held equal, with its 95% interval.

    1: the score is worth what it was when it was weighted; 0: it says nothing beyond the baseline. Raises NoEstimate
    where the score does not vary.
    """
    x = pd.DataFrame({"score": np.asarray(score, dtype=float), "baseline": _log_odds(baseline)})
    kept, why = stats.screen(lost, x)
    if "score" in why:
        raise stats.NoEstimate(f"the score is {why['score']}")
    return _slope(kept, lost)


def _log_odds(chance) -> np.ndarray:
    return special.logit(np.clip(np.asarray(chance, dtype=float), 1e-9, 1 - 1e-9))


def _slope(x: pd.DataFrame, lost) -> tuple[float, float, float]:
    fit, name = stats.logit(lost, x), x.columns[0]
    return float(fit.estimate[name]), *fit.interval(name)


def level(expected: float, variance: float, lost) -> tuple[float, float, float]:
    """Calibration in the large: losses expected ÷ losses that came, with its 95% interval: 1 = the right level.

    `variance` is that of `expected`; with the binomial one of the losses it makes the interval, on the log scale.

    >>> level(20.0, 0.0, [True] * 10 + [False] * 90)[0]
    2.0
    """
    n, came = len(lost), int(np.sum(lost))
    half = Z * math.sqrt(variance / expected**2 + (1 - came / n) / came)
    ratio = expected / came
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def top_decile_lift(risk, lost) -> tuple[float, float, float]:
    """The share lost among the tenth with the highest risk ÷ the share lost of all; Wilson over that tenth.

    >>> top_decile_lift(range(100), [False] * 50 + [True] * 50)[0]
    2.0
    """
    risk, lost = np.asarray(risk, dtype=float), np.asarray(lost, dtype=bool)
    top = np.argsort(-risk, kind="stable")[: max(1, round(len(risk) / 10))]
    k, n, share = int(lost[top].sum()), len(top), lost.mean()
    low, high = stats.wilson(k, n)
    return float(k / n / share), low / share, high / share


def rank_correlation(one: pd.Series, other: pd.Series) -> tuple[float | None, float | None, float | None, int]:
    """Spearman's rank correlation over what both have, with Bonett and Wright's (2000) 95% interval, and n.

    None for fewer than 10 pairs or values that do not vary.
    """
    both = pd.DataFrame({"one": one, "other": other}).dropna()
    n = len(both)
    if n < FEWEST_PAIRS or both.nunique().min() < 2:
        return *NONE, n
    rho = min(max(float(both.rank().corr().iloc[0, 1]), -1 + 1e-12), 1 - 1e-12)
    half = Z * math.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-half, half]))
    return rho, float(low), float(high), n
