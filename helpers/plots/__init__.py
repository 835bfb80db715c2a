"""One function a chart: a finished table in, Axes out. Colors, fonts and marks are set in `style.py`."""

from helpers.plots.cohorts import heatmap
from helpers.plots.lives import backtest, deviations, hazard, projection, survival
from helpers.plots.metrics import definitions, intervals, process, series, waterfall
from helpers.plots.programs import destinations, effects, hazards, sides, standing, stories, years
from helpers.plots.remorse import calibration, drivers, signals_of
