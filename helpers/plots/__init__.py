"""One function a chart: a finished table in, Axes out. No computation but of positions; one style for all."""

from helpers.plots.cohorts import heatmap
from helpers.plots.lives import backtest, deviations, hazard, projection, survival
from helpers.plots.metrics import definitions, intervals, process, series, waterfall
from helpers.plots.programs import destinations, effects, hazards, sides, standing, stories, years
from helpers.plots.remorse import calibration, drivers, signals_of
from helpers.plots.style import BLUE, GREEN, GREY, INK, ORANGE, VERMILION
