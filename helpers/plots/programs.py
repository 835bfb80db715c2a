"""Charts of programs and of the changing customer."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from helpers import formats
from helpers.plots import style
from helpers.plots.rows import row_axes, rows

_RATIOS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16)
_SIDES = {
    "n_touches": "recorded contacts",
    "pipeline_cents": "pipeline created",
    "at_stake_cents": "MRR at stake",
    "gained_cents": "MRR won",
}


@style.styled
def effects(table: pd.DataFrame, names: dict[str, str], title: str, ax: Axes | None = None) -> Axes:
    """The sound effect of each program with its interval, and the simple comparison as a cross; odds, on a log scale.

    `table` is rows of `programs.quoted` for one outcome on the log-odds scale; `names`: program → what people call it.
    """
    drawn = table[table["estimate"].notna()].sort_values("estimate", kind="stable")
    ax = row_axes(ax, title, len(drawn), head=2.0, each=0.55)
    is_apart = drawn["p_adjusted"] < 0.05
    colors = [style.shade(verdict, not apart) for verdict, apart in zip(drawn["verdict"], is_apart, strict=True)]
    called = [names.get(name, name) for name in drawn["program"]]
    rows(ax, drawn, called, colors=colors, columns=("estimate", "low", "high"))
    for place, simple in enumerate(drawn["naive"][::-1]):
        if pd.notna(simple):
            ax.plot(simple, place, "x", color=style.VERMILION, markersize=9, markeredgewidth=2)
    ax.axvline(0, color=style.GREY, linewidth=1, linestyle=":")
    ends = [*drawn["low"], *drawn["high"], *drawn["naive"].dropna(), -0.7, 0.7]
    ax.set_xlim(min(ends) - 0.25, max(ends) + 0.25)
    ax.xaxis.set_major_locator(FixedLocator([np.log(ratio) for ratio in _RATIOS]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"×{np.exp(x):.3g}"))
    ax.set_xlabel(
        "odds of enrolled accounts compared with the others; bars: 95% intervals, blue: a clear difference;\n"
        "red cross: simple comparison (ever enrolled vs. never), biased in every program's favor"
    )
    return ax


@style.styled
def standing(table: pd.DataFrame, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """Accounts in force by the furthest stage reached, with their MRR; and the share that goes on within a year.

    `table` is `lifecycle.transitions`.
    """
    ax = row_axes(ax, title, len(table), head=1.8, each=0.62)
    drawn = table.iloc[::-1].reset_index(drop=True)
    ax.barh(range(len(drawn)), drawn["n_standing"], color=style.BLUE, height=0.6)
    for place, row in drawn.iterrows():
        n = formats.plural(int(row["n_standing"]), "account")
        label = f"{n}, {formats.money(row['mrr_cents'], currency)} a month"
        if pd.notna(row["share_12_months"]):
            share = formats.percent(row["share_12_months"])
            label += f"\n{share} of those who come here go on within a year, if they stay"
        style.note(ax, label, (row["n_standing"], place), fontsize=9.5)
    ax.set_yticks(range(len(drawn)), drawn["stage"])
    ax.set_xlim(0, max([1, *table["n_standing"]]) * 1.75)
    return style.labeled(ax, "paying accounts by the furthest stage they have reached")


@style.styled
def stories(cells: pd.DataFrame, rows: str, columns: str, title: str, ax: Axes | None = None) -> Axes:
    """Stories that a prospect of each kind would find; hatched where there is none. `cells` is `stories.coverage`."""
    wide = cells.pivot(index=rows, columns=columns, values="n_stories").astype("float64")
    sizes = cells.pivot(index=rows, columns=columns, values="n_accounts")
    ax = row_axes(ax, title, len(wide), head=2.0, each=0.42)
    if wide.empty:
        ax.set_axis_off()
        ax.text(0.5, 0.5, "nothing on record", ha="center", va="center", color=style.GREY, transform=ax.transAxes)
        return ax
    top = max([1.0, *wide.max().dropna()])
    ax.set_facecolor(style.PALE)
    ax.imshow(wide.where(wide > 0), cmap="Blues", vmin=0, vmax=top * 1.4, aspect="auto")
    for (row, column), n in np.ndenumerate(wide):
        if not np.isnan(n):
            _cell(ax, (column, row), int(n), int(sizes.iloc[row, column]), "white" if n > top * 0.8 else style.INK)
    ax.set_xticks(range(wide.shape[1]), wide.columns)
    ax.set_yticks(range(wide.shape[0]), wide.index)
    return style.labeled(ax, "stories on record, and paying accounts; hatched: no story yet")


def _cell(ax: Axes, at: tuple[int, int], n_stories: int, n_accounts: int, color: str) -> None:
    told = formats.plural(n_stories, "story", "stories") if n_stories else "none"
    text = ax.text(*at, f"{told}, {formats.plural(n_accounts, 'account')}", ha="center", va="center", fontsize=9.5)
    text.set_color(color)
    if not n_stories:
        corner = (at[0] - 0.5, at[1] - 0.5)
        ax.add_patch(Rectangle(corner, 1, 1, hatch="///", facecolor="white", edgecolor=style.ORANGE))
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.5})


@style.styled
def hazards(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """The monthly risk to leave in each state with its interval, and the odds against others. See `change.by_state`."""
    drawn = table[table["hazard"].notna()]
    ax = row_axes(ax, title, len(drawn), head=1.8)
    labels = []
    for row in drawn.to_dict("records"):
        odds = f", odds ×{np.exp(row['log_odds']):.1f}" if pd.notna(row["log_odds"]) else ""
        few = " (few)" if row["verdict"] == "few" else ""
        labels.append(f"{formats.percent(row['hazard'])}{odds}, n = {formats.count(int(row['n_accounts']))}{few}")
    is_main = drawn["state"].isin(["neither", "any change", "stagnating"])
    colors = [style.shade(verdict, main) for verdict, main in zip(drawn["verdict"], is_main, strict=True)]
    rows(ax, drawn, drawn["state"].str.replace("_", " "), labels, colors, ("hazard", "low", "high"))
    ax.set_xlim(0, max([0.01, *drawn["high"]]) * 1.45)
    about = "share of accounts that leave per month; bars: 95% intervals; odds: other factors held constant"
    return style.labeled(ax, about, x=style.PERCENT_1)


@style.styled
def destinations(table: pd.DataFrame, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """Where lost revenue went: share by destination with its interval. See `change.where_accounts_went`."""
    ax = row_axes(ax, title, len(table), head=1.6)
    counts = zip(table["mrr_cents"], table["n_accounts"], strict=True)
    labels = [f"{formats.money(cents, currency)}, {formats.plural(int(n), 'account')}" for cents, n in counts]
    colors = [style.GREY if name == "not recorded" else style.BLUE for name in table["went_to"]]
    ax.barh(range(len(table)), table["share_mrr"][::-1], color=colors[::-1], height=0.6, alpha=0.25)
    columns = ("share_mrr", "low", "high")
    rows(ax, table, table["went_to"].str.replace("_", " "), labels, colors, columns)
    ax.set_xlim(0, max([0.1, *table["high"].fillna(0), *table["share_mrr"].fillna(0)]) * 1.4)
    return style.labeled(ax, "share of the MRR lost; lines are 95% intervals", x=style.PERCENT)


@style.styled
def years(table: pd.DataFrame, title: str) -> Axes:
    """Risk and contacts by year of the customer's life, one above the other. See `change.by_year_of_life`."""
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(style.WIDTH, 5.2), sharex=True)
    style.axes(upper, title)
    at = range(len(table))
    style.whiskers(upper, at, table, "hazard", size=8)
    for place, (rate, n) in enumerate(zip(table["hazard"], table["n_accounts"], strict=True)):
        style.note(upper, f"{formats.percent(rate)}, n = {formats.count(int(n))}", (place, rate), (10, 0), va="center")
    upper.set_ylim(0, max([0.01, *table["high"]]) * 1.2)
    style.labeled(upper, "", "leave per month", y=style.PERCENT_1)
    contacts = table["touches_per_account_year"].fillna(0)
    lower.bar(at, contacts, color=style.GREY, width=0.5)
    for place, value in enumerate(contacts):
        style.note(lower, f"{value:.1f}", (place, value), (0, 3))
    lower.set_ylim(0, max([1.0, *contacts]) * 1.2)
    lower.set_xticks(list(at), [f"year {int(year)}" for year in table["life_year"]])
    lower.set_xlim(-0.5, max(len(table), 1) - 0.25)
    about = "year of the customer's life; bars above are 95% intervals"
    style.labeled(lower, about, "contacts per\naccount per year")
    figure.align_ylabels()
    return upper


@style.styled
def sides(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """How contacts, pipeline and revenue divide between new logos and the existing base. See `change.sides`."""
    amounts = table.set_index("side")[list(_SIDES)].astype("Float64").astype("float64")
    shares = (amounts.loc["existing base"] / amounts.sum()).iloc[::-1]
    ax = row_axes(ax, title, len(shares), head=1.6, each=0.55)
    for place, share in enumerate(shares):
        if np.isnan(share):
            style.note(ax, "not on record", (0.01, place), (0, 0), ha="left", color=style.GREY)
            continue
        ax.barh(place, share, color=style.BLUE, height=0.6)
        ax.barh(place, 1 - share, left=share, color=style.ORANGE, height=0.6, hatch="//", edgecolor="white")
        style.note(ax, f"existing base {formats.percent(share, 0)}", (1, place))
    ax.set_yticks(range(len(shares)), [_SIDES[name] for name in shares.index])
    ax.set_xlim(0, 1.3)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    return style.labeled(ax, "share over 12 months; blue: existing base, hatched: new logos", x=style.PERCENT)
