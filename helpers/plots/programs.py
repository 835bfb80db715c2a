"""Charts of drivers and signals, of programs, and of the changing customer."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.plots import style
from helpers.plots.palette import light
from helpers.plots.rows import bars, forest, marks, rows, upright
from helpers.plots.rows import cells as matrix
from helpers.plots.style import C1, C2, INK, MUTED, Canvas, chart

_CORRECTED = ("log_odds_corrected", "low_corrected", "high_corrected")
_SIDES = ["n_touches", "pipeline_cents", "at_stake_cents", "gained_cents"]


@chart
def drivers(canvas: Canvas, table: pd.DataFrame, labels: dict[str, str], title: str) -> None:
    """How each driver changes the odds of leaving, one row a driver, and its share of what the drivers explain.

    `table` is `found.attribution.table`; `labels` names the drivers. Hollow: as measured, before the correction for
    noise.
    """
    colors = np.where(table["low_corrected"] > 0, C1, MUTED).tolist()
    ax = forest(canvas, table, colors, _CORRECTED, is_odds=True)
    marks(ax, table["log_odds"], MUTED, is_few=True)


@chart
def signals_of(canvas: Canvas, card: pd.DataFrame, title: str) -> None:
    """One account's signals in standard deviations of the reference, grouped by driver; to the right is worse.

    `card` is `card.table`; signals that the account does not show have no bar.
    """
    drawn = card[card["z"].notna()]
    colors = np.select([drawn["z"] >= 0.5, drawn["z"] <= -0.5], [C2, C1], MUTED).tolist()
    ax = rows(canvas, drawn, colors)
    bars(ax, drawn["z"], colors)
    upright(canvas, ax, 0)
    ax.margins(x=0.1)


@chart
def effects(canvas: Canvas, table: pd.DataFrame, names: dict[str, str], title: str) -> None:
    """The sound effect of each program with its interval, in words, and the simple comparison as a cross.

    `table` is `work.effects` of one outcome; `names`: program → what people call it. Odds come first, then random
    offers, whose effect is a difference in risk and is given in words alone, then programs that cannot be judged.
    """
    is_judged, is_offer = table["estimate"].notna(), table["scale"] != "log-odds"
    is_odds = is_judged & ~is_offer
    drawn = table.assign(
        is_offer=is_offer,
        is_clear=is_judged & (table["verdict"] != "few") & (table["p_adjusted"] < 0.05),
        place=2 - is_odds + ~is_judged,
        odds=table["estimate"].clip(-2.8, 2.8),  # beyond ×16 and ×1/16 a mark stays at the edge: the axis ends there
        naive=table["naive"].clip(-2.8, 2.8),
    )
    drawn[["odds", "naive", "low", "high"]] = drawn[["odds", "naive", "low", "high"]].where(is_odds)
    drawn = drawn.sort_values(["place", "odds", "program"], kind="stable").reset_index(drop=True)
    colors = np.where(drawn["is_clear"], C1, MUTED).tolist()
    ax = forest(canvas, drawn, colors, ("odds", "low", "high"), drawn["naive"], is_odds=True)
    marks(ax, drawn["naive"], C2, "x")
    canvas.is_empty = not is_odds.any()


@chart
def standing(canvas: Canvas, table: pd.DataFrame, currency: str, title: str) -> None:
    """Paying accounts by the furthest stage reached, with their MRR; and the share that goes on within a year.

    `table` is `work.steps`.
    """
    ax = rows(canvas, table, C1)
    bars(ax, table["n_standing"], C1)
    ax.set_xlim(0, max([1, *table["n_standing"]]))


@chart
def stories(canvas: Canvas, cells: pd.DataFrame, rows: str, columns: str, title: str) -> None:
    """Stories that a prospect of each kind would find, with paying accounts. `cells` is `work.stories_on_record`."""
    n = cells.pivot(index=rows, columns=columns, values="n_stories").astype("float64")
    sizes = cells.pivot(index=rows, columns=columns, values="n_accounts")
    top, texts, looks = max([1.0, *n.max().dropna()]), n.astype(object), {}
    for at in map(tuple, np.argwhere(n.notna())):
        texts.iat[at] = f"{int(n.iat[at]) or 'none'} / {formats.count(sizes.iat[at])}"
        looks[at] = {"facecolor": (C1, 0.5 * n.iat[at] / top)} if n.iat[at] else {"edgecolor": C2}
    matrix(canvas, texts, looks)


@chart
def hazards(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """The monthly risk to leave in each state with its interval, highest first, and the odds against others.

    `table` is `customers.states`.
    """
    drawn = table[table["hazard"].notna()].sort_values("hazard", ascending=False, kind="stable")
    colors = np.select([drawn["verdict"] == "few", drawn["state"] == "neither"], [MUTED, INK], C1).tolist()
    ax = forest(canvas, drawn, colors, ("hazard", "low", "high"), seen=[0])
    canvas.facts["usual"] = drawn["hazard"][drawn["state"] == "neither"]
    for rate in canvas.facts["usual"]:
        upright(canvas, ax, rate, "--")


@chart
def destinations(canvas: Canvas, table: pd.DataFrame, currency: str, title: str) -> None:
    """Where lost revenue went: share by destination with its interval. `table` is `customers.lost`."""
    colors = np.where(table["went_to"] == "not recorded", MUTED, C1).tolist()
    forest(canvas, table, colors, ("share_mrr", "low", "high"), seen=[0])


@chart
def years(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """Risk and contacts by year of the customer's life. `table` is `customers.years`."""
    forest(canvas, table, columns=("hazard", "low", "high"), seen=[0])


@chart
def sides(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """How contacts, pipeline and revenue divide between new logos and the existing base. `table`: `customers.sides`."""
    amounts = table.set_index("side")[_SIDES].astype("Float64").astype("float64")
    shares = (amounts.loc["existing base"] / amounts.sum()).rename_axis("what").reset_index(name="share")
    ax = rows(canvas, shares, C1)
    bars(ax, shares["share"].notna(), light("c1_pale"))
    bars(ax, shares["share"], C1)
    style.shares(ax, [0, 1], "x", pad=0)
