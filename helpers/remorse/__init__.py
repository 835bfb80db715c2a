"""Buyer remorse: who regrets the purchase, why, how sure that is, and what to do about it.

`diagnose` does it all from the as-of tables; the modules below hold its steps, each a pure function or nearly so.
"""

from helpers.remorse import (
    accounts,
    attribution,
    behavior,
    discrimination,
    framing,
    guard,
    hazard,
    measurement,
    rate,
    recipe,
    risk,
    scores,
    shapley,
    shown,
    signals,
    validation,
    voice_words,
    words,
)
from helpers.remorse.diagnosis import Diagnosis, diagnose
