"""The shifted-beta-geometric (sBG) model of renewals (Fader and Hardie 2007), by maximum likelihood."""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from helpers.errors import Refused

MOST_STEPS, ENOUGH = 200, 1e-12
LEAST_AT_RISK = 10  # accounts at an age from which a curve is held against a model
TOO_YOUNG = "a projection needs a cohort seen at three ages or more: its start and two renewals"


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
        whole = scipy.special.betaln(self.alpha, self.beta)
        return _plain(np.exp(scipy.special.betaln(self.alpha, self.beta + np.asarray(age, dtype=float)) - whole))

    def retention(self, age):
        """Share of those there at `age − 1` who are there at `age`: (β + age − 1) ÷ (α + β + age − 1); age ≥ 1.

        >>> round(Sbg(1.0, 1.0, 0.0).retention(2), 3)
        0.667
        """
        ages = np.asarray(age, dtype=float)
        return _plain((self.beta + ages - 1) / (self.alpha + self.beta + ages - 1))

    def residual_lifetime(self, age: float, discount_rate: float) -> float:
        """Discounted expected residual lifetime just before the next renewal (Fader and Hardie 2010), in terms.

        Σ over t > age of S(t) ÷ S(age) · (1 + d)^−(t − age − 1); `discount_rate` is d a term. Undiscounted it is
        infinite for α ≤ 1 and so undefined: nan.

        >>> math.isnan(Sbg(0.7, 1.2, 0.0).residual_lifetime(0, 0))
        True
        """
        if discount_rate < 0:
            raise ValueError(f"a discount rate is 0 or more, not {discount_rate}")
        if discount_rate == 0:
            return (self.beta + age) / (self.alpha - 1) if self.alpha > 1 else math.nan
        first = (self.beta + age) / (self.alpha + self.beta + age)
        series = scipy.special.hyp2f1(1, self.beta + age + 1, self.alpha + self.beta + age + 1, 1 / (1 + discount_rate))
        return float(first * series) if np.isfinite(series) else self._residual_sum(age, discount_rate)

    def _residual_sum(self, age: float, discount_rate: float) -> float:
        """The same added up term by term: scipy's series gives up at large α + β."""
        total, weight, start = 0.0, 1.0, float(age)
        while weight > 1e-17:
            terms = weight * np.cumprod(self.retention(start + np.arange(1, 10_001)) / (1 + discount_rate))
            total, weight, start = total + float(terms.sum()), float(terms[-1]), start + 10_000
        return total * (1 + discount_rate)


def _plain(values):
    """A number of Python where there is one."""
    return float(values) if np.ndim(values) == 0 else values


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
    return fit_sbg_counts(*lost_and_ended(rows[np.newaxis, :] if rows.ndim == 1 else rows), 0)


def fit_sbg_counts(lost, censored, alive_at_end: int) -> Sbg:
    """The same from counts by age 0…n: lost, last seen alive (censored), and how many were alive beyond the last age.

    Refused as for `fit_sbg`.

    >>> model = fit_sbg_counts([0, 369, 163, 86, 56, 37, 27, 21], [0] * 8, 241)
    >>> round(model.alpha, 3), round(model.beta, 3)
    (0.704, 1.182)
    """
    lost, ended = np.asarray(lost, dtype=float), np.array(censored, dtype=float)
    ended[-1] += alive_at_end
    if len(lost) < 3:
        raise Refused(TOO_YOUNG)
    if lost.sum() <= 0:
        raise Refused("nobody has been lost yet, so there is nothing to project from")
    return fit_each(lost[np.newaxis], ended[np.newaxis])[0]


def fit_each(lost: np.ndarray, ended: np.ndarray, near: Sbg | None = None) -> list[Sbg]:
    """One model a row of counts by age 0…n (`lost_and_ended`), all at once; `near` is where the search starts.

    Newton's method on ln α and ln β with Levenberg's damping. Without heterogeneity both run off to infinity, and any
    large pair says the same, so they stop at e^10.
    """
    lost, kept = renewals(lost, ended)
    place = np.tile(np.log([near.alpha, near.beta] if near else [1.0, 1.0]), (len(lost), 1))
    damping, best = np.full(len(lost), 1e-3), _likelihood(*np.exp(place.T), lost, kept)
    active = np.arange(len(lost))
    for _ in range(MOST_STEPS):
        tried = np.clip(place[active] + _step(place[active], lost[active], kept[active], damping[active]), -8, 10)
        found = _likelihood(*np.exp(tried.T), lost[active], kept[active])
        gain = found - best[active]
        better = gain >= 0
        place[active[better]], best[active[better]] = tried[better], found[better]
        damping[active] *= np.where(better, 0.2, 10)
        active = active[~better | (gain > ENOUGH * np.abs(found))]
        if not len(active):
            break
    return [Sbg(float(a), float(b), float(value)) for (a, b), value in zip(np.exp(place), best, strict=True)]


def renewals(lost: np.ndarray, ended: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts by age 0…n (`lost_and_ended`) as outcomes of renewals 1, 2 …: how many left at each, and how many went on.

    >>> [side.tolist() for side in renewals(np.array([0.0, 2.0, 1.0]), np.array([0.0, 5.0, 7.0]))]
    [[2.0, 1.0], [13.0, 7.0]]
    """
    beyond = np.cumsum((lost + ended)[..., ::-1], axis=-1)[..., ::-1]  # seen at this age or later
    return lost[..., 1:], beyond[..., 1:] - lost[..., 1:]


def _likelihood(alpha, beta, lost: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Log-likelihood of renewals: at the renewal after t others α ÷ (α + β + t) leave, the rest goes on."""
    (a, b), t = (np.asarray(side, dtype=float)[..., None] for side in (alpha, beta)), np.arange(lost.shape[-1])
    return (lost * np.log(a) + kept * np.log(b + t) - (lost + kept) * np.log(a + b + t)).sum(axis=-1)


def _step(place: np.ndarray, lost: np.ndarray, kept: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """Newton's step of each row, damped in proportion to its counts; a flat or upward bend is made a downward one."""
    slope, bend = _derivatives(*np.exp(place.T), lost, kept)
    matrix = (damping * lost.sum(axis=1))[:, None, None] * np.eye(2) - bend
    steep = np.linalg.eigvalsh(matrix)[:, 0]
    matrix += np.maximum(0.0, 1e-9 - 1.1 * steep)[:, None, None] * np.eye(2)
    return np.clip(np.linalg.solve(matrix, slope[..., None])[..., 0], -2, 2)


def _derivatives(alpha: np.ndarray, beta: np.ndarray, lost: np.ndarray, kept: np.ndarray):
    """First (rows × 2) and second (rows × 2 × 2) derivatives of `_likelihood` to ln α and ln β."""
    t = np.arange(lost.shape[1])
    ours, whole, n = kept / (beta[:, None] + t), (alpha + beta)[:, None] + t, lost.sum(axis=1)
    each = (lost + kept) / whole
    once, twice = each.sum(axis=1), (each / whole).sum(axis=1)
    slope = np.column_stack([n - alpha * once, beta * (ours.sum(axis=1) - once)])
    bend_a = slope[:, 0] - n + alpha**2 * twice
    bend_b = slope[:, 1] + beta**2 * (twice - (ours / (beta[:, None] + t)).sum(axis=1))
    cross = alpha * beta * twice
    return slope, np.stack([np.column_stack([bend_a, cross]), np.column_stack([cross, bend_b])], axis=1)


def misfit(model: Sbg, lost, at_risk, draws: int = 200, seed: int = 3) -> float:
    """p of a test whether a fitted model holds at all ages at once, against the Kaplan–Meier curve of the same counts.

    `lost` and `at_risk`: counts by age 1, 2 … The test is the largest distance between the two curves in standard
    errors, over the ages with 10 or more at risk; its distribution and the errors come from losses drawn from the model
    and fitted again. nan with fewer than three such ages: two parameters fit two ages whatever they are.

    >>> even = [1260, 420, 210, 126]  # of 2,520, 1 in t + 1 is left after t renewals
    >>> misfit(Sbg(1.0, 1.0, 0.0), even, [2520, 1260, 840, 630]) > 0.5
    True
    """
    lost, at_risk = np.asarray(lost, dtype=float), np.asarray(at_risk, dtype="int64")
    ages = np.arange(1, len(lost) + 1)
    many = at_risk >= LEAST_AT_RISK
    if many.sum() < 3:
        return math.nan
    drawn = np.random.default_rng(seed).binomial(at_risk, 1 - model.retention(ages), (draws, len(ages)))
    each = np.vstack([lost, drawn[drawn.sum(axis=1) > 0]])
    # The likelihood knows losses and those at risk only, so those at risk stay, and who ends is what is left.
    ended = at_risk - each - np.append(at_risk[1:], 0)
    models = fit_each(np.insert(each, 0, 0.0, axis=1), np.insert(ended, 0, 0.0, axis=1), near=model)
    curves = np.cumprod(1 - each / np.maximum(at_risk, 1), axis=1)
    apart = np.abs(curves - np.array([one.survival(ages) for one in models]))[:, many]
    error = np.sqrt((apart[1:] ** 2).mean(axis=0))
    largest = (apart[:, error > 0] / error[error > 0]).max(axis=1, initial=0.0)
    return float((1 + (largest[1:] >= largest[0]).sum()) / len(largest))


def lost_and_ended(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over all cohorts × ages: how many were lost at each age, and how many were last seen alive at each age.

    Refused where counts grow, or no row has three ages.

    >>> [side.tolist() for side in lost_and_ended(np.array([[10, 8, 7], [5, 5, np.nan]]))]
    [[0.0, 2.0, 1.0], [0.0, 5.0, 7.0]]
    """
    known = ~np.isnan(rows)
    if rows.shape[1] < 3 or known.sum(axis=1).max(initial=0) < 3:
        raise Refused(TOO_YOUNG)
    steps = rows[:, :-1] - rows[:, 1:]
    if np.nanmin(steps) < 0:
        raise Refused("counts alive may not grow with age: give the accounts that were never lost")
    is_last = known & ~np.column_stack([known[:, 1:], np.zeros(len(known), bool)])
    return np.concatenate([[0.0], np.nansum(steps, axis=0)]), np.where(is_last, rows, 0.0).sum(axis=0)
