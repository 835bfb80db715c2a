"""Charts of the cohort notebook: triangles."""

import numpy as np
import pandas as pd

from helpers.plots.rows import cells
from helpers.plots.style import C1, C2, Canvas, chart

_SCALE = {"percent": 100, "count": 1, "thousands": 1e-5}
_UNIT = {"percent": "In percent", "count": "In accounts", "thousands": "In thousands of the currency"}
STRONGEST = 0.5  # of a cell's color, so that ink can be read on it


@chart
def heatmap(
    canvas: Canvas, wide: pd.DataFrame, sizes: pd.Series, title: str, note: str = "", unit: str = "percent"
) -> None:
    """A cohort triangle by cohort (down) and age in months (across), each cell with its number, 12 months in bold.

    `wide` is what `company.grid` returns: shares (`unit` percent), accounts (count) or cents (thousands of the
    currency); `sizes` is what is written beside each cohort's name. What is not known yet is empty. Where shares pass
    100%, blue is above it and rust below. Of many ages some are drawn.
    """
    canvas.deck = (
        f"{_UNIT[unit]}, by cohort and months since its first. Empty: not yet known{'; ' + note if note else ''}."
    )
    every = int(wide.columns[1] - wide.columns[0]) if wide.shape[1] > 1 else 1
    most = 6 if canvas.is_narrow else 13
    step = next((step for step in (1, 2, 3, 4, 6, 12) if -(-wide.shape[1] // step) <= most), 24)
    drawn = wide.iloc[:, ::step]
    if unit == "percent" and drawn.shape[1] > 1 and drawn.iloc[:, 0].eq(1).all():
        drawn = drawn.iloc[:, 1:].dropna(how="all")  # the first is the whole of each cohort; its size is in its name
    size_of = dict(zip(wide.index, sizes, strict=True))
    names = [f"{_named(cohort, every)} ({size_of[cohort]})" for cohort in drawn.index]
    values = drawn.to_numpy("float64") * _SCALE[unit]
    colors, strengths = _tints(values, unit)
    shown = {}
    for row, column in np.argwhere(~np.isnan(values)):
        how = {"color": colors[row, column], "alpha": float(strengths[row, column]), "linewidth": 0}
        weight = "bold" if drawn.columns[column] == 12 else "normal"
        shown[row, column] = f"{values[row, column]:,.0f}", how | {"fontweight": weight}
    cells(canvas, names, [str(age) for age in drawn.columns], shown)


def _named(cohort: pd.Timestamp, every: int) -> str:
    if every == 12:
        return f"{cohort.year}"
    last = cohort + pd.DateOffset(months=every - 1)
    return f"{cohort:%b}–{last:%b %Y}" if every == 3 else f"{cohort:%b %Y}"


def _tints(values: np.ndarray, unit: str) -> tuple[np.ndarray, np.ndarray]:
    """The color of each cell and its strength: shares from 50 to 100, or on both sides of 100 where some pass it."""
    known = values[~np.isnan(values)]
    top = known.max() if known.size else 1.0
    if unit != "percent":
        start, span = 0.0, max(top, 1.0)
    elif top > 100.5:
        start, span = 100.0, 40.0
    else:
        start, span = 50.0, 50.0
    strength = np.clip(np.abs(values - start) / span, 0, 1) * STRONGEST
    return np.where(values < start, C2, C1), strength
