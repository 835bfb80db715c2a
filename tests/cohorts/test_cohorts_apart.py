"""Which cohorts stand apart: said of those that do, and hardly ever of those that do not."""

import math

import numpy as np
import pandas as pd
import pytest
from small_cohorts import cells, drawn

from helpers import cohorts, stats
from helpers.cohorts import words
from helpers.cohorts.apart import _p

Z_OF_TWO = 2.2414  # two-sided 2.5%, from a table of the normal distribution


def row(compared: pd.DataFrame, cohort: str) -> pd.Series:
    return compared.set_index("cohort").loc[pd.Timestamp(cohort)]


def test_two_cohorts_are_each_others_others():
    compared = cohorts.compare(cells([100, 95, 90, 90], [100, 60, 50, 45]), 3)
    assert compared[["share", "expected", "difference"]].round(10).to_numpy().tolist() == [
        [0.9, 0.45, 0.45],
        [0.45, 0.9, -0.45],
    ]
    assert compared["verdict"].tolist() == ["better", "worse"]
    assert compared[["n", "n_kept", "age_months"]].to_numpy().tolist() == [[100, 90, 3], [100, 45, 3]]
    assert ((compared["low"] < compared["difference"]) & (compared["difference"] < compared["high"])).all()


def test_against_very_many_the_interval_is_the_cohorts_own_at_the_level_of_all():
    # What ten million kept is known; what is left is Wilson's interval of 18 of 20, at 97.5% for two cohorts.
    compared = cohorts.compare(cells([20, 20, 19, 18], [10**7, 9 * 10**6, 8 * 10**6, 8 * 10**6]), 3)
    own = row(compared, "2024-01-01")
    low, high = stats.wilson(18, 20, Z_OF_TWO)
    assert own["expected"] == pytest.approx(0.8)
    assert (own["low"], own["high"]) == pytest.approx((low - 0.8, high - 0.8), abs=2e-4)
    assert own["verdict"] == "no clear difference"


def test_the_others_are_pooled_and_not_averaged():
    compared = cohorts.compare(cells([50, 50, 50, 50], [100, 90, 90, 90], [300, 150, 150, 150]), 3)
    assert row(compared, "2024-01-01")["expected"] == pytest.approx(240 / 400)


def test_the_others_include_young_cohorts_for_the_ages_they_have():
    # At age 1 250 of 300 stay, from then on the two old ones of 100 lose nobody.
    table = cells([100, 100, 100, 100, 100], [200, 150, 150, 150], [100, 100])
    assert row(cohorts.compare(table, 3), "2024-01-01")["expected"] == pytest.approx(250 / 300)


def test_a_cohort_is_compared_at_the_latest_age_it_and_the_others_have():
    compared = cohorts.compare(cells([90] * 8, [80] * 6, [70] * 5), 12)
    ages = dict(zip(compared["cohort"].dt.strftime("%Y-%m"), compared["age_months"], strict=True))
    assert ages == {"2024-01": 5, "2024-02": 5, "2024-03": 4}  # the oldest has nobody beside it after 5


def test_others_of_under_ten_accounts_end_the_comparison():
    compared = cohorts.compare(cells([90] * 8, [80, 80, 80, 80, 9, 9, 9]), 6)
    assert row(compared, "2024-01-01")["age_months"] == 4  # at risk in month 4: 80, in month 5: 9


def test_the_left_truncated_cohort_is_neither_compared_nor_among_the_others():
    table = cells([1000, 10, 10, 10, 10], [100, 90, 90, 90], [100, 90, 90, 90], truncated=0)
    compared = cohorts.compare(table, 3)
    assert compared["cohort"].dt.month.tolist() == [2, 3] and compared["expected"].tolist() == pytest.approx([0.9] * 2)


@pytest.mark.parametrize(
    "table", [cells([9, 9, 9, 1], [500] * 4), cells([50, 10, 10], [500] * 5)], ids=["nine accounts", "two months"]
)
def test_nothing_is_said_of_a_small_or_a_young_cohort(table):
    own = row(cohorts.compare(table, 12), "2024-01-01")
    assert own["verdict"] == "few" and np.isnan([own["expected"], own["difference"], own["low"], own["high"]]).all()


def test_a_cohort_alone_has_nobody_to_be_compared_with():
    assert cohorts.compare(cells([100, 50, 40, 30, 20]), 3)["verdict"].tolist() == ["few"]
    assert cohorts.compare(cells([100], [100]), 3).empty  # nobody has an age yet
    assert cohorts.compare(cells([100, 90], truncated=0), 3).empty


def test_when_nobody_leaves_no_cohort_stands_apart():
    compared = cohorts.compare(cells([50] * 5, [60] * 5, [70] * 5), 4)
    assert (compared["verdict"] == "no clear difference").all() and (compared["difference"] == 0).all()


def test_when_all_others_have_left_the_one_that_stayed_is_better():
    compared = cohorts.compare(cells([50] * 5, [60, 30, 10, 0, 0], [70, 40, 10, 0, 0]), 3)
    assert compared["verdict"].tolist()[0] == "better"
    assert row(compared, "2024-01-01")["expected"] == 0
    assert compared[["low", "high"]].notna().all(axis=None)


def test_cohorts_that_differ_by_chance_only_are_rarely_told_apart():
    rng = np.random.default_rng(1)
    named = [cohorts.compare(drawn(rng, 0.05, 6, 80), 5)["verdict"].isin(["better", "worse"]).any() for _ in range(25)]
    assert np.mean(named) <= 0.1  # 5% of companies at most, and chance


def test_a_cohort_of_three_times_the_losses_is_told_apart():
    usual, bad = (drawn(np.random.default_rng(2), hazard, 12, 200) for hazard in (0.03, 0.09))
    is_april = usual["cohort"].dt.month == 4
    compared = cohorts.compare(pd.concat([usual[~is_april], bad[is_april]]), 6)
    assert row(compared, "2024-04-01")["verdict"] == "worse"


def test_nothing_is_changed_and_row_order_does_not_matter():
    table = drawn(np.random.default_rng(4), 0.1, 8, 50)
    before, compared = table.copy(), cohorts.compare(table, 6)
    pd.testing.assert_frame_equal(cohorts.compare(table.iloc[::-1], 6), compared)
    pd.testing.assert_frame_equal(table, before)


# Sentences


def told(*rows: tuple) -> pd.DataFrame:
    columns = ["cohort", "age_months", "n", "share", "expected", "difference", "low", "high", "verdict"]
    return pd.DataFrame([(pd.Timestamp(2024, month, 1), 12, 200, *rest) for month, *rest in rows], columns=columns)


BETTER, WORSE = (0.9, 0.7, 0.2, 0.1, 0.3, "better"), (0.6, 0.7, -0.1, -0.19, -0.01, "worse")
SAME = (0.7, 0.7, 0.0, -0.1, 0.1, "no clear difference")


def test_one_cohort_apart_is_said_with_n_age_and_interval():
    text = words.compare_sentence(told((1, *BETTER), (2, *SAME)))
    assert text.startswith(
        "1 cohort differs clearly from the others (2 cohorts compared with all others at the same age"
    )
    assert text.endswith(
        "Jan 2024 kept more: 90.0% of 200 after 12 months, compared with 70.0% of the others (+20.0 points, interval "
        "+10 to +30)."
    )


def test_the_clearest_cohort_comes_first_and_the_fourth_is_left_to_the_table():
    text = words.compare_sentence(told((1, *WORSE), (2, *BETTER), (3, *WORSE), (4, *WORSE)))
    assert text.startswith("4 cohorts differ clearly from the others (4 cohorts compared")
    assert text.index("Feb 2024 kept more") < text.index("Jan 2024 kept fewer: 60.0% of 200")
    assert "−10.0 points, interval −19 to −1" in text and text.endswith(". The table has 1 more.")


def test_none_apart_is_said_with_how_many_were_looked_at():
    text = words.compare_sentence(told((1, *SAME), (2, *SAME)))
    assert text.startswith("No cohort differs clearly from the others (2 cohorts compared")


def test_few_are_not_counted_among_the_compared():
    compared = told((1, *SAME), (2, *BETTER)).assign(verdict=["few", "better"])
    assert "(1 cohort compared" in words.compare_sentence(compared)
    assert "old and large enough" in words.compare_sentence(cohorts.compare(cells([9, 9]), 3))


def test_a_cohort_stands_apart_only_where_its_losses_counted_out_say_so():
    # Of 24 accounts in two cohorts 10 are lost, all of one: 2 × C(12, 10) ÷ C(24, 10).
    own, others = (pd.DataFrame({"at_risk": [12], "lost": [lost]}) for lost in (10, 0))
    assert _p(own, others) == pytest.approx(2 * math.comb(12, 10) / math.comb(24, 10))
    found = cohorts.compare(cells([30, 14, 14, 14], [30, 30, 30, 30]), 3)
    assert found["verdict"].tolist() == ["worse", "better"]
    # Of 4 lost all of one: the interval alone leaves 0 out, 2 × C(20, 4) ÷ C(40, 4) = 10.6% does not.
    found = cohorts.compare(cells([20, 16, 16, 16], [20, 20, 20, 20]), 3)
    assert (
        found["verdict"].tolist() == ["no clear difference"] * 2
        and (found["low"] <= 0).all()
        and (found["high"] >= 0).all()
    )
