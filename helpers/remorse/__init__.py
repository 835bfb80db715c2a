"""Buyer remorse: who regrets the purchase, why, how sure that is, and what to do about it.

`diagnose` does it all from the as-of tables; the modules below hold its steps, each a pure function or nearly so.
"""

from helpers.remorse import (
    accounts,
    attribution,
    discrimination,
    leakage,
    measurement,
    outcomes,
    recipe,
    regret,
    risk,
    scores,
    sentiment,
    shapley,
    shown,
    signals,
    survey_words,
    validation,
    value_story,
    words,
)
from helpers.remorse.diagnosis import Diagnosis, diagnose
