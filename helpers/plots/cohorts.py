"""Charts of the cohort notebook: triangles."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.plots import style

_SCALE = {"percent": 100, "count": 1, "thousands": 1e-5}
_UNIT = {"percent": "percent", "count": "accounts", "thousands": "thousands of the currency"}


@style.styled
def heatmap(
    wide: pd.DataFrame, sizes: pd.Series, title: str, note: str = "", unit: str = "percent", ax: Axes | None = None
) -> Axes:
    """A cohort triangle by cohort (down) and age in months (across); cells that cannot be known are hatched.

    `wide` is `cohorts.wide` and holds shares (`unit` percent), accounts (count) or cents (thousands of the currency);
    `sizes` is what is written beside each cohort's name. Where the ages are too many to label every cell, some are.
    """
    ax = style.axes(ax, title, height=2.0 + 0.21 * len(wide))
    ax.set_facecolor(style.PALE)
    ax.patch.set_hatch("///")
    if wide.empty:
        return ax
    values = wide.to_numpy() * _SCALE[unit]
    ends = _range(values[~np.isnan(values)], unit)
    _cells(ax, values, ends)
    step = 1 if wide.shape[1] <= 16 else 3 if wide.shape[1] <= 25 else 6
    _numbers(ax, values, step, sum(ends) / 2)
    ages = np.arange(0, wide.shape[1], step)
    ax.set_xticks(ages + 0.5, [str(wide.columns[place]) for place in ages])
    names = [f"{cohort:%Y-%m}  ({size})" for cohort, size in zip(wide.index, sizes, strict=True)]
    ax.set_yticks(np.arange(len(wide)) + 0.5, names)
    ax.tick_params(labelsize=9, rotation=0, length=0)
    about = f"age in months (numbers are {_UNIT[unit]}; hatched: not observed yet){'; ' + note if note else ''}"
    ax.set_xlabel(about, fontsize=10)
    ax.set_ylabel("cohort (size)")
    return ax


def _cells(ax: Axes, values: np.ndarray, ends: tuple[float, float]) -> None:
    import seaborn as sns  # brings all of scipy.stats, which only a notebook with a heatmap need pay

    bar = {"shrink": 0.5, "fraction": 0.03, "pad": 0.01}
    # seaborn draws the whole figure once to see whether labels overlap, so it gets none.
    no_labels = {"xticklabels": False, "yticklabels": False, "cbar_kws": bar}
    sns.heatmap(values, ax=ax, cmap="viridis", vmin=ends[0], vmax=ends[1], mask=np.isnan(values), **no_labels)


def _numbers(ax: Axes, values: np.ndarray, step: int, middle: float) -> None:
    for row, column in np.argwhere(~np.isnan(values)):
        if column % step == 0:
            color = "white" if values[row, column] < middle else "black"
            text = f"{values[row, column]:,.0f}"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7.5, color=color)


def _range(known: np.ndarray, unit: str) -> tuple[float, float]:
    if not known.size:
        return 0.0, 1.0
    if unit == "percent":
        return float(np.floor(known.min() / 10) * 10), float(max(100.0, np.quantile(known, 0.98)))
    return 0.0, float(max(known.max(), 1.0))
