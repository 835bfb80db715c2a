"""How long customers stay: Kaplan–Meier, log-rank test, hazards, and the shifted-beta-geometric (sBG) projection."""

from helpers.cohorts.survival.lives import (
    ALL,
    alive_by_term,
    by_group,
    contract_name,
    contrast,
    excess,
    hazard,
    life_table,
    medians,
    stages,
    terms_of,
)
from helpers.cohorts.survival.projection import (
    BACKTEST,
    PROJECTION,
    Fitted,
    backtest,
    base_value,
    each_term,
    errors,
    fit,
    project,
    stacked,
)
from helpers.stats.curves import from_counts, kaplan_meier, logrank, logrank_from_counts, median
from helpers.stats.sbg import Sbg, fit_each, fit_sbg, fit_sbg_counts, log_likelihood

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "kaplan_meier logrank fit_sbg".split()
__dir__ = __all__.copy
