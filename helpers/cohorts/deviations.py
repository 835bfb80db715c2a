"""Cohort, age and calendar month side by side: a bend belongs to one of them, a straight trend to none.

Month = cohort + age, so a straight trend along one of the three can be moved to the other two without any change in
what the data says (Holford 1983; Clayton and Schifflers 1987). Only deviations from a straight line belong to one axis;
the sum of the cohort's and the month's trend, the net drift, is known as a sum.
"""

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
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


def deviations_sentence(found: pd.DataFrame, short: bool = False) -> str:
    """Which bins stand out from the straight lines, or that none does; `short` without what it rests on.

    >>> deviations_sentence(pd.DataFrame(columns=["axis"]))
    'We do not compare cohort, age and calendar month: that needs 40 losses or more, and three spans of each.'
    """
    if found.empty:
        needs = f"that needs {FEWEST_LOST} losses or more, and three spans of each"
        return f"We do not compare cohort, age and calendar month: {needs}."
    out = found[found["stands_out"]].sort_values("odds_ratio", key=lambda ratio: np.log(ratio).abs(), ascending=False)
    if out.empty:
        n = formats.plural(int(found.loc[found["axis"] == "age", "n_lost"].sum()), "loss", "losses")
        none = "No cohort, age or calendar month differs from its straight trend"
        return none if short else f"{none} (n = {n}, {len(found)} spans compared)."
    axes = {"age": "months of age", "cohort": "cohorts", "month": "calendar months"}
    names = [f"{axes[row['axis']]} {periods.named(row['label'])}" for row in out.to_dict("records")]
    if short:
        return f"These differ from their straight trend: {'; '.join(names[:2])}"
    odds = [
        f"{name} (odds of leaving × {row['odds_ratio']:.2f}, 95% interval {row['low']:.2f}–{row['high']:.2f}, "
        f"{formats.plural(int(row['n_lost']), 'loss', 'losses')})"
        for name, row in zip(names[:3], out.to_dict("records"), strict=False)
    ]
    return f"These differ from their straight trend: {'; '.join(odds)}."


def drift_sentence(found: pd.DataFrame) -> str:
    """The net drift, and what it is under each named constraint; said to differ from none only where its interval does.

    >>> one = {"odds_ratio_per_year": 0.8, "low": 0.7, "high": 1.1}
    >>> drift_sentence(pd.DataFrame([one, one])).partition(" over ")[0]
    'The odds of leaving show no clear trend'
    """
    if found.empty:
        return ""
    row = found.iloc[0]
    odds = f"× {row['odds_ratio_per_year']:.2f} per year, 95% interval {row['low']:.2f}–{row['high']:.2f}"
    if row["low"] <= 1 <= row["high"]:
        return f"The odds of leaving show no clear trend over cohorts and months together ({odds})."
    less = "less" if row["odds_ratio_per_year"] < 1 else "more"
    return (
        f"The odds of leaving change over cohorts and months together ({odds}). Either newer cohorts leave {less}, or "
        f"everybody leaves {less} in later months: the data cannot say which."
    )


def trend_sentence(found: pd.DataFrame) -> str:
    """The net drift as the page's answer, where its interval leaves none out; else empty.

    It names its time, since the first page says beside it what changed within one year.

    >>> row = {"odds_ratio_per_year": 0.77, "low": 0.63, "high": 0.94}
    >>> trend_sentence(pd.DataFrame([row])).partition(". ")[0]
    'Over all months on record, customers leave less: the odds of leaving fall by 23% per year (95% interval 6–37%)'
    >>> trend_sentence(pd.DataFrame([row | {"high": 1.1}]))
    ''
    """
    if found.empty or found["low"].iloc[0] <= 1 <= found["high"].iloc[0]:
        return ""
    ratio, low, high = found[["odds_ratio_per_year", "low", "high"]].iloc[0]
    less, fall, newer, stay = (
        ("less", "fall", "better", "longer") if ratio < 1 else ("more", "rise", "worse", "less long")
    )
    ends = sorted(abs(1 - end) for end in (low, high))
    bounds = formats.interval(*ends, abs(1 - ratio))
    return (
        f"Over all months on record, customers leave {less}: the odds of leaving {fall} by "
        f"{formats.percent(abs(1 - ratio), int('.' in bounds))} per year (95% interval {bounds}). The data cannot "
        f"say whether newer customers are {newer} or everybody stays {stay}."
    )
