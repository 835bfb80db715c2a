"""Cohort, age and calendar month side by side: a bend belongs to one of them, a straight trend to none.

Month = cohort + age, so a straight trend along one of the three can be moved to the other two without any change in
what the data says (Holford 1983; Clayton and Schifflers 1987). Only deviations from a straight line belong to one axis;
the sum of the cohort's and the month's trend, the net drift, is known as a sum.
"""

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.cohorts import triangles

AXES = ("age", "cohort", "month")
FEWEST_LOST, LOST_PER_BIN, NARROWEST = 40, 8, 3
CONSTRAINTS = {
    "calendar months have no trend of their own": "newer cohorts",
    "cohorts have no trend of their own": "later months",
}


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
    fit = _fit(never_lost)
    if fit is None:
        return pd.DataFrame(columns=_COLUMNS), pd.DataFrame(columns=_DRIFT)
    bends, slope, error = fit
    bounds = np.exp(12 * (slope + np.array([0, -1, 1]) * stats.Z * error)).round(6)
    return bends, pd.DataFrame(
        [[constraint, axis, *bounds] for constraint, axis in CONSTRAINTS.items()], columns=_DRIFT
    )


_COLUMNS = ["axis", "first", "last", "label", "n_lost", "odds_ratio", "low", "high", "stands_out"]
_DRIFT = ["constraint", "axis", "odds_ratio_per_year", "low", "high"]


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


def _fit(never_lost: pd.DataFrame) -> tuple[pd.DataFrame, float, float] | None:
    """The bends, and the slope of cohort with its error; None where the losses cannot carry the model."""
    table = cells(never_lost)
    if table["lost"].sum() < FEWEST_LOST:
        return None
    bins = {axis: _bins(table, axis) for axis in AXES}
    if min(len(found) for found in bins.values()) < 3:
        return None
    bases = {axis: _bends(table, axis, found) for axis, found in bins.items()}
    lines = [table[axis] - table[axis].mean() for axis in ("age", "cohort")]
    design = pd.DataFrame(np.column_stack([*lines, *(bases[axis][0] for axis in AXES)]))
    design.columns = [f"x{place}" for place in design]
    # Each cell is two rows: those lost in it, and those that stayed.
    weights = np.concatenate([table["lost"], table["at_risk"] - table["lost"]]).astype(float)
    outcome = np.repeat([1.0, 0.0], len(table))
    try:
        fit = stats.logit(outcome, pd.concat([design, design], ignore_index=True), weights=weights)
    except stats.UNESTIMABLE:  # a bin in which everybody left: no finite estimate
        return None
    estimate, covariance = fit.estimate.to_numpy(), fit.covariance.to_numpy()
    rows, place = [], 3
    for axis in AXES:
        bend = bases[axis][1]
        here = slice(place, place + bend.shape[1])
        error = np.sqrt(np.diag(bend @ covariance[here, here] @ bend.T))
        rows += _rows(axis, bins[axis], bend @ estimate[here], error)
        place = here.stop
    found = pd.DataFrame(rows, columns=[*_COLUMNS[:-1], "_z"])
    limit = stats.simultaneous_z(len(found))
    found = found.assign(stands_out=found["_z"].abs() > limit).drop(columns="_z")
    return found, float(estimate[2]), float(np.sqrt(covariance[2, 2]))


def _bins(table: pd.DataFrame, axis: str) -> list[tuple[int, int, int]]:
    """(first, last, losses) of neighboring values, each wide and full enough; what is left over joins the last."""
    lost = table.groupby(axis)["lost"].sum()
    least = max(LOST_PER_BIN, int(lost.sum()) // 12)
    found, first, count = [], None, 0
    for value, n in lost.items():
        first, count = (int(value) if first is None else first), count + int(n)
        if count >= least and value - first + 1 >= NARROWEST:
            found.append((first, int(value), count))
            first, count = None, 0
    if first is not None and found:
        start, _, before = found.pop()
        found.append((start, int(lost.index[-1]), before + count))
    return found


def _bends(table: pd.DataFrame, axis: str, bins: list) -> tuple[np.ndarray, np.ndarray]:
    """Columns that bend along an axis, for each cell and for each bin: orthogonal to the level and the straight line.

    Bins are weighted by their losses, so that the line is the one that most losses lie along.
    """
    place = np.searchsorted([last for _, last, _ in bins], table[axis])
    weight = np.array([count for *_, count in bins], dtype=float)
    middle = np.bincount(place, weights=table[axis] * (table["lost"] + 1e-9)) / np.bincount(place, table["lost"] + 1e-9)
    straight = np.column_stack([np.ones(len(bins)), middle - middle.mean()]) * weight[:, None]
    _, _, right = np.linalg.svd(straight.T, full_matrices=True)
    bend = right[2:].T
    return bend[place], bend


def _rows(axis: str, bins: list, middle: np.ndarray, error: np.ndarray) -> list[list]:
    rows = []
    for (first, last, lost), value, spread in zip(bins, middle, error, strict=True):
        bounds = np.exp(value + np.array([0, -1, 1]) * stats.Z * spread).round(6)
        label = f"{first}–{last}" if axis == "age" else f"{periods.month_text(first)} to {periods.month_text(last)}"
        rows.append([axis, first, last, label, lost, *bounds, value / spread])
    return rows
