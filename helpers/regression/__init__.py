"""Logistic regression, and its correction for noisy measurement: numbers in, numbers out. Knows no table."""

from helpers.regression.fit import CONST, Logit, logit, screen
from helpers.regression.noise import Simex, simex

__all__ = ["CONST", "Logit", "Simex", "logit", "screen", "simex"]
