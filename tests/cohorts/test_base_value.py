"""What the base in hand is worth: the rest of the term, then the renewals, added up month by month."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_cohorts import lives, lives_by_survival

from helpers.cohorts import survival, words
from helpers.cohorts.survival import projection

# Undiscounted, (β + a) ÷ (α − 1) = (2 + a) ÷ 2 renewals are expected of those with a behind them.
MODEL = survival.Sbg(3.0, 2.0, 0.0)


def fitted(term: int, last: int, model: survival.Sbg = MODEL, draws=()) -> dict[int, projection.Fitted]:
    nothing = np.array([]), np.array([])
    return {term: projection.Fitted(term, last, model, list(draws) or [model], pd.DataFrame(), *nothing)}


def value(table: pd.DataFrame, models, **options) -> pd.Series:
    return projection.base_value(table, models, **options).iloc[0]


def one(age: int, term: int, n: int = 1) -> pd.DataFrame:
    """Accounts of 100 a month, `age` months old at month 100."""
    return lives((100 - age, None, n), term_months=term)


@pytest.mark.parametrize(("age", "months"), [(0, 1.0), (4, 3.0)])
def test_month_to_month_without_discount_it_is_the_renewals_expected(age, months):
    found = value(one(age, 1), fitted(1, 100), discount_rate=0.0)
    assert found["value_cents"] == pytest.approx(months * 100_00)
    assert found["residual_terms"] == pytest.approx(months)


@pytest.mark.parametrize(
    ("age", "months"),
    [
        (0, 11 + 12 * 1.0),  # eleven months are left of the first year, then one renewal is expected
        (11, 0 + 12 * 1.0),  # the next month renews
        (12, 11 + 12 * 1.5),
        (17, 6 + 12 * 1.5),
    ],
)
def test_of_a_year_the_months_left_come_first(age, months):
    found = value(one(age, 12), fitted(12, 100), discount_rate=0.0)
    assert found["value_cents"] == pytest.approx(months * 100_00)


@pytest.mark.parametrize(("age", "term"), [(0, 1), (30, 1), (17, 12), (11, 12), (8, 3)])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_discounted_it_is_the_sum_over_all_months_to_come(age, term, rate):
    model = survival.Sbg(1.5, 2.5, 0.0)
    behind, v = age // term, (1 + rate) ** (-1 / 12)
    months_left = term - 1 - age % term
    to_come = np.arange(1, 3000 * 12 // term)
    chance = model.survival(behind + to_come) / model.survival(behind)
    a_term = sum(v**month for month in range(term))
    expected = sum(v**month for month in range(months_left))
    expected += (chance * v ** (months_left + term * (to_come - 1.0)) * a_term).sum()
    found = value(one(age, term, n=3), fitted(term, 100, model), margin=0.8, discount_rate=rate)
    assert found["value_cents"] == pytest.approx(0.8 * 300_00 * expected, rel=1e-6, abs=1)


def test_nearly_all_leave_and_only_the_months_left_count():
    found = value(one(0, 12), fitted(12, 100, survival.Sbg(1e4, 1e-3, 0.0)), discount_rate=0.0)
    assert found["value_cents"] == pytest.approx(11 * 100_00, rel=1e-4)


def test_undiscounted_an_infinite_value_is_missing():
    model = survival.Sbg(0.7, 1.2, 0.0)
    table = projection.base_value(one(5, 12), fitted(12, 100, model), discount_rate=0.0)
    assert math.isnan(table["value_cents"][0]) and table["n_accounts"].tolist() == [1]
    assert "not projected" in words.value_sentence(table, one(5, 12), "USD")
    assert value(one(5, 12), fitted(12, 100, model))["value_cents"] > 0


def test_who_was_lost_before_or_has_no_model_is_left_out():
    table = lives(
        (90, None, 2),
        (80, 95, 3),
        (70, None, 4),
        (95, 99, 1),
        term_months=[12, 12, 1, 12],
        n_in_force=[2, 1, 4, 0],
        mrr_cents=[200_00, 100_00, 400_00, 0],
    )
    found = projection.base_value(table, fitted(12, 100))
    assert found[["term_months", "n_accounts", "mrr_cents"]].to_numpy().tolist() == [[12, 2, 200_00]]
    assert projection.base_value(table, fitted(24, 100)).empty and projection.base_value(table, {}).empty
    assert "leaves out $500 of MRR" in words.value_sentence(found, table, "USD")


def test_accounts_add_up_and_older_ones_are_worth_more():
    together = value(pd.concat([one(5, 1, 2), one(40, 1, 3)]), fitted(1, 100))
    apart = [value(table, fitted(1, 100)) for table in (one(5, 1, 2), one(40, 1, 3))]
    assert together["value_cents"] == pytest.approx(sum(row["value_cents"] for row in apart), abs=2)
    terms = [row["residual_terms"] for row in apart]
    assert terms[1] > terms[0]
    assert together["residual_terms"] == pytest.approx((2 * terms[0] + 3 * terms[1]) / 5, abs=1e-5)


def test_the_interval_is_that_of_the_models_draws():
    draws = [survival.Sbg(3.0, beta, 0.0) for beta in np.linspace(1, 3, 81)]
    found = value(one(0, 1), fitted(1, 100, draws=draws), discount_rate=0.0)
    # β ÷ 2 months of 100: from 1.05 ÷ 2 to 2.95 ÷ 2.
    assert (found["low"], found["value_cents"], found["high"]) == pytest.approx((52_50, 100_00, 147_50))


def test_sentences_say_the_sum_its_interval_and_what_is_not_in_it():
    rows = [
        (1, 10, 1000_00, 5.0, 30_000_00, 27_000_00, 34_000_00, "95% interval"),
        (12, 5, 500_00, 2.0, 10_000_00, 6_000_00, 13_000_00, "95% interval"),
    ]
    columns = ["term_months", "n_accounts", "mrr_cents", "residual_terms", "value_cents", "low", "high", "basis"]
    table = pd.DataFrame(rows, columns=columns)
    text = words.value_sentence(table, lives((0, None, 15)), "USD")
    # 3 and 4 thousand down make 5; 4 and 3 up make 5.
    assert "worth an expected $40.0k, discounted (95% interval $35.0k to $45.0k, n = 15 accounts, $1.50k MRR)" in text
    assert "not projected" in words.value_sentence(table.iloc[:0], lives((0, None, 15)), "USD")


def test_with_two_renewals_seen_it_is_a_range_by_scenario_and_no_interval():
    rows = lives((0, 12, 18), (0, 24, 15), (0, None, 67), (12, 24, 18), (12, None, 82))
    found = projection.base_value(rows, {12: projection.fit(rows, 12, 25)})
    assert found["basis"].tolist() == ["range by scenario"]
    # Everybody alike, with the chance seen: 51 lost of the 282 renewals due, and what that makes of the base.
    alike = projection.base_value(rows, fitted(12, 25, survival.Sbg(1e4 * 51 / 282, 1e4 * 231 / 282, 0.0)))
    assert found["low"][0] < alike["value_cents"][0] < found["high"][0]
    text = words.value_sentence(found, rows, "USD")
    assert "worth between" in text and "range by scenario, not an interval" in text and "95%" not in text


def test_revenue_has_chances_of_its_own_where_large_accounts_stay_longer():
    kept = [round(1000 * 0.9**age) for age in range(12)]
    small, last = lives_by_survival(kept, 1)
    large, _ = lives_by_survival([1000 - (1000 - n) // 5 for n in kept], 1)
    large = large.assign(first_cents=large["first_cents"] * 20, first_squared=large["first_squared"] * 400)
    large["mrr_cents"] *= 20
    both = pd.concat([small, large], ignore_index=True)
    model = projection.fit(both, 1, last)
    apart = [
        projection.base_value(part, {1: projection.fit(part, 1, last)})["value_cents"][0] for part in (small, large)
    ]
    together = projection.base_value(both, {1: model})["value_cents"][0]
    by_head = projection.base_value(both, {1: replace(model, revenue=None)})["value_cents"][0]
    assert together == pytest.approx(sum(apart), rel=0.2) and by_head < 0.7 * sum(apart)


def test_customers_who_may_all_be_alike_are_not_worth_what_only_loyal_ones_would_be():
    """900 accounts, of which 2.15% leave a month: the fit finds some that stay forever, which chance does as well."""
    rng = np.random.default_rng([21, 900])
    start = rng.integers(0, 36, 900)
    lost = start + rng.geometric(0.0215, 900)
    rows = [(int(begin), int(end) if end < 36 else None, 1) for begin, end in zip(start, lost, strict=True)]
    table = lives(*rows, term_months=1)
    models = {1: projection.fit(table, 1, 35)}
    found, here = value(table, models), int((lost >= 36).sum())
    month = 1.1 ** (-1 / 12)
    true = here * 100_00 * 0.9785 / (1 - 0.9785 * month)
    assert found["basis"] == "95% interval" and found["low"] < true < found["value_cents"] / 1.25
    # Where they do differ, the interval is that of the model alone.
    differ, last = lives_by_survival([round(1000 * MODEL.survival(age)) for age in range(13)], 12)
    assert models[1].revenue[2] and not projection.fit(differ, 1, last).revenue[2]


def test_where_nobody_renews_all_are_alike_and_worth_little_more_than_their_months_left():
    gone = [(start, start + 12, 20) for start in range(6)]
    table = lives(*gone, (30, None, 5))
    models = {12: projection.fit(table, 12, 40)}
    found = value(table, models)
    assert models[12].revenue[2], "one chance for all, which may be a little above none"
    assert found["low"] == found["value_cents"] < found["high"] < 1.5 * found["low"]
