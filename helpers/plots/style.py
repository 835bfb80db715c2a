"""One style for all charts: what they are drawn on, in which type, and the few marks of which they are made.

A chart is drawn twice, on a wide canvas for a page and on a narrow one for a phone, so it is a `Chart` until somebody
draws it. Its title states the finding and stands over it in the type of the page, with the deck: what is measured, and
what bars and bands are. Its words are in charts.toml, colors have names (`palette`).
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial, wraps
from inspect import signature
from pathlib import Path
from types import MappingProxyType

import matplotlib as mpl
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

from helpers.formats.sentences import template
from helpers.plots.palette import light
from helpers.plots.scales import PERCENT, Scales, fix

INK, MUTED, LINE, C1, C2 = (light(name) for name in ("ink", "muted", "line", "c1", "c2"))
LINES = tuple(light(name) for name in ("c1", "c2", "c3", "c4", "ink", "muted"))  # one a group, then from the start
SIZE = 10.5  # points: 14 pixels on a page as wide as the canvas, and never under 12
WIDE, NARROW = 9.0, 3.9  # inches
FEW = 30
BEHIND = 0.45  # how strong a range is behind texts and marks that must be seen on it
FONTS = ("Liberation Sans", "Arial", "Helvetica", "DejaVu Sans")  # the first that is there measures the page's own


@cache
def _rc() -> dict:
    installed = {font.name for font in fontManager.ttflist}
    of_file = mpl.rc_params_from_file(Path(__file__).with_name("house.mplstyle"), use_default_template=False)
    inks = dict.fromkeys(("axes.labelcolor", "axes.titlecolor", "text.color"), INK)
    inks |= dict.fromkeys(("xtick.color", "ytick.color"), MUTED) | {"grid.color": LINE}
    font = next(name for name in FONTS if name in installed)
    return {**of_file, **inks, "axes.prop_cycle": cycler(color=LINES), "font.family": font}


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("charts.toml").read_text(encoding="utf-8"))


def house() -> AbstractContextManager:
    """The style of all charts, for one of your own; its colors are `plots.color("c1")` and so on.

    >>> from matplotlib.figure import Figure
    >>> with house():
    ...     axes = Figure().add_subplot(title="It rose to 2")
    ...     line = axes.plot([1, 2])
    >>> line[0].get_color() == light("c1")
    True
    """
    return mpl.rc_context(_rc())


@dataclass
class Canvas:
    """What a chart is drawn on: as wide as a page, or as a phone. Sizes are in inches.

    `facts` is what the chart's words, of charts.toml, are filled with. A chart that finds nothing to draw says so
    (`is_empty`): its title stands alone.
    """

    is_narrow: bool = False
    deck: str = ""
    figure: Figure | None = None
    is_empty: bool = False
    words: dict[str, str] = field(default_factory=dict)
    facts: dict = field(default_factory=dict)

    def written(self, part: str, row: Mapping = MappingProxyType({})) -> str:
        """A part of the chart's words, such as its deck; of a row, whose columns are facts as well."""
        return " ".join(template(self.words.get(part, "")).render(self.facts | row).split())

    @property
    def width(self) -> float:
        """Of the whole canvas."""
        return NARROW if self.is_narrow else WIDE

    def axes(self, height: float, left=0.65, right=0.3, top=0.15, bottom=0.5, ruled: str = "y") -> Axes:
        """Axes `height` high between margins, with lines across at the ticks of y, or of x, or none."""
        whole = height + top + bottom
        # A name of thousands of letters leaves the values a room of their own, and runs out of the picture itself.
        left, right = (side * min(1.0, (self.width - 1.0) / (left + right)) for side in (left, right))
        self.figure = Figure(figsize=(self.width, whole))
        place = (left / self.width, bottom / whole, 1 - (left + right) / self.width, height / whole)
        ax = self.figure.add_axes(place, axes_class=Scales)
        ax.ruled = ruled
        axis, most = (ax.yaxis, 6) if ruled == "y" else (ax.xaxis, 4 if self.is_narrow else 6)
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
        return ax

    def plot(self, names: Iterable[str] = ()) -> Axes:
        """Axes for values over time or age, with room for the `names` at the ends of its lines."""
        return self.axes(2.6 if self.is_narrow else 3.0, right=self.beside(names))

    def beside(self, names: Iterable[str]) -> float:
        """The room that names at the ends of lines need, at most 45% of the width."""
        return min(max([0.3, *(measured(name, bold=True) + 0.25 for name in names)]), 0.45 * self.width)


@dataclass(frozen=True)
class Chart:
    """A finding and how it is drawn; `page.figure` shows it, `on` draws it for whoever wants to look closer."""

    title: str
    draw: Callable[[Canvas], None]

    def on(self, canvas: Canvas | None = None) -> Figure:
        """The chart on a canvas, by default a wide one, which afterwards holds its deck."""
        canvas = canvas or Canvas()
        with house():
            self.draw(canvas)
        return canvas.figure


def chart(draw: Callable) -> Callable[..., Chart]:
    """Make a function that draws a finished table on a canvas one that takes the table and returns the `Chart`.

    Its words are those of its name in charts.toml; what it is called with is their first facts. The deck comes last, so
    that `draw` can add some; a chart of your own may write it itself.
    """
    inner = signature(draw)

    @wraps(draw)
    def made(*args, **kwargs) -> Chart:
        given = inner.bind(None, *args, **kwargs)
        given.apply_defaults()

        def drawn(canvas: Canvas) -> None:
            canvas.words, canvas.facts = _words().get(draw.__name__, {}), dict(given.arguments)
            draw(canvas, *args, **kwargs)
            canvas.figure.axes[0].scale()
            canvas.deck = canvas.written("deck") or canvas.deck

        return Chart(" ".join(given.arguments["title"].split()), drawn)

    made.__signature__ = inner.replace(parameters=list(inner.parameters.values())[1:], return_annotation=Chart)
    return made


def adopted(axes: Axes) -> Chart:
    """A chart of your own, drawn by matplotlib, pandas or seaborn in whatever style; its title is the finding.

    Raises ValueError without a title: it is the text alternative, too.
    """
    import matplotlib.pyplot as plt  # which whoever drew it has loaded, and which would show it a second time

    figure = axes.figure
    plt.close(figure)
    names = [axes.get_title("left"), axes.get_title(), figure.get_suptitle()]
    if not any(names):
        raise ValueError("a figure needs a title that states its finding: it is its text alternative, too")
    for where in ("left", "center"):
        axes.set_title("", loc=where)
    figure.suptitle("")
    figure.set_layout_engine("constrained")
    return Chart(" ".join(next(filter(None, names)).split()), partial(_resized, figure))


def _resized(figure: Figure, canvas: Canvas) -> None:
    width, height = figure.get_size_inches()
    figure.set_size_inches(canvas.width, min(height * canvas.width / width if not canvas.is_narrow else height, 8))
    canvas.figure = figure


@lru_cache(maxsize=10_000)
def extent(text: str, font: FontProperties, is_math: bool = False) -> tuple[float, float, float]:
    """Width, height and descent of a text in points: it is drawn wide and narrow, and measured before."""
    return text_to_path.get_text_width_height_descent(text, font, ismath=is_math)


def measured(text: str, bold: bool = False) -> float:
    """The width of a text in inches."""
    return extent(text, _font("bold" if bold else "normal"))[0] / 72


@cache
def _font(weight: str) -> FontProperties:
    return FontProperties(family=_rc()["font.family"], size=SIZE, weight=weight)


def fitted(text: str, inches: float, bold: bool = False) -> str:
    """A text that is no wider than that: a longer one ends with an ellipsis.

    >>> fitted("partner", 2), len(fitted("partner " * 900, 1)) < 20
    ('partner', True)
    """
    if len(text) < 40 * inches and measured(text, bold) <= inches:
        return text
    cuts = (f"{text[:n].rstrip()}…" for n in range(min(len(text), int(40 * inches)), 0, -1))
    return next((cut for cut in cuts if measured(cut, bold) <= inches), "…")


def note(ax: Axes, text: str, place: tuple, by: tuple = (8, 0), **how) -> None:
    """A text `by` points from a place in the data; on the left, above and below where the shift goes there."""
    sides = {"ha": "right" if by[0] < 0 else "left" if by[0] else "center", "va": "bottom" if by[1] else "center"}
    ax.annotate(text, place, by, textcoords="offset points", annotation_clip=False, **(sides | how))


def shares(ax: Axes, values: Iterable, axis: str = "y", pad: float = 0.08) -> None:
    """Limits around shares, in percent: never below 0, nor above 100% where none of them is."""
    seen = np.asarray([value for value in values if pd.notna(value)], dtype="float64")
    low, high = (seen.min(), seen.max()) if len(seen) else (0.0, 1.0)
    room = (high - low) * pad or 0.01
    ends = [low - room if low < 0 else max(low - room, 0.0), high + room if high > 1 else min(high + room, 1.0)]
    getattr(ax, f"set_{axis}lim")(*ends)
    getattr(ax, f"{axis}axis").set_major_formatter(PERCENT)


def months(ax: Axes, periods: Sequence[str]) -> np.ndarray:
    """Places of months (YYYY-MM) along the axis, named by month, with the year where it begins; the latest is named."""
    days = pd.to_datetime(pd.Series(list(periods), dtype="str"))
    most = int(ax.get_position().width * ax.figure.get_size_inches()[0] / 0.48)
    step = max(1, -(-len(days) // most))
    named = list(range(len(days) - 1, -1, -step))[::-1]
    years = [days[place].year for place in named]
    is_new = [place == 0 or years[place] != years[place - 1] for place in range(len(named))]
    texts = [f"{days[at]:%b}" + (f"\n{days[at].year}" if new else "") for at, new in zip(named, is_new, strict=True)]
    fix(ax.xaxis, named, texts)
    ax.set_xlim(-0.5, max(len(days), 1) - 0.5)
    return np.arange(len(days))


def line(ax: Axes, x, table: pd.DataFrame, color: str, columns=("value", "low", "high"), how: str = "-") -> None:
    """Values over `x` with their 95% band; those of too few (`verdict`) are hollow, and joined by dashes."""
    value, low, high = (table[name].astype("float64") for name in columns)
    ax.fill_between(x, low, high, color=color, alpha=0.13, linewidth=0)
    is_few = few(table)
    if is_few.any():
        ax.plot(x, value, color=MUTED, linewidth=1, linestyle="--")
        ax.plot(np.asarray(x)[is_few], value[is_few], "o", color=MUTED, markerfacecolor=light("paper"), markersize=6)
    ax.plot(x, value.mask(is_few), how, color=color, markersize=5)


def few(table: pd.DataFrame) -> pd.Series:
    """Which points of a line rest on too few to be read one by one; the band says how sure those of more are."""
    if "verdict" not in table:
        return pd.Series(False, index=table.index)
    return table["verdict"].eq("few") & (table["n"] < FEW)


def level(ax: Axes, height: float, text: str = "", style: str = "--") -> None:
    """A line across the chart, named at its right end."""
    ax.axhline(height, color=MUTED, linewidth=1, linestyle=style)
    if text:
        ax.annotate(text, (1, height), (6, 0), ("axes fraction", "data"), "offset points", va="center", color=MUTED)


def whiskers(ax: Axes, x, table: pd.DataFrame, value: str, colors: str | Sequence[str] = C1) -> None:
    """A dot with its 95% interval standing over each place of `x`: `value`, low and high of a table."""
    if len(table):
        ax.vlines(x, table["low"], table["high"], color=colors, alpha=0.35, linewidth=4)
        ax.scatter(x, table[value], c=colors, s=28, zorder=3)


def spread(ax: Axes, ends: list[tuple]) -> None:
    """Names the lines at their ends, (height, place, name, color) each, pushed apart where they would overlap."""
    lowest, highest = ax.get_ylim()
    tall = ax.get_position().height * ax.figure.get_size_inches()[1] * 72  # in points
    gap, places = (highest - lowest) * (SIZE + 3.5) / tall, []
    rows = sorted((row for row in ends if row[0] == row[0]), key=lambda row: (row[0], row[2]))
    for height, *_ in rows:
        places.append(max([height, *(place + gap for place in places[-1:])]))
    room = ax.figure.get_size_inches()[0] * (1 - ax.get_position().x1) - 0.15
    for place, (height, end, name, color) in enumerate(rows):
        top = highest - gap * (len(rows) - 1 - place)  # with room for those above it
        by = (min(places[place], top) - height) / (highest - lowest) * tall
        note(ax, fitted(name, room, bold=True), (end, height), (7, by), va="center", color=color, fontweight="bold")
