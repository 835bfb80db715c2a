"""Differences of two figures with their intervals, each end from the ends that make it (square and add)."""

import math

import numpy as np

from helpers.stats.intervals import wilson


def share_difference(k1: int, n1: int, k0: int, n0: int) -> tuple[float, float, float]:
    """k1 ÷ n1 − k0 ÷ n0 of two separate groups with Newcombe's (1998) hybrid score interval: (difference, low, high).

    >>> difference, low, high = share_difference(56, 70, 48, 80)  # Newcombe's example (a): .2, .0524 to .3339
    >>> round(difference, 4), round(low, 4), round(high, 4)
    (0.2, 0.0524, 0.3339)
    """
    one, other = k1 / n1, k0 / n0
    (low1, high1), (low0, high0) = wilson(k1, n1), wilson(k0, n0)
    down, up = math.hypot(one - low1, high0 - other), math.hypot(high1 - one, other - low0)
    return one - other, one - other - down, one - other + up


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
        return math.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0))

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
