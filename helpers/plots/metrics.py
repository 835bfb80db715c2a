"""Charts of the metrics notebook: movements, intervals, conventions and process behavior."""

from itertools import accumulate

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers import formats
from helpers.plots import style
from helpers.plots.rows import row_axes, rows

_STEPS = {"new": 1, "reactivation": 1, "expansion": 1, "contraction": -1, "churn": -1}


@style.styled
def waterfall(bridge: pd.Series, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """From the opening MRR to the closing MRR: one bar a movement, with its amount. `bridge` is `movements.bridge`."""
    ax = style.axes(ax, title)
    opening, closing = bridge["opening_cents"], bridge["closing_cents"]
    cents = [opening, *(sign * bridge[f"{name}_cents"] for name, sign in _STEPS.items()), closing]
    levels = [*accumulate(cents[:-1]), closing]
    starts = [0, *levels[:-2], 0]
    tops = [max(start, end) for start, end in zip(starts, levels, strict=True)]
    for place, (amount, start, top) in enumerate(zip(cents, starts, tops, strict=True)):
        is_total = place in (0, len(cents) - 1)
        color = style.GREY if is_total else style.VERMILION if list(_STEPS.values())[place - 1] < 0 else style.BLUE
        hatch = "//" if amount < 0 else None
        ax.bar(place, amount, bottom=start, color=color, width=0.62, hatch=hatch, edgecolor="white")
        style.note(ax, formats.money(amount, currency, signed=not is_total), (place, top), (0, 4))
    ax.set_xticks(range(len(cents)), ["Opening", *(name.capitalize() for name in _STEPS), "Closing"])
    # The changes are small beside the totals, so the axis starts where the changes can be seen, and says so.
    lowest = min(opening, closing, *tops[1:-1])
    span = max(tops) - lowest
    if lowest > 0 and 0 < span < 0.25 * max(tops):
        ax.set_ylim(lowest - span, max(tops) + span * 0.35)
        ax.text(0, -0.13, "The axis does not start at 0.", transform=ax.transAxes, color=style.GREY, fontsize=9)
    else:
        ax.set_ylim(0, max([*tops, 1]) * 1.12)
    return style.labeled(ax, "", "MRR", y=style.Money(currency))


@style.styled
def intervals(
    table: pd.DataFrame,
    title: str,
    xlabel: str,
    reference: float | None = None,
    band: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """One metric by segment: a point and its 95% interval a row, n beside it, greyed where `few`. `table` is tidy.

    `band` shades what others have published (`benchmarks.band`); it is no target. Where all are in one segment, they
    are drawn once.
    """
    drawn = _each_once(table[table["value"].notna()])
    ax = row_axes(ax, title, len(drawn))
    few = [" (few)" if verdict == "few" else "" for verdict in drawn["verdict"]]
    numbers = zip(drawn["value"], drawn["n"], few, strict=True)
    labels = [f"{formats.percent(value)}, n = {formats.count(n)}{word}" for value, n, word in numbers]
    colors = [style.shade(row["verdict"], row["segment"] == "all") for _, row in drawn.iterrows()]
    rows(ax, drawn, drawn["segment"], labels, colors)
    if reference is not None:
        ax.axvline(reference, color=style.GREY, linewidth=1, linestyle=":")
    if band is not None:
        ax.axvspan(*band, color=style.ORANGE, alpha=0.15, linewidth=0, zorder=0)
        top = ax.get_xaxis_transform()
        ax.text(band[0], 1, "published", transform=top, va="top", fontsize=9, color=style.GREY)
    ax.margins(x=0.22)
    ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))  # a tick at 12.5% would read 12%
    return style.labeled(ax, f"{xlabel}; bars are 95% intervals", x=style.PERCENT)


def _each_once(table: pd.DataFrame) -> pd.DataFrame:
    both = table[["value", "n"]].eq(table[["value", "n"]].iloc[0]).all(axis=None) if len(table) == 2 else False
    if not both or table["segment"].iloc[0] != "all":
        return table
    return table.iloc[:1].assign(segment=f"all ({table['segment'].iloc[1]})")


@style.styled
def series(table: pd.DataFrame, title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """One metric month by month with its 95% interval as a band. `table` is tidy, one row a period."""
    ax = style.axes(ax, title)
    drawn = table[table["value"].notna()]
    months = pd.to_datetime(drawn["period"])
    ax.fill_between(months, drawn["low"], drawn["high"], color=style.BLUE, alpha=0.18, linewidth=0)
    ax.plot(months, drawn["value"], color=style.BLUE, marker="o", markersize=4)
    for month, value in zip(months[-1:], drawn["value"][-1:], strict=True):
        style.note(ax, formats.percent(value), (month, value))
    return style.labeled(ax, "band: 95% interval", ylabel, y=style.PERCENT)


@style.styled
def definitions(table: pd.DataFrame, title: str, show=formats.percent, ax: Axes | None = None) -> Axes:
    """One metric under each named convention: a dot a row, its value beside it, ours in blue, a wrong one crossed.

    `table` is one metric's rows of `conventions.switchboard` (undefined ones are left out); `show` writes its values.
    """
    drawn = table[table["value"].notna()].assign(low=float("nan"), high=float("nan"))
    ax = row_axes(ax, title, len(drawn))
    names = drawn["convention"].astype("str")
    is_ours, is_wrong = names.str.endswith("(ours)"), names.str.endswith("(wrong)")
    colors = np.select([is_ours, is_wrong], [style.BLUE, style.VERMILION], style.INK).tolist()
    marks = ["X" if wrong else "o" for wrong in is_wrong]
    rows(ax, drawn, names, [show(value) for value in drawn["value"]], colors, marks=marks)
    for text, color in zip(ax.texts, colors, strict=True):
        text.set(bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        text.set_fontweight("bold" if color == style.BLUE else "normal")
    for value in drawn["value"][is_ours]:
        ax.axvline(value, color=style.BLUE, linewidth=1, linestyle=":", zorder=0)
    ax.margins(x=0.15)
    return style.labeled(ax, "", x=FuncFormatter(lambda value, _: show(value)))


@style.styled
def process(chart: pd.DataFrame, title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """A process-behavior chart: monthly values, their average, natural process limits, and the signals marked.

    `chart` is one metric of `comparison.xmr_table`; without limits (under 12 points) only the values are drawn.
    """
    ax = style.axes(ax, title)
    months = pd.to_datetime(chart["period"])
    ax.plot(months, chart["value"], color=style.BLUE, marker="o", markersize=4)
    if chart["low"].notna().any():
        for column, line in (("average", "-"), ("low", "--"), ("high", "--")):
            style.level(ax, chart[column].iloc[0], formats.percent(chart[column].iloc[0]), line)
    named = range(len(chart) - 1, -1, -max(1, -(-len(chart) // 8)))  # the latest month is one of them
    ax.set_xticks(months.iloc[named], chart["period"].iloc[named])
    style.ring(ax, months[chart["signal"] != ""], chart["value"][chart["signal"] != ""])
    values = chart["value"].dropna()
    if values.nunique() == 1:
        ax.set_ylim(values.iloc[0] - 0.002, values.iloc[0] + 0.02)  # left alone, its ticks would be all alike
    return style.labeled(ax, "grey: average and normal range; circled: a signal", ylabel, y=style.PERCENT)
