"""One function a chart: a finished table in, Axes out. No computation but of positions; one style for all.

Colors are from Okabe and Ito (2008), told apart by color-blind readers and in grey. A title states the finding; the
notebook computes it from the numbers.
"""

from functools import wraps

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from helpers import formats

BLUE, ORANGE, GREEN, VERMILION, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C", "#222222"
WIDTH = 9.0
_STYLE = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "hatch.color": "#BBBBBB",
    "text.parse_math": False,  # a dollar sign is money here
    "xtick.color": INK,
    "ytick.color": INK,
}
_PERCENT = FuncFormatter(lambda rate, _: formats.percent(rate, 0))
_PERCENT_1 = FuncFormatter(lambda rate, _: formats.percent(rate))


def _styled(draw):
    @wraps(draw)
    def styled(*args, **kwargs):
        with plt.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return styled


def _axes(ax: Axes | None, title: str, height: float = 4.2) -> Axes:
    if ax is None:
        _, ax = plt.subplots(figsize=(WIDTH, height))
    ax.set_title(_wrapped(title))
    return ax


def _wrapped(title: str, width: int = 78) -> str:
    lines, line = [], ""
    for word in title.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


@_styled
def waterfall(bridge: pd.Series, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """From the opening MRR to the closing MRR: one bar a movement, with its amount. `bridge` is `movements.bridge`."""
    ax = _axes(ax, title)
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
    ax.yaxis.set_major_formatter(FuncFormatter(lambda cents, _: formats.money(cents, currency)))
    ax.set_ylabel("MRR")
    return ax


@_styled
def intervals(
    table: pd.DataFrame,
    title: str,
    xlabel: str,
    reference: float | None = None,
    band: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """One metric by segment: a point and its 95% interval a row, n beside it, greyed where `few`. `table` is tidy.

    `band` shades what others have published (`benchmarks.band`); it is no target.
    """
    drawn = table[table["value"].notna()].iloc[::-1].reset_index(drop=True)
    ax = _axes(ax, title, height=1.4 + 0.5 * max(len(drawn), 1))
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
    ax.xaxis.set_major_formatter(_PERCENT)
    ax.set_xlabel(f"{xlabel}; bars are 95% intervals")
    return ax


@_styled
def series(table: pd.DataFrame, title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """One metric month by month with its 95% interval as a band. `table` is tidy, one row a period."""
    ax = _axes(ax, title)
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
    ax.yaxis.set_major_formatter(_PERCENT)
    ax.set_ylabel(ylabel)
    ax.set_xlabel("band: 95% interval")
    return ax


@_styled
def heatmap(wide: pd.DataFrame, sizes: pd.Series, title: str, note: str = "", ax: Axes | None = None) -> Axes:
    """A cohort triangle: shares by cohort (down) and age in months (across); cells that cannot be known are hatched.

    `wide` is `cohorts.wide`, `sizes` what stands beside each cohort's name, already written out. Where the ages are too
    many to label every cell, those of every half year are.
    """
    import seaborn as sns  # brings all of scipy.stats, which only a notebook with a heatmap need pay

    n_cohorts, n_ages = wide.shape
    ax = _axes(ax, title, height=2.0 + 0.21 * n_cohorts)
    ax.set_facecolor("#F4F4F4")
    ax.patch.set_hatch("///")
    if wide.empty:
        return ax
    values = wide.to_numpy()
    known = values[~np.isnan(values)]
    bottom, top = (np.floor(known.min() * 10) / 10, max(1.0, np.quantile(known, 0.98))) if known.size else (0.0, 1.0)
    sns.heatmap(
        wide, ax=ax, cmap="viridis", vmin=bottom, vmax=top, mask=wide.isna(), linewidths=0.3, linecolor="white",
        yticklabels=[f"{cohort:%Y-%m}  ({size})" for cohort, size in zip(wide.index, sizes, strict=True)],
        cbar_kws={"format": _PERCENT, "shrink": 0.5, "fraction": 0.03, "pad": 0.01},
    )  # fmt: skip
    step = 1 if n_ages <= 16 else 3 if n_ages <= 25 else 6
    for row, column in np.argwhere(~np.isnan(values)):
        if column % step == 0:
            dark = values[row, column] < (bottom + top) / 2
            text, color = f"{100 * values[row, column]:.0f}", "white" if dark else "black"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7.5, color=color)
    ages = np.arange(0, n_ages, step)
    ax.set_xticks(ages + 0.5, [str(age) for age in ages])
    ax.tick_params(axis="y", labelsize=9, rotation=0, length=0)
    ax.tick_params(axis="x", labelsize=9, rotation=0, length=0)
    ax.set_xlabel(
        f"age in months (numbers are percent; hatched: cannot be known yet){'; ' + note if note else ''}", fontsize=10
    )
    ax.set_ylabel("cohort (size)")
    return ax


@_styled
def curves(tables: dict[str, pd.DataFrame], title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """Retention by age, one line a group, named at its end, with 95% bands where the table has them.

    Each table has age_months, share and, where known, low and high.
    """
    ax = _axes(ax, title, height=4.6)
    ends = []
    for (name, table), color in zip(tables.items(), [BLUE, VERMILION, GREEN, ORANGE, INK, GREY] * 9, strict=False):
        if "low" in table.columns:
            ax.fill_between(table["age_months"], table["low"], table["high"], color=color, alpha=0.15, linewidth=0)
        ax.plot(table["age_months"], table["share"], color=color)
        if len(table):
            ends.append([float(table["share"].iloc[-1]), float(table["age_months"].iloc[-1]), name, color])
    lowest, highest = ax.get_ylim()
    gap, place = (highest - lowest) * 0.055, -np.inf
    for share, age, name, color in sorted(ends):
        place = max(share, place + gap)
        ax.annotate(
            str(name), (age, share), color=color, va="center", fontweight="bold",
            xytext=(age + 0.4, place),
        )  # fmt: skip
    ax.margins(x=0.14)
    ax.set_ylim(bottom=max(0, lowest), top=highest)
    ax.yaxis.set_major_formatter(_PERCENT)
    ax.set_xlabel("age in months; bands: 95% intervals")
    ax.set_ylabel(ylabel)
    return ax


@_styled
def definitions(rows: pd.DataFrame, title: str, show=formats.percent, ax: Axes | None = None) -> Axes:
    """One metric under each named convention: a dot a row, its value beside it, ours in blue, a wrong one crossed.

    `rows` are one metric's of `conventions.switchboard` (undefined ones are left out); `show` writes its values.
    """
    drawn = rows[rows["value"].notna()].iloc[::-1].reset_index(drop=True)
    ax = _axes(ax, title, height=1.4 + 0.5 * max(len(drawn), 1))
    for place, row in drawn.iterrows():
        is_ours, is_wrong = (row["convention"].endswith(mark) for mark in ("(ours)", "(wrong)"))
        color = BLUE if is_ours else VERMILION if is_wrong else INK
        ax.plot(row["value"], place, "X" if is_wrong else "o", color=color, markersize=11 if is_ours else 8)
        ax.annotate(
            show(row["value"]), (row["value"], place), (10, 0), textcoords="offset points", va="center", color=color,
            fontweight="bold" if is_ours else "normal", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        if is_ours:
            ax.axvline(row["value"], color=BLUE, linewidth=1, linestyle=":", zorder=0)
    ax.set_yticks(range(len(drawn)), [_wrapped(name, 36) for name in drawn["convention"]])
    ax.set_ylim(-0.6, max(len(drawn), 1) - 0.4)
    ax.margins(x=0.15)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
    return ax


@_styled
def process(chart: pd.DataFrame, title: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """A process-behavior chart: monthly values, their average, natural process limits, and the signals marked.

    `chart` is one metric of `comparison.xmr_table`; without limits (under 12 points) only the values are drawn.
    """
    ax = _axes(ax, title)
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
    broken = chart["signal"] != ""
    ax.plot(
        months[broken], chart["value"][broken], "o", markersize=11, markerfacecolor="none", markeredgecolor=VERMILION
    )
    ax.yaxis.set_major_formatter(_PERCENT_1)
    ax.set_ylabel(ylabel)
    ax.set_xlabel("grey: average and natural process limits; ringed: a signal")
    return ax
