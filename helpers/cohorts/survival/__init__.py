"""How long customers stay: `observed` (Kaplan–Meier, log-rank test, hazards) and its `projection` (sBG)."""

from helpers.stats.curves import kaplan_meier, logrank
from helpers.stats.sbg import Sbg, fit_sbg

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "kaplan_meier logrank fit_sbg".split()
__dir__ = __all__.copy
