"""Intervals in closed form, of figures and of differences: numbers in, numbers out.

Every interval is two-sided 95% and comes back as `(low, high)`, Python floats.
"""

import math

import numpy as np
import scipy  # loads scipy.special when it is first used, which an unchanged pack never does

from helpers import formats

Z = 1.959963984540054  # the 97.5% point of the normal distribution
Interval = tuple[float, float]


def wilson(k: int, n: int, z: float = Z) -> Interval:
    """Wilson's score interval of the proportion k ÷ n (Wilson 1927), 0–1; `z` is the normal quantile, 1.96 for 95%.

    Raises ValueError unless 0 ≤ k ≤ n and n ≥ 1.

    >>> low, high = wilson(18, 20)
    >>> round(low, 5), round(high, 5)
    (0.69897, 0.97213)
    """
    if not (n >= 1 and 0 <= k <= n):
        raise ValueError(f"a proportion needs 0 <= k <= n and n >= 1, not k={k}, n={n}")
    share, weight = k / n, z * z / n
    center = share + weight / 2
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    low, high = (center - half) / (1 + weight), (center + half) / (1 + weight)
    # Exact at the ends, where rounding would leave 1e-17 on the wrong side.
    return (0.0 if k == 0 else low), (1.0 if k == n else high)


def simultaneous_z(n_intervals: int, misses: float = 0.05) -> float:
    """The normal quantile with which n intervals hold together but for a share `misses` of the cases (Bonferroni).

    >>> round(simultaneous_z(1), 3), round(simultaneous_z(10), 3), round(simultaneous_z(1, 0.03), 3)
    (1.96, 2.807, 2.17)
    """
    return float(scipy.special.ndtri(1 - misses / 2 / max(n_intervals, 1)))


def binomial_excess(k: int, n: int, p: float) -> float:
    """How likely k or more of n are if each has the chance p: the exact one-sided binomial test, 0–1.

    >>> round(binomial_excess(9, 10, 0.5), 5)
    0.01074
    """
    return 1.0 if k <= 0 else float(scipy.special.bdtrc(int(k) - 1, int(n), p))


def sd_at_most(values) -> float:
    """The upper 95% bound of a standard deviation (one-sided, of normal values): s √((n − 1) ÷ χ²); n of 2 or more.

    >>> round(sd_at_most([1.0, 2.0, 3.0]), 2), round(sd_at_most([1.0, 2.0, 3.0] * 20), 2)
    (4.42, 0.97)
    """
    x = np.asarray(values, dtype=float)
    degrees = len(x) - 1
    return float(x.std(ddof=1) * math.sqrt(degrees / (2 * scipy.special.gammaincinv(degrees / 2, 0.05))))


def poisson_interval(k: int) -> Interval:
    """Exact interval of a Poisson mean of which k events were counted (Garwood 1936).

    Raises ValueError unless k is a whole number of 0 or more.

    >>> low, high = poisson_interval(10)  # Garwood's table: 4.80, 18.39
    >>> round(low, 2), round(high, 2)
    (4.8, 18.39)
    >>> round(poisson_interval(0)[1], 3)
    3.689
    """
    if not k >= 0 or k != int(k):
        raise ValueError(f"a count is a whole number of 0 or more, not {k}")
    # A Poisson tail is a gamma tail: half of a chi-square quantile with 2k and 2k + 2 degrees of freedom.
    low = 0.0 if k == 0 else float(scipy.special.gammaincinv(k, 0.025))
    return low, float(scipy.special.gammaincinv(k + 1, 0.975))


def adjusted_wald_nps(promoters: int, passives: int, detractors: int) -> Interval:
    """Adjusted Wald interval of a net promoter score, −1…1.

    Bonett and Price's (2012) interval for a difference of two paired proportions, here the shares of promoters and of
    detractors: one is added to each of the two and two to n, and the result is clipped to ±1.

    >>> low, high = adjusted_wald_nps(3, 2, 1)
    >>> round(low, 3), round(high, 3)
    (-0.325, 0.825)
    """
    counts = (promoters, passives, detractors)
    if min(counts) < 0 or sum(counts) < 1:
        raise ValueError(f"a net promoter score needs at least one answer and no negative count, not {counts}")
    n = sum(counts) + 2
    up, down = (promoters + 1) / n, (detractors + 1) / n
    center, half = up - down, Z * math.sqrt((up + down - (up - down) ** 2) / n)
    return max(-1.0, center - half), min(1.0, center + half)


def weighted_share_interval(weights, is_in) -> Interval:
    """Interval of the share of the weight that some units hold; needs two units or more, and a weight above 0.

    Wilson's at Kish's effective n, with Student's quantile at one less than the units: the effective n is an estimate,
    and of 10 units of which the large ones are on one side, the normal quantile holds the truth in 90% at most.

    >>> low, high = weighted_share_interval([2, 2, 2, 2], [True, False, False, False])
    >>> low < wilson(1, 4)[0] and high > wilson(1, 4)[1]
    True
    """
    x = np.asarray(weights, dtype=float)
    n = effective_n(x)
    quantile = float(scipy.special.stdtrit(max(len(x) - 1, 1), 0.975))
    return wilson(n * float(x[np.asarray(is_in, dtype=bool)].sum() / x.sum()), n, quantile)


def effective_n(weights) -> float:
    """Kish's effective sample size of unequal weights, (Σx)² ÷ Σx²; 0 when all are 0.

    >>> effective_n([1, 1, 1, 1]), effective_n([100, 0, 0, 0])
    (4.0, 1.0)
    """
    x = np.asarray(weights, dtype=float)
    squares = float((x**2).sum())
    return float(x.sum()) ** 2 / squares if squares else 0.0


def share_difference(k1: int, n1: int, k0: int, n0: int) -> tuple[float, float, float]:
    """k1 ÷ n1 − k0 ÷ n0 of two separate groups with Newcombe's (1998) hybrid score interval: (difference, low, high).

    >>> difference, low, high = share_difference(56, 70, 48, 80)  # Newcombe's example (a): .2, .0524 to .3339
    >>> round(difference, 4), round(low, 4), round(high, 4)
    (0.2, 0.0524, 0.3339)
    """
    return difference((k1 / n1, *wilson(k1, n1)), (k0 / n0, *wilson(k0, n0)))


def difference(one: tuple, other: tuple, correlation: float = 0.0) -> tuple[float, float, float]:
    """one − other of two figures with intervals, each (value, low, high): (difference, low, high).

    Square and add (MOVER; Zou and Donner 2008): each end from the two ends that make it, so a skewed interval stays
    skewed; `correlation` is that of the two figures (`ratio_correlation`), 0 for separate groups.

    >>> [round(end, 4) for end in difference((0.8, 0.7, 0.9), (0.6, 0.5, 0.7))]
    [0.2, 0.0586, 0.3414]
    >>> [round(end, 4) for end in difference((0.8, 0.7, 0.9), (0.8, 0.7, 0.9), correlation=1)]
    [0.0, 0.0, 0.0]
    """

    def reach(a: float, b: float) -> float:
        return math.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0)) if correlation else math.hypot(a, b)

    (value1, low1, high1), (value0, low0, high0) = one, other
    apart = float(value1 - value0)
    return apart, apart - reach(value1 - low1, high0 - value0), apart + reach(high1 - value1, value0 - low0)


def ratio_correlation(x1, y1, x0, y0) -> float:
    """The correlation of Σy1 ÷ Σx1 and Σy0 ÷ Σx0 over the same units, linearized (Cochran 1977, §6.9).

    One value a unit in each; a unit that is in one ratio only has 0 in the other. 0 where one of them does not vary.

    >>> round(ratio_correlation([1, 1], [1, 0], [1, 1], [1, 0]), 6)
    1.0
    >>> ratio_correlation([1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0])
    0.0
    """
    columns = [np.asarray(values, dtype=float) for values in (x1, y1, x0, y0)]
    pulls = [y - y.sum() / x.sum() * x for x, y in (columns[:2], columns[2:])]
    spread = math.sqrt(float((pulls[0] ** 2).sum()) * float((pulls[1] ** 2).sum()))
    return float((pulls[0] * pulls[1]).sum()) / spread if spread else 0.0


def two_shares(one: tuple[int, int], other: tuple[int, int], higher: str, lower: str, same: str, unit: str = "") -> str:
    """The ending that the data supports, then both shares, their difference with its interval (Newcombe), and both n.

    `one` and `other` are (count, of how many); `higher`, `lower` and `same` say what it means that the first share is
    higher, is lower, or shows no clear difference; `unit` names what n counts.

    >>> two_shares((56, 70), (48, 80), "Newer accounts stay longer", "Newer accounts leave earlier", "No difference")
    'Newer accounts stay longer: 80.0% compared with 60.0% (+20.0 points, 95% interval +5 to +33, n = 70 and 80).'
    >>> two_shares((5, 10), (5, 10), "Higher", "Lower", "No clear difference", "answers").rpartition(", ")[2]
    'n = 10 and 10 answers).'
    """
    difference, low, high = share_difference(*one, *other)
    ending = higher if low > 0 else lower if high < 0 else same
    shares = " compared with ".join(formats.percent(k / n) for k, n in (one, other))
    n = f"{formats.count(one[1])} and {formats.count(other[1])} {unit}".strip()
    apart = formats.points(difference) if round(difference, 3) else "no difference"
    return f"{ending}: {shares} ({apart}, 95% interval {formats.bounds(low, high)}, n = {n})."
