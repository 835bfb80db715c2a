"""One function a chart: a finished table in, a `Chart` out, which `page.figure` shows on screens wide and narrow.

For a chart of your own: `with plots.house():` around whatever draws it, and colors by name, `plots.color("c1")`.
"""

from helpers.plots.cohorts import backtest, calibration, deviations, hazard, heatmap, projection, survival
from helpers.plots.metrics import definitions, intervals, movements, process, published, series, trend, waterfall
from helpers.plots.palette import light as color
from helpers.plots.programs import destinations, drivers, effects, hazards, sides, signals_of, standing, stories, years
from helpers.plots.style import house

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = (
    "house color intervals series trend movements waterfall process published definitions heatmap hazard "
    "survival projection backtest deviations drivers signals_of calibration effects standing stories hazards "
    "destinations sides years"
).split()
__dir__ = __all__.copy
