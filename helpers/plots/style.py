"""One style for all charts: the colors, the fonts, and the few marks of which charts are made.

Change a color here and every chart changes. The colors are from Okabe and Ito (2008): color-blind readers and black
and white printers keep them apart. A title states the finding; the notebook computes it from the numbers.
"""

from functools import wraps
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, FuncFormatter

from helpers import formats

BLUE, ORANGE, GREEN, VERMILION, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C", "#222222"
PALE = "#F4F4F4"  # behind cells that cannot be known
LINES = (BLUE, VERMILION, GREEN, ORANGE, INK, GREY)  # one a group, in this order, then from the start again
WIDTH = 9.0
_STYLE = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "hatch.color": "#BBBBBB",
    "text.parse_math": False,  # a dollar sign is money here
    "xtick.color": INK,
    "ytick.color": INK,
}


class _Percent(Formatter):
    """The ticks of an axis together: one at 12.5% beside others would read 12%."""

    def __call__(self, x, pos=None) -> str:
        return formats.percent(x, 0)

    def format_ticks(self, values) -> list[str]:
        return formats.percent_scale(values)


class Money(Formatter):
    """The ticks of an axis together, so that their distances are seen to be equal."""

    def __init__(self, currency: str):
        self.currency = currency

    def __call__(self, x, pos=None) -> str:
        return formats.money(x, self.currency)

    def format_ticks(self, values) -> list[str]:
        """All in the unit of the largest."""
        return formats.money_scale(values, self.currency)


PERCENT = _Percent()
PERCENT_1 = FuncFormatter(lambda rate, _: formats.percent(rate))


def styled(draw):
    """A chart drawn in the one style of all, which is left as it was for whatever else is drawn."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with plt.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def axes(ax: Axes | None, title: str, height: float = 4.2) -> Axes:
    """The axes given, or new ones as wide as a page, under a title."""
    if ax is None:
        _, ax = plt.subplots(figsize=(WIDTH, height))
    ax.set_title(fill(title, 78, break_long_words=False))
    return ax


def panels(title: str, height: float) -> np.ndarray:
    """Three axes side by side over the same rows or heights, under one title."""
    figure, three = plt.subplots(1, 3, figsize=(WIDTH, height), sharey=True)
    figure.suptitle(fill(title, 78, break_long_words=False), x=0.01, ha="left", fontsize=14, fontweight="bold")
    return three


def labeled(ax: Axes, xlabel: str, ylabel: str = "", x: Formatter | None = None, y: Formatter | None = None) -> Axes:
    """The axes with what they are, and the units of their ticks (`x`, `y`)."""
    for axis, formatter in ((ax.xaxis, x), (ax.yaxis, y)):
        if formatter:
            axis.set_major_formatter(formatter)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def note(ax: Axes, text: str, place: tuple, by: tuple = (8, 0), **how) -> None:
    """A text `by` points from a place in the data; on the left, above and below where the shift goes there."""
    sides = {"ha": "right" if by[0] < 0 else "left" if by[0] else "center", "va": "bottom" if by[1] else "center"}
    ax.annotate(text, place, by, textcoords="offset points", **(sides | how))


def level(ax: Axes, height: float, text: str, style: str = ":") -> None:
    """A grey line across the chart, named at its right end."""
    ax.axhline(height, color=GREY, linewidth=1, linestyle=style)
    edge = ("axes fraction", "data")
    ax.annotate(text, (1.005, height), xycoords=edge, va="center", color=GREY, fontsize=9)


def ring(ax: Axes, x, y) -> None:
    """Circles around the points that the evidence sets apart."""
    ax.plot(x, y, "o", markersize=12, markerfacecolor="none", markeredgecolor=VERMILION)


def whiskers(ax: Axes, x, table, value: str, size: int = 5) -> None:
    """A dot with its 95% interval standing over each place of `x`: `value`, low and high of a table."""
    if len(table):
        bars = [(table[value] - table["low"]).clip(lower=0), (table["high"] - table[value]).clip(lower=0)]
        ax.errorbar(x, table[value], yerr=bars, fmt="o", color=BLUE, markersize=size, linewidth=1.5)


def shade(verdict: str, is_main: bool = False) -> str:
    """The color of a row: grey where too few stand behind it, dark for the whole, blue for a part."""
    return GREY if verdict == "few" else INK if is_main else BLUE


def spread(ax: Axes, ends: list[tuple]) -> None:
    """Names the lines at their ends, (height, place, name, color) each, pushed apart where they would overlap."""
    lowest, highest = ax.get_ylim()
    gap, place = (highest - lowest) * 0.055, -np.inf
    for height, end, name, color in sorted(ends, key=lambda row: (row[0], row[2])):
        place = max(height, place + gap) if not np.isnan(height) else place
        by = (place - height) / (highest - lowest) * ax.bbox.height * 72 / ax.figure.dpi
        note(ax, name, (end, height), (6, by), va="center", color=color, fontweight="bold")
