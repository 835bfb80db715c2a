"""Intervals of totals and ratios of amounts: studentized bootstraps with a seed, linearized where there are many.

Every interval is two-sided 95% and comes back as `(low, high)`, Python floats.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import scipy  # loads scipy.special when it is first used, which an unchanged pack never does

from helpers.stats.intervals import Interval, Z, effective_n

DRAWS = 2000
LARGE = 200  # effective n from which the normal approximation of a ratio of sums is used
LARGE_ABOVE, LARGE_BEYOND = 50, 100  # effective n of what lies above, under which that approximation is too short there
SLICES = 2**16
CACHED = 2**16  # amounts at a time that a processor holds close by
MANY = 500  # effective n of amounts above which a total is as good as normal
SHARED = 100  # amounts of a total up to which all totals share their draws
LARGEST = 10_000  # amounts of a total that are drawn one by one; what is beyond them hardly varies, and is drawn as one
LEAST_ERROR = 0.1  # of the observed error, below which a draw's own error is that of nothing
OPEN = math.log(1000)  # from here on up an end of a quotient says nothing: nearly all depends on one unit
FEW_LOST = 3  # accounts that lost anything, up to which their number says more than the bootstrap


def total_interval(amounts, seed: int = 1) -> Interval:
    """Interval of a total of amounts whose number is a Poisson count: Σ of what comes in a period.

    Studentized bootstrap: each amount comes a Poisson(1) number of times, and the error of a draw is √Σa² of what it
    holds; of more than 10,000 amounts the smaller ones are one normal sum. Above an effective n of 500 the normal
    interval with that error. Never below 0; (0, 0) without amounts.

    >>> low, high = total_interval([100.0] * 30)
    >>> low < 3000 < high
    True
    """
    x = np.sort(np.asarray(amounts, dtype=float))
    total, error = float(x.sum()), math.sqrt(float((x**2).sum()))
    first, last = -Z, Z
    if 0 < effective_n(x) <= MANY:
        parts, largest = [], x[-LARGEST:]
        others, rest = x[:-LARGEST].sum(), (x[:-LARGEST] ** 2).sum()
        for times, more in _arrivals(len(largest), seed, bool(rest)):
            weights = times.astype(float)
            drawn, spread = weights @ largest + others, np.sqrt(weights @ largest**2 + rest)
            if rest:
                drawn += math.sqrt(rest) * more
            parts.append((drawn[spread > 0] - total) / spread[spread > 0])
        first, last = np.quantile(np.concatenate(parts), [0.025, 0.975])
    return max(0.0, float(total - last * error)), float(total - first * error)


def _arrivals(n: int, seed: int, is_more: bool) -> Iterator[tuple]:
    """How often each of n amounts comes, DRAWS times, in blocks so that memory stays small; a normal draw with each."""
    if n <= SHARED:
        # The draws of fewer amounts are the first ones of more: drawn once for all the totals of a page.
        yield from ((block, None) for block in np.split(_first_arrivals(seed)[: DRAWS * n].reshape(DRAWS, n), 4))
        return
    rng = np.random.default_rng(seed)
    for _ in range(4):
        yield rng.poisson(1.0, size=(DRAWS // 4, n)), rng.standard_normal(DRAWS // 4) if is_more else None


@cache
def _first_arrivals(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(1.0, size=DRAWS * SHARED).astype("int8")


def ratio_interval_from_sums(n: int, x: int, y: int, xx: int, xy: int, yy: int) -> Interval | None:
    """Interval of Σy ÷ Σx from sums and cross-products over n units, linearized (Taylor; Cochran 1977, §2.11).

    The sums may be exact integers of any size. None when n < 2 or the units do not vary.

    For x = (2, 2) and y = (1, 3) the ratio is 1 and its standard error ½:

    >>> low, high = ratio_interval_from_sums(2, 4, 4, 8, 8, 10)
    >>> round(low, 2), round(high, 2)
    (0.02, 1.98)
    """
    if n < 2 or x <= 0:
        return None
    # Σ(y − rx)² × x², whole numbers throughout: a float would lose cents² beyond 2^53.
    spread = yy * x * x - 2 * y * xy * x + y * y * xx
    if spread <= 0:
        return None
    error = math.sqrt(n / (n - 1) * float(spread)) / float(x) ** 2
    return y / x - Z * error, y / x + Z * error


def ratio_interval(opening, closing, seed: int = 1) -> Interval | None:
    """Interval of Σ closing ÷ Σ opening over accounts: studentized bootstrap, or linearized (`is_linearized`).

    A draw whose error is under a tenth of the observed one says nothing of t and is left out: without the one account
    that left, a draw varies by next to nothing, and its t by the thousands.

    Where every account opens with an amount, the amounts stay, and what became of each (closing ÷ opening) is drawn
    anew from all accounts by their share of the opening: in another draw the large account that stayed may be the one
    that leaves. Resampling accounts in pairs never shows that, and missed the truth too often from above
    (tests/benchmarks/interval_coverage.py). The standard error is the larger of the linearized one and the one of
    outcomes that do not depend on size. Where at most 3 lost anything, the low end of what was kept is no lower than
    the normal one, or Clopper and Pearson's at the effective n (Korn and Graubard 1998). Where an opening amount is 0,
    accounts are resampled in pairs (Efron and Tibshirani 1993, ch. 12). Rows are sorted first, so their order does not
    matter, and the draw is seeded. None when fewer than two accounts, or none differs from the ratio.

    >>> ratio_interval([10, 10, 10], [10, 10, 10]) is None
    True
    >>> low, high = ratio_interval([10] * 10, [10] * 9 + [0])  # one of ten lost: Clopper and Pearson's low end
    >>> round(low, 3)
    0.555
    """
    return ratio_intervals(opening, [closing], seed)[0]


def ratio_intervals(opening, closings: Sequence, seed: int = 1) -> list[Interval | None]:
    """`ratio_interval` of several closings over the same openings, from the same draws.

    >>> ratio_intervals([10] * 10, [[10] * 9 + [0]]) == [ratio_interval([10] * 10, [10] * 9 + [0])]
    True
    """
    found, drawn = [None] * len(closings), {}
    for place, closing in enumerate(closings):
        if (pair := _pair(opening, closing)) is None:
            continue
        x, y, ratio, error = pair
        if is_linearized(x, y):
            found[place] = float(ratio - Z * error), float(ratio + Z * error)
        elif x.all():
            drawn[place] = x, y
        else:
            t = _paired_draws(x, y, ratio, np.random.default_rng(seed))
            found[place] = _studentized(x, y, ratio, error, t)
    for place, (error, ratio, t) in zip(drawn, _outcome_draws(list(drawn.values()), seed), strict=True):
        found[place] = _studentized(*drawn[place], ratio, error, t)
    return found


def _pair(below, above) -> tuple | None:
    """Both amounts of each unit in an order of their own, the ratio of their sums and its error; None without any."""
    x, y = np.asarray(below, dtype=float), np.asarray(above, dtype=float)
    if len(x) < 2 or x.sum() <= 0:
        return None
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    ratio, error = _linearized(x, y)
    return (x, y, ratio, error) if _varies(ratio, error) else None


def is_linearized(opening, closing) -> bool:
    """Whether the normal approximation does for Σ closing ÷ Σ opening: effective n of 200 or more, not skewed upward.

    Skewed is where what lies above the ratio has an effective n of under 50. Where a closing may exceed its opening,
    what lies above both the ratio and the usual outcome (the median closing ÷ opening, by opening) must have 100: where
    a few accounts grew many times over, the normal interval missed the truth from below in up to half of the companies
    whose sample shows little of that growth, and under a ratio below 1 every account that just stays is above it, too
    (tests/benchmarks/quoted_intervals.py).

    >>> is_linearized([10] * 400, [10] * 250 + [20] * 150), is_linearized([10] * 400, [10] * 390 + [90] * 10)
    (True, False)
    >>> is_linearized([10] * 400, [0] * 80 + [10] * 316 + [90] * 4), is_linearized([10] * 400, [0] * 80 + [10] * 320)
    (False, True)
    """
    x, y = np.asarray(opening, dtype=float), np.asarray(closing, dtype=float)
    if effective_n(x) < LARGE:
        return False
    ratio, grows = y.sum() / x.sum(), (y > x).any()
    above = np.clip(y - (max(ratio, _usual(x, y)) if grows else ratio) * x, 0, None)
    return bool(effective_n(above) >= (LARGE_BEYOND if grows else LARGE_ABOVE))


def _usual(x: np.ndarray, y: np.ndarray) -> float:
    """The median of y ÷ x over the units with an x, each weighted by its x."""
    is_in = x > 0
    outcome = y[is_in] / x[is_in]
    order = np.argsort(outcome)
    weight = np.cumsum(x[is_in][order])
    return float(outcome[order][np.searchsorted(weight, weight[-1] / 2)])


def _studentized(x, y, ratio, error, t) -> Interval:
    # An account of next to no weight may be the only one that differs: hardly a draw shows it.
    below, above = np.quantile(t, [0.025, 0.975]) if len(t) >= DRAWS / 20 else (-Z, Z)
    most = _few_lost(x, y)
    # Draws without the one account that left have a small error, and their t would take the low end down to 0.
    above = above if math.isinf(most) else min(above, Z)
    return min(float(ratio - above * error), most), float(ratio - below * error)


def quotient_interval(below, above, seed: int = 1) -> Interval | None:
    """Interval of Σ above ÷ Σ below where a unit may have one amount without the other: won ÷ lost.

    Studentized bootstrap over the units in pairs, on the scale of the logarithm, on which such a quotient is nearly
    symmetric; linearized where both have an effective n of 200 or more. An upper end of over 1,000 times the ratio is
    infinity: it is open. None when fewer than two units, or a sum is 0.

    >>> low, high = quotient_interval([1, 1, 0, 0], [0, 0, 2, 2])
    >>> low < 2 < high
    True
    """
    pair = _pair(below, above)
    if pair is None or np.sum(above) <= 0:
        return None
    x, y, ratio, error = pair
    t = np.array([])
    if min(effective_n(x), effective_n(y)) < LARGE:
        t = _paired_draws(x, y, ratio, np.random.default_rng(seed), is_log=True)
    first, last = np.quantile(t, [0.025, 0.975]) if len(t) >= DRAWS / 20 else (-Z, Z)
    below, above = -last * error / ratio, -first * error / ratio
    return float(ratio * math.exp(below)), float(ratio * math.exp(above)) if above < OPEN else math.inf


def _few_lost(x, y) -> float:
    """The most that the low end may be: Clopper and Pearson's at the effective n while few lost; else no limit."""
    kept = np.minimum(x, y)
    if (y < x).sum() > FEW_LOST or kept.sum() <= 0:
        return math.inf
    n, share = effective_n(x), kept.sum() / x.sum()
    # What the accounts added stays as it is: with it, NRR is as far above as it was observed to be.
    return float(scipy.special.betaincinv(n * share, n * (1 - share) + 1, 0.025) + (y - kept).sum() / x.sum())


def _varies(ratio, error):
    """Whether a standard error is more than the rounding of a float: one account drawn again and again has none."""
    return error > 1e-12 * np.maximum(ratio, 1.0)


def _linearized(x, y):
    n, total = x.shape[-1], x.sum(-1)
    ratio = y.sum(-1) / total
    residual = y - np.expand_dims(ratio, -1) * x
    return ratio, np.sqrt(n / (n - 1) * (residual**2).sum(-1)) / total


def _outcome_error(share, outcome):
    """The ratio and its error, when each account has a fixed share of the opening and `outcome` is closing ÷ opening.

    The larger of two errors: every outcome counted for its own account alone (linearized), and the spread of all
    outcomes for each account (steadier where few accounts hold most of the revenue). Squares about the ratio are those
    about 0 less what the ratio takes: give outcomes about their mean, and no digit is lost.
    """
    n, concentration = len(share), float(share @ share)
    weights = np.column_stack([share, share**2])
    (ratio, alone), (of_all, own) = (outcome @ weights).T, (outcome**2 @ weights).T
    own = (own - ratio * (2 * alone - ratio * concentration)) * (n / (n - 1))
    of_all = (of_all - ratio**2) * (concentration / (1 - concentration))
    return ratio, np.sqrt(np.maximum(np.maximum(own, of_all), 0))


def _outcome_draws(pairs: list, seed: int) -> list[tuple]:
    """Of pairs (opening, closing) with the same openings: error, ratio, and the studentized draws of each."""
    if not pairs:
        return []
    share, n = pairs[0][0] / pairs[0][0].sum(), len(pairs[0][0])
    # The opening revenue in equal slices, each with its account: a draw by share, and a fast one.
    edges = np.searchsorted((np.arange(SLICES) + 0.5) / SLICES, np.cumsum(share)[:-1], side="right")
    account = np.repeat(np.arange(n), np.diff(edges, prepend=0, append=SLICES))
    outcomes = [closing / opening for opening, closing in pairs]
    centers = [outcome[account].mean() for outcome in outcomes]
    outcomes = [outcome - center for outcome, center in zip(outcomes, centers, strict=True)]
    observed = [_outcome_error(share, outcome) for outcome in outcomes]

    def figures(slices: np.ndarray) -> list:
        rows = account[slices]
        return [_outcome_error(share, outcome[rows]) for outcome in outcomes]

    drawn = _drawn(figures, n, SLICES, "uint16", np.random.default_rng(seed))
    return [
        (error, ratio + center, _t(*draws, 0.0, error * LEAST_ERROR))
        for (ratio, error), center, draws in zip(observed, centers, drawn, strict=True)
    ]


def _paired_draws(x, y, ratio, rng, is_log: bool = False) -> np.ndarray:
    def figures(rows: np.ndarray) -> list:
        xs, ys = x[rows], y[rows]
        usable = (xs.sum(1) > 0) & ((ys.sum(1) > 0) | (not is_log))
        drawn, error = _linearized(xs[usable], ys[usable])
        return [(np.log(drawn), error / drawn) if is_log else (drawn, error)]

    return _t(*_drawn(figures, len(x), len(x), "int64", rng)[0], math.log(ratio) if is_log else ratio)


def _drawn(figures, n: int, of: int, kind: str, rng) -> list[np.ndarray]:
    """DRAWS draws of n accounts, each a place below `of`: of each of the `figures`, ratio and error.

    The sample is drawn in blocks, so that memory stays small however many accounts there are, and computed in parts.
    """
    block, parts = max(1, 2_000_000 // n), []
    for start in range(0, DRAWS, block):
        drawn = rng.integers(0, of, size=(min(block, DRAWS - start), n), dtype=kind)
        parts += map(figures, np.array_split(drawn, -(-drawn.size // CACHED)))
    return [np.concatenate(part, axis=1) for part in zip(*parts, strict=True)]


def _t(drawn, error, center: float, least: float = 0.0) -> np.ndarray:
    """(drawn − center) ÷ error; draws that do not vary, or whose error is below `least`, are left out."""
    varies = _varies(drawn, error) & (error >= least)
    return (drawn[varies] - center) / error[varies]
