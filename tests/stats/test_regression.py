"""Logistic regression against a published example and statsmodels, and SIMEX against data whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from helpers import stats


@pytest.fixture(scope="module")
def many():
    """4,000 account-months of 800 accounts with two covariates, weights and an offset."""
    rng = np.random.default_rng(5)
    account = np.repeat(np.arange(800), 5)
    x = pd.DataFrame({"score": rng.standard_normal(800)[account], "is_due": (rng.random(4000) < 0.2).astype(float)})
    offset = rng.normal(0, 0.3, 4000)
    log_odds = -2 + 0.6 * x["score"] + 1.1 * x["is_due"] + rng.normal(0, 0.7, 800)[account] + offset
    y = (rng.random(4000) < special.expit(log_odds)).astype(int)
    return {"y": y, "x": x, "account": account, "offset": offset, "weights": rng.integers(1, 4, 4000)}


def test_spector_and_mazzeo_1980_as_greene_prints_it():
    from statsmodels.datasets import spector

    data = spector.load_pandas()
    fit = stats.logit(data.endog, data.exog)
    assert fit.estimate.round(3).to_dict() == {"const": -13.021, "GPA": 2.826, "TUCE": 0.095, "PSI": 2.379}
    assert round(fit.estimate["TUCE"], 4) == 0.0952
    assert [round(fit.error(name), 3) for name in fit.names] == [4.931, 1.263, 0.142, 1.065]
    assert round(fit.log_likelihood, 3) == -12.890
    assert (fit.n, fit.n_events) == (32, 11)


def test_the_fit_is_that_of_statsmodels(many):
    from statsmodels.api import GLM, add_constant, families

    theirs = GLM(
        many["y"], add_constant(many["x"]), families.Binomial(), offset=many["offset"], freq_weights=many["weights"]
    ).fit()
    ours = stats.logit(many["y"], many["x"], weights=many["weights"], offset=many["offset"])
    np.testing.assert_allclose(ours.estimate, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-5)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    assert ours.null_log_likelihood == pytest.approx(theirs.llnull, rel=1e-9)


def test_the_clustered_covariance_is_that_of_statsmodels(many):
    from statsmodels.api import Logit, add_constant

    theirs = Logit(many["y"], add_constant(many["x"])).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": many["account"]}
    )
    ours = stats.logit(many["y"], many["x"], cluster=many["account"])
    np.testing.assert_allclose(ours.covariance, theirs.cov_params(), rtol=1e-5)
    assert ours.mcfadden == pytest.approx(theirs.prsquared, rel=1e-8)
    np.testing.assert_allclose(ours.predict(many["x"]), theirs.predict(), rtol=1e-6)


@pytest.mark.slow
def test_simex_finds_the_effect_behind_the_noise_and_the_naive_fit_does_not():
    rng = np.random.default_rng(11)
    true, other = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], 20_000).T
    y = rng.random(20_000) < special.expit(-1 + 0.8 * true + 0.4 * other)
    x = pd.DataFrame({"noisy": true + 0.6 * rng.standard_normal(20_000), "clean": other})
    fit = stats.simex(y, x, {"noisy": 0.6}, draws=20)
    low, high = fit.interval("noisy")
    assert low < 0.8 < high and fit.interval("clean")[0] < 0.4 < fit.interval("clean")[1]
    assert fit.naive.interval("noisy")[1] < 0.8
    assert fit.error("noisy") > fit.naive.error("noisy")
    assert fit.path["noisy"].is_monotonic_decreasing and fit.path["level"].tolist() == [0, 0.5, 1, 1.5, 2]


def test_noise_of_an_account_is_drawn_once_an_account(many):
    x, account = many["x"], many["account"]
    once = stats.simex(many["y"], x, {"score": 0.6}, cluster=account, draws=40)
    apart = stats.simex(many["y"], x, {"score": 0.6}, draws=40)
    shuffled = np.random.default_rng(0).permutation(4000)
    again = stats.simex(many["y"][shuffled], x.iloc[shuffled], {"score": 0.6}, cluster=account[shuffled], draws=40)
    np.testing.assert_allclose(again.estimate, once.estimate, rtol=1e-9)
    assert not np.allclose(once.estimate, apart.estimate)


def test_simex_without_noise_is_the_logit(many):
    fit = stats.simex(many["y"], many["x"], {"score": np.zeros(4000)}, cluster=many["account"], draws=2)
    np.testing.assert_allclose(fit.estimate, fit.naive.estimate, atol=1e-6)
    np.testing.assert_allclose(fit.covariance, fit.naive.covariance, rtol=1e-3)


X = {"a": [1.0, 2, 3, 4, 5, 6], "b": [0.0, 1, 0, 1, 1, 0]}


@pytest.mark.parametrize(
    "y, x, says",
    [
        ([0] * 6, X, "never there"),
        ([1] * 6, X, "always there"),
        ([0, 0, 0, 1, 1, 1], X, "a .*tells? the outcomes apart"),
        ([0, 1, 0, 1, 1, 0], X, "b .*tells? the outcomes apart"),
        ([0, 0, 1, 0, 1, 1], {"a": [2.0] * 6}, "a is the same everywhere"),
        ([0, 1, 0, 0, 1, 1], X | {"c": [2.0, 4, 6, 8, 10, 12]}, "a, c follow from one another"),
        ([0, 1, 0, 0, 1, 1], X | {"c": [2.0, np.nan, 6, 8, 10, 12]}, "c have gaps"),
        ([0, 1, 0, 0, 1, 2], X, "0 and 1"),
        ([0, 1], X, "one row an outcome"),
    ],
)
def test_what_has_no_estimate_is_refused_in_words(y, x, says):
    with pytest.raises(ValueError, match=says):
        stats.logit(y, pd.DataFrame(x))


@pytest.mark.parametrize(
    ("y", "x", "is_ours"),
    [
        ([0] * 6, X, False),
        ([0, 0, 0, 1, 1, 1], X, False),
        ([0, 0, 1, 0, 1, 1], {"a": [2.0] * 6}, False),
        ([0, 1, 0, 0, 1, 1], X | {"c": [2.0, 4, 6, 8, 10, 12]}, False),
        ([0, 1, 0, 0, 1, 1], X | {"c": [2.0, np.nan, 6, 8, 10, 12]}, True),
        ([0, 1, 0, 0, 1, 2], X, True),
        ([0, 1], X, True),
    ],
)
def test_only_what_the_data_cannot_say_is_called_no_estimate(y, x, is_ours):
    with pytest.raises(ValueError) as told:
        stats.logit(y, pd.DataFrame(x))
    assert isinstance(told.value, stats.UNESTIMABLE) is not is_ours


def test_a_column_of_which_only_some_rows_separate_is_refused_too():
    x = pd.DataFrame({"is_vip": [1.0] * 3 + [0] * 9})
    with pytest.raises(ValueError, match="is_vip"):
        stats.logit([0] * 3 + [0, 1] * 4 + [0], x)


def test_screen_leaves_out_what_a_logit_cannot_use():
    x = pd.DataFrame({"a": [1.0, 2, 3, 4], "twice": [2.0, 4, 6, 8], "is_x": [1.0, 0, 0, 0], "same": [7.0] * 4})
    kept, why = stats.screen([0, 1, 0, 1], x)
    assert list(kept) == ["a"]
    assert why == {
        "twice": "it follows from the others",
        "is_x": "the outcome never comes where it is 1",
        "same": "the same everywhere",
    }


def test_a_column_that_is_little_but_noise_is_not_corrected(many):
    with pytest.raises(ValueError, match="score is little but noise"):
        stats.simex(many["y"], many["x"], {"score": 0.97 * many["x"]["score"].std()})
