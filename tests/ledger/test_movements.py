"""Movements of MRR in cases small enough to work out by hand: one per edge."""

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import periods, sources
from helpers.ledger import movements
from helpers.periods import month_text


@pytest.fixture
def tables(tmp_path):
    """The tables of `account, first day, first day no longer paid for, MRR` lines, all in segment S."""
    return lambda *lines, period="2024-12", **options: sources.open(
        write_source(tmp_path, subscriptions=stretches(*lines), **options), period
    )


@pytest.fixture
def ledger(tables):
    """What the lines amount to: (month, movement, change in whole dollars, accounts), oldest first."""

    def of(*lines, **options):
        cube = movements.cube(tables(*lines, **options)).sort_values(["month_no", "movement"])
        assert (cube["change_cents"] % 100 == 0).all()
        return [
            (month_text(row.month_no), row.movement, row.change_cents // 100, row.n_accounts)
            for row in cube.itertuples()
        ]

    return of


def test_a_start_in_the_middle_of_a_month_counts_at_that_months_end(ledger):
    assert ledger("A, 2024-03-15, , 100") == [("2024-03", "new", 100, 1)]


@pytest.mark.parametrize("ends_on", ["2024-05-01", "2024-05-20", "2024-05-31"])
def test_an_end_on_any_day_of_a_month_is_churn_in_that_month(ledger, ends_on):
    # Paying on 30 April for the last time at a month's end.
    assert ledger(f"A, 2024-03-15, {ends_on}, 100") == [("2024-03", "new", 100, 1), ("2024-05", "churn", -100, 1)]


def test_an_open_ended_subscription_stays_in_force(ledger):
    # Nothing is assumed about its end: no movement in the months since.
    assert ledger("A, 2023-12-01, , 100") == [("2023-12", "new", 100, 1)]


def test_an_annual_contract_renewed_at_the_same_price_is_no_movement(ledger):
    found = ledger("A, 2023-11-10, 2024-11-10, 100", "A, 2024-11-10, , 100")
    assert found == [("2023-11", "new", 100, 1)]


def test_a_renewal_at_a_lower_price_is_contraction(ledger):
    found = ledger("A, 2024-02-01, 2024-06-01, 100", "A, 2024-06-01, , 70")
    assert found == [("2024-02", "new", 100, 1), ("2024-06", "contraction", -30, 1)]


def test_a_renewal_at_a_higher_price_is_expansion(ledger):
    found = ledger("A, 2024-02-01, 2024-06-01, 100", "A, 2024-06-01, , 130")
    assert found == [("2024-02", "new", 100, 1), ("2024-06", "expansion", 30, 1)]


def test_an_add_on_of_an_existing_account_is_expansion(ledger):
    found = ledger("A, 2024-02-01, , 100", "A, 2024-06-12, , 25")
    assert found == [("2024-02", "new", 100, 1), ("2024-06", "expansion", 25, 1)]


def test_one_of_several_subscriptions_ended_is_contraction(ledger):
    found = ledger("A, 2024-02-01, , 100", "A, 2024-02-01, 2024-06-12, 25")
    assert found == [("2024-02", "new", 125, 1), ("2024-06", "contraction", -25, 1)]


def test_a_free_trial_is_no_customer_until_it_pays(ledger):
    found = ledger("A, 2024-02-01, 2024-03-01, 0", "A, 2024-03-01, , 100")
    assert found == [("2024-03", "new", 100, 1)]


def test_a_trial_months_before_does_not_make_the_first_payment_a_return(ledger):
    found = ledger("A, 2024-01-01, 2024-02-01, 0", "A, 2024-08-01, , 100")
    assert found == [("2024-08", "new", 100, 1)]


def test_the_cohort_is_the_first_paying_month_not_the_trials(tables):
    cube = movements.cube(tables("A, 2024-01-01, 2024-03-01, 0", "A, 2024-03-01, 2024-05-01, 100"))
    assert cube["cohort_no"].map(month_text).tolist() == ["2024-03", "2024-03"]


def test_a_trial_that_never_pays_counts_nowhere(tables):
    only_trials = tables("A, 2024-01-01, , 0", "B, 2024-02-01, 2024-03-01, 0")
    cube = movements.cube(only_trials)
    assert cube.empty
    first, last = only_trials.coverage.first_month, only_trials.period.last
    monthly = movements.by_month(cube, first, last)
    assert len(monthly) == 12
    assert (monthly.drop(columns="month") == 0).all(axis=None)
    assert movements.moved(only_trials, first, last).empty
    assert movements.year_on_year(only_trials)[["n_opening", "opening_cents", "closing_cents"]].to_numpy().sum() == 0


def test_a_return_after_a_gap_is_reactivation_not_new(ledger):
    found = ledger("A, 2024-01-01, 2024-04-10, 100", "A, 2024-09-05, , 60")
    assert found == [("2024-01", "new", 100, 1), ("2024-04", "churn", -100, 1), ("2024-09", "reactivation", 60, 1)]


def test_a_second_loss_is_churn_again_but_lost_for_the_first_time_only_once(tables):
    cube = movements.cube(
        tables("A, 2024-01-01, 2024-03-01, 100", "A, 2024-05-01, 2024-07-01, 100", "A, 2024-10-01, , 100")
    )
    assert cube.sort_values("month_no")["movement"].tolist() == [
        "new",
        "churn",
        "reactivation",
        "churn",
        "reactivation",
    ]
    assert cube.sort_values("month_no")["n_first_lost"].tolist() == [0, 1, 0, 0, 0]


def test_growth_that_is_lost_again_is_no_gross_loss(tables):
    # min(MRR, first MRR): 100, 100, 80 – only what falls below the first 100 counts.
    cube = movements.cube(
        tables("A, 2024-01-01, 2024-02-01, 100", "A, 2024-02-01, 2024-03-01, 150", "A, 2024-03-01, , 80")
    )
    assert cube.sort_values("month_no")["change_cents"].tolist() == [10_000, 5_000, -7_000]
    assert cube.sort_values("month_no")["capped_change_cents"].tolist() == [10_000, 0, -2_000]


def test_left_and_returned_in_the_same_month_is_retained(ledger):
    found = ledger("A, 2024-01-01, 2024-05-03, 100", "A, 2024-05-28, , 100")
    assert found == [("2024-01", "new", 100, 1)]


def test_left_and_returned_within_a_quarter_moves_in_the_months_but_is_no_churn_of_the_quarter(tables, ledger):
    lines = ("A, 2024-01-01, 2024-07-20, 100", "A, 2024-09-01, , 100")
    assert ledger(*lines)[1:] == [("2024-07", "churn", -100, 1), ("2024-09", "reactivation", 100, 1)]
    quarter = tables(*lines, period="2024-Q3")
    at_end = movements.year_on_year(quarter, lag=3).iloc[-1]
    assert (at_end["n_opening"], at_end["n_retained"]) == (1, 1)
    point_to_point = movements.moved(quarter, quarter.period.opening, quarter.period.last)
    assert point_to_point["movement"].tolist() == ["unchanged"]
    monthly = movements.by_month(movements.cube(quarter), quarter.coverage.first_month, quarter.period.last)
    summed = movements.bridge(monthly, quarter.period)
    assert (summed["n_churned"], summed["n_reactivated"]) == (1, 1)
    assert (summed["opening_cents"], summed["closing_cents"]) == (10_000, 10_000)


@pytest.mark.parametrize("notice", ["", "2024-11-05"])
def test_a_scheduled_end_is_no_loss_before_its_month_with_or_without_notice(tmp_path, notice):
    subscriptions = f"""
        subscription_id,account_id,starts_on,ends_on,mrr,currency,cancelled_on
        s1,A,2024-01-01,2025-03-01,100,USD,{notice}
    """
    file = write_source(tmp_path, subscriptions=subscriptions, data_until="2025-06-30")
    assert movements.cube(sources.open(file, "2024-12"))["movement"].tolist() == ["new"]
    assert movements.cube(sources.open(file, "2025-03"))["movement"].tolist() == ["new", "churn"]


def test_an_end_on_the_first_day_was_never_in_force(ledger):
    assert ledger("A, 2024-02-10, 2024-02-10, 100", "B, 2024-01-01, , 5") == [("2024-01", "new", 5, 1)]


def test_a_stretch_within_one_month_is_in_force_at_no_months_end(ledger):
    assert ledger("A, 2024-02-03, 2024-02-29, 100", "B, 2024-01-01, , 5") == [("2024-01", "new", 5, 1)]


def test_a_switch_on_one_day_is_only_the_difference(ledger):
    found = ledger("A, 2024-01-01, 2024-05-10, 100", "A, 2024-05-10, , 150")
    assert found == [("2024-01", "new", 100, 1), ("2024-05", "expansion", 50, 1)]


def test_one_accounts_growth_does_not_hide_anothers_loss(ledger):
    found = ledger("A, 2024-01-01, , 100", "B, 2024-01-01, 2024-05-01, 100", "A, 2024-05-01, , 100")
    assert found == [("2024-01", "new", 200, 2), ("2024-05", "churn", -100, 1), ("2024-05", "expansion", 100, 1)]


def test_the_movement_table_has_every_month_and_the_names_that_stay(tables):
    opened = tables("A, 2024-01-15, , 100", "B, 2024-01-01, 2024-04-01, 40.55", "A, 2024-04-01, , 10", period="2024-04")
    monthly = movements.by_month(movements.cube(opened), opened.coverage.first_month, opened.period.last)
    expected = pd.DataFrame(
        {
            "month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]).as_unit("us"),
            "opening_cents": [0, 14_055, 14_055, 14_055],
            "new_cents": [14_055, 0, 0, 0],
            "expansion_cents": [0, 0, 0, 1_000],
            "contraction_cents": [0, 0, 0, 0],
            "churn_cents": [0, 0, 0, 4_055],
            "reactivation_cents": [0, 0, 0, 0],
            "closing_cents": [14_055, 14_055, 14_055, 11_000],
            "n_opening": [0, 2, 2, 2],
            "n_new": [2, 0, 0, 0],
            "n_churned": [0, 0, 0, 1],
            "n_reactivated": [0, 0, 0, 0],
            "n_closing": [2, 2, 2, 1],
        }
    )
    pd.testing.assert_frame_equal(monthly, expected)


def test_amounts_beyond_what_a_float_holds_stay_exact(tables):
    # 9,007,199,254,740,993 cents are 2^53 + 1, which no float is; their square passes 2^63.
    opened = tables("A, 2023-11-01, , 90071992547409.93", "B, 2024-02-01, 2024-03-01, 1", period="2024-12")
    monthly = movements.by_month(movements.cube(opened), opened.coverage.first_month, opened.period.last)
    assert monthly["closing_cents"].iloc[-1] == 2**53 + 1
    assert movements.year_on_year(opened)["xx"].iloc[-1] == (2**53 + 1) ** 2


def test_a_year_apart_by_hand(tables):
    opened = tables(
        "A, 2023-11-01, 2024-06-01, 100",
        "A, 2024-06-01, , 150",
        "B, 2023-11-01, 2024-09-01, 40",
        "C, 2024-02-01, , 999",
        period="2024-11",
    )
    row = movements.year_on_year(opened).iloc[-1]
    # A (x 100, y 150, kept 100) and B (40, 0, 0) paid in 2023-11; C came later and has no say.
    assert (row["n_opening"], row["n_retained"]) == (2, 1)
    assert (row["opening_cents"], row["closing_cents"], row["kept_cents"]) == (14_000, 15_000, 10_000)
    assert (row["xx"], row["xy"], row["yy"]) == (10_000**2 + 4_000**2, 10_000 * 15_000, 15_000**2)
    assert (row["xk"], row["kk"]) == (10_000**2, 10_000**2)


def test_who_moved_comes_largest_change_first_and_no_more_than_asked(tables):
    opened = tables("A, 2024-01-01, 2024-03-01, 30", "B, 2024-03-01, , 80", "C, 2024-01-01, , 10")
    february, march = (periods.parse(text).last for text in ("2024-02", "2024-03"))
    found = movements.moved(opened, february, march)
    assert found[["account_id", "change_cents", "movement"]].values.tolist() == [
        ["B", 8_000, "new"],
        ["A", -3_000, "churn"],
        ["C", 0, "unchanged"],
    ]
    assert movements.moved(opened, february, march, limit=1)["account_id"].tolist() == ["B"]
