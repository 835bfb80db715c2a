"""Published figures that the designs reproduce: Stanford heart transplants, E-values."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stanford_heart import patients, stretches

from helpers import stats
from helpers.programs import core, hazard


def test_stanford_heart_transplants_naive_and_with_the_day_of_the_transplant():
    from statsmodels.duration.hazard_regression import PHReg

    frame = patients()
    assert (len(frame), frame["has_died"].sum(), frame["transplanted_on"].notna().sum()) == (103, 75, 69)
    ever = frame["transplanted_on"].notna().to_numpy(dtype=float)[:, None]
    naive = PHReg(frame["days"], ever, status=frame["has_died"].astype(int)).fit().params[0]
    assert naive == pytest.approx(-1.32, abs=0.005)
    own = stretches(frame)
    # At risk from the day after: statsmodels counts the day of entry itself.
    entry = own["entry"] + 0.01 * (own["entry"] > 0)
    exposed = own[["is_transplanted"]].to_numpy()
    dated = PHReg(own["exit"], exposed, status=own["has_died"].astype(int), entry=entry).fit().params[0]
    assert dated == pytest.approx(0.126, abs=0.0005)


def test_our_hazard_model_tells_the_same_of_the_stanford_heart_transplants():
    # Patient-days in place of account-months, the hazard smooth in time: close to Cox's, and no longer a miracle cure.
    frame = patients()
    n = np.ceil(frame["days"]).astype(int)
    row = np.repeat(np.arange(len(frame)), n)
    day = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + 1
    died = (day == n.to_numpy()[row]) & frame["has_died"].to_numpy()[row]
    months = pd.DataFrame({"account_id": row.astype(str), "month_no": day})
    first = pd.DataFrame(
        {"account_id": [str(k) for k in frame.index], "program": "transplant", "first_no": frame["transplanted_on"]}
    )
    on = hazard.exposed(months, first.dropna(), "transplant")
    time = {"log": np.log(day), "log squared": np.log(day) ** 2}
    fits = [
        stats.logit(died, pd.DataFrame({"x": x} | time), row)
        for x in (on.astype(float), frame["transplanted_on"].notna().to_numpy(dtype=float)[row])
    ]
    assert fits[0].estimate["x"] == pytest.approx(0.126, abs=0.05)
    assert fits[1].estimate["x"] == pytest.approx(-1.32, abs=0.05)


@pytest.mark.parametrize("ratio, low, high, value, bound", [(3.9, 1.8, 8.7, 7.26, 3.0), (0.80, 0.71, 0.91, 1.81, 1.43)])
def test_e_values_of_vanderweele_and_ding(ratio, low, high, value, bound):
    # 3.9 (1.8 to 8.7): bottle feeding and respiratory death; 0.80 (0.71 to 0.91): breastfeeding and leukemia.
    assert core.e_value(ratio) == pytest.approx(value, abs=0.005)
    assert core.e_value_of_bound(low, high) == pytest.approx(bound, abs=0.005)


def test_a_common_outcome_is_converted_before_an_e_value():
    rare, common = (core.e_values(math.log(4), math.log(2), math.log(8), share) for share in (0.15, 0.16))
    assert rare["e_value"] == core.e_value(4.0)
    assert common["e_value"] < rare["e_value"] and common["e_value_low"] < rare["e_value_low"]
    hazards = core.e_values(math.log(0.5), math.log(0.4), math.log(0.6), 0.5)
    # VanderWeele's formula by hand: (1 − ½^√½) ÷ (1 − ½^√2).
    assert hazards["e_value"] == pytest.approx(core.e_value((1 - 0.5**0.5**0.5) / (1 - 0.5**2**0.5)))


@given(st.floats(0.05, 20))
def test_an_e_value_is_at_least_1_and_the_same_both_ways(ratio):
    assert core.e_value(ratio) >= 1
    assert core.e_value(ratio) == pytest.approx(core.e_value(1 / ratio))
