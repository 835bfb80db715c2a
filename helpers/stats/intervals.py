"""Intervals in closed form: numbers in, numbers out.

Every interval is two-sided 95% and comes back as `(low, high)`, Python floats.
"""

import math

import numpy as np
import scipy  # loads scipy.special when it is first used, which an unchanged pack never does

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


def simultaneous_z(n_intervals: int) -> float:
    """The normal quantile with which n intervals hold together in 95% of the cases (Bonferroni).

    >>> round(simultaneous_z(1), 3), round(simultaneous_z(10), 3)
    (1.96, 2.807)
    """
    return float(scipy.special.ndtri(1 - 0.025 / max(n_intervals, 1)))


def binomial_excess(k: int, n: int, p: float) -> float:
    """How likely k or more of n are if each has the chance p: the exact one-sided binomial test, 0–1.

    >>> round(binomial_excess(9, 10, 0.5), 5)
    0.01074
    """
    return 1.0 if k <= 0 else float(scipy.special.bdtrc(int(k) - 1, int(n), p))


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
