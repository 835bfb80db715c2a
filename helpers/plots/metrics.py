"""Charts of the metrics notebook: movements, intervals, metrics over time, conventions and process behavior."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from helpers import formats
from helpers.plots import style
from helpers.plots.palette import light
from helpers.plots.rows import bars, dot, forest, marks, rows, upright
from helpers.plots.scales import PERCENT, Ticks, money
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
    cents = [sign * float(bridge[f"{name}_cents"]) for name, (sign, _) in MOVEMENTS.items()]
    colors = [*(C1 if value >= 0 else C2 for value in cents), INK]
    table = pd.DataFrame({"step": [*MOVEMENTS, "net change"], "cents": [*cents, sum(cents)]})
    ax = rows(canvas, table, colors)
    bars(ax, table["cents"], colors)
    upright(canvas, ax, 0)
    ax.margins(x=0.05)
    if not table["cents"].any():
        ax.set_xlim(0, 100_00)
    ax.xaxis.set_major_formatter(money(currency))


@chart
def movements(canvas: Canvas, monthly: pd.DataFrame, currency: str, title: str) -> None:
    """MRR gained above 0 and lost below it, month by month, with the net change as a line. `monthly` is `book.monthly`.

    The last 24 months are drawn; a month that is not complete is hatched.
    """
    drawn = monthly.iloc[-LONGEST:].reset_index(drop=True)
    ax = canvas.plot([name.capitalize() for name in MOVEMENTS])
    x = style.months(ax, pd.to_datetime(drawn["month"]).dt.strftime("%Y-%m"))
    stacks, ends = {1: np.zeros(len(x)), -1: np.zeros(len(x))}, []
    look = {"hatch": np.where(drawn["is_complete"], "", "////").tolist(), "edgecolor": light("paper"), "lw": 0}
    for name, (sign, color) in MOVEMENTS.items():
        cents = sign * drawn[f"{name}_cents"].to_numpy("float64")
        ax.bar(x, cents, bottom=stacks[sign], color=light(color), width=0.7, **look)
        stacks[sign] = stacks[sign] + cents
        if len(x):
            text = light(color) if color in ("c1", "c2") else MUTED
            ends.append((float(stacks[sign][-1] - cents[-1] / 2), float(x[-1]) + 0.35, name.capitalize(), text))
    ax.axhline(0, color=MUTED, linewidth=1)
    net = stacks[1] + stacks[-1]
    ax.plot(x, net, color=INK, linewidth=1.4, marker="o", markersize=2.5 if canvas.is_narrow else 4, mfc=light("paper"))
    if not len(x):
        ax.set_ylim(-100_00, 100_00)
    style.spread(ax, ends)
    ax.yaxis.set_major_formatter(money(currency, "+"))
    canvas.facts |= {"net": net, "month": drawn["month"].max()}


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
    drawn = table.assign(segment=table["segment"].astype("str"), verdict=table.get("verdict", "ok"))
    drawn = drawn[drawn["value"].notna()]
    if len(drawn) == 2 and drawn["segment"].iloc[0] == "all" and len(drawn[["value", "n"]].drop_duplicates()) == 1:
        drawn = drawn.iloc[:1].assign(segment=f"all ({drawn['segment'].iloc[1]})")
    colors = np.select([drawn["verdict"] == "few", drawn["segment"] == "all"], [MUTED, INK], C1).tolist()
    names = drawn["segment"].str.replace(r"^all\b", "All accounts", regex=True)
    seen = [*(band or ()), *([] if reference is None else [reference])]
    ax = forest(canvas, drawn.assign(segment=names), colors, seen=seen)
    if reference is not None:
        upright(canvas, ax, reference, "--")
    if band is not None:
        ax.axvspan(*band, color=light("band"), alpha=style.BEHIND, linewidth=0, zorder=0)


@chart
def series(canvas: Canvas, table: pd.DataFrame, title: str, what: str) -> None:
    """One metric month by month with its 95% interval as a band, hollow where `few`. `table` is tidy, one row a period;
    `what` says what is measured.
    """
    drawn = table[table["value"].notna()].reset_index(drop=True)
    _over_time(canvas, {"": drawn})


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
    _over_time(canvas, parts, reference)


def _over_time(canvas: Canvas, parts: dict[str, pd.DataFrame], reference: float | None = None) -> None:
    """A line for each part; its end says its name and its last value, or that this is of too few."""
    periods = sorted({period for part in parts.values() for period in part["period"]})
    lines = [(*line, color) for line, color in zip(parts.items(), style.LINES, strict=False) if len(line[1])]
    ends = []
    for name, part, color in lines:
        last, is_few = part.iloc[-1], style.few(part).iloc[-1]
        text = f"n = {formats.count(last['n'])}, too few" if is_few else formats.percent(last["value"])
        ends.append((last["value"], len(periods) - 1, f"{name} {text}".strip(), MUTED if is_few else color))
    ax = canvas.plot([text for *_, text, _ in ends])
    style.months(ax, periods)
    for _, part, color in lines:
        style.line(ax, [periods.index(period) for period in part["period"]], part, color)
    seen = [value for part in parts.values() for name in ("value", "low", "high") for value in part[name]] or [0.0]
    if reference is not None:
        style.level(ax, reference)
        seen.append(reference)
    style.shares(ax, seen)
    style.spread(ax, ends)
    canvas.facts["is_few"] = any(style.few(part).any() for part in parts.values())


@chart
def definitions(canvas: Canvas, table: pd.DataFrame, title: str, show: Callable = formats.percent) -> None:
    """One metric under each named convention: a dot a row, its value behind it, ours in blue, a wrong one crossed.

    `table` is one metric's rows of `others` (undefined ones are left out); `show` writes its values.
    """
    drawn = table[table["value"].notna()].reset_index(drop=True)
    names = drawn["convention"].astype("str")
    is_ours, is_wrong = names.str.endswith("(ours)"), names.str.endswith("(wrong)")
    colors = np.select([is_ours, is_wrong], [C1, C2], INK).tolist()
    ax = rows(canvas, drawn, colors)
    for at, (value, color, wrong) in enumerate(zip(drawn["value"], colors, is_wrong, strict=True)):
        dot(ax, at, value, color, "X" if wrong else "o")
    for value in drawn["value"][is_ours]:
        upright(canvas, ax, value, "--")
    ax.margins(x=0.1)
    ax.xaxis.set_major_formatter(PERCENT if show is formats.percent else Ticks(lambda values: list(map(show, values))))


@chart
def process(canvas: Canvas, chart: pd.DataFrame, title: str, what: str) -> None:
    """A process-behavior chart: monthly values, their average, the normal range, and the signals circled.

    `chart` is one metric of `charts.table`; without limits (under 12 points) only the values are drawn.
    """
    drawn = chart.iloc[-(13 if canvas.is_narrow else 36) :].reset_index(drop=True)
    limits, names, seen = drawn["low"].notna().any(), {}, drawn["value"].dropna().tolist()
    if limits:
        average, low, high = drawn.loc[0, ["average", "low", "high"]]
        names = {f"average {formats.percent(average)}": (average, "-"), "normal range": (high, "None")}
        seen += [low, high]
        canvas.facts |= {"low": low, "high": high}
    ax = canvas.plot([] if canvas.is_narrow else names)
    x = style.months(ax, drawn["period"])
    if limits:
        ax.axhspan(low, high, color=light("band"), alpha=style.BEHIND, linewidth=0, zorder=0)
    for name, (height, how) in names.items():
        style.level(ax, height, "" if canvas.is_narrow else name, how)
    ax.plot(x, drawn["value"], color=C1, marker="o", markersize=4)
    is_signal = (drawn["signal"].fillna("") != "").to_numpy()
    ax.plot(x[is_signal], drawn["value"][is_signal], "o", markersize=12, markerfacecolor="none", markeredgecolor=C2)
    low, high = (min(seen), max(seen)) if seen else (0, 1)
    room = (high - low) * 0.1 or 0.01
    ax.set_ylim(low - room if low < 0 else max(0, low - room), high + room)
    ax.yaxis.set_major_formatter(PERCENT)


@chart
def published(canvas: Canvas, table: pd.DataFrame, figures: pd.DataFrame, title: str) -> None:
    """Our figures with their intervals next to published ones, one row a metric.

    `table` is `card.now`, one tidy row per metric; `figures` is `published.table`. Targets are not drawn.
    """
    figures = figures[(figures["kind"] == "benchmark") & figures["unit"].isin(["share", "ratio"])]
    others = {name: part["value"].tolist() for name, part in figures.groupby("metric")}
    drawn = table[table["metric"].isin(list(others)) & table["value"].notna()].reset_index(drop=True)
    drawn = drawn.assign(others=drawn["metric"].map(others))
    marks(forest(canvas, drawn, seen=drawn["others"].explode().dropna()), drawn["others"], MUTED, is_few=True)
