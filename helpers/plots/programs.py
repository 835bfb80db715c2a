"""Charts of programs and of the changing customer: a finished table in, Axes out, in the style of `plots`."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from helpers import formats
from helpers.plots.style import BLUE, GREY, INK, ORANGE, PERCENT, PERCENT_1, VERMILION, WIDTH, axes, styled, wrapped

_RATIOS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16)


@styled
def effects(rows: pd.DataFrame, names: dict[str, str], title: str, ax: Axes | None = None) -> Axes:
    """The sound effect of each program with its interval, and the naive figure as a cross; odds, on a log scale.

    `rows` are rows of `programs.quoted` for one outcome on the log-odds scale; `names`: program → what people call it.
    """
    drawn = rows[rows["estimate"].notna()].sort_values("estimate", ascending=False, kind="stable")
    ax = axes(ax, title, height=2.0 + 0.55 * max(len(drawn), 1))
    for place, (_, row) in enumerate(drawn.iterrows()):
        apart = row["p_adjusted"] < 0.05
        color = GREY if row["verdict"] == "few" else BLUE if apart else INK
        ax.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2.5, solid_capstyle="butt")
        ax.plot(row["estimate"], place, "o", color=color, markersize=8, label="_")
        if pd.notna(row["naive"]):
            ax.plot(row["naive"], place, "x", color=VERMILION, markersize=9, markeredgewidth=2)
    ax.axvline(0, color=GREY, linewidth=1, linestyle=":")
    ends = [*drawn["low"], *drawn["high"], *drawn["naive"].dropna(), -0.7, 0.7]
    ax.set_xlim(min(ends) - 0.25, max(ends) + 0.25)
    ax.xaxis.set_major_locator(FixedLocator([np.log(ratio) for ratio in _RATIOS]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"×{np.exp(x):.3g}"))
    ax.set_yticks(range(len(drawn)), [wrapped(names.get(name, name), 26) for name in drawn["program"]])
    ax.set_ylim(-0.7, max(len(drawn), 1) - 0.3)
    ax.set_xlabel(
        "odds of enrolled accounts against the others; bars: 95% intervals, blue: apart from no effect;\n"
        "red cross: the naive figure of ever against never, which no program deserves"
    )
    return ax


@styled
def standing(table: pd.DataFrame, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """Accounts in force by the furthest stage reached, with their MRR; and the share that goes on within a year.

    `table` is `lifecycle.transitions`.
    """
    ax = axes(ax, title, height=1.8 + 0.62 * max(len(table), 1))
    drawn = table.iloc[::-1].reset_index(drop=True)
    ax.barh(range(len(drawn)), drawn["n_standing"], color=BLUE, height=0.6)
    for place, row in drawn.iterrows():
        label = (
            f"{formats.plural(int(row['n_standing']), 'account')}, {formats.money(row['mrr_cents'], currency)} a month"
        )
        if pd.notna(row["share_12_months"]):
            label += (
                f"\n{formats.percent(row['share_12_months'])} of those who come here go on within a year, if they stay"
            )
        ax.annotate(label, (row["n_standing"], place), (8, 0), textcoords="offset points", va="center", fontsize=9.5)
    ax.set_yticks(range(len(drawn)), drawn["stage"])
    ax.set_xlim(0, max(1, table["n_standing"].max() if len(table) else 1) * 1.75)
    ax.set_xlabel("accounts in force whose furthest stage it is")
    return ax


@styled
def stories(cells: pd.DataFrame, rows: str, columns: str, title: str, ax: Axes | None = None) -> Axes:
    """Stories that a prospect of each kind would find; hatched where there is none. `cells` is `stories.coverage`."""
    wide = cells.pivot(index=rows, columns=columns, values="n_stories")
    sizes = cells.pivot(index=rows, columns=columns, values="n_accounts")
    ax = axes(ax, title, height=2.0 + 0.42 * max(len(wide), 1))
    if wide.empty:
        ax.set_axis_off()
        ax.text(0.5, 0.5, "nothing on record", ha="center", va="center", color=GREY, transform=ax.transAxes)
        return ax
    known = wide.to_numpy(dtype=float)
    top = max(1.0, float(np.nanmax(known)) if np.isfinite(known).any() else 1.0)
    ax.set_facecolor("#F4F4F4")
    ax.imshow(np.where(known > 0, known, np.nan), cmap="Blues", vmin=0, vmax=top * 1.4, aspect="auto")
    for (row, column), n in np.ndenumerate(known):
        if np.isnan(n):
            continue
        if n == 0:
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, hatch="///", facecolor="white", edgecolor=ORANGE))
        size = formats.plural(int(sizes.iloc[row, column]), "account")
        text = f"{formats.plural(int(n), 'story', 'stories')}, {size}" if n else f"none, {size}"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if n == 0 else None
        ax.text(
            column, row, text, ha="center", va="center", fontsize=9.5, bbox=box, color="white" if n > top * 0.8 else INK
        )
    ax.set_xticks(range(wide.shape[1]), wide.columns)
    ax.set_yticks(range(wide.shape[0]), wide.index)
    ax.set_xlabel("stories on record, and accounts in force; hatched: none to tell")
    return ax


@styled
def hazards(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """The monthly risk to leave in each state with its interval, and the odds against others. See `change.by_state`."""
    drawn = table[table["hazard"].notna()].iloc[::-1].reset_index(drop=True)
    ax = axes(ax, title, height=1.8 + 0.5 * max(len(drawn), 1))
    for place, row in drawn.iterrows():
        is_all = row["state"] in ("neither", "any change", "stagnating")
        color = GREY if row["verdict"] == "few" else INK if is_all else BLUE
        ax.plot([row["low"], row["high"]], [place, place], color=color, linewidth=2.5, solid_capstyle="butt")
        ax.plot(row["hazard"], place, "o", color=color, markersize=8)
        label = formats.percent(row["hazard"])
        if pd.notna(row["log_odds"]):
            label += f", odds ×{np.exp(row['log_odds']):.1f}"
        label += f", n = {formats.count(int(row['n_accounts']))}" + (" (few)" if row["verdict"] == "few" else "")
        ax.annotate(label, (row["high"], place), (8, 0), textcoords="offset points", va="center", color=color)
    ax.set_yticks(range(len(drawn)), [str(state).replace("_", " ") for state in drawn["state"]])
    ax.set_ylim(-0.6, max(len(drawn), 1) - 0.4)
    ax.set_xlim(0, max([0.01, *drawn["high"]]) * 1.45)
    ax.xaxis.set_major_formatter(PERCENT_1)
    ax.set_xlabel("share of accounts that leave in a month; bars are 95% intervals; odds: all else alike")
    return ax


@styled
def destinations(table: pd.DataFrame, currency: str, title: str, ax: Axes | None = None) -> Axes:
    """Where lost revenue went: share by destination with its interval. See `change.where_accounts_went`."""
    drawn = table.iloc[::-1].reset_index(drop=True)
    ax = axes(ax, title, height=1.6 + 0.5 * max(len(drawn), 1))
    for place, row in drawn.iterrows():
        color = GREY if row["went_to"] == "not recorded" else BLUE
        ax.barh(place, row["share_mrr"], color=color, height=0.6, alpha=0.85)
        end = row["share_mrr"]
        if pd.notna(row["low"]):
            ax.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=1.5)
            end = max(end, row["high"])
        label = f"{formats.money(row['mrr_cents'], currency)}, {formats.plural(int(row['n_accounts']), 'account')}"
        ax.annotate(label, (end, place), (8, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(drawn)), [str(name).replace("_", " ") for name in drawn["went_to"]])
    ax.set_xlim(0, max([0.1, *drawn["high"].fillna(0), *drawn["share_mrr"].fillna(0)]) * 1.4)
    ax.xaxis.set_major_formatter(PERCENT)
    ax.set_xlabel("share of the MRR lost; lines are 95% intervals")
    return ax


@styled
def years(table: pd.DataFrame, title: str) -> Axes:
    """Risk and contacts by year of the customer's life, one above the other. See `change.by_year_of_life`."""
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(WIDTH, 5.2), sharex=True)
    upper.set_title(wrapped(title))
    at = range(len(table))
    upper.plot(at, table["hazard"], "o", color=BLUE, markersize=8)
    for place, (_, row) in enumerate(table.iterrows()):
        upper.plot([place, place], [row["low"], row["high"]], color=BLUE, linewidth=2.5, solid_capstyle="butt")
        label = f"{formats.percent(row['hazard'])}, n = {formats.count(int(row['n_accounts']))}"
        upper.annotate(label, (place, row["hazard"]), (10, 0), textcoords="offset points", va="center")
    upper.set_ylim(0, max([0.01, *table["high"]]) * 1.2)
    upper.yaxis.set_major_formatter(PERCENT_1)
    upper.set_ylabel("leave in a month")
    contacts = table["touches_per_account_year"].fillna(0)
    lower.bar(at, contacts, color=GREY, width=0.5)
    for place, value in enumerate(contacts):
        lower.annotate(f"{value:.1f}", (place, value), (0, 3), textcoords="offset points", ha="center")
    lower.set_ylim(0, max([1.0, *contacts]) * 1.2)
    lower.set_ylabel("contacts an\naccount and year")
    lower.set_xticks(list(at), [f"year {int(year)}" for year in table["life_year"]])
    lower.set_xlim(-0.5, max(len(table), 1) - 0.25)
    lower.set_xlabel("year of the customer's life; bars above are 95% intervals")
    figure.align_ylabels()
    return upper


@styled
def sides(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """How contacts, pipeline and revenue divide between new logos and the existing base. See `change.sides`."""
    labels = {
        "n_touches": "recorded contacts",
        "pipeline_cents": "pipeline created",
        "at_stake_cents": "MRR at stake",
        "gained_cents": "MRR won",
    }
    rows = table.set_index("side")[list(labels)].astype("Float64").astype("float64")
    shares = (rows.loc["existing base"] / rows.sum()).iloc[::-1]
    ax = axes(ax, title, height=1.6 + 0.55 * len(shares))
    for place, (_, share) in enumerate(shares.items()):
        if np.isnan(share):
            ax.annotate("not on record", (0.01, place), va="center", color=GREY)
            continue
        ax.barh(place, share, color=BLUE, height=0.6)
        ax.barh(place, 1 - share, left=share, color=ORANGE, height=0.6, hatch="//", edgecolor="white")
        ax.annotate(
            f"existing base {formats.percent(share, 0)}", (1, place), (8, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(range(len(shares)), [labels[name] for name in shares.index])
    ax.set_xlim(0, 1.3)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    ax.xaxis.set_major_formatter(PERCENT)
    ax.set_xlabel("share over 12 months; blue: existing base, hatched: new logos")
    return ax
