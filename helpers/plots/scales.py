"""Axes with a scale that is drawn at once, and how its ticks are written."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis, YAxis
from matplotlib.collections import LineCollection
from matplotlib.ticker import FixedFormatter, FixedLocator, Formatter
from matplotlib.transforms import ScaledTranslation, Transform

from helpers import formats
from helpers.plots.palette import light

PAD = 3.5  # points between axes and labels


class _Unmarked:
    """An axis without ticks of matplotlib's: each is three lines and two texts, most of them never seen."""

    def reset_ticks(self) -> None:
        """None to begin with; whoever asks for one gets it."""
        self.majorTicks, self.minorTicks = [], []


class _Across(_Unmarked, XAxis):
    """That of x."""


class _Up(_Unmarked, YAxis):
    """That of y."""


class Scales(Axes):
    """Axes whose scales are a label at each tick, and lines at those of the axis that is `ruled`, if any.

    They have no frame, no ticks, which took a third of a drawing, and no label: the deck says what is measured.
    """

    ruled, is_table = "", False  # of a table the heads are above, and the names in ink

    def _init_axis(self) -> None:  # which matplotlib has its projections override
        self.xaxis, self.yaxis = _Across(self, clear=False), _Up(self, clear=False)

    def scale(self) -> None:
        """Draw the scales where locators and formatters say; the limits are settled by now."""
        self.set_axis_off()
        above = 1 if self.is_table else -1
        heads = {"va": "bottom" if self.is_table else "top", "ha": "center", "color": light("muted")}
        names = {"va": "center_baseline", "ha": "right", "color": light("ink" if self.is_table else "muted")}
        self._labels(self.xaxis, self.get_xaxis_transform(), (0, above * PAD), heads)
        self._labels(self.yaxis, self.get_yaxis_transform(), (-PAD, 0), names)

    def _labels(self, axis: Axis, place: Transform, by: tuple[float, float], how: dict) -> None:
        low, high = sorted(axis.get_view_interval())
        places, is_x = axis.get_majorticklocs(), axis is self.xaxis
        texts, room = axis.get_major_formatter().format_ticks(places), 1e-9 * (high - low)
        shift = place + ScaledTranslation(*(points / 72 for points in by), self.figure.dpi_scale_trans)
        lines = []
        for at, text in zip(places, texts, strict=True):
            if low - room <= at <= high + room:
                x, y = (at, self.is_table) if is_x else (0, at)
                self.figure.text(x, y, text, transform=shift, **how)
                lines.append([(at, 0), (at, 1)] if is_x else [(0, at), (1, at)])
        if axis.axis_name == self.ruled:
            look = {"colors": light("line"), "linewidths": 0.8, "zorder": 0.5}
            self.add_collection(LineCollection(lines, transform=place, **look), autolim=False)


def fix(axis: Axis, places: Sequence[float], texts: Sequence[str] | None = None) -> None:
    """Ticks at these places, with these texts."""
    axis.set_major_locator(FixedLocator(places))
    if texts is not None:
        axis.set_major_formatter(FixedFormatter(texts))


def _digits(values: Sequence[float], most: int) -> int:
    """How many digits tell all ticks of an axis exactly, so that their distances are seen to be equal; at most `most`.

    >>> _digits([10, 12.5], 2), _digits([2.825, 2.75], 3)
    (1, 3)
    """
    return next((n for n in range(most) if all(abs(round(value, n) - value) < 1e-6 for value in values)), most)


class Ticks(Formatter):
    """The ticks of an axis, written together: one at 12.5% beside others would read 12%."""

    def __init__(self, write: Callable[[Sequence[float]], list[str]]):
        self.format_ticks = write

    def __call__(self, x, pos=None) -> str:
        return self.format_ticks([x])[0]


def _percent(values: Sequence[float]) -> list[str]:
    """Rates as percentages.

    >>> _percent([0.1, 0.12]), _percent([0.1, 0.102])
    (['10%', '12%'], ['10.0%', '10.2%'])
    """
    digits = _digits([100 * rate for rate in values], 2)
    return [formats.percent(rate, digits) for rate in values]


def money(currency: str, plus: str = "") -> Ticks:
    """Amounts in cents, all in the unit of the largest; `plus` stands before those above 0.

    >>> money("USD")(282_500_000_000), money("USD", "+").format_ticks([0, 50_000_00])
    ('$2.825B', ['$0', '+$50k'])
    """

    def write(values: Sequence[float]) -> list[str]:
        most = max((abs(cents) / 100 for cents in values), default=0.0)
        unit, size = next(((unit, size) for unit, size in formats.UNITS if most >= size), ("", 1.0))
        scaled, symbol = [cents / 100 / size for cents in values], formats.symbol(currency)
        digits = _digits(scaled, 3)
        return [
            f"{'−' if value < 0 else plus}{symbol}{abs(value):,.{digits}f}{unit}" if value else f"{symbol}0"
            for value in scaled
        ]

    return Ticks(write)


PERCENT = Ticks(_percent)
RATIO = Ticks(lambda logs: [f"×{np.exp(log):.3g}" for log in logs])  # of log odds
