"""Charts of programs and of the changing customer."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.plots import style
from helpers.plots.palette import light
from helpers.plots.rows import bars, forest, marks, rows, upright
from helpers.plots.rows import cells as matrix
from helpers.plots.style import C1, C2, INK, MUTED, Canvas, chart

_SIDES = {
    "n_touches": "Recorded contacts",
    "pipeline_cents": "Pipeline created",
    "at_stake_cents": "MRR at stake",
    "gained_cents": "MRR won",
}


@chart
def effects(canvas: Canvas, table: pd.DataFrame, names: dict[str, str], title: str) -> None:
    """The sound effect of each program with its interval, in words, and the simple comparison as a cross.

    `table` is `work.effects` of one outcome; `names`: program → what people call it. Odds come first, then random
    offers, whose effect is a difference in risk and is given in words alone, then programs that cannot be judged.
    """
    canvas.deck = (
        "Odds of enrolled accounts compared with others. Bars: 95% intervals; cross: simple comparison of ever "
        "enrolled with never, which is misleading."
    )
    is_odds = (table["scale"] == "log-odds") & table["estimate"].notna()
    drawn = table.assign(**{name: table[name].where(is_odds) for name in ("low", "high")}, place=2 - is_odds)
    both = {"odds": "estimate", "naive": "naive"}
    # Beyond ×16 and ×1/16 a mark stays at the edge: the axis ends there.
    drawn = drawn.assign(**{name: drawn[column].where(is_odds).clip(-2.8, 2.8) for name, column in both.items()})
    drawn["place"] += table["estimate"].isna()
    drawn = drawn.sort_values(["place", "odds", "program"], kind="stable").reset_index(drop=True)
    results = [_result(row) for row in drawn.to_dict("records")]
    colors = [C1 if strong else MUTED for strong, _ in results]
    called = [names.get(name, name) for name in drawn["program"]]
    ax = forest(canvas, drawn, called, results, colors, ("odds", "low", "high"), drawn["naive"], is_odds=True)
    marks(ax, drawn["naive"], C2, "x")
    canvas.is_empty = not is_odds.any()


def _result(row: dict) -> tuple[str, str]:
    """A program's result: how much lower or higher the odds are (or the risk), that it is not clear, or not known.

    >>> row = {"estimate": np.log(0.68), "verdict": "ok", "p_adjusted": 0.01, "scale": "log-odds"}
    >>> _result(row), _result(row | {"p_adjusted": 0.3}), _result(row | {"estimate": None})
    (('32% lower', ''), ('', 'no clear effect'), ('', 'cannot be judged'))
    >>> _result(row | {"scale": "risk difference", "estimate": -0.047})
    ('−4.7 points', 'random offer')
    """
    if pd.isna(row["estimate"]):
        return "", "cannot be judged"
    is_offer = row["scale"] != "log-odds"
    offer = "random offer" if is_offer else ""
    if row["verdict"] == "few":
        return "", f"{offer}: too few to say".removeprefix(": ")
    if not row["p_adjusted"] < 0.05:
        return "", f"{offer}: no clear effect".removeprefix(": ")
    if is_offer:
        return formats.points(row["estimate"]), offer
    ratio = np.exp(row["estimate"])
    more = f"×{ratio:.1f}" if ratio >= 2 else f"{formats.percent(ratio - 1, 0)} higher"
    return f"{formats.percent(1 - ratio, 0)} lower" if ratio < 1 else more, ""


@chart
def standing(canvas: Canvas, table: pd.DataFrame, currency: str, title: str) -> None:
    """Paying accounts by the furthest stage reached, with their MRR; and the share that goes on within a year.

    `table` is `work.steps`.
    """
    canvas.deck = "Paying accounts by the furthest stage they have reached, and what they pay per month."
    results = []
    for row in table.itertuples():
        share = row.share_12_months
        goes = f", {formats.percent(share, 0)} go on within a year" if pd.notna(share) else ""
        results.append((formats.count(int(row.n_standing)), f"{formats.money(row.mrr_cents, currency)}{goes}"))
    ax = rows(canvas, table["stage"], results, C1)
    bars(ax, table["n_standing"], C1)
    ax.set_xlim(0, max([1, *table["n_standing"]]))


@chart
def stories(canvas: Canvas, cells: pd.DataFrame, rows: str, columns: str, title: str) -> None:
    """Stories that a prospect of each kind would find, with paying accounts. `cells` is `work.stories_on_record`."""
    canvas.deck = "Stories on record of paying accounts / these accounts. Outlined: no story yet."
    wide = cells.pivot(index=rows, columns=columns, values="n_stories").astype("float64")
    sizes = cells.pivot(index=rows, columns=columns, values="n_accounts")
    top = max([1.0, *wide.max().dropna()])
    drawn = {}
    for (row, column), n in np.ndenumerate(wide):
        if not np.isnan(n):
            how = {"facecolor": (C1, 0.5 * n / top)} if n else {"edgecolor": C2}
            drawn[row, column] = f"{int(n) or 'none'} / {formats.count(int(sizes.iloc[row, column]))}", how
    matrix(canvas, [str(name) for name in wide.index], list(wide.columns), drawn)


@chart
def hazards(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """The monthly risk to leave in each state with its interval, highest first, and the odds against others.

    `table` is `customers.states`.
    """
    canvas.deck = "Share of accounts that leave per month. Bars: 95% intervals, odds: compared with other months"
    drawn = table[table["hazard"].notna()].sort_values("hazard", ascending=False, kind="stable")
    results, colors = [], []
    for row in drawn.itertuples():
        ratio = f"odds ×{np.exp(row.log_odds):.1f}, " if pd.notna(row.log_odds) else ""
        few = ", too few" if row.verdict == "few" else ""
        results.append((formats.percent(row.hazard), f"{ratio}n = {formats.count(int(row.n_accounts))}{few}"))
        colors.append(MUTED if few else INK if row.state == "neither" else C1)
    names = drawn["state"].str.replace("_", " ").replace("neither", "no change, not stagnating")
    ax = forest(canvas, drawn, names, results, colors, ("hazard", "low", "high"), seen=[0])
    for rate in drawn["hazard"][drawn["state"] == "neither"]:
        upright(canvas, ax, rate, "--")
        canvas.deck += f", dashed: {formats.percent(rate)} without a change"
    canvas.deck += "."


@chart
def destinations(canvas: Canvas, table: pd.DataFrame, currency: str, title: str) -> None:
    """Where lost revenue went: share by destination with its interval. `table` is `customers.lost`."""
    canvas.deck = "Share of the MRR lost, by where it went. Bars: 95% intervals."
    results = []
    for row in table.itertuples():
        accounts = formats.plural(int(row.n_accounts), "account")
        results.append((formats.percent(row.share_mrr), f"{formats.money(row.mrr_cents, currency)}, {accounts}"))
    colors = [MUTED if name == "not recorded" else C1 for name in table["went_to"]]
    names = table["went_to"].str.replace("_", " ")
    forest(canvas, table, names, results, colors, ("share_mrr", "low", "high"), seen=[0])


@chart
def years(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """Risk and contacts by year of the customer's life. `table` is `customers.years`."""
    canvas.deck = (
        "Share of accounts that leave per month. Bars: 95% intervals, at the right: contacts per account per year."
    )
    records = list(table.fillna({"touches_per_account_year": 0}).itertuples())
    results = [(formats.percent(row.hazard), f"{row.touches_per_account_year:.1f} contacts") for row in records]
    names = [f"Year {int(row.life_year)} (n = {formats.count(int(row.n_accounts))})" for row in records]
    forest(canvas, table, names, results, columns=("hazard", "low", "high"), seen=[0])


@chart
def sides(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """How contacts, pipeline and revenue divide between new logos and the existing base. `table`: `customers.sides`."""
    canvas.deck = "Share over 12 months. Blue: existing base; pale: new logos."
    amounts = table.set_index("side")[list(_SIDES)].astype("Float64").astype("float64")
    shares = amounts.loc["existing base"] / amounts.sum()
    results = [
        ("", "not on record") if np.isnan(share) else (formats.percent(share, 0), "existing base") for share in shares
    ]
    ax = rows(canvas, list(_SIDES.values()), results, C1)
    bars(ax, shares.notna().astype(float), light("c1_pale"))
    bars(ax, shares, C1)
    style.shares(ax, [0, 1], "x", pad=0)
