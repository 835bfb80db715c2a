"""Charts of the diagnosis: drivers, calibration, and one account's signals."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers import formats
from helpers.plots import style
from helpers.plots.rows import dot, row_axes, rows

PANELS = (
    ("odds of leaving in a month,\nper SD of the driver", ("log_odds_corrected", "low_corrected", "high_corrected")),
    ("share of what the\ndrivers explain (Shapley)", ("share", "share_low", "share_high")),
    ("losses that would not have\ncome, if causal (PAF)", ("paf", "paf_low", "paf_high")),
)
MEASURED = ("log_odds", "low", "high")


@style.styled
def drivers(table: pd.DataFrame, labels: dict[str, str], title: str) -> Axes:
    """Three answers side by side, one row a driver: log-odds as a factor on the odds (grey: uncorrected), share, PAF.

    `table` is `attribution.Attribution.table`; `labels` names the drivers. Returns the first of the three Axes.
    """
    three = style.panels(title, height=1.9 + 0.55 * len(table))
    odds = [*PANELS[0][1], *MEASURED]
    table = table.assign(**np.exp(table[odds].astype("float64")))
    for ax, (xlabel, columns) in zip(three, PANELS, strict=True):
        is_odds = ax is three[0]
        rows(ax, table, [labels[name] for name in table["driver"]], colors=style.BLUE, columns=columns)
        for place, row in enumerate(table[::-1].to_dict("records")):
            value = row[columns[0]]
            text = f"×{value:.2f}" if is_odds else formats.percent(value, 0)
            style.note(ax, text, (value, place), (0, 8), va="baseline", color=style.BLUE, fontsize=10)
            if is_odds:
                dot(ax, place - 0.2, [row[name] for name in MEASURED], style.GREY, size=5)
        ax.axvline(1 if is_odds else 0, color=style.GREY, linewidth=1, linestyle=":")
        ax.set_xlabel(xlabel, fontsize=10)
        ax.margins(x=0.1)
        if not is_odds:
            ax.xaxis.set_major_formatter(style.PERCENT)
        ax.xaxis.set_major_locator(MaxNLocator(4))
    three[0].set_ylim(-0.6, max(len(table), 1) - 0.3)
    about = "Bars are 95% intervals. Grey: as measured, before the correction for noise."
    three[0].figure.text(0.01, -0.02, about, fontsize=9, color=style.INK)
    three[0].figure.tight_layout()
    return three[0]


@style.styled
def calibration(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Predicted against observed: a point a group of accounts with its 95% interval; on the line the risk is right.

    `table` is `discrimination.calibration`.
    """
    ax = style.axes(ax, title, height=4.6)
    top = max(float(table["high"].max()), float(table["predicted"].max())) * 1.05
    ax.plot([0, top], [0, top], color=style.GREY, linewidth=1, linestyle="--")
    style.note(ax, "as predicted", (top, top), (-4, -4), va="top", color=style.GREY, fontsize=9)
    ax.vlines(table["predicted"], table["low"], table["high"], color=style.BLUE, linewidth=2)
    ax.plot(table["predicted"], table["observed"], "o", color=style.BLUE, markersize=7)
    ax.set(xlim=(0, top), ylim=(0, top))
    about = "predicted chance of leaving within 12 months, mean of the group"
    return style.labeled(ax, about, "share that left; bars: 95%", style.PERCENT, style.PERCENT)


@style.styled
def signals_of(card: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """One account's signals in standard deviations of the reference, grouped by driver; to the right is worse.

    `card` is `accounts.card`; signals that the account does not show have no bar.
    """
    drawn = card[card["z"].notna()].iloc[::-1]
    ax = row_axes(ax, title, len(drawn), head=1.3, each=0.33)
    colors = np.where(drawn["z"] >= 0.5, style.ORANGE, np.where(drawn["z"] <= -0.5, style.BLUE, style.GREY))
    ax.barh(range(len(drawn)), drawn["z"], color=list(colors), height=0.65)
    for place, (z, value) in enumerate(zip(drawn["z"], drawn["value"], strict=True)):
        style.note(ax, value, (z, place), (4 if z >= 0 else -4, 0), fontsize=9)
    ax.axvline(0, color=style.INK, linewidth=1)
    ax.set_yticks(range(len(drawn)), [_short(text) for text in drawn["signal"]], fontsize=9)
    ax.set_ylim(-0.6, max(len(drawn), 1) - 0.4)
    ax.margins(x=0.15)
    return style.labeled(ax, "standard deviations from the reference's mean; to the right is worse")


def _short(text: str) -> str:
    text = text.removeprefix("survey: ").removesuffix(" (reversed)")
    return text if len(text) <= 52 else text[:50].rstrip() + "…"
