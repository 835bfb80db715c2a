"""Age, cohort and calendar month side by side: bends are found, straight lines are not taken for one."""

import math

import numpy as np
import pandas as pd
import pytest
from small_cohorts import cells, company_of, drawn

from helpers.cohorts import apart, words


def bends_of(rows):
    return apart.deviations(rows)[0]


def drift_of(rows):
    return apart.deviations(rows)[1]


def logit(level: float, by_age: float = 0.0, by_cohort: float = 0.0):
    """A hazard whose log odds run straight along age and cohort."""
    return lambda age, cohort: 1 / (1 + math.exp(-(level + by_age * age + by_cohort * cohort)))


def peak(months: range, odds: float):
    """A steady hazard of 2%, with other odds in some months of life."""
    return lambda age, cohort: (rate := 0.02 / 0.98 * (odds if age in months else 1)) / (1 + rate)


STRAIGHT = company_of(logit(-3.5, -0.04, 0.02), 30, 20_000)


def test_where_everything_runs_straight_no_bin_stands_out():
    found = bends_of(STRAIGHT)
    assert not found["stands_out"].any()
    assert found["odds_ratio"].to_numpy() == pytest.approx(1, abs=0.01)
    assert set(found["axis"]) == {"age", "cohort", "month"}


@pytest.mark.parametrize("slope", [0.02, -0.03])
def test_the_drift_is_the_slope_of_the_cohorts(slope):
    drift = drift_of(company_of(logit(-3.5, -0.04, slope), 30, 20_000))
    assert drift["odds_ratio_per_year"].tolist() == pytest.approx([math.exp(12 * slope)] * 2, rel=0.005)


def test_a_trend_of_calendar_months_is_the_same_drift():
    # Month = cohort + age: what belongs to months is found along cohorts, with another slope of age.
    drift = drift_of(company_of(lambda age, cohort: logit(-3.5, 0, 0.02)(0, cohort + age), 30, 20_000))
    assert drift["odds_ratio_per_year"].tolist() == pytest.approx([math.exp(0.24)] * 2, rel=0.005)


def test_the_drift_is_one_number_under_either_named_constraint():
    drift = drift_of(STRAIGHT)
    assert drift["axis"].tolist() == ["newer cohorts", "later months"] and drift["constraint"].nunique() == 2
    numbers = drift[["odds_ratio_per_year", "low", "high"]]
    assert numbers.nunique().tolist() == [1, 1, 1]
    assert (numbers["low"] < numbers["odds_ratio_per_year"]).all()
    assert (numbers["odds_ratio_per_year"] < numbers["high"]).all()


def test_a_month_of_life_with_more_losses_stands_out_and_nothing_else_is_blamed():
    found = bends_of(company_of(peak(range(10, 13), 4), 24, 500))
    out = found[found["stands_out"]]
    assert set(out["axis"]) == {"age"}
    worst = found.loc[found["odds_ratio"].idxmax()]
    assert worst["stands_out"] and worst["first"] <= 12 and worst["last"] >= 10


def test_one_bad_month_of_the_calendar_stands_out_as_a_month():
    def hazard(age, cohort):
        return 0.08 if age + cohort in (14, 15, 16) else 0.02

    found = bends_of(company_of(hazard, 30, 1000))
    worst = found.loc[found["odds_ratio"].idxmax()]
    assert worst["axis"] == "month" and worst["stands_out"] and worst["low"] > 1
    # Cohort 0 of the company began in 2024-01, so its age 14 is 2025-03.
    assert worst["first"] <= 2025 * 12 + 2 + 2 and worst["last"] >= 2025 * 12 + 2


def test_chance_alone_rarely_stands_out():
    rng = np.random.default_rng(1)
    named = [bends_of(drawn(rng, 0.03, 18, 60))["stands_out"].any() for _ in range(20)]
    assert np.mean(named) <= 0.15


def test_every_loss_is_in_one_bin_of_each_axis():
    table = drawn(np.random.default_rng(2), 0.05, 18, 80)
    lost = table.groupby("cohort")["n"].agg(["first", "last"])
    found = bends_of(table)
    assert found.groupby("axis")["n_lost"].sum().tolist() == [(lost["first"] - lost["last"]).sum()] * 3
    assert (found["n_lost"] >= 8).all() and (found["last"] - found["first"] >= 2).all()
    for _, part in found.groupby("axis"):
        assert part["first"].tolist()[1:] > part["last"].tolist()[:-1] and (part["last"] >= part["first"]).all()
    assert ((found["low"] <= found["odds_ratio"]) & (found["odds_ratio"] <= found["high"])).all()


@pytest.mark.parametrize(
    "table",
    [
        company_of(peak(range(0), 1), 12, 5),  # hardly anybody lost
        company_of(lambda age, cohort: 0.0, 12, 500),
        company_of(lambda age, cohort: 1.0, 12, 500),  # everybody in month one: one age
        cells([500, 400, 300], [500, 400]),  # one bin an axis
        cells([500, *range(490, 200, -10)]),  # one cohort
        cells([500, 300, 200], truncated=0),
        cells([500]).iloc[:0],
    ],
    ids=["few losses", "nobody lost", "all in month one", "two months", "one cohort", "left-truncated", "nothing"],
)
def test_what_cannot_be_carried_is_empty_and_said(table):
    found, drift = bends_of(table), drift_of(table)
    assert found.empty and drift.empty
    assert {"axis", "odds_ratio", "low", "high", "stands_out"} <= set(found.columns)
    assert "40 losses" in words.deviations_sentence(found) and "three spans" in words.deviations_sentence(found)
    assert words.said("drift", drift=drift) == ""


def test_the_left_truncated_cohort_changes_nothing():
    first = cells([9000, *[1000 - age for age in range(24)]], truncated=0)
    rest = drawn(np.random.default_rng(3), 0.05, 18, 80)
    rest = rest[rest["cohort"] > "2024-01-01"]
    pd.testing.assert_frame_equal(bends_of(pd.concat([first, rest])), bends_of(rest))


# Sentences


def bins(*stand_out: bool) -> pd.DataFrame:
    rows = [
        ("age", "1–3", 30, 2.5, 1.8, 3.4),
        ("age", "4–6", 20, 0.9, 0.7, 1.2),
        ("cohort", "2024-01 to 2024-06", 50, 0.4, 0.3, 0.6),
        ("month", "2025-01 to 2025-03", 50, 1.6, 1.2, 2.1),
    ]
    table = pd.DataFrame(rows, columns=["axis", "label", "n_lost", "odds_ratio", "low", "high"])
    return table.assign(stands_out=stand_out)


def test_no_bin_that_stands_out_is_said_with_n_and_how_many_were_looked_at():
    text = words.deviations_sentence(bins(False, False, False, False))
    assert text.startswith("No cohort, age or calendar month differs from its straight trend (n = 50 losses, 4 spans")
    assert "(" not in words.deviations_sentence(bins(False, False, False, False), short=True)


def test_one_bin_that_stands_out_is_said_with_its_interval_and_its_losses():
    text = words.deviations_sentence(bins(True, False, False, False))
    assert text.startswith("These differ from their straight trend: months of age 1–3")
    assert "odds of leaving × 2.50, 95% interval 1.80–3.40, 30 losses" in text
    assert words.deviations_sentence(bins(True, False, False, False), short=True).endswith("months of age 1–3")


def test_several_bins_are_said_the_farthest_from_the_line_first():
    text = words.deviations_sentence(bins(True, False, True, True))
    places = [text.index(part) for part in ("months of age 1–3", "cohorts Jan 2024", "calendar months Jan 2025")]
    assert text.startswith("These differ from their straight trend") and places == sorted(places)
    assert "calendar" not in words.deviations_sentence(bins(True, False, True, True), short=True)


def drift(ratio: float, low: float, high: float) -> str:
    row = {"odds_ratio_per_year": ratio, "low": low, "high": high}
    return words.said("drift", drift=pd.DataFrame([row, row]))


def test_a_drift_is_called_one_only_where_its_interval_leaves_no_change_out():
    assert "no clear trend" in drift(0.8, 0.7, 1.1)
    less, more = drift(0.8, 0.7, 0.9), drift(1.5, 1.2, 1.9)
    assert "newer cohorts leave less" in less and "leaves less in later months" in less
    assert "newer cohorts leave more" in more and "leaves more in later months" in more
    for text in (less, more):
        assert text.endswith("the data cannot say which.")
    assert "× 0.80 per year, 95% interval 0.70–0.90" in less


def test_where_a_trend_is_found_the_page_leads_with_it_and_does_not_deny_it():
    rows = company_of(lambda age, cohort: 0.05 * 0.97**cohort, 36, 200)
    text = words.said("trend", drift=drift_of(rows))
    assert text.startswith("Over all months on record, customers leave less: the odds of leaving fall by 3")
    assert text.endswith("cannot say whether newer customers are better or everybody stays longer.")
    flat = drift_of(company_of(lambda age, cohort: 0.05, 36, 200))
    assert words.said("trend", drift=flat) == "" and words.said("trend", drift=flat.iloc[:0]) == ""


def test_a_small_trend_lies_inside_its_interval_as_written():
    found = pd.DataFrame([{"odds_ratio_per_year": 0.77, "low": 0.63, "high": 0.94}])
    assert words.said("trend", drift=found).partition(". ")[0] == (
        "Over all months on record, customers leave less: the odds of leaving fall by 23% per year (95% interval 6–37%)"
    )
    assert words.said("trend", drift=found.assign(high=1.1)) == ""
    found = pd.DataFrame([{"odds_ratio_per_year": 0.994, "low": 0.991, "high": 0.998}])
    assert "fall by 0.6% per year (95% interval 0.2–0.9%)" in words.said("trend", drift=found)
