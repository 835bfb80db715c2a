"""Charts of customer lives: survival with numbers at risk, hazards, deviations, projections and their test."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.ticker import FuncFormatter

from helpers import formats, periods
from helpers.plots.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PERCENT,
    PERCENT_1,
    VERMILION,
    WIDTH,
    axes,
    spread,
    styled,
    wrapped,
)

COLORS = (BLUE, VERMILION, GREEN, ORANGE, INK, GREY)
MARKS = {"age": "months of age", "cohort": "cohort", "month": "calendar month"}


@styled
def survival(
    curve: pd.DataFrame, column: str, title: str, at_least: int = 30, most: int = 6, ax: Axes | None = None
) -> Axes:
    """Kaplan–Meier curves by group with their 95% bands, and the numbers at risk under the axis.

    `curve` is `survival.by_group`. A curve ends where fewer than `at_least` are at risk (a smaller group's where under
    a third of it is); of many groups the `most` largest are drawn.
    """
    sizes = curve.groupby(column, sort=False)["n_at_risk"].max().drop("all", errors="ignore")
    names = [name for name in sizes.sort_values(ascending=False, kind="stable").index[:most] if sizes[name]] or ["all"]
    height = 4.4 + 0.24 * len(names)
    ax, ends, drawn = axes(ax, title, height=height), [], {}
    for name, color in zip(names, COLORS * (1 + len(names) // len(COLORS)), strict=False):
        part = curve[curve[column] == name].set_index("age")
        part = part[part["n_at_risk"] >= min(at_least, max(1, part["n_at_risk"].max() // 3))]
        drawn[name] = (part, color)
        if len(part):
            ax.fill_between(part.index, part["low"], part["high"], step="post", color=color, alpha=0.13, linewidth=0)
            ax.step(part.index, part["survival"], where="post", color=color)
            ends.append((float(part["survival"].iloc[-1]), float(part.index[-1]), str(name), color))
    spread(ax, ends)
    last = max([int(part.index.max()) for part, _ in drawn.values() if len(part)] or [1])
    ages = range(0, last + 1, 1 if last <= 8 else 6 if last <= 48 else 12)
    ax.set_xticks(list(ages))
    ax.set_xlim(-0.5, max(last, 1) * 1.16 + 0.5)
    for row, (name, (part, color)) in enumerate(drawn.items()):
        place = -0.2 - 0.24 / height * (1.25 * row)
        ax.text(-0.012, place, str(name), transform=ax.transAxes, ha="right", color=color, fontsize=9)
        for age in ages:
            if age in part.index:
                n = formats.count(part["n_at_risk"].loc[age])
                ax.text(age, place, n, transform=ax.get_xaxis_transform(), ha="center", color=color, fontsize=9)
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_xlabel("age in months; bands: 95% intervals; below: accounts at risk")
    ax.set_ylabel("never lost")
    return ax


@styled
def hazard(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Share lost in each month of life, with 95% intervals, and the average. `table` is `survival.hazard`."""
    ax = axes(ax, title)
    if len(table):
        spread_ = [table["rate"] - table["low"], table["high"] - table["rate"]]
        ax.errorbar(table["age"], table["rate"], yerr=spread_, fmt="o", color=BLUE, markersize=5, linewidth=1.5)
        average = table["n_lost"].sum() / table["n_at_risk"].sum()
        ax.axhline(average, color=GREY, linewidth=1, linestyle=":")
        ax.annotate(
            f"average {formats.percent(average)}",
            (1.005, average),
            xycoords=("axes fraction", "data"),
            va="center",
            color=GREY,
            fontsize=9,
        )
        ax.set_xticks(range(0, int(table["age"].max()) + 1, 3 if table["age"].max() > 8 else 1))
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(PERCENT_1)
    ax.set_xlabel("month of life; bars: 95% intervals")
    ax.set_ylabel("lost, of those still there")
    return ax


@styled
def deviations(table: pd.DataFrame, title: str) -> Axes:
    """Odds of a first loss by age, cohort and calendar month, each apart from its straight trend, side by side.

    `table` is `cohorts.deviations`; what stands out is ringed. Returns the first of the three Axes.
    """
    figure, panels = plt.subplots(1, 3, figsize=(WIDTH, 4.4), sharey=True)
    figure.suptitle(wrapped(title), x=0.01, ha="left", fontsize=14, fontweight="bold")
    for axis, ax in zip(MARKS, panels, strict=True):
        part = table[table["axis"] == axis].reset_index(drop=True)
        ax.axhline(1, color=GREY, linewidth=1, linestyle=":")
        if len(part):
            bars = [part["odds_ratio"] - part["low"], part["high"] - part["odds_ratio"]]
            ax.errorbar(part.index, part["odds_ratio"], yerr=bars, fmt="o", color=BLUE, markersize=5, linewidth=1.5)
            out = part[part["stands_out"]]
            ax.plot(out.index, out["odds_ratio"], "o", markersize=12, markerfacecolor="none", markeredgecolor=VERMILION)
        names = [name if axis == "age" else name.partition(" to ")[0] for name in part["label"]]
        ax.set_xticks(range(len(part)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
        ax.set_xlabel(MARKS[axis] if axis == "age" else f"{MARKS[axis]}, from")
        ax.set_yscale("log")
    ticks = [0.25, 0.5, 1, 2, 4]
    panels[0].set_yticks(ticks, [f"× {tick:g}" for tick in ticks])
    panels[0].yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    panels[0].set_ylabel("odds of leaving against the trend")
    figure.tight_layout()
    return panels[0]


@styled
def projection(tables: dict[str, pd.DataFrame], title: str, ax: Axes | None = None) -> Axes:
    """Observed renewals as points, the model's curve with its 95% band, one color a contract. `tables` hold
    `survival.project` by the name of the contract.
    """
    ax, ends = axes(ax, title, height=4.6), []
    for (name, table), color in zip(tables.items(), COLORS * (1 + len(tables) // len(COLORS)), strict=False):
        months = table["age"] * table["term_months"]
        ax.fill_between(months, table["low"], table["high"], color=color, alpha=0.13, linewidth=0)
        seen = table["observed"].notna()
        ax.plot(months, table["projected"], color=color, linestyle="--", linewidth=1.5)
        ax.plot(months[seen], table["observed"][seen], "o", color=color, markersize=4 if seen.sum() > 8 else 7)
        ends.append((float(table["projected"].iloc[-1]), float(months.iloc[-1]), name, color))
    longest = int(max([end for _, end, *_ in ends] or [12]))
    ax.set_xlim(-1, longest * 1.3)
    ax.set_ylim(0, 1.02)
    spread(ax, ends)
    ax.set_xticks(range(0, longest + 1, 12))
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_xlabel("months since the first; points: observed; dashed: projected, with its 95% interval")
    ax.set_ylabel("never lost")
    return ax


@styled
def backtest(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """What came after a hidden cut-off (points), what both models said before it. `table` is `survival.backtest`."""
    ax = axes(ax, title)
    if table.empty:
        return ax
    months = pd.DatetimeIndex([periods.month_start(int(month)) for month in table["month_no"]])
    ax.fill_between(months, table["low"], table["high"], color=BLUE, alpha=0.13, linewidth=0)
    ax.plot(months, table["projected"], color=BLUE, linestyle="--")
    ax.plot(months, table["constant_churn"], color=VERMILION, linestyle=":")
    ax.plot(months, table["observed"], "o", color=INK)
    lines = {
        "came true": ("observed", INK),
        "sBG": ("projected", BLUE),
        "constant churn": ("constant_churn", VERMILION),
    }
    last = (months[-1] - months[0]) / 30 if len(months) > 1 else pd.Timedelta(days=1)
    ends = [(float(table[column].iloc[-1]), months[-1] + last, name, color) for name, (column, color) in lines.items()]
    spread(ax, ends)
    ax.set_xlim(months[0] - last * 2, months[-1] + last * 8)
    ax.set_xticks(months[:: max(1, len(months) // 6)])
    ax.xaxis.set_major_formatter(DateFormatter("%Y-%m"))
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_xlabel("band: 95% interval of what would be counted")
    ax.set_ylabel("still there, of those at the cut-off")
    return ax
