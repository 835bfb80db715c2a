"""The shifted-beta-geometric model as fitted: as likely as any pair, and the truth where it is the truth."""

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_cohorts import log_likelihood

from helpers.cohorts import survival
from helpers.stats import sbg
from helpers.stats.sbg import lost_and_ended

ages = st.integers(3, 9)


@st.composite
def counts(draw):
    """Counts by age of several cohorts: lost (never at age 0), and last seen alive."""
    n = draw(ages)
    lost = [0, *draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))]
    ended = draw(st.lists(st.integers(0, 60), min_size=n + 1, max_size=n + 1))
    return np.array([lost, ended], dtype=float) + np.array([[0.0], [1.0]])


@settings(max_examples=6)
@given(counts().filter(lambda both: both[0].sum() > 0))
def test_no_search_finds_a_likelier_pair(both):
    lost, ended = both
    found = sbg.fit_each(lost[None], ended[None])[0]

    def loss(place):
        return -log_likelihood(*np.exp(np.clip(place, -8, 10)), lost, ended)

    other = scipy.optimize.minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    assert found.log_likelihood >= -other.fun - 1e-5 * abs(other.fun)
    assert found.log_likelihood == pytest.approx(log_likelihood(found.alpha, found.beta, lost, ended))


@settings(max_examples=2)
@given(st.integers(1, 10**6))
def test_many_rows_at_once_are_each_like_one_alone(seed):
    rng = np.random.default_rng(seed)
    lost, ended = rng.integers(0, 40, (6, 5)).astype(float), rng.integers(1, 90, (6, 5)).astype(float)
    lost[:, 0], lost[:, 1] = 0, lost[:, 1] + 1
    together = sbg.fit_each(lost, ended)
    for row, found in enumerate(together):
        alone = sbg.fit_each(lost[[row]], ended[[row]])[0]
        assert found.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-10)
        assert found.survival(4) == pytest.approx(alone.survival(4), rel=1e-4)


def test_the_start_of_the_search_does_not_matter():
    lost, ended = (np.array([side], dtype=float) for side in ([0, 369, 163, 86, 56], [0, 0, 0, 0, 326]))
    near = survival.Sbg(8.0, 0.1, 0.0)
    found, again = sbg.fit_each(lost, ended)[0], sbg.fit_each(lost, ended, near=near)[0]
    assert (found.alpha, found.beta) == pytest.approx((again.alpha, again.beta), rel=1e-3)


@pytest.mark.parametrize(("alpha", "beta"), [(0.7, 1.2), (1.0, 1.0), (3.0, 9.0)])
def test_expected_counts_give_the_parameters_back(alpha, beta):
    truth = survival.Sbg(alpha, beta, 0.0)
    found = survival.fit_sbg(10**6 * truth.survival(np.arange(9)))
    assert (found.alpha, found.beta) == pytest.approx((alpha, beta), rel=2e-3)
    assert found.survival(20) == pytest.approx(truth.survival(20), rel=2e-3)


def test_customers_drawn_from_the_model_give_its_survival_back():
    # Each of 60,000 keeps a chance of leaving of their own, and a third was won at each of three times.
    rng, truth = np.random.default_rng(1), survival.Sbg(0.8, 2.5, 0.0)
    life = rng.geometric(rng.beta(truth.alpha, truth.beta, 60_000))
    cohorts = [[float((life[start::3] > age).sum()) for age in range(8)] for start in range(3)]
    for start, row in enumerate(cohorts):
        row[8 - start :] = [np.nan] * start
    found = survival.fit_sbg(cohorts)
    assert found.survival(np.arange(8)) == pytest.approx(truth.survival(np.arange(8)), abs=0.006)
    assert found.survival(15) == pytest.approx(truth.survival(15), abs=0.012)


def test_cohorts_may_be_shares_lists_or_a_frame_with_missing_cells():
    lost, ended = lost_and_ended(np.array([[10, 8, 7, 7], [5, 5, 3, np.nan], [4, np.nan, np.nan, np.nan]]))
    assert lost.tolist() == [0, 2, 3, 0] and ended.tolist() == [4, 0, 3, 7]
    shares, plain = survival.fit_sbg([1.0, 0.8, 0.7]), survival.fit_sbg([10, 8, 7])
    assert (shares.alpha, shares.beta) == pytest.approx((plain.alpha, plain.beta), rel=1e-3)


def test_undiscounted_residual_lifetime_has_a_closed_form():
    # Σ S(t) ÷ S(a) over t > a is (β + a) ÷ (α − 1).
    model = survival.Sbg(3.0, 2.0, 0.0)
    assert [model.residual_lifetime(age, 0) for age in (0, 4)] == pytest.approx([1.0, 3.0])
    with pytest.raises(ValueError, match="0 or more"):
        model.residual_lifetime(0, -0.1)


@pytest.mark.parametrize(("alpha", "beta"), [(150, 100), (300, 3000), (2450.02, 22025.96)])
@pytest.mark.parametrize("discount_rate", [0, 0.1])
def test_customers_who_are_nearly_alike_have_a_residual_lifetime_too(alpha, beta, discount_rate):
    # Where everybody has one chance the fit runs to e^10, so these are pairs that occur.
    model, later = survival.Sbg(alpha, beta, 0.0), np.arange(1, 20_000)
    expected = (np.cumprod(model.retention(later)) * (1 + discount_rate) ** -(later - 1.0)).sum()
    assert model.residual_lifetime(0, discount_rate) == pytest.approx(expected, rel=1e-4)


def test_when_everybody_leaves_at_the_first_renewal_nobody_is_projected_to_stay():
    assert survival.fit_sbg([100, 0, 0]).survival(1) < 0.01
