"""How long customers stay: Kaplan–Meier, log-rank test, hazards, and the shifted-beta-geometric (sBG) projection."""

from helpers.survival.backtest import COLUMNS as BACKTEST
from helpers.survival.backtest import backtest, backtest_sentence, backtests, errors
from helpers.survival.curves import from_counts, kaplan_meier, logrank, logrank_from_counts, median
from helpers.survival.lives import by_group, contrast, hazard, life_table, medians, stages
from helpers.survival.projection import COLUMNS as PROJECTION
from helpers.survival.projection import Fitted, alive_by_term, fit, fits, project, stacked, terms_of
from helpers.survival.sbg import Sbg, fit_each, fit_sbg, fit_sbg_counts, log_likelihood
from helpers.survival.value import base_value, value_sentence
from helpers.survival.words import (
    contract_name,
    contrast_sentence,
    median_sentence,
    projection_sentence,
    refusal_sentence,
    stages_sentence,
)

__all__ = [
    "BACKTEST",
    "PROJECTION",
    "Fitted",
    "Sbg",
    "alive_by_term",
    "backtest",
    "backtest_sentence",
    "backtests",
    "base_value",
    "by_group",
    "contract_name",
    "contrast",
    "contrast_sentence",
    "errors",
    "fit",
    "fit_each",
    "fit_sbg",
    "fit_sbg_counts",
    "fits",
    "from_counts",
    "hazard",
    "kaplan_meier",
    "life_table",
    "log_likelihood",
    "logrank",
    "logrank_from_counts",
    "median",
    "median_sentence",
    "medians",
    "project",
    "projection_sentence",
    "refusal_sentence",
    "stacked",
    "stages",
    "stages_sentence",
    "terms_of",
    "value_sentence",
]
