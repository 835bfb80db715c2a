"""Which cohorts got better or worse, and what belongs to age, cohort or calendar month.

Month = cohort + age, so a straight trend along one of the three can be moved to the other two without any change in
what the data says (Holford 1983; Clayton and Schifflers 1987). Only deviations from a straight line belong to one axis;
the sum of the cohort's and the month's trend, the net drift, is known as a sum.
"""

import math

import numpy as np
import pandas as pd
import scipy

from helpers import periods, stats
from helpers.cohorts import triangles
from helpers.stats import curves

EXACT = 3_000  # losses that a cohort may have at most, up to which they are counted out one by one
FEWEST, YOUNGEST = 10, 3  # accounts and months below which nothing is said of a cohort
AXES = ("age", "cohort", "month")
FEWEST_LOST, LOST_PER_BIN, NARROWEST = 40, 8, 3
CONSTRAINTS = {
    "calendar months have no trend of their own": "newer cohorts",
    "cohorts have no trend of their own": "later months",
}
COMPARED = ["cohort", "age_months", "n", "n_kept", "share", "expected", "difference", "low", "high", "verdict"]
BENDS = ["axis", "first", "last", "label", "n_lost", "odds_ratio", "low", "high", "stands_out"]
DRIFT = ["constraint", "axis", "odds_ratio_per_year", "low", "high"]


def compare(never_lost: pd.DataFrame, age: int) -> pd.DataFrame:
    """Each cohort's share never lost against all others', at `age` months or the latest that it and 10 of them reached.

    `never_lost` is that triangle (monthly, or `grouped`). What the others kept is their Kaplan–Meier estimate, so young
    cohorts count for the ages they have. The interval of the difference combines Wilson's and the log-log interval
    (Zou and Donner 2008), at a level at which all intervals together hold in 95% of the cases (Bonferroni). A cohort
    stands apart only where the exact test of its losses agrees (`_p`); else its interval reaches 0. The left-truncated
    cohort is left out.

    Columns: cohort, age_months, n, n_kept, share, expected (what the others kept), difference, low, high, verdict
    (`better`, `worse`, `no clear difference`; `few`: under 10 accounts or 3 months of age).

    >>> ages = [0, 1, 2, 3] * 2
    >>> cells = pd.DataFrame({"cohort": pd.to_datetime(["2026-01-01"] * 4 + ["2026-02-01"] * 4), "age_months": ages,
    ...                       "n": [100, 95, 90, 90, 100, 60, 50, 45], "is_left_truncated": False})
    >>> compare(cells, 3)[["share", "expected", "verdict"]].values.tolist()
    [[0.9, 0.45, 'better'], [0.45, 0.9, 'worse']]
    """
    steps = triangles.steps(never_lost).rename(columns={"n_lost": "lost", "n_at_risk": "at_risk"})
    steps = steps[steps["age_months"] <= age].set_index("age_months")
    totals = steps.groupby("age_months")[["at_risk", "lost"]].sum()
    sides = []
    for _, own in steps.groupby("cohort"):
        others = (totals - own[["at_risk", "lost"]].reindex(totals.index, fill_value=0)).loc[: own.index.max()]
        # Compared where the others are enough to be compared with.
        sides.append((own, others[(others["at_risk"] >= FEWEST).cummin()]))
    told = [own["at_risk"].iloc[0] >= FEWEST and others.index.max() >= YOUNGEST for own, others in sides]
    z, level = stats.simultaneous_z(sum(told)), 0.05 / max(sum(told), 1)
    rows = [_row(*both, z, level if is_told else 0.0) for both, is_told in zip(sides, told, strict=True)]
    return pd.DataFrame(rows, columns=COMPARED)


def _row(own: pd.DataFrame, others: pd.DataFrame, z: float, level: float) -> dict:
    """A cohort against the others; without a level, too few to be told."""
    reached = int((others if len(others) else own).index.max())
    n, kept = int(own["at_risk"].iloc[0]), int(own["n"].loc[reached])
    share = kept / n if n else math.nan
    row = {"cohort": own["cohort"].iloc[0], "age_months": reached, "n": n, "n_kept": kept, "share": share}
    if not level:
        return row | {"verdict": "few"}
    curve = curves.from_counts(others.index, others["at_risk"], others["lost"], z).iloc[-1]
    expected = float(curve["survival"])
    # Where the others have all gone, there is no band: the point is all that is known.
    band = [expected if math.isnan(curve[side]) else float(curve[side]) for side in ("low", "high")]
    difference, low, high = stats.difference((share, *stats.wilson(kept, n, z)), (expected, *band))
    if _p(own.reindex(others.index), others) >= level:
        low, high = min(low, 0.0), max(high, 0.0)
    verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
    return row | {"expected": expected, "difference": difference, "low": low, "high": high, "verdict": verdict}


def _p(own: pd.DataFrame, others: pd.DataFrame) -> float:
    """Two-sided p of a cohort's losses if it leaves as the others do: exact, so that it holds for twelve accounts, too.

    At each age, of all who are lost, its own are a hypergeometric number (as in the log-rank test); their sum is
    counted out. 0 where it may have so many losses that the interval alone is right.
    """
    n, rest, lost = (side.to_numpy(dtype="int64") for side in (own["at_risk"], others["at_risk"], others["lost"]))
    lost = lost + own["lost"].to_numpy(dtype="int64")
    most = np.minimum(n, lost)
    if most.sum() > EXACT:
        return 0.0
    chances, least = np.ones(1), 0

    def ways(m, k):
        return scipy.special.gammaln(m + 1) - scipy.special.gammaln(k + 1) - scipy.special.gammaln(m - k + 1)

    for mine, theirs, gone, top in zip(n, rest, lost, most, strict=True):
        k = np.arange(max(0, gone - theirs), top + 1)
        least += int(k[0])
        chances = np.convolve(chances, np.exp(ways(mine, k) + ways(theirs, gone - k) - ways(mine + theirs, gone)))
    place = int(own["lost"].sum()) - least
    return min(1.0, 2 * float(min(chances[: place + 1].sum(), chances[place:].sum())))


def deviations(never_lost: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Odds of a first loss by age, cohort and month: the bends of each, and the straight trends behind them.

    `never_lost` is the monthly triangle, without its left-truncated cohort. A logit model of lost ÷ at risk (Holford
    1983) holds one straight trend of age, one of cohort, and the bends of all three over bins of 3 months or more with
    8 losses or more. Both empty where fewer than 40 losses, or fewer than three bins an axis, cannot carry it.

    Returns the bends (axis, first and last: ages in months, or months as year × 12 + month − 1, label, n_lost,
    odds_ratio: 1 = on the line, low, high: 95%, stands_out: still so when all bins are looked at together, Bonferroni)
    and the drift: the trend of cohort, or of month, as a named constraint splits them (constraint, axis,
    odds_ratio_per_year, low, high).
    """
    table = cells(never_lost)
    bins = {axis: _bins(table, axis) for axis in AXES}
    nothing = pd.DataFrame(columns=BENDS), pd.DataFrame(columns=DRIFT)
    if table["lost"].sum() < FEWEST_LOST or min(map(len, bins.values())) < 3:
        return nothing
    bases = {axis: _bends(table, axis, rows) for axis, rows in bins.items()}
    try:
        fit = _fitted(table, [bend[place] for bend, place in bases.values()])
    except stats.UNESTIMABLE:  # a bin in which everybody left: no finite estimate
        return nothing
    trend = _odds_ratios(fit.estimate["x1"], fit.error("x1"), months=12)
    drift = [{"constraint": constraint, "axis": axis} | trend for constraint, axis in CONSTRAINTS.items()]
    return _bent(fit, bins, bases), pd.DataFrame(drift).set_axis(DRIFT, axis=1)


def cells(never_lost: pd.DataFrame) -> pd.DataFrame:
    """Losses and accounts at risk by age, cohort and month (numbers), one row a cell in which somebody was at risk.

    >>> rows = pd.DataFrame({"cohort": pd.to_datetime(["2026-01-01"] * 2), "age_months": [0, 1], "n": [5, 3],
    ...                      "is_left_truncated": False})
    >>> cells(rows).values.tolist()
    [[1, 24312, 24313, 2, 5]]
    """
    table = triangles.steps(never_lost)
    cohort = table["cohort"].dt.year * 12 + table["cohort"].dt.month - 1
    table = table.assign(cohort=cohort, month=cohort + table["age_months"])
    table = table.rename(columns={"age_months": "age", "n_lost": "lost", "n_at_risk": "at_risk"})
    table = table.loc[table["at_risk"] > 0, [*AXES, "lost", "at_risk"]]
    return table.astype("int64").reset_index(drop=True)


def _fitted(table: pd.DataFrame, bends: list[np.ndarray]) -> stats.Logit:
    """The model of lost ÷ at risk: the lines of age (x0) and of cohort (x1), then the bends."""
    lines = [table[axis] - table[axis].mean() for axis in ("age", "cohort")]
    design = pd.DataFrame(np.column_stack([*lines, *bends])).add_prefix("x")
    # Each cell is two rows: those lost in it, and those that stayed.
    weights = np.concatenate([table["lost"], table["at_risk"] - table["lost"]]).astype(float)
    outcome = np.repeat([1.0, 0.0], len(table))
    return stats.logit(outcome, pd.concat([design, design], ignore_index=True), weights=weights)


def _bent(fit: stats.Logit, bins: dict[str, pd.DataFrame], bases: dict) -> pd.DataFrame:
    """The bins with their odds, and whether these stand out."""
    estimate, covariance, rows, start = fit.estimate.to_numpy(), fit.covariance.to_numpy(), [], 3
    for axis, (bend, _) in bases.items():
        here = slice(start, start + bend.shape[1])
        error = np.sqrt(np.diag(bend @ covariance[here, here] @ bend.T))
        middle = bend @ estimate[here]
        rows.append(bins[axis].assign(axis=axis, z=middle / error, **_odds_ratios(middle, error)))
        start = here.stop
    table = pd.concat(rows, ignore_index=True)
    spans = zip(table["axis"], table["first"], table["last"], strict=True)
    labels = [f"{a}–{b}" if axis == "age" else " to ".join(map(periods.month_text, (a, b))) for axis, a, b in spans]
    return table.assign(label=labels, stands_out=table["z"].abs() > stats.simultaneous_z(len(table)))[BENDS]


def _odds_ratios(log_odds, error, months: int = 1) -> dict:
    """With their 95% intervals; of a slope a month, over as many months."""
    ends = {"odds_ratio": 0, "low": -1, "high": 1}
    return {name: np.exp(months * (log_odds + side * stats.Z * error)).round(6) for name, side in ends.items()}


def _bins(table: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Neighboring values, each bin wide and full enough: first, last, n_lost; what is left over joins the last."""
    lost = table.groupby(axis)["lost"].sum()
    least = max(LOST_PER_BIN, int(lost.sum()) // 12)
    bins = []
    for value, n in lost.items():
        if not bins or _is_full(*bins[-1], least):
            bins.append((value, value, 0))
        first, _, before = bins.pop()
        bins.append((first, value, before + n))
    if len(bins) > 1 and not _is_full(*bins[-1], least):
        (first, _, before), (_, last, n) = bins[-2:]
        bins[-2:] = [(first, last, before + n)]
    return pd.DataFrame(bins, columns=["first", "last", "n_lost"])


def _is_full(first: int, last: int, n_lost: int, least: int) -> bool:
    return n_lost >= least and last - first + 1 >= NARROWEST


def _bends(table: pd.DataFrame, axis: str, bins: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Columns that bend along an axis, a row a bin, and the bin of each cell: orthogonal to level and straight line.

    Bins are weighted by their losses, so that the line is the one that most losses lie along.
    """
    place = np.searchsorted(bins["last"], table[axis])
    weight = bins["n_lost"].to_numpy(dtype=float)
    middle = np.bincount(place, weights=table[axis] * (table["lost"] + 1e-9)) / np.bincount(place, table["lost"] + 1e-9)
    straight = np.column_stack([np.ones(len(bins)), middle - middle.mean()]) * weight[:, None]
    _, _, right = np.linalg.svd(straight.T, full_matrices=True)
    return right[2:].T, place
