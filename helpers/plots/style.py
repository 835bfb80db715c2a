"""One style for all charts.

Colors are from Okabe and Ito (2008), told apart by color-blind readers and in grey. A title states the finding; the
notebook computes it from the numbers.
"""

from functools import wraps

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, FuncFormatter

from helpers import formats

BLUE, ORANGE, GREEN, VERMILION, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C", "#222222"
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
    ax.set_title(wrapped(title))
    return ax


def wrapped(title: str, width: int = 78) -> str:
    """A title in lines of at most `width` characters, broken between words.

    >>> wrapped("one two three", 7)
    'one two\\nthree'
    """
    lines, line = [], ""
    for word in title.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def spread(ax: Axes, ends: list[tuple]) -> None:
    """Names the lines at their ends, (height, place, name, color) each, pushed apart where they would overlap."""
    lowest, highest = ax.get_ylim()
    gap, place = (highest - lowest) * 0.055, -np.inf
    for height, end, name, color in sorted(ends, key=lambda row: (row[0], row[2])):
        place = max(height, place + gap) if not np.isnan(height) else place
        ax.annotate(
            name, (end, height), (6, 0), textcoords="offset points", va="center", color=color, fontweight="bold"
        ).xyann = (6, (place - height) / (highest - lowest) * ax.bbox.height * 72 / ax.figure.dpi)
