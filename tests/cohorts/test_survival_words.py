"""What is said about lives: every branch, with n and interval, and a difference only where a test finds one."""

import math

import pandas as pd
import pytest
from small_cohorts import lives, lives_by_survival

from helpers.cohorts import words
from helpers.cohorts.survival import observed, projection

NAN = math.nan
CURVE = pd.DataFrame(
    [("all", 12, 90, 0.8), ("L", 12, 50, 0.9), ("M", 12, 0, 0.1), ("S", 12, 40, 0.7), ("S", 24, 9, 0.2)],
    columns=["segment", "age", "n_at_risk", "survival"],
)


# Groups


def test_groups_that_differ_are_said_with_the_farthest_two_that_somebody_is_left_of():
    text = words.contrast_sentence(CURVE, "segment", 12, 16.79, 0.00004)
    assert text == ("After 12 months 90.0% of L have never left, 70.0% of S (log-rank χ² = 16.8, p < 0.001).")


def test_groups_that_do_not_differ_get_no_ranking():
    text = words.contrast_sentence(CURVE, "acquisition_source", 12, 0.4, 0.523)
    assert text == "The acquisition sources show no clear difference (log-rank χ² = 0.4, p = 0.523)."


def test_at_an_age_that_one_group_has_reached_no_shares_are_compared():
    assert words.contrast_sentence(CURVE, "segment", 24, 16.79, 0.01).endswith("p = 0.010).")


def test_what_is_left_within_segments_is_said():
    curve = CURVE.rename(columns={"segment": "acquisition_source"})
    gone = words.contrast_sentence(curve, "acquisition_source", 12, 9.0, 0.01, within=0.4)
    left = words.contrast_sentence(curve, "acquisition_source", 12, 9.0, 0.01, within=0.0001)
    assert gone.endswith("Within the segments no difference is left (p = 0.400).")
    assert left.endswith("Within the segments they still differ (p < 0.001).")


def test_one_group_is_nothing_to_compare():
    assert "nothing to compare" in words.contrast_sentence(CURVE, "segment", 12, NAN, NAN)


# Medians


def medians(*values: float) -> str:
    columns = ["segment", "n", "n_lost", "median_months", "low", "high"]
    rows = pd.DataFrame([("all", *values), ("S", 5, 5, 1.0, 1.0, 1.0)], columns=columns)
    return words.said("median", medians=rows)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((90, 60, 23.0, 16.0, 30.0), "Median life is 23 months (95% interval 16 to 30, n = 90)."),
        ((90, 60, 1.0, 1.0, NAN), "Median life is 1 month (95% interval 1 to open, n = 90)."),
        ((90, 10, NAN, NAN, NAN), "more than half are still there (n = 90)."),
        ((90, 10, NAN, 30.0, NAN), "(n = 90; 95%: 30 months or more)."),
        ((0, 0, NAN, NAN, NAN), "No account of a known age has been seen yet."),
    ],
)
def test_a_median_is_said_with_its_interval_or_that_it_is_not_reached(given, text):
    assert medians(*given).endswith(text)


@pytest.mark.parametrize("table", [lives((0, 4, 9), is_left_truncated=True), lives((0, 4, 9)).iloc[:0]])
def test_where_nobodys_age_is_known_there_is_no_median_and_that_is_said(table):
    found = observed.medians(observed.by_group(table, 24), "segment")
    assert words.said("median", medians=found) == "No account of a known age has been seen yet."


# Stages


def test_a_stage_above_the_average_is_named_with_its_rate():
    table = observed.stages(lives((0, 12, 60), (0, 20, 4), (0, None, 136)), 24)
    text = words.stages_sentence(table)
    assert text.endswith("Most accounts leave in “first renewal” of the 12-month contracts (60 of 64 losses).")
    assert "“first renewal” of the 12-month contracts (30.0%, 95%" in text and "60 left" in text
    assert "between renewals" not in text


def test_a_stage_of_most_losses_need_not_have_a_high_rate():
    rows = [(0, age, 2) for age in range(1, 25)]
    text = words.stages_sentence(observed.stages(lives(*rows, (0, None, 150), term_months=1), 24))
    assert text.startswith("Most accounts leave in “after the first year” of the month-to-month accounts (24 of 48 ")
    assert "No stage's rate is clearly above the average of 1.1% per month" in text


def test_without_a_loss_or_a_term_no_stage_is_named():
    for table in (lives((0, None, 9)), lives((0, 5, 9), term_months=None)):
        assert words.stages_sentence(observed.stages(table, 24)).startswith("No account of a known age has left")


# Projections


def test_a_projection_is_said_for_a_year_or_for_a_nearer_horizon():
    table, last = lives_by_survival([2520, 1260, 840, 630, 504, 420], 1, 12)
    projected = projection.project(projection.fit(table, 12, last), horizon_months=60)
    text = words.said("projection", table=projected, years=3)
    assert text.startswith(("We expect 25.", "We expect 24."))
    assert "of new 12-month contracts to stay 36 months" in text
    assert text.endswith("n = 2,520, 5 renewals seen).")
    assert "stay 60 months" in words.said("projection", table=projected, years=9)
    assert "month-to-month accounts" in words.said("projection", table=projected.assign(term_months=1), years=3)


def test_refusals_with_one_reason_are_said_once():
    text = words.said(
        "refusals", what="projection", refusals={1: "nobody was lost", 12: "too young", 24: "nobody was lost"}
    )
    assert text == (
        "No projection of the month-to-month accounts and the 24-month contracts: nobody was lost. "
        "No projection of the 12-month contracts: too young."
    )
    assert words.said("refusals", what="test", refusals={0: "no renewal date"}) == "No test: no renewal date."
    assert words.said("refusals", what="test", refusals={}) == ""
    why = "none had left by Oct 2026"
    said = words.said("refusals", what="projection", refusals={12: why})
    assert said == f"No projection of the 12-month contracts: {why}."


# What to do


def test_actions_name_the_owner_and_only_what_the_numbers_ask_for():
    row = {"contract": "month to month", "stage": "onboarding", "rate": 0.1, "low": 0.02, "high": 0.2}
    few = pd.DataFrame({"verdict": ["few"]})
    assert words.said("actions", stages=pd.DataFrame([row]), compared=few, projection=pd.DataFrame()) == [
        "Customer success: call month-to-month accounts at “onboarding”; 10.0% leave per month (95% interval 2–20%)."
    ]
    verdicts = ["better", "no clear difference", "worse", "better"]
    compared = pd.DataFrame({"verdict": verdicts, "cohort": pd.date_range("2024-01-01", periods=4, freq="MS")})
    ends = {"low": [1.0, 0.5], "high": [1.0, 0.6]}
    years = pd.DataFrame({"term_months": 12, "age": [0, 2], "n_at_risk": pd.array([9, None], dtype="Int64")} | ends)
    months = years.assign(term_months=1, n_at_risk=pd.array([8, None], dtype="Int64"))
    projection = pd.concat([months, years], ignore_index=True)
    assert words.said("actions", stages=pd.DataFrame(), compared=compared, projection=projection) == [
        "Product: find out why these cohorts kept more: Jan 2024, Apr 2024.",
        "Product: find out why these cohorts kept fewer: Mar 2024.",
        "Finance: plan with 50–60% of new 12-month contracts still there after 24 months.",
    ]
    open_ended = projection.assign(low=float("nan"))
    assert words.said("actions", stages=pd.DataFrame(), compared=few, projection=open_ended) == []
