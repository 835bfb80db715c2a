"""The charts of the diagnosis: a finished table in, Axes out; the style is that of `plots`."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers import formats
from helpers.plots.style import BLUE, GREY, INK, ORANGE, PERCENT, WIDTH, styled, wrapped
from helpers.plots.style import axes as new_axes

PANELS = (
    ("odds of leaving in a month,\nper SD of the driver", "log_odds_corrected", "low_corrected", "high_corrected"),
    ("share of what the\ndrivers explain (Shapley)", "share", "share_low", "share_high"),
    ("losses that would not have\ncome, if causal (PAF)", "paf", "paf_low", "paf_high"),
)


@styled
def drivers(table: pd.DataFrame, labels: dict[str, str], title: str) -> Axes:
    """Three answers side by side, one row a driver: log-odds as a factor on the odds (grey: uncorrected), share, PAF.

    `table` is `attribution.Attribution.table`; `labels` names the drivers. Returns the first of the three Axes.
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 1.9 + 0.55 * len(rows)), sharey=True)
    for ax, (name, value, low, high) in zip(axes, PANELS, strict=True):
        is_odds = value == "log_odds_corrected"
        for place, row in rows.iterrows():
            if is_odds:
                _bar(ax, np.exp([row["low"], row["log_odds"], row["high"]]), place - 0.2, GREY, 5, "")
            triple = np.array([row[low], row[value], row[high]], dtype=float)
            triple = np.exp(triple) if is_odds else triple
            label = f"×{triple[1]:.2f}" if is_odds else formats.percent(triple[1], 0)
            _bar(ax, triple, place, BLUE, 8, label)
        ax.axvline(1 if is_odds else 0, color=GREY, linewidth=1, linestyle=":")
        ax.set_xlabel(name, fontsize=10)
        ax.margins(x=0.1)
        if not is_odds:
            ax.xaxis.set_major_formatter(PERCENT)
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    axes[0].set_yticks(range(len(rows)), [labels[name] for name in rows["driver"]])
    axes[0].set_ylim(-0.6, max(len(rows), 1) - 0.3)
    figure.suptitle(wrapped(title), x=0.01, ha="left", fontsize=14, fontweight="bold")
    figure.text(
        0.01,
        -0.02,
        "Bars are 95% intervals. Grey: as measured, before the correction for noise.",
        fontsize=9,
        color=INK,
    )
    figure.tight_layout()
    return axes[0]


def _bar(ax, triple, place, color, size, label) -> None:
    low, value, high = triple
    ax.plot([low, high], [place, place], color=color, linewidth=2.5, solid_capstyle="butt")
    ax.plot(value, place, "o", color=color, markersize=size)
    if label:
        ax.annotate(label, (value, place), (0, 8), textcoords="offset points", ha="center", color=color, fontsize=10)


@styled
def calibration(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Predicted against observed: a point a group of accounts with its 95% interval; on the line the risk is right.

    `table` is `discrimination.calibration`.
    """
    ax = new_axes(ax, title, height=4.6)
    top = max(float(table["high"].max()), float(table["predicted"].max())) * 1.05
    ax.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--")
    ax.annotate(
        "as predicted", (top, top), (-4, -4), textcoords="offset points", ha="right", va="top", color=GREY, fontsize=9
    )
    ax.vlines(table["predicted"], table["low"], table["high"], color=BLUE, linewidth=2)
    ax.plot(table["predicted"], table["observed"], "o", color=BLUE, markersize=7)
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_xlabel("predicted chance of leaving within 12 months, mean of the group")
    ax.set_ylabel("share that left; bars: 95%")
    return ax


@styled
def signals_of(card: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """One account's signals in standard deviations of the reference, grouped by driver; to the right is worse.

    `card` is `accounts.card`; signals that the account does not show have no bar.
    """
    drawn = card[card["z"].notna()].iloc[::-1].reset_index(drop=True)
    ax = new_axes(ax, title, height=1.3 + 0.33 * max(len(drawn), 1))
    colors = np.where(drawn["z"] >= 0.5, ORANGE, np.where(drawn["z"] <= -0.5, BLUE, GREY))
    ax.barh(range(len(drawn)), drawn["z"], color=list(colors), height=0.65)
    for place, row in drawn.iterrows():
        ax.annotate(
            row["value"],
            (row["z"], place),
            (4 if row["z"] >= 0 else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if row["z"] >= 0 else "right",
            fontsize=9,
        )
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(range(len(drawn)), [_short(text) for text in drawn["signal"]], fontsize=9)
    ax.set_ylim(-0.6, max(len(drawn), 1) - 0.4)
    ax.margins(x=0.15)
    ax.set_xlabel("standard deviations from the reference's mean; to the right is worse")
    return ax


def _short(text: str) -> str:
    text = text.removeprefix("survey: ").removesuffix(" (reversed)")
    return text if len(text) <= 52 else text[:50].rstrip() + "…"
