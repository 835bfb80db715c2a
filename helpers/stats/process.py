"""Process-behavior charts: what a stable monthly series does by itself, and what is a signal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

XMR_POINTS = 12


@dataclass(frozen=True)
class Xmr:
    """A process-behavior chart: average, natural process limits (None under 12 points), and position → broken rule."""

    average: float
    low: float | None
    high: float | None
    signals: dict[int, str]


def xmr(series: Sequence[float]) -> Xmr:
    """Process-behavior (XmR) limits: mean ± 2.66 × mean moving range, and Wheeler's three detection rules.

    Rules: a point outside the limits; eight in a row on one side of the average; three of four nearer to a limit than
    to the average. For values that do not overlap (monthly rates, never trailing windows). Under 12 points no limits
    are given and nothing is called a signal.

    Raises ValueError for an empty series or a missing value.

    >>> chart = xmr([10, 12] * 6)
    >>> chart.average, round(chart.low, 2), round(chart.high, 2), chart.signals
    (11.0, 5.68, 16.32, {})
    """
    values = np.asarray(series, dtype=float)
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("a process-behavior chart needs at least one value and none missing")
    average = float(values.mean())
    if len(values) < XMR_POINTS:
        return Xmr(average, None, None, {})
    spread = 2.66 * float(np.abs(np.diff(values)).mean())
    return Xmr(average, average - spread, average + spread, _signals(values - average, spread))


def _signals(apart: np.ndarray, spread: float) -> dict[int, str]:
    """Each position at which a rule is first complete; the strongest rule where several are."""
    found = {}
    near_limit = np.where(np.abs(apart) > spread / 2, np.sign(apart), 0)
    for place in range(len(apart)):
        last8, last4 = np.sign(apart[max(0, place - 7) : place + 1]), near_limit[max(0, place - 3) : place + 1]
        side = "above" if apart[place] > 0 else "below"
        if abs(apart[place]) > spread:
            found[place] = f"{side} the natural process limits"
        elif len(last4) == 4 and near_limit[place] and (last4 == near_limit[place]).sum() >= 3:
            found[place] = "three of four months nearer to a limit than to the average"
        elif len(last8) == 8 and last8[0] and (last8 == last8[0]).all():
            found[place] = f"eight months in a row {side} the average"
    return found


def months_of(signal: str) -> int:
    """How many months a rule speaks of, by its text; 1 for a point outside the limits.

    >>> months_of("eight months in a row above the average"), months_of("below the natural process limits")
    (8, 1)
    """
    return {"eight": 8, "three": 4}.get(signal.partition(" ")[0], 1)
