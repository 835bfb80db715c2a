"""Numbers in, numbers out; knows no table: intervals, life tables, logistic regression, sBG, noise correction."""

from helpers.stats.intervals import (
    DRAWS,
    FEW_LOST,
    LARGE,
    SLICES,
    XMR_POINTS,
    Interval,
    Xmr,
    Z,
    adjusted_wald_nps,
    binomial_excess,
    effective_n,
    paired_ratio_difference,
    poisson_interval,
    ratio_interval,
    ratio_interval_from_sums,
    share_difference,
    simultaneous_z,
    wilson,
    xmr,
)
from helpers.stats.logit import CONST, Logit, logit, screen
from helpers.stats.simex import Simex, linear_correction, simex
from helpers.stats.words import two_shares
