"""The intervals that are written out in `stats` are those of scipy.stats, which is too slow to import in a notebook."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy  # loads scipy.stats when a test first uses it
from hypothesis import given
from hypothesis import strategies as st

from helpers import stats
from helpers.stats import bootstrap

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_is_scipys(count):
    k, n = count
    expected = scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
    assert stats.wilson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts, st.floats(0.001, 0.999))
def test_binomial_excess_is_scipys(count, p):
    k, n = count
    expected = scipy.stats.binomtest(k, n, p, alternative="greater").pvalue
    assert stats.binomial_excess(k, n, p) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="n >= 1"):
        stats.wilson(0, 0)


@given(st.integers(0, 500))
def test_poisson_is_the_one_by_chi_square(k):
    low, high = stats.poisson_interval(k)
    assert low == pytest.approx(scipy.stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0, rel=1e-9)
    assert high == pytest.approx(scipy.stats.chi2.ppf(0.975, 2 * k + 2) / 2, rel=1e-9)


@pytest.mark.parametrize("k", [-1, 2.5, float("nan")])
def test_what_is_no_count_is_refused(k):
    with pytest.raises(ValueError, match="0 or more"):
        stats.poisson_interval(k)


def test_one_loss_among_accounts_that_hardly_move_leaves_an_interval_that_says_something():
    # Draws without the loss vary by a thousandth: their t is in the thousands, and once made this 0.0–110.1%.
    low, high = stats.ratio_interval([100] * 52, [0] + [100.1] * 10 + [100] * 41)
    assert 0.85 < low < 0.95 and 1 <= high < 1.05


def test_one_account_lost_of_few_has_the_exact_low_end():
    # Ten accounts of one size: the effective n is 10, and the bound is Clopper and Pearson's for 9 of 10.
    low, high = stats.ratio_interval([10] * 10, [10] * 9 + [0])
    assert low == pytest.approx(scipy.stats.binomtest(9, 10).proportion_ci(method="exact").low)
    assert high >= 0.9


def test_what_a_small_account_did_can_happen_to_a_large_one():
    # Half of the revenue stayed, and half of the small accounts left: luck, as far as ten accounts can tell.
    low, high = stats.ratio_interval([900] + [100] * 9, [900] + [100] * 4 + [0] * 5)
    assert low < 0.5
    # One small account apart, nothing varies enough to be drawn: still an interval, and a sane one.
    low, high = stats.ratio_interval([10**9] * 3 + [1], [10**9] * 3 + [5])
    assert low <= 1 + 1e-9 <= high <= 1.01


def test_accounts_that_open_with_nothing_are_resampled_in_pairs():
    rng = np.random.default_rng(1)
    lost, gained = np.array([0, 0, 0, 10, 20, 0, 5, 0] * 5), rng.integers(0, 50, 40)
    low, high = stats.ratio_interval(lost, gained)
    assert low < gained.sum() / lost.sum() < high
    assert (low, high) == stats.ratio_interval(lost[::-1], gained[::-1])


def test_one_thread_adds_up_unless_somebody_says_how_many():
    shows = "import os, helpers; print(os.environ['OPENBLAS_NUM_THREADS'])"
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    for set_before, threads in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "4"}, "4")):
        made = subprocess.run([sys.executable, "-c", shows], env=plain | set_before, capture_output=True, text=True)
        assert made.stdout.strip() == threads


def test_a_quotient_that_depends_on_one_unit_has_an_open_upper_end_and_no_error():
    lost = [261, 0, 0, 0, 0, 21609, 1, 60]
    won = [3590, 0, 1640543748, 0, 20, 3298212675, 0, 2]
    low, high = stats.quotient_interval(lost, won)
    assert 0 <= low < sum(won) / sum(lost) < high == np.inf


@pytest.mark.parametrize("n", [1, 7, bootstrap.SHARED, bootstrap.SHARED + 1])
def test_totals_that_share_their_draws_have_the_interval_of_draws_of_their_own(n):
    amounts = np.sort(np.random.default_rng(n).lognormal(5, 1, n))
    times = np.random.default_rng(1).poisson(1.0, size=(bootstrap.DRAWS, n)).astype(float)
    spread = np.sqrt(times @ amounts**2)
    t = (times @ amounts - amounts.sum())[spread > 0] / spread[spread > 0]
    last, first = np.quantile(t, [0.975, 0.025]) * np.sqrt((amounts**2).sum())
    assert stats.total_interval(amounts) == pytest.approx((max(0, amounts.sum() - last), amounts.sum() - first))
