"""Charts of the diagnosis: drivers, calibration, and one account's signals."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.plots import style
from helpers.plots.rows import bars, forest, marks, rows, upright
from helpers.plots.scales import PERCENT
from helpers.plots.style import C1, C2, MUTED, Canvas, chart

CORRECTED = ("log_odds_corrected", "low_corrected", "high_corrected")


@chart
def drivers(canvas: Canvas, table: pd.DataFrame, labels: dict[str, str], title: str) -> None:
    """How each driver changes the odds of leaving, one row a driver, and its share of what the drivers explain.

    `table` is `found.attribution.table`; `labels` names the drivers. Hollow: as measured, before the correction for
    noise.
    """
    canvas.deck = (
        "Odds of leaving in a month, when a driver is one standard deviation worse. Bars: 95% intervals, hollow: "
        "before the correction for noise, at the right: share of what the drivers explain."
    )
    pairs = zip(table["log_odds_corrected"], table["share"], strict=True)
    results = [(f"×{np.exp(log):.2f}", f"explains {formats.percent(share, 0)}") for log, share in pairs]
    is_apart = table["low_corrected"] > 0
    colors = [C1 if apart else MUTED for apart in is_apart]
    names = [labels[name] for name in table["driver"]]
    ax = forest(canvas, table, names, results, colors, CORRECTED, is_odds=True)
    marks(ax, table["log_odds"], MUTED, is_few=True)


@chart
def calibration(canvas: Canvas, table: pd.DataFrame, title: str) -> None:
    """Predicted against observed: a point a group of accounts with its 95% interval; on the line the risk is right.

    `table` is `found.validation.calibration`.
    """
    canvas.deck = "Across: predicted chance of leaving within 12 months. Up: share that left. Bars: 95% intervals."
    ax = canvas.plot()
    top = max(float(table["high"].max()), float(table["predicted"].max())) * 1.05
    ax.plot([0, top], [0, top], color=MUTED, linewidth=1, linestyle="--")
    style.note(ax, "as predicted", (top, top), (-4, -56), va="top", color=MUTED)
    style.whiskers(ax, table["predicted"], table, "observed")
    ax.set(xlim=(0, min(top, 1)), ylim=(0, min(top, 1)))
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)


@chart
def signals_of(canvas: Canvas, card: pd.DataFrame, title: str) -> None:
    """One account's signals in standard deviations of the reference, grouped by driver; to the right is worse.

    `card` is `card.table`; signals that the account does not show have no bar.
    """
    canvas.deck = "Standard deviations from the average account. Rust, to the right: worse; blue: better."
    drawn = card[card["z"].notna()]
    colors = np.select([drawn["z"] >= 0.5, drawn["z"] <= -0.5], [C2, C1], MUTED).tolist()
    names = drawn["signal"].str.removeprefix("survey: ").str.removesuffix(" (reversed)")
    ax = rows(canvas, names, [("", str(value)) for value in drawn["value"]], colors)
    bars(ax, drawn["z"], colors)
    upright(canvas, ax, 0)
    ax.margins(x=0.1)
