"""How long customers stay: Kaplan–Meier, the log-rank test, and the shifted-beta-geometric (sBG) projection.

Ages are whole numbers of a stated unit (months, terms, days); an event is a loss, anything else is censored.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from helpers import stats
from helpers.errors import Refused


def kaplan_meier(duration, event) -> pd.DataFrame:
    """The product-limit estimate (Kaplan and Meier 1958) with Greenwood's log-log 95% band.

    `duration` (≥ 0) and `event` (True = lost at that age, False = still there when last seen) hold one value a unit.
    Columns, one row per age at which somebody is lost or censored: time, n_at_risk, n_events, survival, low, high (0–1;
    low and high are missing once nobody is left).

    Raises ValueError on unequal lengths, missing or negative durations.

    >>> kaplan_meier([1, 2, 2, 3], [True, True, False, True])[["time", "survival"]].values.tolist()
    [[1.0, 0.75], [2.0, 0.5], [3.0, 0.0]]
    """
    time, lost = np.asarray(duration, dtype=float), np.asarray(event, dtype=bool)
    if time.shape != lost.shape or time.ndim != 1:
        raise ValueError(f"duration and event need one value a unit each, not {time.shape} and {lost.shape}")
    if not (np.isfinite(time).all() and (time >= 0).all()):
        raise ValueError("a duration is 0 or more and never missing")
    ages, place = np.unique(time, return_inverse=True)
    leaves, events = np.bincount(place, minlength=len(ages)), np.bincount(place, weights=lost, minlength=len(ages))
    return from_counts(ages, len(time) - np.concatenate([[0], np.cumsum(leaves)[:-1]]), events.astype("int64"))


def from_counts(ages, n_at_risk, n_events) -> pd.DataFrame:
    """Kaplan–Meier from counts that are already added up by age. Columns as for `kaplan_meier`.

    >>> from_counts([1, 2], [100, 80], [10, 8])["survival"].tolist()
    [0.9, 0.81]
    """
    at_risk, events = np.asarray(n_at_risk, dtype="int64"), np.asarray(n_events, dtype="int64")
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    left = at_risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(left > 0, events / (at_risk * np.maximum(left, 1)), np.inf))
        half = stats.Z * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    some = (survival > 0) & (survival < 1)
    low, high = np.where(some, low, survival), np.where(some, high, survival)
    low, high = np.where(survival > 0, low, np.nan), np.where(survival > 0, high, np.nan)
    return pd.DataFrame(
        {"time": np.asarray(ages, dtype=float), "n_at_risk": at_risk, "n_events": events, "survival": survival,
         "low": low, "high": high}
    )  # fmt: skip


def median(curve: pd.DataFrame) -> tuple[float | None, float | None, float | None]:
    """The first age at which survival is ½ or less, with the ages at which its band crosses ½ (Brookmeyer and Crowley).

    None where that is not reached.

    >>> median(kaplan_meier([1, 2, 3, 4], [True] * 4))[0]
    2.0
    """

    def crossing(column: str) -> float | None:
        below = curve[curve[column] <= 0.5 + 1e-12]
        return float(below["time"].iloc[0]) if len(below) else None

    middle = crossing("survival")
    return middle, crossing("low"), crossing("high")


def logrank(duration, event, group) -> tuple[float, float]:
    """The log-rank test of two groups (Mantel 1966): (chi-squared with one degree of freedom, p).

    >>> chi, p = logrank([1, 2, 3, 4], [True] * 4, ["a", "a", "b", "b"])
    >>> round(chi, 3), round(p, 3)
    (2.882, 0.09)
    """
    # scipy.stats costs 0.7 s at import; only the notebooks that test pay it.
    from scipy.stats import CensoredData
    from scipy.stats import logrank as test

    time, lost, label = np.asarray(duration, dtype=float), np.asarray(event, dtype=bool), np.asarray(group)
    names = np.unique(label)
    if len(names) != 2:
        raise ValueError(f"the log-rank test compares two groups, not {len(names)}")
    sides = [CensoredData.right_censored(time[label == name], ~lost[label == name]) for name in names]
    found = test(*sides)
    return float(found.statistic) ** 2, float(found.pvalue)


@dataclass(frozen=True)
class Sbg:
    """A fitted shifted-beta-geometric model (Fader and Hardie 2007): each customer keeps one chance of leaving at every
    renewal, beta(α, β)-distributed over customers, so retention rises with age without anybody changing.
    """

    alpha: float
    beta: float
    log_likelihood: float

    def survival(self, age):
        """S(age) = B(α, β + age) ÷ B(α, β), 0–1.

        >>> round(Sbg(1.0, 1.0, 0.0).survival(1), 3)
        0.5
        """
        ages = np.asarray(age, dtype=float)
        found = np.exp(special.betaln(self.alpha, self.beta + ages) - special.betaln(self.alpha, self.beta))
        return float(found) if found.ndim == 0 else found

    def retention(self, age):
        """Share of those there at `age − 1` who are there at `age`: (β + age − 1) ÷ (α + β + age − 1); age ≥ 1.

        >>> round(Sbg(1.0, 1.0, 0.0).retention(2), 3)
        0.667
        """
        ages = np.asarray(age, dtype=float)
        found = (self.beta + ages - 1) / (self.alpha + self.beta + ages - 1)
        return float(found) if found.ndim == 0 else found

    def residual_lifetime(self, age: float, discount_rate: float) -> float:
        """Discounted expected residual lifetime just before the next renewal (Fader and Hardie 2010), in terms.

        Σ over t > age of S(t) ÷ S(age) · (1 + d)^−(t − age − 1); `discount_rate` is d a term. Undiscounted it is
        infinite for α ≤ 1 and so undefined: nan.

        >>> math.isnan(Sbg(0.7, 1.2, 0.0).residual_lifetime(0, 0))
        True
        """
        if discount_rate < 0:
            raise ValueError(f"a discount rate is 0 or more, not {discount_rate}")
        if discount_rate == 0 and self.alpha <= 1:
            return math.nan
        first = (self.beta + age) / (self.alpha + self.beta + age)
        series = special.hyp2f1(1, self.beta + age + 1, self.alpha + self.beta + age + 1, 1 / (1 + discount_rate))
        return float(first * series)


def fit_sbg(alive) -> Sbg:
    """The sBG model by maximum likelihood over one cohort or many.

    `alive`: the counts (or shares) of one cohort alive at ages 0…n, or a frame of cohorts × ages whose missing cells
    have not been observed. Never-lost accounts only: counts may not grow along a row.

    Refused where the data cannot carry it: fewer than three ages, nobody lost, or counts that grow.

    >>> model = fit_sbg([1000, 631, 468, 382, 326, 289, 262, 241])  # Fader and Hardie (2007), "Regular"
    >>> round(model.alpha, 3), round(model.beta, 3)
    (0.704, 1.182)
    """
    rows = np.asarray(alive, dtype=float)
    return _fit(*_lost_and_ended(rows[np.newaxis, :] if rows.ndim == 1 else rows))


def fit_sbg_counts(lost, censored, alive_at_end: int, near: Sbg | None = None) -> Sbg:
    """The same from counts by age 0…n: lost, last seen alive (censored), and how many were alive beyond the last age.

    `near`, a model of similar data, is where the search starts. Refused as for `fit_sbg`.

    >>> model = fit_sbg_counts([0, 369, 163, 86, 56, 37, 27, 21], [0] * 8, 241)
    >>> round(model.alpha, 3), round(model.beta, 3)
    (0.704, 1.182)
    """
    lost, ended = np.asarray(lost, dtype=float), np.array(censored, dtype=float)
    ended[-1] += alive_at_end
    if len(lost) < 3:
        raise Refused("a projection needs at least three ages of at least one cohort")
    if lost.sum() <= 0:
        raise Refused("nobody has been lost yet, so there is nothing to project from")
    return _fit(lost, ended, near)


def _fit(lost: np.ndarray, ended: np.ndarray, near: Sbg | None = None) -> Sbg:
    start = np.log([near.alpha, near.beta]) if near else np.zeros(2)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        # Without heterogeneity both run off to infinity, and any large pair says the same.
        alpha, beta = np.exp(np.clip(parameters, -8, 10))
        inside = np.abs(parameters - 1) < 9
        return -log_likelihood(alpha, beta, lost, ended), -_slope(alpha, beta, lost, ended) * (alpha, beta) * inside

    # BFGS and not L-BFGS-B: its calls into a threaded BLAS take twenty times as long when every core is busy.
    found = optimize.minimize(loss, x0=start, jac=True, method="BFGS", options={"gtol": 1e-6 * lost.sum()})
    alpha, beta = (float(value) for value in np.exp(np.clip(found.x, -8, 10)))
    return Sbg(alpha, beta, -float(found.fun))


def _slope(alpha: float, beta: float, lost: np.ndarray, ended: np.ndarray) -> np.ndarray:
    """The derivatives of `log_likelihood` to α and β."""
    ages = np.arange(len(lost))
    n, psi = lost.sum() + ended.sum(), special.digamma
    together = (lost + ended) @ psi(alpha + beta + ages) - n * psi(alpha + beta)
    by_alpha = lost.sum() * psi(alpha + 1) + ended.sum() * psi(alpha) - n * psi(alpha)
    by_beta = lost @ psi(beta + np.maximum(ages, 1) - 1) + ended @ psi(beta + ages) - n * psi(beta)
    return np.array([by_alpha - together, by_beta - together])


def _lost_and_ended(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over all cohorts: how many were lost at each age, and how many were last seen alive at each age."""
    known = ~np.isnan(rows)
    if rows.shape[1] < 3 or known.sum(axis=1).max(initial=0) < 3:
        raise Refused("a projection needs at least three ages of at least one cohort")
    steps = rows[:, :-1] - rows[:, 1:]
    if np.nanmin(steps) < 0:
        raise Refused("counts alive may not grow with age: give the accounts that were never lost")
    lost = np.concatenate([[0.0], np.nansum(steps, axis=0)])
    if lost.sum() <= 0:
        raise Refused("nobody has been lost yet, so there is nothing to project from")
    last = known.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    ended = np.zeros(rows.shape[1])
    some = known.any(axis=1)
    np.add.at(ended, last[some], rows[np.flatnonzero(some), last[some]])
    return lost, ended


def log_likelihood(alpha: float, beta: float, lost, ended) -> float:
    """Σ lost_t · ln P(T = t) + Σ ended_t · ln S(t), with P(T = t) = B(α + 1, β + t − 1) ÷ B(α, β).

    `lost` and `ended` are counts by age 0…n.

    >>> lost = [0, 13.1, 12.6, 9.0, 6.0, 4.2, 3.4, 2.6]  # of 100; Fader and Hardie (2007), "High End"
    >>> round(log_likelihood(1, 1, lost, [0] * 7 + [49.1]) / 100, 4)
    -2.1155
    """
    lost, ended = np.asarray(lost, dtype=float), np.asarray(ended, dtype=float)
    ages = np.arange(len(lost))
    base = special.betaln(alpha, beta)
    dies = special.betaln(alpha + 1, beta + np.maximum(ages, 1) - 1) - base
    lives = special.betaln(alpha, beta + ages) - base
    return float(lost @ dies + ended @ lives)
