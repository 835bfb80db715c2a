"""One function a chart: a finished table in, Axes out. No computation but of positions; one style for all."""

from helpers.plots.cohorts import heatmap
from helpers.plots.lives import backtest, deviations, hazard, projection, survival
from helpers.plots.metrics import definitions, intervals, process, waterfall
from helpers.plots.style import BLUE, GREEN, GREY, INK, ORANGE, VERMILION

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "VERMILION",
    "backtest",
    "definitions",
    "deviations",
    "hazard",
    "heatmap",
    "intervals",
    "process",
    "projection",
    "survival",
    "waterfall",
]
