"""Logistic regression, and its correction for noisy measurement: numbers in, numbers out. Knows no table."""

from helpers.regression.fit import CONST, Logit, logit, screen
from helpers.regression.noise import Simex, linear_correction, simex

__all__ = ["CONST", "Logit", "Simex", "linear_correction", "logit", "screen", "simex"]
