"""Survival against published figures, and what is true of any life table."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_cohorts import log_likelihood

from helpers.cohorts import survival
from helpers.errors import Refused
from helpers.stats import curves, sbg

# Freireich et al. (1963): weeks in remission on 6-MP and on placebo; + means still in remission.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
REGULAR = [1.000, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
lives = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


def weeks(text: str) -> tuple[list[int], list[bool]]:
    return [int(word.rstrip("+")) for word in text.split()], [not word.endswith("+") for word in text.split()]


def test_freireich_6_mp_survival():
    curve = survival.kaplan_meier(*weeks(SIX_MP)).set_index("time")["survival"]
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {week: round(curve[week], 3) for week in published} == published


def test_freireich_median_is_23_weeks():
    assert curves.median(survival.kaplan_meier(*weeks(SIX_MP)))[0] == 23


def test_freireich_log_rank_is_16_79():
    times, events = (first + second for first, second in zip(weeks(SIX_MP), weeks(PLACEBO), strict=True))
    chi_squared, p = survival.logrank(times, events, ["6-MP"] * 21 + ["placebo"] * 21)
    assert chi_squared == pytest.approx(16.79, abs=0.005)
    assert p < 0.0001


def test_fader_and_hardie_2007_regular_cohort():
    model = survival.fit_sbg(REGULAR)
    assert (round(model.alpha, 3), round(model.beta, 3)) == (0.704, 1.182)


def test_fader_and_hardie_2007_log_likelihood_at_their_start():
    shares = np.array([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1])
    lost, ended = np.concatenate([[0], shares[:-1] - shares[1:]]), [0] * 7 + [49.1]
    assert log_likelihood(1, 1, lost, ended) / 100 == pytest.approx(-2.1155, abs=5e-5)


def test_a_frame_of_cohorts_with_missing_cells_is_the_sum_of_its_cohorts():
    frame = pd.DataFrame([[100.0, 60, 45, 38], [50, 33, np.nan, np.nan]])
    lost, censored = [0, 40 + 17, 15, 7], [0, 33, 0, 0]
    expected = sbg.fit_sbg_counts(lost, censored, alive_at_end=38)
    found = survival.fit_sbg(frame)
    assert (found.alpha, found.beta) == pytest.approx((expected.alpha, expected.beta), rel=1e-4)


@pytest.mark.parametrize("age", [0, 1, 5])
@pytest.mark.parametrize("discount_rate", [0.1, 0.5])
def test_residual_lifetime_is_the_discounted_sum(age, discount_rate):
    model = survival.fit_sbg(REGULAR)
    later = np.arange(age + 1, age + 4000)
    expected = model.survival(later) / model.survival(age) * (1 + discount_rate) ** -(later - age - 1.0)
    assert model.residual_lifetime(age, discount_rate) == pytest.approx(expected.sum(), rel=1e-9)


def test_undiscounted_residual_lifetime_is_undefined_where_it_is_infinite():
    assert math.isnan(survival.Sbg(0.704, 1.182, 0.0).residual_lifetime(0, 0))
    model = survival.Sbg(3.0, 2.0, 0.0)
    assert model.residual_lifetime(0, 0) == pytest.approx(model.survival(np.arange(1, 200_000)).sum(), rel=1e-4)


def test_retention_rises_with_age_and_makes_the_survival():
    model = survival.fit_sbg(REGULAR)
    ages = np.arange(1, 50)
    retention = model.retention(ages)
    assert (np.diff(retention) > 0).all()
    assert np.cumprod(retention) == pytest.approx(model.survival(ages))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_without_censoring_kaplan_meier_is_the_plain_share(times):
    curve = survival.kaplan_meier(times, [True] * len(times))
    assert curve["survival"].to_list() == pytest.approx([np.mean(np.array(times) > time) for time in curve["time"]])


@given(lives)
def test_survival_never_rises_and_lies_in_its_band(rows):
    curve = survival.kaplan_meier([time for time, _ in rows], [event for _, event in rows])
    assert (curve["survival"].diff().dropna() <= 1e-12).all()
    known = curve.dropna()
    assert ((known["low"] <= known["survival"] + 1e-12) & (known["survival"] <= known["high"] + 1e-12)).all()
    assert curve["n_events"].sum() == sum(event for _, event in rows)


@pytest.mark.parametrize(
    ("alive", "why"), [([10, 8], "three ages"), ([10, 10, 10], "nobody has been lost"), ([10, 8, 9], "may not grow")]
)
def test_what_cannot_carry_a_projection_is_refused(alive, why):
    with pytest.raises(Refused, match=why):
        survival.fit_sbg(alive)


def test_everyone_of_one_chance_still_gives_a_model():
    model = survival.fit_sbg([1000, 900, 810, 729, 656])
    assert model.survival(4) == pytest.approx(0.6561, abs=0.001)


def test_a_negative_duration_is_an_error():
    with pytest.raises(ValueError, match="0 or more"):
        survival.kaplan_meier([-1, 2], [True, True])
