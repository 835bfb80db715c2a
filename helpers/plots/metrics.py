"""Charts of the metrics notebook: movements, intervals, conventions and process behavior."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from helpers import formats
from helpers.plots.style import BLUE, GREY, INK, ORANGE, PERCENT, VERMILION, axes, styled, wrapped


class _Money(Formatter):
    """The ticks of an axis together, so that their distances are seen to be equal."""

    def __init__(self, currency: str):
        self.currency = currency

    def __call__(self, x, pos=None) -> str:
        return formats.money(x, self.currency)

    def format_ticks(self, values) -> list[str]:
        return formats.money_scale(values, self.currency)


@styled
def waterfall(bridge: pd.Series, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """From the opening MRR to the closing MRR: one bar a movement, with its amount. `bridge` is `movements.bridge`."""
    ax = axes(ax, title)
    steps = [
        ("Opening", bridge["opening_cents"], GREY),
        ("New", bridge["new_cents"], BLUE),
        ("Reactivation", bridge["reactivation_cents"], BLUE),
        ("Expansion", bridge["expansion_cents"], BLUE),
        ("Contraction", -bridge["contraction_cents"], VERMILION),
        ("Churn", -bridge["churn_cents"], VERMILION),
        ("Closing", bridge["closing_cents"], GREY),
    ]
    level, tops = 0, []
    for place, (name, cents, color) in enumerate(steps):
        is_total = name in ("Opening", "Closing")
        start = 0 if is_total else level
        ax.bar(
            place, cents, bottom=start, color=color, width=0.62, hatch="//" if cents < 0 else None, edgecolor="white"
        )
        level = cents if is_total else level + cents
        top = max(start, level)
        tops.append(top)
        ax.annotate(
            formats.money(cents, currency, signed=not is_total),
            (place, top),
            (0, 4),
            textcoords="offset points",
            ha="center",
        )
    ax.set_xticks(range(len(steps)), [name for name, _, _ in steps])
    # The changes are small beside the totals, so the axis starts where the changes can be seen, and says so.
    lowest = min(bridge["opening_cents"], bridge["closing_cents"], *(tops[1:-1] or [0]))
    span = max(tops) - lowest
    if lowest > 0 and 0 < span < 0.25 * max(tops):
        ax.set_ylim(lowest - span, max(tops) + span * 0.35)
        ax.text(0, -0.13, "The axis does not start at 0.", transform=ax.transAxes, color=GREY, fontsize=9)
    else:
        ax.set_ylim(0, max([*tops, 1]) * 1.12)
    ax.yaxis.set_major_formatter(_Money(currency))
    ax.set_ylabel("MRR")
    return ax


@styled
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
    drawn = _each_once(table[table["value"].notna()]).iloc[::-1].reset_index(drop=True)
    ax = axes(ax, title, height=1.4 + 0.5 * max(len(drawn), 1))
    for place, row in drawn.iterrows():
        color = GREY if row["verdict"] == "few" else INK if row["segment"] == "all" else BLUE
        if pd.notna(row["low"]):
            ax.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2.5, solid_capstyle="butt")
        ax.plot(row["value"], place, "o", color=color, markersize=8)
        label = f"{formats.percent(row['value'])}, n = {formats.count(row['n'])}" + (
            " (few)" if row["verdict"] == "few" else ""
        )
        end = row["high"] if pd.notna(row["high"]) else row["value"]
        ax.annotate(label, (end, place), (8, 0), textcoords="offset points", va="center", color=color)
    if reference is not None:
        ax.axvline(reference, color=GREY, linewidth=1, linestyle=":")
    if band is not None:
        ax.axvspan(*band, color=ORANGE, alpha=0.15, linewidth=0, zorder=0)
        ax.annotate("published", (band[0], 1), xycoords=("data", "axes fraction"), va="top", fontsize=9, color=GREY)
    ax.set_yticks(range(len(drawn)), [str(segment) for segment in drawn["segment"]])
    ax.set_ylim(-0.6, len(drawn) - 0.4)
    ax.margins(x=0.22)
    ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))  # a tick at 12.5% would read 12%
    ax.xaxis.set_major_formatter(PERCENT)
    ax.set_xlabel(f"{xlabel}; bars are 95% intervals")
    return ax


def _each_once(table: pd.DataFrame) -> pd.DataFrame:
    both = table[["value", "n"]].eq(table[["value", "n"]].iloc[0]).all(axis=None) if len(table) == 2 else False
    if not both or table["segment"].iloc[0] != "all":
        return table
    return table.iloc[:1].assign(segment=f"all ({table['segment'].iloc[1]})")


@styled
def series(table: pd.DataFrame, title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """One metric month by month with its 95% interval as a band. `table` is tidy, one row a period."""
    ax = axes(ax, title)
    drawn = table[table["value"].notna()]
    months = pd.to_datetime(drawn["period"])
    ax.fill_between(months, drawn["low"], drawn["high"], color=BLUE, alpha=0.18, linewidth=0)
    ax.plot(months, drawn["value"], color=BLUE, marker="o", markersize=4)
    if len(drawn):
        last = drawn.iloc[-1]
        ax.annotate(
            formats.percent(last["value"]),
            (months.iloc[-1], last["value"]),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_ylabel(ylabel)
    ax.set_xlabel("band: 95% interval")
    return ax


@styled
def definitions(rows: pd.DataFrame, title: str, show=formats.percent, ax: Axes | None = None) -> Axes:
    """One metric under each named convention: a dot a row, its value beside it, ours in blue, a wrong one crossed.

    `rows` are one metric's of `conventions.switchboard` (undefined ones are left out); `show` writes its values.
    """
    drawn = rows[rows["value"].notna()].iloc[::-1].reset_index(drop=True)
    ax = axes(ax, title, height=1.4 + 0.5 * max(len(drawn), 1))
    for place, row in drawn.iterrows():
        is_ours, is_wrong = (row["convention"].endswith(mark) for mark in ("(ours)", "(wrong)"))
        color = BLUE if is_ours else VERMILION if is_wrong else INK
        ax.plot(row["value"], place, "X" if is_wrong else "o", color=color, markersize=11 if is_ours else 8)
        ax.annotate(
            show(row["value"]),
            (row["value"], place),
            (10, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontweight="bold" if is_ours else "normal",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        if is_ours:
            ax.axvline(row["value"], color=BLUE, linewidth=1, linestyle=":", zorder=0)
    ax.set_yticks(range(len(drawn)), [wrapped(name, 36) for name in drawn["convention"]])
    ax.set_ylim(-0.6, max(len(drawn), 1) - 0.4)
    ax.margins(x=0.15)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
    return ax


@styled
def process(chart: pd.DataFrame, title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """A process-behavior chart: monthly values, their average, natural process limits, and the signals marked.

    `chart` is one metric of `comparison.xmr_table`; without limits (under 12 points) only the values are drawn.
    """
    ax = axes(ax, title)
    months = pd.to_datetime(chart["period"])
    ax.plot(months, chart["value"], color=BLUE, marker="o", markersize=4)
    if chart["low"].notna().any():
        lines = [("average", "-"), ("low", "--"), ("high", "--")]
        for column, style in lines:
            level = chart[column].iloc[0]
            ax.axhline(level, color=GREY, linewidth=1, linestyle=style)
            ax.annotate(
                formats.percent(level),
                (1.005, level),
                xycoords=("axes fraction", "data"),
                va="center",
                color=GREY,
                fontsize=9,
            )
    named = range(len(chart) - 1, -1, -max(1, -(-len(chart) // 8)))  # the latest month is one of them
    ax.set_xticks(months.iloc[named], chart["period"].iloc[named])
    broken = chart["signal"] != ""
    ax.plot(
        months[broken], chart["value"][broken], "o", markersize=11, markerfacecolor="none", markeredgecolor=VERMILION
    )
    level = chart["value"].dropna()
    if level.nunique() == 1:
        ax.set_ylim(level.iloc[0] - 0.002, level.iloc[0] + 0.02)  # left alone, its ticks would be all alike
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_ylabel(ylabel)
    ax.set_xlabel("grey: average and natural process limits; ringed: a signal")
    return ax
