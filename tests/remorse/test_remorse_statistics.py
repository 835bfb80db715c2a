"""Alpha, loadings, Shapley shares, attributable fraction, AUC and calibration: against published figures, identities,
and worlds whose truth is known."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from helpers import stats
from helpers.remorse import attribution, scores, validation
from helpers.remorse.signals import DRIVERS, of_driver

# Ratings of 15 people on ten items, www.real-statistics.com, as pingouin ships them (cronbach_alpha.csv).
LONG = [
    "357261426544564",
    "243452345432553",
    "465363545653655",
    "135354335422245",
    "456242571355323",
    "514245226533321",
    "123242125324213",
    "453663242132442",
    "356675463743463",
    "255352352214554",
]
# Eleven yes-or-no items of twelve people with four answers missing (cronbach_wide_missing.csv).
WIDE = [
    "11111111111",
    "11111111010",
    ".011.111100",
    "11101101100",
    "11111000100",
    "01.01111000",
    "11110010000",
    "11111000000",
    "01011000010",
    "10010100.00",
    "11100000000",
    "10010000000",
]


def test_alpha_of_pingouins_long_example():
    found = scores.cronbach(pd.DataFrame([[int(c) for c in item] for item in LONG]).T)
    assert [round(x, 3) for x in (found.value, found.low, found.high)] == [0.592, 0.195, 0.840]
    assert (found.k, found.n) == (10, 15)


def test_alpha_of_pingouins_wide_example_with_missing_answers():
    items = pd.DataFrame([[np.nan if c == "." else int(c) for c in row] for row in WIDE])
    found = scores.cronbach(items)
    assert [round(x, 3) for x in (found.value, found.low, found.high)] == [0.733, 0.435, 0.909]
    complete = scores.cronbach(items.dropna())
    assert round(complete.value, 2) == 0.80  # R: psych::alpha(use = "complete.obs")


@pytest.mark.parametrize("items", [{"a": [1, 2, 3]}, {"a": [1, 2], "b": [3, 3]}, {"a": [1, 2, 3], "b": [3, 2, 1]}, {}])
def test_alpha_is_undefined_where_nothing_covaries(items):
    assert scores.cronbach(pd.DataFrame(items)).value is None


# Measurement


@pytest.fixture(scope="module")
def world():
    """20,000 accounts with the four drivers, their signals' z, and a loss in some month of twelve."""
    rng = np.random.default_rng(3)
    latent = rng.multivariate_normal(np.zeros(4), 0.25 + 0.75 * np.eye(4), 20_000)
    index = pd.Index([f"A{k:05d}" for k in range(20_000)])
    z, loading = {}, (0.8, 0.7, 0.6, 0.5, 0.5)
    for k, driver in enumerate(DRIVERS):
        for name, weight in zip(of_driver(driver), loading, strict=False):
            z[name] = weight * latent[:, k] + np.sqrt(1 - weight**2) * rng.standard_normal(20_000)
    frame = pd.DataFrame(z, index=index)
    frame.loc[rng.random(20_000) < 0.4, ["conflicting_objectives", "cost_exceeded"]] = np.nan
    return pd.DataFrame(latent, index, DRIVERS), frame


def test_loadings_are_found_again(world):
    assert scores.loadings(world[1][of_driver("value")]).to_numpy() == pytest.approx(
        [0.8, 0.7, 0.6, 0.5, 0.5], abs=0.02
    )


def test_a_reading_is_unbiased_and_its_noise_known_whichever_signals_are_missing(world):
    latent, z = world
    found = scores.measured(z)
    for driver in ("complexity", "implementation"):
        for some in (z[of_driver(driver)[0]].isna(), z[of_driver(driver)[0]].notna()):
            true, seen = latent.loc[some, driver], found.latent.loc[some, driver]
            assert np.polyfit(true, seen, 1)[0] == pytest.approx(1, abs=0.03)
            assert (seen - true).std() == pytest.approx(found.noise.loc[some, driver].mean(), rel=0.04)


def test_the_best_guess_is_nearer_to_the_driver_than_the_reading(world):
    latent, z = world
    found = scores.measured(z)
    assert (((found.best - latent) ** 2).mean() < ((found.latent - latent) ** 2).mean()).all()


def test_signals_that_do_not_go_together_have_no_reading():
    rng = np.random.default_rng(0)
    apart = pd.DataFrame(rng.standard_normal((300, 2)), columns=of_driver("value")[:2])
    apart["settled_for_less"] = -apart["states_value"]
    assert scores.loadings(apart) is None
    assert scores.loadings(apart.assign(settled_for_less=1.0)) is None


# Attribution


def months(latent, effects, seed=0) -> pd.DataFrame:
    """Twelve account-months each, lost with log-odds of −4 and the effects of the drivers."""
    rng = np.random.default_rng(seed)
    chance = special.expit(-4 + latent.to_numpy() @ effects)
    lost = rng.random((len(latent), 12)) < chance[:, None]
    at_risk = np.cumsum(lost, axis=1) - lost == 0
    place, month = np.nonzero(at_risk)
    return pd.DataFrame({"account_id": latent.index[place], "month_no": month, "is_lost": lost[at_risk]})


@pytest.fixture(scope="module")
def attributed(world):
    latent, z = world
    some = latent.index[:2500]
    return attribution.attribute(months(latent.loc[some], [0.25, 0.45, 0.35, 0.15]), z.loc[some], draws=4)


@pytest.mark.slow
def test_corrected_effects_hold_the_truth_and_uncorrected_ones_fall_short(attributed):
    rows = attributed.table.set_index("driver")
    for driver, truth in zip(DRIVERS, [0.25, 0.45, 0.35, 0.15], strict=True):
        assert rows.loc[driver, "low_corrected"] < truth < rows.loc[driver, "high_corrected"]
    strong = rows.loc[["value", "implementation"]]
    assert (strong["log_odds"] < [0.45, 0.35]).all() and (strong["log_odds"] < strong["log_odds_corrected"]).all()
    assert rows["share"].sum() == pytest.approx(1)
    for name in ("share", "paf"):
        assert (rows[f"{name}_low"] <= rows[name]).all() and (rows[name] <= rows[f"{name}_high"]).all()


def test_too_few_losses_and_missing_drivers_are_said_not_computed(world):
    latent, z = world
    few = months(latent.iloc[:100], [0, 0, 0, 0])
    found = attribution.attribute(few, z.iloc[:100])
    assert found.table.empty and "too few for 4 drivers (at least 40 needed)" in found.reason
    none = attribution.attribute(few, z.iloc[:100][[]])
    assert none.reason == scores.UNMEASURED and list(none.left_out) == list(DRIVERS)
    some, left = latent.index[:800], z.iloc[:800].drop(columns=of_driver("guidance"))
    three = attribution.attribute(months(latent.loc[some], [0.4] * 4), left, draws=2)
    assert list(three.left_out) == ["guidance"] and set(three.table["driver"]) == set(DRIVERS[:3])


# Cars of Motor Trend (Henderson and Velleman 1981; R's mtcars): miles a gallon, transmission, engine shape, cylinders.
MPG = [
    21,
    21,
    22.8,
    21.4,
    18.7,
    18.1,
    14.3,
    24.4,
    22.8,
    19.2,
    17.8,
    16.4,
    17.3,
    15.2,
    10.4,
    10.4,
    14.7,
    32.4,
    30.4,
    33.9,
    21.5,
    15.5,
    15.2,
    13.3,
    19.2,
    27.3,
    26,
    30.4,
    15.8,
    19.7,
    15,
    21.4,
]
CARS = pd.DataFrame(
    {
        "am": [int(c) for c in "11100000000000000111000001111111"],
        "vs": [int(c) for c in "00110101111000000111100001010001"],
        "cyl": [int(c) for c in "66468684466888888444488884448684"],
    }
)


def test_lmg_of_motor_trend_cars_as_domir_prints_it():
    # domir's documentation (Luchman): lm(mpg ~ am + vs + cyl), general dominance, which is LMG.
    y = np.array(MPG) - np.mean(MPG)
    worth = {}
    for size in range(4):
        for group in itertools.combinations(CARS.columns, size):
            x = np.column_stack([np.ones(32), CARS[list(group)]])
            left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
            worth[frozenset(group)] = 1 - float(left @ left) / float(y @ y)
    found = attribution.shapley(list(CARS.columns), worth)
    assert worth[frozenset(CARS.columns)] == pytest.approx(0.7619773, abs=1e-7)
    assert found == pytest.approx({"am": 0.1774892, "vs": 0.2027032, "cyl": 0.3817849}, abs=1e-7)


def test_lmg_of_a_logit_is_the_average_over_all_orders_and_adds_up():
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.multivariate_normal([0] * 3, 0.4 + 0.6 * np.eye(3), 400), columns=list("abc"))
    y = rng.random(400) < special.expit(x.to_numpy() @ [0.2, 0.6, 0.0])
    found = attribution.lmg(y, x, ["a", "b", "c"], np.arange(400)).set_index("name")
    gains = {name: [] for name in "abc"}
    for order in itertools.permutations("abc"):
        r2 = [0.0] + [stats.logit(y, x[sorted(order[:k])]).mcfadden for k in (1, 2, 3)]
        for place, name in enumerate(order):
            gains[name].append(r2[place + 1] - r2[place])
    assert found["r2"].to_dict() == pytest.approx({name: np.mean(each) for name, each in gains.items()}, abs=1e-9)
    assert found["r2"].sum() == pytest.approx(stats.logit(y, x).mcfadden)


def test_a_driver_that_says_nothing_has_a_share_whose_interval_holds_0_and_ends_early():
    held, high = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = pd.DataFrame(rng.standard_normal((400, 4)), columns=list("abcd"))
        y = rng.random(400) < special.expit(x.to_numpy() @ [0.45, 0.35, 0.25, 0.0] - 1)
        found = attribution.lmg(y, x, list("abcd"), np.arange(400)).set_index("name")
        held.append(found.loc["d", "low"] == 0)
        high.append(found.loc["d", "high"])
    # On the logit scale alone none held 0, and the upper end was .72 in the median run.
    assert np.mean(held) >= 0.85 and np.median(high) < 0.25


def test_the_attributable_fraction_of_a_yes_or_no_cause_is_miettinens():
    # 40 of 100 exposed and 20 of 200 unexposed are lost: PAF = share of the cases exposed × (RR − 1) ÷ RR.
    exposed = np.repeat([1.0, 0.0], [100, 200])
    lost = np.concatenate([np.arange(100) < 40, np.arange(200) < 20])
    x = pd.DataFrame({"is_exposed": exposed})
    lives = attribution._lives(pd.DataFrame({"account_id": range(300), "month_no": 1, "is_lost": lost}))
    found = attribution.paf(stats.logit(lost, x), x, ["is_exposed"], lives).loc[0]
    assert found["paf"] == pytest.approx(40 / 60 * (4 - 1) / 4)
    assert found["paf_low"] < found["paf"] < found["paf_high"] < 1


def test_a_loss_that_only_comes_later_is_not_avoided():
    # Two alike exposed accounts over three months, one lost in the first: h = 1/2 a month as it is, 1/4 without.
    x = pd.DataFrame({"is_exposed": [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]})
    rows = pd.DataFrame({"account_id": list("ABBBCCC"), "month_no": [1, 1, 2, 3, 1, 2, 3]})
    rows["is_lost"] = [True, *[False] * 6]
    fit = stats.logit([1, 0, 1, 0], pd.DataFrame({"is_exposed": [1.0, 1.0, 0.0, 0.0]}))
    fit = replace(fit, estimate=pd.Series([np.log(1 / 3), np.log(3)], index=["const", "is_exposed"]))
    lives = attribution._lives(rows)
    assert lives.groupby("place")["times"].sum().tolist() == [3, 1, 1, 1, 1, 1, 1]
    # Of the three accounts, the median is exposed, so nothing changes; with two unexposed ones, everybody is as they.
    assert attribution.paf(fit, x, ["is_exposed"], lives)["paf"].item() == pytest.approx(0)
    more = pd.concat([x, pd.DataFrame({"is_exposed": [0.0] * 6})], ignore_index=True)
    end = pd.DataFrame({"account_id": list("DDDEEE"), "month_no": [1, 2, 3] * 2, "is_lost": False})
    lives = attribution._lives(pd.concat([rows, end], ignore_index=True))
    as_is, instead = 2 * (1 - 0.5**3) + 3 * (1 - 0.75**3), 5 * (1 - 0.75**3)
    assert attribution.paf(fit, more, ["is_exposed"], lives)["paf"].item() == pytest.approx(1 - instead / as_is)


# Discrimination

risks = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=4, max_size=40).filter(
    lambda rows: 2 <= sum(lost for _, lost in rows) <= len(rows) - 2
)


@given(risks)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    lost, kept = ([risk for risk, is_lost in rows if is_lost == side] for side in (True, False))
    pairs = [(a > b) + 0.5 * (a == b) for a, b in itertools.product(lost, kept)]
    value, low, high = validation.auc(*zip(*rows, strict=True))
    assert value == pytest.approx(np.mean(pairs)) and 0 <= low <= value + 1e-12 and value - 1e-12 <= high <= 1
    flipped = validation.auc([-risk for risk, _ in rows], [is_lost for _, is_lost in rows])[0]
    assert flipped == pytest.approx(1 - value)


def test_a_calibrated_risk_has_slope_one_and_a_bold_one_less():
    rng = np.random.default_rng(2)
    log_odds = rng.normal(-2, 1, 4000)
    lost = rng.random(4000) < special.expit(log_odds)
    slope, low, high = validation.calibration_slope(special.expit(log_odds), lost)
    assert abs(slope - 1) < 2 * (high - low) / 2  # four standard errors
    assert validation.calibration_slope(special.expit(2 * log_odds), lost)[0] == pytest.approx(slope / 2)
    table = validation.calibration(special.expit(log_odds), lost)
    assert table["n"].sum() == 4000 and table["predicted"].is_monotonic_increasing
    assert (table["n"] * table["observed"]).sum() == pytest.approx(lost.sum())
    part = rng.normal(size=4000)
    assert validation.slope_beyond(part, special.expit(log_odds), lost)[1] < 0  # noise says nothing more
    alone = validation.slope_beyond(log_odds, np.full(4000, 0.1), lost)
    assert alone[0] == pytest.approx(slope, rel=1e-6)


def test_rank_correlation_is_spearmans():
    one, other = pd.Series([3.0, 1, 2, 5, 4, 7, 6, 9, 8, 10]), pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    rho, low, high, n = validation.rank_correlation(one, other)
    assert rho == pytest.approx(1 - 6 * ((one - other) ** 2).sum() / (10 * 99)) and low < rho < high and n == 10
    assert validation.rank_correlation(one * 0, other)[:3] == (None, None, None)
