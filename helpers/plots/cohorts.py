"""Charts of customers' lives: triangles, survival with numbers at risk, hazards, deviations, and tested predictions."""

from collections.abc import Iterable
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers import formats, periods
from helpers.plots import style
from helpers.plots.rows import cells, forest
from helpers.plots.scales import PERCENT, fix
from helpers.plots.style import C1, C2, INK, MUTED, Canvas, chart

MOST_BANDS = 3  # of more curves they would hide one another
_SCALE = {"percent": 100, "count": 1, "thousands": 1e-5}
STRONGEST = 0.5  # of a cell's color, so that ink can be read on it


@chart
def heatmap(
    canvas: Canvas, wide: pd.DataFrame, sizes: pd.Series, title: str, note: str = "", unit: str = "percent"
) -> None:
    """A cohort triangle by cohort (down) and age in months (across), each cell with its number, 12 months in bold.

    `wide` is what `company.grid` returns: shares (`unit` percent), accounts (count) or cents (thousands of the
    currency); `sizes` is what is written beside each cohort's name. What is not known yet is empty. Where shares pass
    100%, blue is above it and rust below. Of many ages some are drawn.
    """
    span = {3: "{0:%b}–{1:%b %Y}", 12: "{0:%Y}"}
    every = int(wide.columns[1] - wide.columns[0]) if wide.shape[1] > 1 else 1
    months = pd.DateOffset(months=every - 1)
    names = [span.get(every, "{0:%b %Y}").format(cohort, cohort + months) for cohort in wide.index]
    drawn = wide.set_axis([f"{name} ({size})" for name, size in zip(names, sizes, strict=True)])
    most = 6 if canvas.is_narrow else 13
    drawn = drawn.iloc[:, :: next((step for step in (1, 2, 3, 4, 6, 12) if -(-wide.shape[1] // step) <= most), 24)]
    if unit == "percent" and drawn.shape[1] > 1 and drawn.iloc[:, 0].eq(1).all():
        drawn = drawn.iloc[:, 1:].dropna(how="all")  # the first is the whole of each cohort; its size is in its name
    drawn = drawn.astype("float64") * _SCALE[unit]
    top = np.nanmax(drawn.to_numpy(), initial=0.0)
    start, reach = (0.0, max(top, 1.0)) if unit != "percent" else (100.0, 40.0) if top > 100.5 else (50.0, 50.0)
    looks = {}
    for row, column in np.argwhere(drawn.notna()):
        above = drawn.iat[row, column] - start
        color = C2 if above < 0 else C1, STRONGEST * min(abs(above) / reach, 1.0)
        looks[row, column] = {"facecolor": color, "fontweight": "bold" if drawn.columns[column] == 12 else "normal"}
    cells(canvas, drawn.map("{:,.0f}".format), looks)


@chart
def survival(canvas: Canvas, curve: pd.DataFrame, column: str, title: str, at_least: int = 30, most: int = 6) -> None:
    """Kaplan–Meier curves by group with their 95% bands, and the numbers at risk under the axis.

    `curve` is `company.curves`. A curve ends where fewer than `at_least` are at risk (a smaller group's where under a
    third of it is); of many groups the `most` largest are drawn.
    """
    drawn = _largest(curve, column, at_least, most)
    below = [style.fitted(name, 0.22 * canvas.width) for name in drawn]
    left = max([0.65, *(style.measured(name) + 0.3 for name in below)])
    ax = canvas.axes(3.0, left, canvas.beside(drawn), bottom=0.55 + 0.2 * len(drawn))
    is_crowded, ends, seen = len(drawn) > MOST_BANDS, [], [1.0]
    for (name, part), color in zip(drawn.items(), cycle(style.LINES), strict=False):
        if len(part):
            if not is_crowded:
                ax.fill_between(part.index, part["low"], part["high"], step="post", color=color, alpha=0.1, linewidth=0)
                seen += [*part["low"]]
            ax.step(part.index, part["survival"], where="post", color=color)
            ends.append((float(part["survival"].iloc[-1]), float(part.index[-1]), name, color))
            seen += [*part["survival"]]
    last = int(max([end for _, end, *_ in ends] or [1]))
    step = 1 if last <= 8 else 6 if last <= 48 else 12
    fix(ax.xaxis, range(0, last + 1, step * (2 if canvas.is_narrow and last > 24 else 1)))
    ax.set_xlim(-0.5, max(last, 1) + 0.5)
    style.shares(ax, seen)
    style.spread(ax, [(height, last if is_crowded else end, name, color) for height, end, name, color in ends])
    _at_risk(ax, below, drawn.values())


def _largest(curve: pd.DataFrame, column: str, at_least: int, most: int) -> dict[str, pd.DataFrame]:
    """The largest groups' curves by age, each as far as enough of it are at risk; all where no group has any."""
    sizes = curve.groupby(column, sort=False)["n_at_risk"].max().drop("all", errors="ignore")
    names = [name for name in sizes.sort_values(ascending=False, kind="stable").index[:most] if sizes[name]] or ["all"]
    parts = {str(name): curve[curve[column] == name].set_index("age") for name in names}
    return {
        name: part[part["n_at_risk"] >= min(at_least, max(1, part["n_at_risk"].max() // 3))]
        for name, part in parts.items()
    }


def _at_risk(ax: Axes, names: Iterable[str], parts: Iterable[pd.DataFrame]) -> None:
    """The accounts at risk of each curve, a line below the other under the ages of the axis."""
    for row, (name, part, color) in enumerate(zip(names, parts, cycle(style.LINES), strict=False)):
        by = (0, -32 - 14.4 * row)
        how = {"textcoords": "offset points", "va": "center", "color": color}
        ax.annotate(name, (0, 0), (-14, by[1]), xycoords="axes fraction", ha="right", **how)
        for age in part.index.intersection(ax.get_xticks().astype(int)):
            n = formats.count(part["n_at_risk"].loc[age])
            ax.annotate(n, (age, 0), by, xycoords=ax.get_xaxis_transform(), ha="center", **how)


@chart
def hazard(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """Share lost in each month of life, with intervals, the average and the highest. `table` is `company.hazard`."""
    table = table[table["n_at_risk"] >= min(100, table["n_at_risk"].max())]
    name = ""
    if len(table):
        average = canvas.facts["average"] = table["n_lost"].sum() / table["n_at_risk"].sum()
        name = "" if canvas.is_narrow else f"average {formats.percent(average)}"
    ax = canvas.plot([name] if name else [])
    if len(table):
        highest = table["rate"] == table["rate"].max()
        style.whiskers(ax, table["age"], table, "rate", [C2 if top and average else C1 for top in highest])
        style.level(ax, average, name)
        top, last = table[highest].iloc[0], table["age"].max()
        text = f"month {int(top['age'])}: {formats.percent(top['rate'])}"
        style.note(ax, text, (top["age"], top["rate"]), (-8 if top["age"] > last / 2 else 8, 0), color=C2)
        fix(ax.xaxis, range(0, int(last) + 1, 6 if last > 8 else 1))
        ax.set_xlim(left=min(0, ax.get_xlim()[0]))
    style.shares(ax, [] if table.empty else [0, *table["rate"], *table["high"]])


@chart
def deviations(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """Odds of a first loss by age, cohort and calendar month, each apart from its straight trend, one row a group.

    `table` is `company.bends`; what stands out is in color.
    """
    drawn = table[table["odds_ratio"].notna()].reset_index(drop=True)
    logs = np.log(drawn[["odds_ratio", "low", "high"]].astype("float64").clip(lower=1e-9))
    drawn = drawn.drop(columns=["low", "high"]).join(logs.rename(columns={"odds_ratio": "log_odds"}))
    colors = np.select([~drawn["stands_out"].astype(bool), drawn["odds_ratio"] > 1], [MUTED, C2], C1).tolist()
    forest(canvas, drawn, colors, ("log_odds", "low", "high"), is_odds=True)


@chart
def projection(canvas: Canvas, tables: dict[str, pd.DataFrame], title: str) -> None:
    """Observed renewals as points, the model's curve with its 95% band, one color a contract. `tables` hold
    `company.projection` by the name of the contract.
    """
    ax, ends = canvas.plot(tables), []
    for (name, table), color in zip(tables.items(), cycle(style.LINES), strict=False):
        x = table["age"] * table["term_months"]
        style.line(ax, x, table, color, ("projected", "low", "high"), "--")
        seen = table["observed"].notna()
        ax.plot(x[seen], table["observed"][seen], "o", color=color, markersize=4 if seen.sum() > 8 else 7)
        ends.append((float(table["projected"].iloc[-1]), float(x.iloc[-1]), name, color))
    longest = int(max([end for _, end, *_ in ends] or [12]))
    ax.set_xlim(-1, max(longest, 1))
    style.shares(ax, [0, 1], pad=0.02)
    style.spread(ax, [(height, longest, name, color) for height, _, name, color in ends])
    fix(ax.xaxis, range(0, longest + 1, 24 if canvas.is_narrow and longest > 36 else 12))


@chart
def backtest(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """What came after a hidden cut-off (points), what both models said before it. `table` is one of `company.tests`."""
    models = (
        ("our model", "projected", C1, "--"),
        ("constant churn", "constant_churn", C2, ":"),
        ("observed", "observed", INK, "o"),
    )
    ax = canvas.plot([name for name, *_ in models])
    x = style.months(ax, [periods.month_start(int(month)).strftime("%Y-%m") for month in table["month_no"]])
    if table.empty:
        return
    ax.fill_between(x, table["low"], table["high"], color=C1, alpha=0.13, linewidth=0)
    for _, column, color, how in models:
        ax.plot(x, table[column], how, color=color, markersize=5)
    style.shares(ax, table[["low", "high", *(column for _, column, *_ in models)]].to_numpy("float64").ravel())
    style.spread(ax, [(float(table[column].iloc[-1]), float(x[-1]), name, color) for name, column, color, _ in models])


@chart
def calibration(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """Predicted against observed: a point a group of accounts with its 95% interval; on the line the risk is right.

    `table` is `found.validation.calibration`.
    """
    ax = canvas.plot()
    top = max(float(table["high"].max()), float(table["predicted"].max())) * 1.05
    ax.plot([0, top], [0, top], color=MUTED, linewidth=1, linestyle="--")
    style.note(ax, "as predicted", (top, top), (-4, -56), va="top", color=MUTED)
    style.whiskers(ax, table["predicted"], table, "observed")
    ax.set(xlim=(0, min(top, 1)), ylim=(0, min(top, 1)))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PERCENT)
