"""Charts of the metrics notebook: movements, intervals, metrics over time, conventions and process behavior."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from helpers import formats
from helpers.plots import style
from helpers.plots.palette import light
from helpers.plots.rows import bars, dot, forest, marks, rows, shown, upright
from helpers.plots.scales import PERCENT, money
from helpers.plots.style import C1, C2, INK, MUTED, Canvas, chart

# Each movement of MRR: its sign, its color. They are stacked in this order, away from 0.
MOVEMENTS = {
    "expansion": (1, "c1"),
    "new": (1, "c1_soft"),
    "reactivation": (1, "c1_pale"),
    "churn": (-1, "c2"),
    "contraction": (-1, "c2_soft"),
}
LONGEST = 24  # months over time


@chart
def waterfall(canvas: Canvas, bridge: pd.Series, currency: str, title: str) -> None:
    """What each movement added to MRR or took from it, and what is left. `bridge` is `book.bridge`."""
    steps = {name.capitalize(): sign * float(bridge[f"{name}_cents"]) for name, (sign, _) in MOVEMENTS.items()}
    opening, closing = (formats.money(bridge[f"{name}_cents"], currency) for name in ("opening", "closing"))
    values = [*steps.values(), sum(steps.values())]
    canvas.deck = f"MRR went from {opening} to {closing}. Bars: what each movement added or took away."
    colors = [*(C1 if value >= 0 else C2 for value in steps.values()), INK]
    ax = rows(canvas, [*steps, "Net change"], [(formats.money(v, currency, signed=True), "") for v in values], colors)
    bars(ax, values, colors)
    upright(canvas, ax, 0)
    ax.margins(x=0.05)
    if not any(values):
        ax.set_xlim(0, 100_00)
    ax.xaxis.set_major_formatter(money(currency))


@chart
def movements(canvas: Canvas, monthly: pd.DataFrame, currency: str, title: str) -> None:
    """MRR gained above 0 and lost below it, month by month, with the net change as a line. `monthly` is `book.monthly`.

    The last 24 months are drawn; a month that is not complete is hatched.
    """
    drawn = monthly.iloc[-LONGEST:].reset_index(drop=True)
    names = [name.capitalize() for name in MOVEMENTS]
    ax = canvas.plot(names)
    x = style.months(ax, pd.to_datetime(drawn["month"]).dt.strftime("%Y-%m"))
    stacks, ends = {1: np.zeros(len(x)), -1: np.zeros(len(x))}, []
    hatches = ["" if is_complete else "////" for is_complete in drawn["is_complete"]]
    for name, (sign, color) in MOVEMENTS.items():
        cents = sign * drawn[f"{name}_cents"].to_numpy("float64")
        ax.bar(
            x, cents, bottom=stacks[sign], color=light(color), width=0.7, hatch=hatches, edgecolor=light("paper"), lw=0
        )
        stacks[sign] = stacks[sign] + cents
        if len(x):
            text = light(color.partition("_")[0]) if color in ("c1", "c2") else MUTED
            ends.append((float(stacks[sign][-1] - cents[-1] / 2), float(x[-1]) + 0.35, name.capitalize(), text))
    ax.axhline(0, color=MUTED, linewidth=1)
    net = stacks[1] + stacks[-1]
    latest = f"{formats.money(net[-1], currency, signed=True)} in {drawn['month'].iloc[-1]:%b %Y}" if len(x) else "none"
    canvas.deck = f"MRR gained and lost each month. Line: net change, {latest}."
    ax.plot(x, net, color=INK, linewidth=1.4, marker="o", markersize=2.5 if canvas.is_narrow else 4, mfc=light("paper"))
    if not len(x):
        ax.set_ylim(-100_00, 100_00)
    style.spread(ax, ends)
    ax.yaxis.set_major_formatter(money(currency, "+"))


@chart
def intervals(
    canvas: Canvas,
    table: pd.DataFrame,
    title: str,
    what: str,
    reference: float | None = None,
    band: tuple[float, float] | None = None,
) -> None:
    """One metric by segment: a point and its 95% interval a row, its result behind it, hollow where `few`. `table` is
    tidy; `what` says what is measured.

    `band` shades what others have published (`published.band`); it is no target. Where all are in one segment, they are
    drawn once.
    """
    drawn = _each_once(table[table["value"].notna()])
    colors = [_shade(row) for row in drawn.to_dict("records")]
    names = drawn["segment"].astype("str").str.replace(r"^all\b", "All accounts", regex=True)
    seen = [*(band or ()), *([] if reference is None else [reference])]
    ax = forest(canvas, drawn, names, shown(drawn, formats.percent), colors, seen=seen)
    told = ["bars: 95% intervals"]
    if reference is not None:
        upright(canvas, ax, reference, "--")
        told.append(f"dashed: {_short(reference)}")
    if band is not None:
        ax.axvspan(*band, color=light("band"), alpha=style.BEHIND, linewidth=0, zorder=0)
        told.append("shaded: published range")
    canvas.deck = f"{_sentence(what)} {_sentence(', '.join(told))}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _short(rate: float) -> str:
    """A rate with the digits that it needs: 100%, 87.4%."""
    return formats.percent(rate).replace(".0%", "%")


def _shade(row: dict) -> str:
    return MUTED if row.get("verdict") == "few" else INK if row["segment"] == "all" else C1


def _each_once(table: pd.DataFrame) -> pd.DataFrame:
    both = table[["value", "n"]].eq(table[["value", "n"]].iloc[0]).all(axis=None) if len(table) == 2 else False
    if not both or table["segment"].iloc[0] != "all":
        return table
    return table.iloc[:1].assign(segment=f"all ({table['segment'].iloc[1]})")


@chart
def series(canvas: Canvas, table: pd.DataFrame, title: str, what: str) -> None:
    """One metric month by month with its 95% interval as a band, hollow where `few`. `table` is tidy, one row a period;
    `what` says what is measured.
    """
    drawn = table[table["value"].notna()].reset_index(drop=True)
    _over_time(canvas, {"": drawn}, what)


@chart
def trend(
    canvas: Canvas,
    table: pd.DataFrame,
    metrics: Mapping[str, str],
    title: str,
    what: str,
    reference: float | None = None,
) -> None:
    """Metrics of all accounts over the last 24 months with their bands. `table` is `card.table`.

    `metrics`: name → what it is called at the end of its line; `reference` is drawn as a dashed line.
    """
    is_month = table["period"].str.fullmatch(r"\d{4}-\d{2}")
    whole = table[(table["segment"] == "all") & table["value"].notna() & is_month]
    parts = {called: whole[whole["metric"] == name].tail(LONGEST) for name, called in metrics.items()}
    _over_time(canvas, parts, what, reference)


def _over_time(canvas: Canvas, parts: dict[str, pd.DataFrame], what: str, reference: float | None = None) -> None:
    periods = sorted({period for part in parts.values() for period in part["period"]})
    ends = []
    for (name, part), color in zip(parts.items(), style.LINES, strict=False):
        last = part.tail(1).to_dict("records")
        text = [f"{name} {formats.percent(row['value'])}".strip() for row in last]
        is_few = bool(last) and style.few(part).iloc[-1]
        text = [f"{name} n = {formats.count(int(last[0]['n']))}, too few".strip()] if is_few else text
        ends += [(row["value"], name, MUTED if is_few else color) for row, name in zip(last, text, strict=True)]
    ax = canvas.plot([name for _, name, _ in ends])
    style.months(ax, periods)
    for part, color in zip(parts.values(), style.LINES, strict=False):
        style.line(ax, [periods.index(period) for period in part["period"]], part, color)
    seen = [value for part in parts.values() for name in ("value", "low", "high") for value in part[name]] or [0.0]
    if reference is not None:
        style.level(ax, reference)
        seen.append(reference)
    style.shares(ax, seen)
    style.spread(ax, [(value, len(periods) - 1, name, color) for value, name, color in ends])
    few = ", hollow: too few" if any(style.few(part).any() for part in parts.values()) else ""
    dots = f", dashed: {_short(reference)}" if reference is not None else ""
    canvas.deck = f"{_sentence(what)} Bands: 95% intervals{dots}{few}."


@chart
def definitions(canvas: Canvas, table: pd.DataFrame, title: str, show: Callable = formats.percent) -> None:
    """One metric under each named convention: a dot a row, its value behind it, ours in blue, a wrong one crossed.

    `table` is one metric's rows of `others` (undefined ones are left out); `show` writes its values.
    """
    canvas.deck = "One metric on the same data, by definition. Blue: ours; cross: wrong."
    drawn = table[table["value"].notna()].reset_index(drop=True)
    names = drawn["convention"].astype("str")
    is_ours, is_wrong = names.str.endswith("(ours)"), names.str.endswith("(wrong)")
    colors = np.select([is_ours, is_wrong], [C1, C2], INK).tolist()
    ax = rows(canvas, names, [(show(value), "") for value in drawn["value"]], colors)
    for at, (value, color, wrong) in enumerate(zip(drawn["value"], colors, is_wrong, strict=True)):
        dot(ax, at, (value, np.nan, np.nan), color, "X" if wrong else "o")
    for value in drawn["value"][is_ours]:
        upright(canvas, ax, value, "--")
    ax.margins(x=0.1)
    ax.xaxis.set_major_formatter(PERCENT if show is formats.percent else FuncFormatter(lambda value, _: show(value)))


@chart
def process(canvas: Canvas, chart: pd.DataFrame, title: str, what: str) -> None:
    """A process-behavior chart: monthly values, their average, the normal range, and the signals circled.

    `chart` is one metric of `charts.table`; without limits (under 12 points) only the values are drawn.
    """
    drawn = chart.iloc[-(13 if canvas.is_narrow else 36) :].reset_index(drop=True)
    names, values = {}, [*drawn["value"].dropna()]
    if drawn["low"].notna().any():
        first = drawn.iloc[0]
        between = formats.between(first["low"], first["high"], formats.percent)
        names = {f"average {formats.percent(first['average'])}": first["average"], "normal range": first["high"]}
        values += [first["low"], first["high"]]
    ax = canvas.plot([] if canvas.is_narrow else names)
    x = style.months(ax, drawn["period"])
    canvas.deck = _sentence(what)
    if names:
        ax.axhspan(first["low"], first["high"], color=light("band"), alpha=style.BEHIND, linewidth=0, zorder=0)
        for name, height in names.items():
            style.level(ax, height, "" if canvas.is_narrow else name, "-" if name.startswith("average") else "None")
        canvas.deck += f" Shaded: normal range ({between}), line: average, circled: a signal."
    ax.plot(x, drawn["value"], color=C1, marker="o", markersize=4)
    is_signal = (drawn["signal"].fillna("") != "").to_numpy()
    ax.plot(x[is_signal], drawn["value"][is_signal], "o", markersize=12, markerfacecolor="none", markeredgecolor=C2)
    low, high = (min(values), max(values)) if values else (0, 1)
    room = (high - low) * 0.1 or 0.01
    ax.set_ylim(low - room if low < 0 else max(0, low - room), high + room)
    ax.yaxis.set_major_formatter(PERCENT)


@chart
def published(canvas: Canvas, table: pd.DataFrame, figures: pd.DataFrame, title: str) -> None:
    """Our figures with their intervals next to published ones, one row a metric.

    `table` is `card.now`, one tidy row per metric; `figures` is `published.table`. Targets are not drawn.
    """
    canvas.deck = "Filled: ours with its 95% interval. Hollow: published figures, for orientation only."
    figures = figures[(figures["kind"] == "benchmark") & figures["unit"].isin(["share", "ratio"])]
    others = {name: part["value"].tolist() for name, part in figures.groupby("metric")}
    drawn = table[table["metric"].isin(list(others)) & table["value"].notna()].reset_index(drop=True)
    results = []
    for name, value in zip(drawn["metric"], drawn["value"], strict=True):
        low, high = min(others[name]), max(others[name])
        range_ = _short(low) if low == high else formats.between(low, high, _short)
        results.append((formats.percent(value), f"published {range_}"))
    names = drawn["metric"].str.removesuffix("_12_months").str.replace("_", " ").str.capitalize()
    places = drawn["metric"].map(others)
    marks(forest(canvas, drawn, names, results, seen=places.explode().dropna()), places, MUTED, is_few=True)
