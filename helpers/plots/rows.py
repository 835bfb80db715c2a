"""Charts of rows: under each of them one primitive, a dot with its 95% interval and a label behind it."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.plots import style


def rows(
    ax: Axes,
    table: pd.DataFrame,
    names: Sequence[str],
    labels: Sequence[str] = (),
    colors: Sequence[str] | str = style.INK,
    columns: tuple[str, str, str] = ("value", "low", "high"),
    marks: Sequence[str] | str = "o",
) -> None:
    """A dot and its 95% interval for each row of a table, the first row on top, its name before it, its label behind.

    `columns` are the value and the ends of its interval; without ends there is only the dot. `marks` are matplotlib's.
    """
    n = len(table)
    labels = labels or [""] * n
    colors, marks = ([given] * n if isinstance(given, str) else given for given in (colors, marks))
    triples = table[list(columns)].astype("float64").itertuples(index=False)
    for place, triple, label, color, mark in zip(range(n - 1, -1, -1), triples, labels, colors, marks, strict=True):
        dot(ax, place, triple, color, mark=mark)
        if label:
            style.note(ax, label, (triple[0] if np.isnan(triple[2]) else triple[2], place), color=color)
    ax.set_yticks(range(n), [fill(str(name), 36, break_long_words=False) for name in names][::-1])
    ax.set_ylim(-0.6, max(n, 1) - 0.4)


def dot(ax: Axes, place: float, triple: Sequence[float], color: str, size: float = 8, mark: str = "o") -> None:
    """A value with its 95% interval lying on a row: (value, low, high), the ends missing where there are none."""
    value, low, high = triple
    if not np.isnan(low):
        ax.plot([low, high], [place, place], color=color, linewidth=2.5, solid_capstyle="butt")
    ax.plot(value, place, mark, color=color, markersize=size, markeredgewidth=2 if mark == "x" else None)


def row_axes(ax: Axes | None, title: str, n_rows: int, head: float = 1.4, each: float = 0.5) -> Axes:
    """Axes as high as their rows need."""
    return style.axes(ax, title, height=head + each * max(n_rows, 1))
