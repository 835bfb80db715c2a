"""Cohorts by hand: small companies of which every cell can be counted on the fingers."""

import numpy as np
import pandas as pd
import pytest
from small_cohorts import cells
from writing import stretches, write_source

from helpers import cohorts, sources
from helpers.cohorts import triangles, words
from helpers.ledger import movements


@pytest.fixture
def company(tmp_path):
    """The cube of a company written as stretches, and its last month."""

    def read(*lines: str, period: str = "2024-04", **options):
        tables = sources.open(write_source(tmp_path, subscriptions=stretches(*lines), **options), period)
        return movements.cube(tables), tables.period.last

    return read


def rows(cube, last, measure="accounts", **options) -> dict[str, list[int]]:
    """cohort → its cells by age."""
    table = cohorts.triangle(cube, last, measure, **options)
    assert (table.groupby("cohort")["age_months"].apply(list).map(lambda ages: ages == list(range(len(ages))))).all()
    return {f"{cohort:%Y-%m}": group.iloc[:, 2].tolist() for cohort, group in table.groupby("cohort")}


# Triangles


def test_every_observable_cell_is_there_and_no_other(company):
    cube, last = company("A, 2024-01-10, , 100", "B, 2024-03-01, , 100")
    assert rows(cube, last) == {"2024-01": [1, 1, 1, 1], "2024-03": [1, 1]}


def test_an_account_that_returns_counts_again_in_force_but_was_lost_once(company):
    cube, last = company("A, 2024-01-10, 2024-02-01, 100", "A, 2024-03-15, , 150", "B, 2024-01-01, , 10")
    assert rows(cube, last) == {"2024-01": [2, 1, 2, 2]}
    assert rows(cube, last, "never_lost") == {"2024-01": [2, 1, 1, 1]}
    assert rows(cube, last, "net_revenue") == {"2024-01": [110_00, 10_00, 160_00, 160_00]}
    assert rows(cube, last, "gross_revenue") == {"2024-01": [110_00, 10_00, 110_00, 110_00]}


def test_an_account_lost_twice_is_lost_for_the_first_time_once(company):
    lines = ["A, 2024-01-01, 2024-02-01, 9", "A, 2024-03-01, 2024-04-01, 9", "B, 2024-01-01, , 9"]
    cube, last = company(*lines)
    assert rows(cube, last) == {"2024-01": [2, 1, 2, 1]}
    assert rows(cube, last, "never_lost") == {"2024-01": [2, 1, 1, 1]}


def test_a_cohort_of_one_that_leaves_keeps_its_cells_of_zero(company):
    cube, last = company("A, 2024-01-10, 2024-03-01, 100", "B, 2024-02-01, , 5")
    assert rows(cube, last) == {"2024-01": [1, 1, 0, 0], "2024-02": [1, 1, 1]}
    table = cohorts.triangle(cube, last, "net_revenue")
    assert table.loc[table["cohort"] == "2024-01-01", "share"].tolist() == [1, 1, 0, 0]


def test_when_nobody_leaves_every_share_is_1(company):
    cube, last = company("A, 2024-01-10, , 100", "B, 2024-01-01, , 1", "C, 2024-02-01, 2024-05-01, 1")
    for measure in cohorts.MEASURES:
        assert (cohorts.triangle(cube, last, measure)["share"] == 1).all()


def test_when_everybody_leaves_in_the_first_month_only_age_0_is_left(company):
    cube, last = company("A, 2024-01-10, 2024-02-01, 100", "B, 2024-01-20, 2024-02-28, 1")
    for measure in cohorts.MEASURES:
        assert cohorts.triangle(cube, last, measure)["share"].tolist() == [1, 0, 0, 0]


def test_who_comes_and_goes_within_a_month_never_was_a_customer(company):
    cube, last = company("A, 2024-01-10, 2024-01-20, 100", "B, 2024-02-01, , 1")
    assert rows(cube, last) == {"2024-02": [1, 1, 1]}


def test_a_month_that_the_data_does_not_cover_to_its_end_is_masked(company):
    lines = ["A, 2024-01-10, , 100", "B, 2024-04-02, , 100"]
    cube, last = company(*lines, data_until="2024-04-20")
    assert rows(cube, last - 1) == {"2024-01": [1, 1, 1]}


def test_growth_of_one_hides_no_loss_of_another_in_gross_revenue(company):
    lines = [
        "A, 2024-01-01, 2024-02-01, 100",
        "A, 2024-02-01, , 300",
        "B, 2024-01-01, 2024-02-01, 100",
        "B, 2024-02-01, , 40",
    ]
    cube, last = company(*lines)
    assert rows(cube, last, "net_revenue") == {"2024-01": [200_00, 340_00, 340_00, 340_00]}
    assert rows(cube, last, "gross_revenue") == {"2024-01": [200_00, 140_00, 140_00, 140_00]}


def test_another_measure_is_refused(company):
    with pytest.raises(ValueError, match="net_revenue"):
        cohorts.triangle(*company("A, 2024-01-10, , 100"), "revenue")


MANY = [
    "A, 2024-01-01, , 100",
    "B, 2024-02-01, 2024-03-10, 101",
    "B, 2024-04-20, , 7",
    "C, 2024-03-01, 2024-04-01, 102",
    "D, 2024-01-15, 2024-06-01, 103",
    "E, 2024-02-28, 2024-03-01, 104",
    "F, 2024-03-31, , 105",
    "G, 2024-01-31, 2024-04-30, 106",
]


def test_what_was_never_lost_shrinks_along_a_row_and_is_never_more_than_what_is_in_force(company):
    cube, last = company(*MANY, period="2024-06")
    in_force, never_lost = (cohorts.triangle(cube, last, measure) for measure in ("accounts", "never_lost"))
    assert (never_lost.groupby("cohort")["n"].diff().dropna() <= 0).all()
    assert (never_lost["n"] <= in_force["n"]).all() and (never_lost["n"] < in_force["n"]).any()


def test_the_diagonals_of_net_revenue_are_mrr(company):
    cube, last = company(*MANY, period="2024-06")
    monthly = movements.by_month(cube, 2024 * 12, last)
    along = cohorts.diagonals(cohorts.triangle(cube, last, "net_revenue"))
    assert along["cents"].tolist() == monthly["closing_cents"].tolist()
    assert cohorts.diagonals(cohorts.triangle(cube, last))["n"].tolist() == monthly["n_closing"].tolist()


def test_nothing_is_changed_and_row_order_does_not_matter(company):
    cube, last = company(*MANY)
    before, table = cube.copy(), cohorts.triangle(cube, last, "never_lost")
    pd.testing.assert_frame_equal(cohorts.triangle(cube.iloc[::-1], last, "never_lost"), table)
    for function in (cohorts.pooled, triangles.losses, cohorts.diagonals, cohorts.wide):
        kept = table.copy()
        function(table, *(["n"] if function is cohorts.wide else []))
        pd.testing.assert_frame_equal(table, kept)
    pd.testing.assert_frame_equal(cube, before)


# The first cohort


def test_only_the_cohort_of_the_first_month_of_the_data_is_left_truncated(company):
    cube, last = company("A, 2024-01-10, , 100", "B, 2024-02-01, , 5")
    table = cohorts.triangle(cube, last)
    assert table.groupby("cohort")["is_left_truncated"].all().tolist() == [True, False]


def test_a_segment_that_begins_later_has_no_left_truncated_cohort(company):
    # Its first cohort was seen from its first day on, so it belongs into the segment's average.
    accounts = "account_id,name,segment\nA,A,Old\nB,B,New\n"
    cube, last = company("A, 2024-01-10, , 100", "B, 2024-03-01, 2024-04-01, 5", accounts=accounts)
    table = cohorts.triangle(triangles.only(cube, "New"), last, first_month=2024 * 12)
    assert not table["is_left_truncated"].any()
    assert cohorts.pooled(table)["share"].tolist() == [1.0, 0.0]


def test_free_trials_before_the_first_revenue_truncate_nothing(company):
    cube, last = company("T, 2024-01-01, , 0", "A, 2024-02-10, , 100")
    assert not cohorts.triangle(cube, last, first_month=2024 * 12)["is_left_truncated"].any()


# Averages


def test_an_average_pools_counts_and_never_averages_ratios():
    table = cohorts.pooled(cells([1000, 500, 400], [10, 10]))
    assert table["share"].tolist() == [1.0, 510 / 1010, 400 / 1000]  # not (50% + 100%) ÷ 2
    assert table["denominator"].tolist() == [1010, 1010, 1000]
    assert table["n_cohorts"].tolist() == [2, 2, 1]
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()


def test_an_average_leaves_the_left_truncated_cohort_and_thin_ages_out():
    assert cohorts.pooled(cells([1000, 1], [10, 5], truncated=0))["share"].tolist() == [1.0, 0.5]
    assert cohorts.pooled(cells([40, 20, 10], [10, 5]), at_least=50)["age_months"].tolist() == [0, 1]
    assert cohorts.pooled(cells([40, 20], truncated=0)).empty


def test_losses_are_of_those_still_there():
    table = triangles.losses(cells([10, 8, 4], [90, 45], [7]))
    assert table["n_lost"].tolist() == [47, 4] and table["n_at_risk"].tolist() == [100, 8]
    assert table["rate"].tolist() == [0.47, 0.5]


def test_where_nothing_is_known_the_drawn_triangle_is_missing_and_not_zero():
    table = cohorts.wide(cells([4, 2, 0], [5, 5]))
    assert table.iloc[0].tolist() == [1, 0.5, 0] and np.isnan(table.iloc[1, 2])


# Sentences


def test_a_milestone_that_no_cohort_has_reached_is_said_so():
    assert "yet" in words.said("milestone", averages=cohorts.pooled(cells([10, 9])), age=12)
    assert "yet" in words.said("revenue", averages=cohorts.pooled(cells([10, 9])), age=12, without="")


def test_a_milestone_is_said_with_interval_and_n():
    text = words.said("milestone", averages=cohorts.pooled(cells([20, 18])), age=1)
    assert text.startswith("After 1 month 90.0%") and "70–97%" in text and "n = 20" in text
    row = {"age_months": 12, "denominator": 10, "share": 0.9, "low": 0.6, "high": 0.98, "n_cohorts": 2}
    assert words.said("milestone", averages=pd.DataFrame([row]), age=12) == (
        "After 12 months 90.0% of the accounts are still paying (95% interval 60–98%, n = 10, 2 cohorts)."
    )
    revenue = {"age_months": 12, "share": 1.04, "n_cohorts": 2}
    assert words.said("revenue", averages=pd.DataFrame([revenue]), age=12, without="") == (
        "After 12 months cohorts pay 104.0% of their first month (2 cohorts)."
    )


def test_a_month_of_life_is_named_only_where_the_evidence_holds():
    steady = [[100, 98, 96, 94, 92, 90, 88]] * 3
    assert "No month of life stands out" in words.steepest_sentence(triangles.losses(cells(*steady)))
    cliff = [[100, 98, 96, 94, 60, 58, 56]] * 3
    assert "Month 4 of life stands out" in words.steepest_sentence(triangles.losses(cells(*cliff)))
    # Three accounts of which one leaves is no evidence, whatever the rate.
    assert "No month of life stands out" in words.steepest_sentence(triangles.losses(cells([3, 3, 2, 2, 2])))
    assert "left yet" in words.steepest_sentence(triangles.losses(cells([10, 10, 10])))


def a_year(kept: list[int]) -> pd.DataFrame:
    """Cohorts of 100 accounts a month, of which `kept` are there at age 1; the first is left-truncated."""
    months = pd.date_range("2024-01-01", periods=len(kept) + 1, freq="MS")
    rows = [
        (month, age, n) for month, last in zip(months, [100, *kept], strict=True) for age, n in ((0, 100), (1, last))
    ]
    return pd.DataFrame(rows, columns=["cohort", "age_months", "n"]).assign(
        is_left_truncated=lambda frame: frame["cohort"] == months[0]
    )


def test_newer_cohorts_are_told_from_older_ones_only_where_the_interval_leaves_zero_out():
    longer = words.newer_sentence(a_year([60, 60, 80, 80]), 1)
    assert longer.startswith("Accounts won since Apr 2024 stay longer than earlier ones, after 1 month: 80.0% compared")
    same = words.newer_sentence(a_year([60, 60, 62, 62]), 1)
    assert "no clear difference" in same and "62.0% compared with 60.0%" in same and "n = 200 and 200" in same
    # One cohort has nothing beside it: what it kept is said instead.
    assert words.newer_sentence(a_year([60]), 1).startswith("After 1 month 60.0% of the accounts are still paying")
