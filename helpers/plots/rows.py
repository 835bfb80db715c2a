"""Charts of rows, and the one primitive of all of them: a name, a bar or a dot with its interval, a result in words."""

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from helpers import formats
from helpers.plots import style
from helpers.plots.palette import light
from helpers.plots.scales import RATIO, fix
from helpers.plots.style import Canvas

VALUES = ("value", "low", "high")


def rows(canvas: Canvas, names: Sequence[str], results: Sequence[tuple[str, str]] = (), colors=style.INK) -> Axes:
    """Axes with a row for each name, the first on top, at y = 0, 1, …: the names before it, behind it the `results`.

    A result is what counts, in bold and in one of the `colors`, and what belongs to it, (strong, rest). On a phone both
    stand over their row.
    """
    n, results = len(names), results or [("", "")] * len(names)
    canvas.is_empty = not n
    colors = [colors] * n if isinstance(colors, str) else colors
    first = max([style.measured(strong, bold=True) for strong, _ in results] or [0])
    second = max([style.measured(rest) for _, rest in results] or [0])
    if canvas.is_narrow:
        return _narrow(canvas, names, results, colors)
    texts = [_lines(name, 34, 0.35 * canvas.width) for name in names]
    left = max([0.3, *(style.measured(text) + 0.28 for lines in texts for text in lines)])
    each = 0.24 + 0.19 * max([len(lines) for lines in texts] or [1])
    ax = _axes(canvas, n, each, left, 0.35 + first + second, 0.1)
    for at, (lines, (strong, rest), color) in enumerate(zip(texts, results, colors, strict=True)):
        for place, text in enumerate(lines):
            by = (-12, 14 * ((len(lines) - 1) / 2 - place))
            _beside(ax, (0, at), by, text, ha="right")
        _beside(ax, (1, at), (10, 0), strong, color=color, fontweight="bold")
        _beside(ax, (1, at), (18 + 72 * first if strong else 10, 0), rest, color=style.MUTED)
    return ax


def _narrow(canvas: Canvas, names: Sequence[str], results: Sequence[tuple[str, str]], colors: Sequence[str]) -> Axes:
    inner = canvas.width - 0.4
    texts = []
    for name, (strong, rest), color in zip(names, results, colors, strict=True):
        told = style.measured(strong, bold=True) + style.measured(rest) + 0.1
        lines = _lines(name, 44, inner)
        is_one = style.measured(lines[-1]) + told + 0.15 < inner
        texts.append((lines, strong, rest, color, is_one))
    most = max([len(lines) + (not is_one and bool(strong + rest)) for lines, strong, rest, _, is_one in texts] or [1])
    ax = _axes(canvas, len(names), 0.34 + 0.19 * most, 0.15, 0.25, 0.19 * most)
    for at, (lines, strong, rest, color, is_one) in enumerate(texts):
        for place, text in enumerate(lines):
            _beside(ax, (0, at), (0, 15 + 14 * (len(lines) - place - is_one)), text)
        bold = {"color": color, "fontweight": "bold"}
        if is_one:
            _beside(ax, (1, at), (0, 15), rest, ha="right", color=style.MUTED)
            _beside(ax, (1, at), (-72 * style.measured(rest) - 5 * bool(rest), 15), strong, ha="right", **bold)
        else:
            _beside(ax, (0, at), (0, 15), strong, **bold)
            _beside(
                ax, (0, at), (72 * style.measured(strong, bold=True) + 8 * bool(strong), 15), rest, color=style.MUTED
            )
    return ax


def _lines(name: str, letters: int, inches: float) -> list[str]:
    """A name over as many lines as it needs, at most three."""
    lines = wrap(str(name), letters, break_long_words=False, max_lines=3, placeholder=" …") or [""]
    return [style.fitted(line, inches) for line in lines]


def _axes(canvas: Canvas, n: int, each: float, left: float, right: float, top: float) -> Axes:
    ax = canvas.axes(each * max(n, 1), left, right, top, 0.35, ruled="" if canvas.is_narrow else "x")
    ax.set_ylim(max(n, 1) - 0.5, -0.5)
    fix(ax.yaxis, [])
    return ax


def _beside(ax: Axes, place: tuple[float, float], by: tuple[float, float], text: str, **how) -> None:
    """A text at a fraction of the width and a row."""
    if text:
        coords = ax.get_yaxis_transform()
        ax.annotate(text, place, by, coords, "offset points", va="center", annotation_clip=False, **how)


def dot(ax: Axes, at: float, triple: Sequence[float], color: str, mark: str = "o", is_few: bool = False) -> None:
    """A value with its 95% interval lying on a row: (value, low, high), the ends missing where there are none.

    One of too few is hollow.
    """
    value, low, high = (float(number) for number in triple)
    if not np.isnan(low):
        ax.plot([low, high], [at, at], color=color, alpha=0.35, linewidth=5, solid_capstyle="butt")
    face = light("paper") if is_few else color
    width = 2 if mark == "x" else 1.5
    ax.plot(value, at, mark, color=color, markerfacecolor=face, markersize=8, markeredgewidth=width, clip_on=False)


def cells(
    canvas: Canvas, names: Sequence[str], columns: Sequence[str], drawn: dict[tuple[int, int], tuple[str, dict]]
) -> None:
    """A table with a background in each cell: (row, column) → its text, its facecolor or edgecolor, its fontweight."""
    canvas.is_empty = not len(names)
    names = [style.fitted(name, 0.47 * canvas.width) for name in names]
    left = max([0.3, *(style.measured(name) + 0.15 for name in names)])
    columns = [style.fitted(name, (canvas.width - left) / len(columns) - 0.1) for name in columns]
    ax = canvas.axes(max(len(names), 1) * 0.32, left, 0.1, 0.35, 0.1, ruled="")
    ax.is_table = True
    fix(ax.xaxis, range(len(columns)), columns)
    fix(ax.yaxis, range(len(names)), names)
    ax.set(xlim=(-0.5, max(len(columns), 1) - 0.5), ylim=(max(len(names), 1) - 0.5, -0.5))
    corners = np.array([[-0.48, -0.46], [0.48, -0.46], [0.48, 0.46], [-0.48, 0.46]])
    sides = {side: [how.get(side, "none") for _, how in drawn.values()] for side in ("facecolor", "edgecolor")}
    ax.add_collection(PolyCollection([corners + place[::-1] for place in drawn], **sides), autolim=False)
    for (row, column), (text, how) in drawn.items():
        ax.text(column, row, text, ha="center", va="center", fontweight=how.get("fontweight", "normal"))


def bars(ax: Axes, values: Iterable[float], colors: Sequence[str] | str) -> None:
    """A bar from 0 in each row, 13 points high."""
    drawn = np.nan_to_num(np.asarray(list(values), dtype="float64"))
    tall = ax.get_position().height * ax.figure.get_size_inches()[1] * 72
    ax.barh(range(len(drawn)), drawn, color=colors, height=13 * max(len(drawn), 1) / tall)


def upright(canvas: Canvas, ax: Axes, at: float, how: str = "-") -> None:
    """A line through all rows; on a phone, where it goes behind their names, it is faint."""
    ax.axvline(at, color=light("line") if canvas.is_narrow else style.MUTED, linewidth=1, linestyle=how, zorder=0)


def forest(
    canvas: Canvas,
    table: pd.DataFrame,
    names: Sequence[str],
    results: Sequence[tuple[str, str]],
    colors: str | Sequence[str] = style.C1,
    columns: tuple[str, str, str] = VALUES,
    seen: Iterable[float] = (),
    is_odds: bool = False,
) -> Axes:
    """A dot with its 95% interval for each row of a table; those whose `verdict` is few are hollow.

    Values are shares, or log odds if `is_odds`; the axis holds them and what else is `seen` on it.
    """
    ax = rows(canvas, names, results, colors)
    colors = [colors] * len(table) if isinstance(colors, str) else colors
    few = table["verdict"].eq("few") if "verdict" in table else [False] * len(table)
    triples = table[list(columns)].to_numpy("float64", na_value=np.nan)
    for at, (triple, color, is_few) in enumerate(zip(triples, colors, few, strict=True)):
        dot(ax, at, triple, color, is_few=is_few)
    seen = [*triples.ravel(), *seen]
    if is_odds:
        upright(canvas, ax, 0)
        _odds(ax, seen)
    else:
        style.shares(ax, seen, "x")
    return ax


def _odds(ax: Axes, seen: Iterable[float]) -> None:
    """The axis of odds compared with others, in logs: ×1 in the middle of it, ticks at powers of 2."""
    ends = [*(min(max(value, -2.8), 2.8) for value in seen if pd.notna(value)), -0.7, 0.7]
    ax.set_xlim(min(ends) - 0.15, max(ends) + 0.15)
    fix(ax.xaxis, [power * np.log(2) for power in range(-4, 5)])
    ax.xaxis.set_major_formatter(RATIO)


def marks(ax: Axes, values: Iterable, color: str, mark: str = "o", is_few: bool = False) -> None:
    """A mark on each row at its value, or one at each of its values; none where it is missing."""
    for at, places in enumerate(values):
        for value in np.atleast_1d(places):
            if pd.notna(value):
                dot(ax, at, (value, np.nan, np.nan), color, mark, is_few)


def shown(table: pd.DataFrame, write: Callable, columns: tuple[str, str, str] = VALUES, n: str = "n") -> list[tuple]:
    """The results of rows in words: the value, then its interval and n."""
    told = []
    for row in table.to_dict("records"):
        value, low, high = (row[name] for name in columns)
        ends = "" if pd.isna(low) else f"{formats.between(low, high, write, value)}, "
        few = ", too few" if row.get("verdict") == "few" else ""
        told.append((write(value), f"{ends}n = {formats.count(int(row[n]))}{few}"))
    return told
