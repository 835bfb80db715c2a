"""Logistic regression by maximum likelihood, with the covariance that clusters need.

One Newton solver serves the shown fit and its many refits: tests hold it against statsmodels and a published example.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # loads scipy.special when it is first used, which an unchanged pack never does

from helpers.stats.intervals import Z

CONST = "const"
STEPS = 30
ENOUGH = 1e-10
FARTHEST = 25.0  # a linear predictor beyond ±25 has a probability of 0 or 1 to ten digits: separation
SEPARATES = "{} tells the outcomes apart without error (separation): no finite estimate"
VAGUE = 100.0  # a standard error this large, over the whole reach of a column, is one of a slope that never ends


class NoEstimate(ValueError):
    """The data has no such estimate; the message says why, in words for a page. Any other ValueError is a mistake."""


UNESTIMABLE = (NoEstimate, np.linalg.LinAlgError)


@dataclass(frozen=True)
class Logit:
    """A fitted logistic regression. `estimate` and `covariance` are log-odds, by name, `const` first."""

    names: tuple[str, ...]
    estimate: pd.Series
    covariance: pd.DataFrame
    n: int
    n_events: float
    log_likelihood: float
    null_log_likelihood: float

    @property
    def mcfadden(self) -> float:
        """McFadden's R²: 1 − log-likelihood ÷ that of the constant (and offset) alone, 0–1."""
        return 1 - self.log_likelihood / self.null_log_likelihood

    def error(self, name: str) -> float:
        """The standard error of one log-odds."""
        return float(np.sqrt(self.covariance.loc[name, name]))

    def interval(self, name: str) -> tuple[float, float]:
        """Wald's 95% interval of one log-odds."""
        half = Z * self.error(name)
        return float(self.estimate[name] - half), float(self.estimate[name] + half)

    def predict(self, x: pd.DataFrame) -> np.ndarray:
        """The probability of each row of `x`, which holds the columns of the fit by name, 0–1."""
        log_odds = x[list(self.names[1:])].to_numpy(dtype=float) @ self.estimate.iloc[1:].to_numpy()
        return scipy.special.expit(self.estimate[CONST] + log_odds)


def logit(y, x: pd.DataFrame, cluster=None, weights=None, offset=None) -> Logit:
    """Maximum likelihood of P(y = 1) = 1 ÷ (1 + e^−(const + xβ + offset)).

    `y` holds 0 and 1 (or true and false), `x` one named column a covariate and no constant; `weights` (≥ 0) count rows
    several times; `cluster` (one label a row) gives the covariance that is robust to rows of one unit being alike
    (Liang and Zeger 1986, with the small-sample factor G ÷ (G − 1) × (n − 1) ÷ (n − k) that statsmodels uses).

    Raises NoEstimate, with the column in words, where no finite estimate exists: an outcome that does not vary, a
    column that does not vary or follows from the others, and separation.

    >>> fit = logit([0, 0, 0, 1, 0, 1, 1, 1], pd.DataFrame({"is_late": [0, 0, 0, 0, 1, 1, 1, 1]}))
    >>> round(float(np.exp(fit.estimate["is_late"])), 6)  # odds of 3 to 1 against 1 to 3
    9.0
    """
    given = Given.of(y, x, weights, offset)
    start = np.zeros(given.matrix.shape[1])
    start[0] = scipy.special.logit(given.share)
    beta, alone = newton(given, given.matrix, start), newton(given, given.matrix[:, :1], start[:1])
    _refuse_endless(given, covariance_of(given, given.matrix, beta, None))
    names = list(given.names)
    return Logit(
        given.names,
        pd.Series(beta, names),
        pd.DataFrame(covariance_of(given, given.matrix, beta, groups_of(cluster)), names, names),
        len(given.outcome),
        float(given.outcome @ given.weights),
        given.log_likelihood(given.matrix @ beta + given.offset),
        given.log_likelihood(alone[0] + given.offset),
    )


def screen(y, x: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The columns that a logit can use, and for each of the others why not, in words.

    Left out are columns that do not vary, that follow from the columns before them, and yes-or-no columns with which
    the outcome always, or never, comes.

    >>> screen([0, 1, 0, 1], pd.DataFrame({"same": [2, 2, 2, 2], "is_old": [1, 1, 0, 0]}))[1]
    {'same': 'the same everywhere'}
    """
    outcome, kept, why = np.asarray(y, dtype=float), [], {}
    basis = np.ones((len(outcome), 1)) / np.sqrt(max(len(outcome), 1))
    for name in x.columns:
        values = x[name].to_numpy(dtype=float)
        spread = values - values.mean()
        rest = spread - basis @ (basis.T @ spread)
        if not spread.any():
            why[name] = "the same everywhere"
        elif np.linalg.norm(rest) <= 1e-7 * np.linalg.norm(spread):
            why[name] = "it follows from the others"
        elif (one_sided := _one_sided(outcome, values)) is not None:
            why[name] = one_sided
        else:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            kept.append(name)
    return x[kept], why


def _one_sided(outcome, values) -> str | None:
    levels = np.unique(values)
    for level in levels if len(levels) <= 2 else ():
        own = outcome[values == level]
        if own.min() == own.max():
            return f"the outcome {'always' if own[0] else 'never'} comes where it is {level:g}"
    return None


@dataclass(frozen=True)
class Given:
    """What a fit is made from, checked: the matrix has the constant first."""

    names: tuple[str, ...]
    outcome: np.ndarray
    matrix: np.ndarray
    weights: np.ndarray
    offset: np.ndarray

    @classmethod
    def of(cls, y, x, weights, offset) -> "Given":
        """What is given, checked: finite numbers of one length, an outcome that varies, no column that does not."""
        outcome = np.asarray(y, dtype=float)
        n = len(outcome)
        matrix = np.column_stack([np.ones(n), x.to_numpy(dtype=float)]) if len(x) == n else np.empty((0, 1))
        weights = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
        offset = np.zeros(n) if offset is None else np.asarray(offset, dtype=float)
        if not len(matrix) == len(weights) == len(offset) == n or n == 0:
            raise ValueError(f"a regression needs one row an outcome ({n}), and at least one")
        if not (np.isfinite(matrix).all() and np.isfinite(weights).all() and np.isfinite(offset).all()):
            holes = ", ".join(np.array(x.columns, dtype=str)[~np.isfinite(matrix[:, 1:]).all(axis=0)])
            raise ValueError(f"a regression needs every value: {holes or 'weights or offset'} have gaps")
        if not np.isin(outcome, (0, 1)).all() or (weights < 0).any():
            raise ValueError("a regression needs outcomes of 0 and 1, and weights of 0 or more")
        if not 0 < outcome @ weights < weights.sum():
            raise NoEstimate(f"the outcome is {'always' if outcome.any() else 'never'} there: nothing to explain")
        names, spread = (CONST, *map(str, x.columns)), np.ptp(matrix[:, 1:], axis=0)
        if not spread.all():
            raise NoEstimate(f"{names[1 + int(np.argmin(spread))]} is the same everywhere: it explains nothing")
        return cls(names, outcome, matrix, weights, offset)

    @property
    def share(self) -> float:
        """The weighted share of rows with the outcome, 0–1."""
        return float(self.outcome @ self.weights / self.weights.sum())

    def log_likelihood(self, log_odds) -> float:
        """The weighted log-likelihood of the outcome at these log-odds."""
        signed = np.where(self.outcome > 0, log_odds, -log_odds)
        return float(self.weights @ -np.logaddexp(0, -signed))


def newton(given: Given, matrix: np.ndarray, start: np.ndarray, enough: float = ENOUGH) -> np.ndarray:
    """The maximum of the likelihood, to within `enough` of its logarithm. Steps are halved while they make it worse.

    One in four: the log-odds are ln(1/3).

    >>> given = Given.of([1, 0, 0, 0], pd.DataFrame(index=range(4)), None, None)
    >>> newton(given, np.ones((4, 1)), np.zeros(1)).round(4).tolist()
    [-1.0986]
    """
    beta = start.copy()
    odds = matrix @ beta + given.offset
    best = given.log_likelihood(odds)
    for _ in range(STEPS):
        chance = scipy.special.expit(odds)
        slope = matrix.T @ (given.weights * (given.outcome - chance))
        step = _solved(given, information_of(given, matrix, chance), slope)
        size, ahead = 1.0, matrix @ step
        while size > 1e-4 and (now := given.log_likelihood(odds + size * ahead)) < best - 1e-9:
            size /= 2
        beta, odds, best = beta + size * step, odds + size * ahead, now
        if np.abs(odds - given.offset).max() > FARTHEST and best > -1e-6 * len(matrix):
            break
        if float(slope @ step) < enough:
            return beta
    worst = int(np.argmax(np.abs(beta[1:]) * matrix[:, 1:].std(axis=0))) + 1 if len(beta) > 1 else 0
    raise NoEstimate(SEPARATES.format(given.names[worst]))


def information_of(given, matrix, chance) -> np.ndarray:
    """The expected information (minus the Hessian of the log-likelihood) at these chances."""
    return (matrix * (given.weights * chance * (1 - chance))[:, None]).T @ matrix


def _solved(given, information, slope) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    correlation = information / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < 1e-10:
        names = [given.names[k] for k in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)]
        raise NoEstimate(f"{', '.join(names)} follow from one another, or tell the outcomes apart: no single estimate")
    return vectors @ ((vectors.T @ (slope / scale)) / values) / scale


def groups_of(cluster) -> np.ndarray | None:
    """The clusters numbered from 0, a number a row; None where there are none.

    >>> groups_of(["b", "a", "b"]).tolist()
    [1, 0, 1]
    """
    return None if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1]


def covariance_of(given, matrix, beta, groups) -> np.ndarray:
    """The inverse information; with groups, the sandwich around it.

    One in four: the information is 4 × ¼ × ¾.

    >>> given = Given.of([1, 0, 0, 0], pd.DataFrame(index=range(4)), None, None)
    >>> covariance_of(given, np.ones((4, 1)), np.array([-np.log(3)]), None).round(4).tolist()
    [[1.3333]]
    """
    chance = scipy.special.expit(matrix @ beta + given.offset)
    bread = np.linalg.inv(information_of(given, matrix, chance))
    if groups is None:
        return bread
    pull = matrix * (given.weights * (given.outcome - chance))[:, None]
    sums = np.column_stack([np.bincount(groups, weights=pull[:, k]) for k in range(pull.shape[1])])
    n, n_groups, k = given.weights.sum(), len(sums), len(beta)
    if n_groups < 2 or n <= k:
        raise NoEstimate(f"a clustered covariance needs two groups or more, not {n_groups}")
    return bread @ (sums.T @ sums) @ bread * (n_groups / (n_groups - 1) * (n - 1) / (n - k))


def _refuse_endless(given, covariance) -> None:
    mean = given.matrix.mean(axis=0)
    reach = np.maximum(given.matrix.max(axis=0) - mean, mean - given.matrix.min(axis=0)) * np.sqrt(np.diag(covariance))
    if reach.max() > VAGUE:
        raise NoEstimate(SEPARATES.format(given.names[int(np.argmax(reach))]))


def on_logit(share: float, half: float) -> tuple[float, float]:
    """The 95% interval of a share that is `half` wide to either side, drawn on the scale of its log-odds.

    There it cannot leave 0–1, and near them it is nearer to the truth.

    >>> [round(end, 3) for end in on_logit(0.5, 0.196)]
    [0.313, 0.687]
    """
    middle, reach = math.log(share / (1 - share)), half / (share * (1 - share))
    return float(scipy.special.expit(middle - reach)), float(scipy.special.expit(middle + reach))
