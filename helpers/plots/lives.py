"""Charts of customer lives: survival with numbers at risk, hazards, deviations, projections and their test."""

from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.ticker import FuncFormatter

from helpers import formats, periods
from helpers.plots import style

AXES = {"age": "months of age", "cohort": "cohort, from", "month": "calendar month, from"}


@style.styled
def survival(
    curve: pd.DataFrame, column: str, title: str, at_least: int = 30, most: int = 6, ax: Axes | None = None
) -> Axes:
    """Kaplan–Meier curves by group with their 95% bands, and the numbers at risk under the axis.

    `curve` is `survival.by_group`. A curve ends where fewer than `at_least` are at risk (a smaller group's where under
    a third of it is); of many groups the `most` largest are drawn.
    """
    drawn = _largest(curve, column, at_least, most)
    height = 4.4 + 0.24 * len(drawn)
    ax, ends = style.axes(ax, title, height=height), []
    for (name, part), color in zip(drawn.items(), cycle(style.LINES), strict=False):
        if len(part):
            ax.fill_between(part.index, part["low"], part["high"], step="post", color=color, alpha=0.13, linewidth=0)
            ax.step(part.index, part["survival"], where="post", color=color)
            ends.append((float(part["survival"].iloc[-1]), float(part.index[-1]), name, color))
    style.spread(ax, ends)
    last = max([int(part.index.max()) for part in drawn.values() if len(part)] or [1])
    ax.set_xticks(range(0, last + 1, 1 if last <= 8 else 6 if last <= 48 else 12))
    ax.set_xlim(-0.5, max(last, 1) * 1.16 + 0.5)
    _at_risk(ax, drawn, 0.3 / height)
    about = "age in months; bands: 95% intervals; below: accounts at risk"
    return style.labeled(ax, about, "have never left", y=style.PERCENT)


def _largest(curve: pd.DataFrame, column: str, at_least: int, most: int) -> dict[str, pd.DataFrame]:
    """The largest groups' curves by age, each as far as enough of it are at risk; all where no group has any."""
    sizes = curve.groupby(column, sort=False)["n_at_risk"].max().drop("all", errors="ignore")
    names = [name for name in sizes.sort_values(ascending=False, kind="stable").index[:most] if sizes[name]] or ["all"]
    parts = {str(name): curve[curve[column] == name].set_index("age") for name in names}
    return {
        name: part[part["n_at_risk"] >= min(at_least, max(1, part["n_at_risk"].max() // 3))]
        for name, part in parts.items()
    }


def _at_risk(ax: Axes, drawn: dict[str, pd.DataFrame], line: float) -> None:
    """The accounts at risk of each curve, a line below the other under the ages of the axis."""
    for row, ((name, part), color) in enumerate(zip(drawn.items(), cycle(style.LINES), strict=False)):
        place = -0.2 - line * row
        ax.text(-0.012, place, name, transform=ax.transAxes, ha="right", color=color, fontsize=9)
        for age in part.index.intersection(ax.get_xticks().astype(int)):
            n = formats.count(part["n_at_risk"].loc[age])
            ax.text(age, place, n, transform=ax.get_xaxis_transform(), ha="center", color=color, fontsize=9)


@style.styled
def hazard(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Share lost in each month of life, with 95% intervals, and the average. `table` is `survival.hazard`."""
    ax = style.axes(ax, title)
    if len(table):
        style.whiskers(ax, table["age"], table, "rate")
        average = table["n_lost"].sum() / table["n_at_risk"].sum()
        style.level(ax, average, f"average {formats.percent(average)}")
        ax.set_xticks(range(0, int(table["age"].max()) + 1, 3 if table["age"].max() > 8 else 1))
    ax.set_ylim(bottom=0)
    return style.labeled(ax, "month of life; bars: 95% intervals", "leave, of those still there", y=style.PERCENT_1)


@style.styled
def deviations(table: pd.DataFrame, title: str) -> Axes:
    """Odds of a first loss by age, cohort and calendar month, each apart from its straight trend, side by side.

    `table` is `cohorts.deviations`; what stands out is ringed. Returns the first of the three Axes.
    """
    three = style.panels(title, height=4.4)
    for (axis, xlabel), ax in zip(AXES.items(), three, strict=True):
        part = table[table["axis"] == axis].reset_index(drop=True)
        ax.axhline(1, color=style.GREY, linewidth=1, linestyle=":")
        style.whiskers(ax, part.index, part, "odds_ratio")
        out = part[part["stands_out"].astype(bool)]
        style.ring(ax, out.index, out["odds_ratio"])
        names = [name if axis == "age" else name.partition(" to ")[0] for name in part["label"]]
        ax.set_xticks(range(len(part)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
        ax.set_xlabel(xlabel)
        ax.set_yscale("log")
    ticks = [0.25, 0.5, 1, 2, 4]
    three[0].set_yticks(ticks, [f"× {tick:g}" for tick in ticks])
    three[0].yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    three[0].set_ylabel("odds of leaving compared with the trend")
    three[0].figure.tight_layout()
    return three[0]


@style.styled
def projection(tables: dict[str, pd.DataFrame], title: str, ax: Axes | None = None) -> Axes:
    """Observed renewals as points, the model's curve with its 95% band, one color a contract. `tables` hold
    `survival.project` by the name of the contract.
    """
    ax, ends = style.axes(ax, title, height=4.6), []
    for (name, table), color in zip(tables.items(), cycle(style.LINES), strict=False):
        months = table["age"] * table["term_months"]
        ax.fill_between(months, table["low"], table["high"], color=color, alpha=0.13, linewidth=0)
        seen = table["observed"].notna()
        ax.plot(months, table["projected"], color=color, linestyle="--", linewidth=1.5)
        ax.plot(months[seen], table["observed"][seen], "o", color=color, markersize=4 if seen.sum() > 8 else 7)
        ends.append((float(table["projected"].iloc[-1]), float(months.iloc[-1]), name, color))
    longest = int(max([end for _, end, *_ in ends] or [12]))
    ax.set_xlim(-1, longest * 1.3)
    ax.set_ylim(0, 1.02)
    style.spread(ax, ends)
    ax.set_xticks(range(0, longest + 1, 12))
    about = "months since the first; points: observed; dashed: projected; band: its interval or range"
    return style.labeled(ax, about, "have never left", y=style.PERCENT)


@style.styled
def backtest(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """What came after a hidden cut-off (points), what both models said before it. `table` is `survival.backtest`."""
    ax = style.axes(ax, title)
    if table.empty:
        return ax
    months = pd.DatetimeIndex([periods.month_start(int(month)) for month in table["month_no"]])
    step = (months[-1] - months[0]) / 30 if len(months) > 1 else pd.Timedelta(days=1)
    ax.fill_between(months, table["low"], table["high"], color=style.BLUE, alpha=0.13, linewidth=0)
    ends = []
    for name, column, color, line in (
        ("sBG", "projected", style.BLUE, "--"),
        ("constant churn", "constant_churn", style.VERMILION, ":"),
        ("observed", "observed", style.INK, "o"),
    ):
        ax.plot(months, table[column], line, color=color)
        ends.append((float(table[column].iloc[-1]), months[-1] + step, name, color))
    style.spread(ax, ends)
    ax.set_xlim(months[0] - step * 2, months[-1] + step * 8)
    ax.set_xticks(months[:: max(1, len(months) // 6)])
    about = "band: 95% interval of the projected count"
    return style.labeled(ax, about, "still there, of those at the cut-off", DateFormatter("%Y-%m"), style.PERCENT)
