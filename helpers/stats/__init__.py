"""Numbers in, numbers out; knows no table: intervals, life tables, logistic regression, sBG, noise correction.

What a library has, too, is written out here, since scipy.stats and statsmodels take 1.4 s to import in each kernel of a
report. `tests/stats/test_references.py` holds each against the reference of this table, to 1e-12 (p-values too).

| here | reference |
|---|---|
| `wilson` | `statsmodels.stats.proportion.proportion_confint(method="wilson")` |
| `share_difference` | `statsmodels.stats.proportion.confint_proportions_2indep(method="newcomb")` |
| `poisson_interval` | `statsmodels.stats.rates.confint_poisson(method="exact-c")` |
| `binomial_excess` | `scipy.stats.binomtest(alternative="greater").pvalue` |
| `simultaneous_z` | `scipy.stats.norm.isf(0.025 / n)` |
| `sd_at_most` | `(n - 1) * s**2 / scipy.stats.chi2.ppf(0.05, n - 1)`, its root |
| `curves.kaplan_meier` | `statsmodels.duration.survfunc.SurvfuncRight` (curve and Greenwood's error) |
| `curves.logrank`, `curves.logrank_from_counts` | `statsmodels.duration.survfunc.survdiff`, also with strata |
| `logit`, with weights, offset, clusters | `statsmodels.api.Logit`, `GLM` (`tests/stats/test_regression.py`) |
| `programs.holm` | `statsmodels.stats.multitest.multipletests(method="holm")` (`tests/programs`) |

statsmodels is a reference of the tests alone; scipy is here for `scipy.special`. `adjusted_wald_nps`, `ratio_interval`,
`xmr`, sBG and SIMEX are in neither.
"""

from helpers.stats.bootstrap import (
    LARGE,
    MANY,
    is_linearized,
    quotient_interval,
    ratio_interval,
    ratio_interval_from_sums,
    ratio_intervals,
    total_interval,
)
from helpers.stats.intervals import (
    Interval,
    Z,
    adjusted_wald_nps,
    binomial_excess,
    difference,
    effective_n,
    poisson_interval,
    ratio_correlation,
    sd_at_most,
    share_difference,
    simultaneous_z,
    two_shares,
    weighted_share_interval,
    wilson,
)
from helpers.stats.logit import CONST, UNESTIMABLE, Given, Logit, NoEstimate, logit, newton, on_logit, screen
from helpers.stats.process import Xmr, xmr
from helpers.stats.simex import Simex, events_and_some, linear_correction, simex, simex_by_samples

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = (
    "wilson share_difference poisson_interval adjusted_wald_nps ratio_interval total_interval "
    "weighted_share_interval effective_n difference two_shares xmr logit"
).split()
__dir__ = __all__.copy
