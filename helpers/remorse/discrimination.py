"""How well a risk ranked losses, and whether its level was right: AUC, calibration, lift, rank stability."""

import math

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.stats import Z

FEWEST = 10  # of lost and of kept accounts each, under which nothing is said


def auc_parts(risk, lost) -> tuple[float, np.ndarray, np.ndarray]:
    """The area under the ROC curve, and each lost and each kept account's part in it (DeLong et al. 1988).

    The AUC is the chance that a lost account had the higher risk than a kept one; ties count half.

    >>> auc_parts([0.9, 0.4, 0.5, 0.1], [True, True, False, False])[0]
    0.75
    """
    risk, lost = np.asarray(risk, dtype=float), np.asarray(lost, dtype=bool)
    ours, theirs = risk[lost], risk[~lost]
    together = _midranks(np.concatenate([ours, theirs]))
    n, m = len(ours), len(theirs)
    of_lost = (together[:n] - _midranks(ours)) / m
    of_kept = 1 - (together[n:] - _midranks(theirs)) / n
    return float(of_lost.mean()), of_lost, of_kept


def _midranks(values) -> np.ndarray:
    return pd.Series(values).rank().to_numpy()


def auc(risk, lost) -> tuple[float, float, float]:
    """AUC with DeLong's 95% interval, drawn on the logit scale: (value, low, high)."""
    value, of_lost, of_kept = auc_parts(risk, lost)
    error = math.sqrt(of_lost.var(ddof=1) / len(of_lost) + of_kept.var(ddof=1) / len(of_kept))
    if not 0 < value < 1 or error == 0:
        return value, value, value
    return value, *stats.on_logit(value, error)


def auc_difference(risk, other, lost) -> tuple[float, float, float]:
    """AUC of one risk − AUC of another over the same accounts, with DeLong's paired 95% interval.

    >>> auc_difference([0.9, 0.4, 0.5, 0.1], [0.9, 0.4, 0.5, 0.1], [True, True, False, False])
    (0.0, 0.0, 0.0)
    """
    (one, lost1, kept1), (two, lost2, kept2) = auc_parts(risk, lost), auc_parts(other, lost)
    error = math.sqrt((lost1 - lost2).var(ddof=1) / len(lost1) + (kept1 - kept2).var(ddof=1) / len(kept1))
    return one - two, one - two - Z * error, one - two + Z * error


def calibration(risk, lost, groups: int = 10) -> pd.DataFrame:
    """Predicted against observed, by groups of equal size from the lowest to the highest risk.

    Columns: group (1 = lowest), n, predicted (mean risk), observed (share lost), low, high (Wilson), all 0–1.
    """
    risk, lost = np.asarray(risk, dtype=float), np.asarray(lost, dtype=bool)
    order = np.argsort(risk, kind="stable")
    rows = []
    for group, own in enumerate(np.array_split(order, min(groups, len(order))), start=1):
        k, n = int(lost[own].sum()), len(own)
        rows.append((group, n, float(risk[own].mean()), k / n, *stats.wilson(k, n)))
    return pd.DataFrame(rows, columns=["group", "n", "predicted", "observed", "low", "high"])


def calibration_slope(risk, lost) -> tuple[float, float, float]:
    """The slope of the outcome on the log-odds of the risk, with its 95% interval: 1 = well spread, below 1 = too bold.

    Raises ValueError where the risk does not vary or tells the outcomes apart without error.
    """
    log_odds = special.logit(np.clip(np.asarray(risk, dtype=float), 1e-9, 1 - 1e-9))
    fit = stats.logit(np.asarray(lost, dtype=float), pd.DataFrame({"log_odds": log_odds}))
    return float(fit.estimate["log_odds"]), *fit.interval("log_odds")


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


def slope_beyond(part, baseline, lost) -> tuple[float, float, float]:
    """The slope of the outcome on a score's log-odds, the baseline's log-odds held equal, with its 95% interval.

    1: the score is worth what it was when it was weighted; 0: it says nothing beyond the baseline. Raises NoEstimate
    where the score does not vary.
    """
    base = special.logit(np.clip(np.asarray(baseline, dtype=float), 1e-9, 1 - 1e-9))
    x = pd.DataFrame({"score": np.asarray(part, dtype=float), "baseline": base})
    outcome = np.asarray(lost, dtype=float)
    kept, why = stats.screen(outcome, x)
    if "score" in why:
        raise stats.NoEstimate(f"the score is {why['score']}")
    fit = stats.logit(outcome, kept)
    return float(fit.estimate["score"]), *fit.interval("score")


def top_decile_lift(risk, lost) -> tuple[float, float, float]:
    """The share lost among the tenth with the highest risk ÷ the share lost of all; Wilson over that tenth.

    >>> top_decile_lift(range(100), [False] * 50 + [True] * 50)[0]
    2.0
    """
    risk, lost = np.asarray(risk, dtype=float), np.asarray(lost, dtype=bool)
    top = np.argsort(-risk, kind="stable")[: max(1, round(len(risk) / 10))]
    low, high = stats.wilson(int(lost[top].sum()), len(top))
    return float(lost[top].mean() / lost.mean()), low / lost.mean(), high / lost.mean()


def rank_correlation(one: pd.Series, other: pd.Series) -> tuple[float | None, float | None, float | None, int]:
    """Spearman's rank correlation over what both have, with Bonett and Wright's (2000) 95% interval, and n.

    None for fewer than 10 pairs or values that do not vary.
    """
    both = pd.DataFrame({"one": one, "other": other}).dropna()
    n = len(both)
    if n < FEWEST or both["one"].nunique() < 2 or both["other"].nunique() < 2:
        return None, None, None, n
    rho = float(np.corrcoef(_midranks(both["one"]), _midranks(both["other"]))[0, 1])
    rho = min(max(rho, -1 + 1e-12), 1 - 1e-12)
    half = Z * math.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-half, half]))
    return rho, float(low), float(high), n
