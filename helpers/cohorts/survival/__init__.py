"""How long customers stay: Kaplan–Meier, log-rank test, hazards, and the shifted-beta-geometric (sBG) projection."""

from helpers.cohorts.survival.backtest import COLUMNS as BACKTEST
from helpers.cohorts.survival.backtest import backtest, backtests, errors
from helpers.cohorts.survival.lives import (
    ALL,
    by_group,
    contract_name,
    contrast,
    excess,
    hazard,
    life_table,
    medians,
    stages,
)
from helpers.cohorts.survival.projection import COLUMNS as PROJECTION
from helpers.cohorts.survival.projection import Fitted, alive_by_term, base_value, fit, fits, project, stacked, terms_of
from helpers.stats.curves import from_counts, kaplan_meier, logrank, logrank_from_counts, median
from helpers.stats.sbg import Sbg, fit_each, fit_sbg, fit_sbg_counts, log_likelihood

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "kaplan_meier logrank fit_sbg".split()
__dir__ = __all__.copy
