"""The intervals hold the truth about as often as they say: a small run of tests/benchmarks/interval_coverage.py.

The seed is fixed, so the shares are the same each time; the bands leave room for another draw, not for another method.
"""

import numpy as np
import pytest
from benchmarks.interval_coverage import company, nps_case, poisson_case, proportion_case, revenue_case, truth

from helpers import stats


@pytest.mark.parametrize(
    "company, sigma, n, gross",
    [
        ("ordinary", 1.5, 60, False),  # resampled in pairs: .86
        ("ordinary", 1.0, 60, True),
        ("sticky", 1.0, 30, True),  # resampled in pairs: .73
        ("ordinary", 0.5, 400, False),  # linearized
        ("ordinary", 0.5, 400, True),
    ],
)
def test_a_revenue_ratio_holds_the_truth(company, sigma, n, gross):
    row = revenue_case((company, sigma, n, gross), runs=200, seed=1)
    assert 0.90 <= row["coverage"] <= 0.995 or (company == "sticky" and row["coverage"] > 0.95)


def test_an_interval_is_no_wider_than_it_must_be():
    # Linearized at the same n: what a wider and wider interval would leave behind.
    rng = np.random.default_rng(1)
    x, y = company(rng, 150, 1.0, "ordinary")
    low, high = stats.ratio_interval(x, y)
    plain = stats.ratio_interval_from_sums(len(x), *(int(each) for each in (x.sum(), y.sum(), x @ x, x @ y, y @ y)))
    assert 0.8 < (high - low) / (plain[1] - plain[0]) < 1.5


@pytest.mark.parametrize("n", [10, 50])
def test_proportions_and_nps_hold_the_truth(n):
    assert 0.93 <= proportion_case(n, 0, 0)["coverage"] <= 0.97
    assert 0.92 <= nps_case(((0.5, 0.3, 0.2), n), runs=300, seed=1)["coverage"] <= 0.99


def test_the_exact_poisson_interval_never_holds_less_than_it_says():
    for mean in (0.5, 3, 20):
        assert poisson_case((mean, mean + 0.1), 0, 0)["coverage"] >= 0.95


def test_the_truth_of_a_company_is_what_a_large_one_shows():
    for name in ("ordinary", "large stay", "large leave"):
        x, y = company(np.random.default_rng(1), 400_000, 1.0, name)
        assert y.sum() / x.sum() == pytest.approx(truth(1.0, name, False), abs=0.01)
        assert np.minimum(x, y).sum() / x.sum() == pytest.approx(truth(1.0, name, True), abs=0.01)
