"""Charts of the cohort notebook: triangles, curves, hazards, deviations and projections."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.plots.style import axes, styled


@styled
def heatmap(
    wide: pd.DataFrame, sizes: pd.Series, title: str, note: str = "", unit: str = "percent", ax: Axes | None = None
) -> Axes:
    """A cohort triangle by cohort (down) and age in months (across); cells that cannot be known are hatched.

    `wide` is `cohorts.wide` and holds shares (`unit` percent), accounts (count) or cents (thousands of the currency);
    `sizes` is what stands beside each cohort's name, already written out. Where the ages are too many to label every
    cell, some are.
    """
    import seaborn as sns  # brings all of scipy.stats, which only a notebook with a heatmap need pay

    n_cohorts, n_ages = wide.shape
    ax = axes(ax, title, height=2.0 + 0.21 * n_cohorts)
    ax.set_facecolor("#F4F4F4")
    ax.patch.set_hatch("///")
    if wide.empty:
        return ax
    values = wide.to_numpy() * _SCALE[unit]
    known = values[~np.isnan(values)]
    bottom, top = _range(known, unit)
    # seaborn draws the whole figure once to see whether labels overlap, so it gets none.
    sns.heatmap(
        values,
        ax=ax,
        cmap="viridis",
        vmin=bottom,
        vmax=top,
        mask=np.isnan(values),
        xticklabels=False,
        yticklabels=False,
        cbar_kws={"shrink": 0.5, "fraction": 0.03, "pad": 0.01},
    )
    names = [f"{cohort:%Y-%m}  ({size})" for cohort, size in zip(wide.index, sizes, strict=True)]
    ax.set_yticks(np.arange(n_cohorts) + 0.5, names)
    step = 1 if n_ages <= 16 else 3 if n_ages <= 25 else 6
    for row, column in np.argwhere(~np.isnan(values)):
        if column % step == 0:
            dark = values[row, column] < (bottom + top) / 2
            text, color = f"{values[row, column]:,.0f}", "white" if dark else "black"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7.5, color=color)
    shown = np.arange(0, n_ages, step)
    ax.set_xticks(shown + 0.5, [str(wide.columns[place]) for place in shown])
    ax.tick_params(axis="y", labelsize=9, rotation=0, length=0)
    ax.tick_params(axis="x", labelsize=9, rotation=0, length=0)
    about = f"age in months (numbers are {_UNIT[unit]}; hatched: cannot be known yet){'; ' + note if note else ''}"
    ax.set_xlabel(about, fontsize=10)
    ax.set_ylabel("cohort (size)")
    return ax


_SCALE = {"percent": 100, "count": 1, "thousands": 1e-5}
_UNIT = {"percent": "percent", "count": "accounts", "thousands": "thousands of the currency"}


def _range(known: np.ndarray, unit: str) -> tuple[float, float]:
    if not known.size:
        return 0.0, 1.0
    if unit == "percent":
        return float(np.floor(known.min() / 10) * 10), float(max(100.0, np.quantile(known, 0.98)))
    return 0.0, float(max(known.max(), 1.0))
