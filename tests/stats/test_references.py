"""What `helpers/stats` writes out equals the reference that its table names: statsmodels or scipy.stats, to 1e-12.

A reference is imported by its own test: each process that runs tests reads this file, and they take over a second.
"""

import numpy as np
import pytest
import scipy

from helpers import stats
from helpers.stats import curves

SHARES = [(0, 7), (1, 7), (3, 9), (18, 20), (20, 20), (371, 2000)]


def same(ours, theirs):
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("k, n", SHARES)
def test_wilson_is_proportion_confint(k, n):
    from statsmodels.stats import proportion as shares

    same(stats.wilson(k, n), shares.proportion_confint(k, n, method="wilson"))


@pytest.mark.parametrize("first", SHARES)
@pytest.mark.parametrize("second", SHARES)
def test_share_difference_is_newcombs(first, second):
    from statsmodels.stats import proportion as shares

    theirs = shares.confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    same(stats.share_difference(*first, *second)[1:], theirs)


@pytest.mark.parametrize("k", [0, 1, 10, 250])
def test_poisson_interval_is_the_exact_one(k):
    from statsmodels.stats import rates as counts

    same(stats.poisson_interval(k), counts.confint_poisson(k, 1, method="exact-c"))


@pytest.mark.parametrize("k, n", SHARES)
def test_binomial_excess_is_the_exact_test(k, n):
    same(stats.binomial_excess(k, n, 0.2), scipy.stats.binomtest(k, n, 0.2, alternative="greater").pvalue)


@pytest.mark.parametrize("n", [1, 2, 14, 400])
def test_simultaneous_z_is_bonferronis(n):
    same(stats.simultaneous_z(n), scipy.stats.norm.isf(0.025 / n))


@pytest.mark.parametrize("n", [2, 12, 400])
def test_sd_at_most_is_the_end_of_the_chi_square_interval(n):
    values = np.random.default_rng(n).normal(size=n)
    same(stats.sd_at_most(values) ** 2, (n - 1) * values.var(ddof=1) / scipy.stats.chi2.ppf(0.05, n - 1))


@pytest.fixture
def lives():
    rng = np.random.default_rng(3)
    return rng.integers(1, 25, 300), rng.random(300) < 0.6, rng.choice(list("abc"), 300), rng.choice(list("xy"), 300)


def test_kaplan_meier_is_survfunc_right(lives):
    from statsmodels.duration import survfunc

    duration, event, *_ = lives
    theirs = survfunc.SurvfuncRight(duration, event.astype(int))
    ours = curves.kaplan_meier(duration, event)
    ours = ours[ours["n_events"] > 0]
    same(ours["survival"].to_numpy(), theirs.surv_prob)
    # Greenwood's error gives the band on the scale of log(−log S).
    half = stats.Z * theirs.surv_prob_se / np.abs(theirs.surv_prob * np.log(theirs.surv_prob))
    same(ours["low"].to_numpy(), theirs.surv_prob ** np.exp(half))
    same(ours["high"].to_numpy(), theirs.surv_prob ** np.exp(-half))


def test_logrank_is_survdiff_and_strata_add_up(lives):
    from statsmodels.duration import survfunc

    duration, event, group, stratum = lives
    same(curves.logrank(duration, event, group), survfunc.survdiff(duration, event.astype(int), group))
    ages, parts = np.unique(duration[event]), []
    for name in np.unique(stratum):
        own = [(group == one) & (stratum == name) for one in np.unique(group)]
        at_risk = [(duration[rows][:, None] >= ages).sum(axis=0) for rows in own]
        lost = [(duration[rows & event][:, None] == ages).sum(axis=0) for rows in own]
        parts.append((at_risk, lost))
    theirs = survfunc.survdiff(duration, event.astype(int), group, strata=stratum)
    same(curves.logrank_from_counts(parts), theirs)
