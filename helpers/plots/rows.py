"""Charts of rows, and the one primitive of all of them: a name, a bar or a dot with its interval, a result in words."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from helpers.plots import style
from helpers.plots.palette import light
from helpers.plots.scales import RATIO, fix
from helpers.plots.style import INK, MUTED, Canvas

NAN = float("nan")


def rows(canvas: Canvas, table: pd.DataFrame, colors: str | Sequence[str] = INK) -> Axes:
    """Axes with a row for each of the table, the first on top, at y = 0, 1, …: its name before it, its result behind.

    The chart's words (`Canvas.written`) say both. Of a result `strong` is in bold and in its row's color. On a phone
    name and result stand over their row.
    """
    parts = [[canvas.written(part, row) for part in ("name", "strong", "rest")] for row in table.to_dict("records")]
    canvas.is_empty = not parts
    colors = [colors] * len(parts) if isinstance(colors, str) else colors
    if canvas.is_narrow:
        return _narrow(canvas, parts, colors)
    names = [_lines(name, 34, 0.35 * canvas.width) for name, *_ in parts]
    first = max([style.measured(strong, bold=True) for _, strong, _ in parts] or [0])
    second = max([style.measured(rest) for *_, rest in parts] or [0])
    left = max([0.3, *(style.measured(line) + 0.28 for lines in names for line in lines)])
    each = 0.24 + 0.19 * max([len(lines) for lines in names] or [1])
    ax = _axes(canvas, len(parts), each, left, 0.35 + first + second, 0.1)
    for at, (lines, (_, strong, rest), color) in enumerate(zip(names, parts, colors, strict=True)):
        for place, line in enumerate(lines):
            _beside(ax, (0, at), (-12, 14 * ((len(lines) - 1) / 2 - place)), line, ha="right")
        _beside(ax, (1, at), (10, 0), strong, color=color, fontweight="bold")
        _beside(ax, (1, at), (18 + 72 * first if strong else 10, 0), rest, color=MUTED)
    return ax


def _narrow(canvas: Canvas, parts: list[list[str]], colors: Sequence[str]) -> Axes:
    inner = canvas.width - 0.4
    names = [_lines(name, 44, inner) for name, *_ in parts]
    widths = [(style.measured(strong, bold=True), style.measured(rest)) for _, strong, rest in parts]
    is_one = [style.measured(lines[-1]) + sum(pair) + 0.25 < inner for lines, pair in zip(names, widths, strict=True)]
    is_below = [sum(pair) > 0 and not one for pair, one in zip(widths, is_one, strict=True)]
    most = max([len(lines) + below for lines, below in zip(names, is_below, strict=True)] or [1])
    ax = _axes(canvas, len(parts), 0.34 + 0.19 * most, 0.15, 0.25, 0.19 * most)
    for at, ((_, strong, rest), (first, second), color) in enumerate(zip(parts, widths, colors, strict=True)):
        for place, line in enumerate(names[at]):
            _beside(ax, (0, at), (0, 15 + 14 * (len(names[at]) - place - is_one[at])), line)
        side, by, how = (0, (0, 72 * first + 8 * bool(strong)), {})
        if is_one[at]:
            side, by, how = 1, (-72 * second - 5 * bool(rest), 0), {"ha": "right"}
        _beside(ax, (side, at), (by[0], 15), strong, color=color, fontweight="bold", **how)
        _beside(ax, (side, at), (by[1], 15), rest, color=MUTED, **how)
    return ax


def _lines(name: str, letters: int, inches: float) -> list[str]:
    """A name over as many lines as it needs, at most three."""
    lines = wrap(name, letters, break_long_words=False, max_lines=3, placeholder=" …") or [""]
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


def dot(ax: Axes, at: float, value: float, color: str, mark: str = "o", is_few=False, ends=(NAN, NAN)) -> None:
    """A value on a row, with the ends of its 95% interval where it has one. One of too few is hollow."""
    if not np.isnan(ends[0]):
        ax.plot(ends, [at, at], color=color, alpha=0.35, linewidth=5, solid_capstyle="butt")
    face = light("paper") if is_few else color
    width = 2 if mark == "x" else 1.5
    ax.plot(value, at, mark, color=color, markerfacecolor=face, markersize=8, markeredgewidth=width, clip_on=False)


def marks(ax: Axes, values: Iterable, color: str, mark: str = "o", is_few: bool = False) -> None:
    """A mark on each row at its value, or one at each of its values; none where it is missing."""
    for at, places in enumerate(values):
        for value in np.atleast_1d(places):
            if pd.notna(value):
                dot(ax, at, value, color, mark, is_few)


def bars(ax: Axes, values: Iterable[float], colors: Sequence[str] | str) -> None:
    """A bar from 0 in each row, 13 points high."""
    drawn = np.nan_to_num(np.asarray(list(values), dtype="float64"))
    tall = ax.get_position().height * ax.figure.get_size_inches()[1] * 72
    ax.barh(range(len(drawn)), drawn, color=colors, height=13 * max(len(drawn), 1) / tall)


def upright(canvas: Canvas, ax: Axes, at: float, how: str = "-") -> None:
    """A line through all rows; on a phone, where it goes behind their names, it is faint."""
    ax.axvline(at, color=light("line") if canvas.is_narrow else MUTED, linewidth=1, linestyle=how, zorder=0)


def forest(
    canvas: Canvas,
    table: pd.DataFrame,
    colors: str | Sequence[str] = style.C1,
    columns: tuple[str, str, str] = ("value", "low", "high"),
    seen: Iterable[float] = (),
    is_odds: bool = False,
) -> Axes:
    """A dot with its 95% interval for each row of a table; those whose `verdict` is few are hollow.

    Values are shares, or log odds if `is_odds`; the axis holds them and what else is `seen` on it.
    """
    ax = rows(canvas, table, colors)
    colors = [colors] * len(table) if isinstance(colors, str) else colors
    few = table["verdict"].eq("few") if "verdict" in table else [False] * len(table)
    triples = table[list(columns)].to_numpy("float64", na_value=np.nan)
    for at, ((value, *ends), color, is_few) in enumerate(zip(triples, colors, few, strict=True)):
        dot(ax, at, value, color, is_few=is_few, ends=ends)
    seen = [value for value in (*triples.ravel(), *seen) if pd.notna(value)]
    if is_odds:  # in logs, ×1 in the middle, ticks at powers of 2; beyond ×16 a mark stays at the edge
        upright(canvas, ax, 0)
        outer = np.clip([*seen, -0.7, 0.7], -2.8, 2.8)
        ax.set_xlim(outer.min() - 0.15, outer.max() + 0.15)
        fix(ax.xaxis, [power * np.log(2) for power in range(-4, 5)])
        ax.xaxis.set_major_formatter(RATIO)
    else:
        style.shares(ax, seen, "x")
    return ax


def cells(canvas: Canvas, texts: pd.DataFrame, looks: dict[tuple[int, int], dict]) -> None:
    """A table of `texts` with a background in each cell: (row, column) → its facecolor or edgecolor, its fontweight."""
    canvas.is_empty = not len(texts)
    names = [style.fitted(str(name), 0.47 * canvas.width) for name in texts.index]
    left = max([0.3, *(style.measured(name) + 0.15 for name in names)])
    heads = [style.fitted(str(name), (canvas.width - left) / texts.shape[1] - 0.1) for name in texts.columns]
    ax = canvas.axes(max(len(names), 1) * 0.32, left, 0.1, 0.35, 0.1, ruled="")
    ax.is_table = True
    fix(ax.xaxis, range(len(heads)), heads)
    fix(ax.yaxis, range(len(names)), names)
    ax.set(xlim=(-0.5, max(len(heads), 1) - 0.5), ylim=(max(len(names), 1) - 0.5, -0.5))
    corners = np.array([[-0.48, -0.46], [0.48, -0.46], [0.48, 0.46], [-0.48, 0.46]])
    sides = {side: [look.get(side, "none") for look in looks.values()] for side in ("facecolor", "edgecolor")}
    ax.add_collection(PolyCollection([corners + place[::-1] for place in looks], **sides), autolim=False)
    for (row, column), look in looks.items():
        weight = look.get("fontweight", "normal")
        ax.text(column, row, texts.iloc[row, column], ha="center", va="center", fontweight=weight)
