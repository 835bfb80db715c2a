"""What expansion and contraction are made of: each kind in a case that can be worked out by hand."""

import pandas as pd
import pytest
from writing import write_source

from helpers import ledger, sources
from helpers.ledger import movements

HEAD = "subscription_id,account_id,product,starts_on,ends_on,mrr,currency,n_seats\n"


@pytest.fixture
def last_month(tmp_path):
    """The kinds in 2024-12 of `product, first day, first day after, MRR, seats` lines of one account, in dollars."""

    def of(*lines, seats=True):
        rows = [[part.strip() for part in line.split(",")] for line in lines]
        text = HEAD + "".join(
            f"s{n},A,{product},{first},{end},{mrr},USD,{count if seats else ''}\n"
            for n, (product, first, end, mrr, count) in enumerate(rows)
        )
        book = ledger.read(sources.open(write_source(tmp_path, subscriptions=text), "2024-12"))
        assert book.is_balanced
        month = book.monthly.iloc[-1]
        return {name: month[f"{name}_cents"] / 100 for name in movements.KIND_NAMES if month[f"{name}_cents"] != 0}

    return of


def test_more_seats_of_a_product_is_upsell(last_month):
    assert last_month("P, 2023-12-01, 2024-12-01, 100, 10", "P, 2024-12-01, , 150, 15") == {"upsell": 50}


def test_more_for_the_same_seats_is_price(last_month):
    assert last_month("P, 2023-12-01, 2024-12-01, 100, 10", "P, 2024-12-01, , 105, 10") == {"price_increase": 5}


def test_a_product_that_the_account_did_not_pay_for_is_cross_sell(last_month):
    assert last_month("P, 2023-12-01, , 100, 10", "Q, 2024-12-01, , 30, 10") == {"cross_sell": 30}


def test_a_product_in_a_free_trial_is_sold_when_it_is_paid(last_month):
    lines = "P, 2023-12-01, , 100, 10", "Q, 2024-11-01, 2024-12-01, 0, 10", "Q, 2024-12-01, , 30, 10"
    assert last_month(*lines) == {"cross_sell": 30}


def test_a_dearer_plan_instead_of_another_is_upsell_and_a_cheaper_one_downgrade(last_month):
    assert last_month("P, 2023-12-01, 2024-12-01, 100, 10", "Q, 2024-12-01, , 130, 10") == {"upsell": 30}
    assert last_month("P, 2023-12-01, 2024-12-01, 100, 10", "Q, 2024-12-01, , 70, 10") == {"downgrade": 30}


def test_one_of_two_products_ended_is_a_product_dropped(last_month):
    assert last_month("P, 2023-12-01, , 100, 10", "Q, 2023-12-01, 2024-12-01, 30, 10") == {"product_dropped": 30}


def test_all_kinds_in_one_month_add_up_to_what_the_account_moved(last_month):
    lines = ["P, 2023-12-01, 2024-12-01, 100, 10", "P, 2024-12-01, , 80, 8", "Q, 2024-12-01, , 30, 10"]
    assert last_month(*lines) == {"cross_sell": 10}  # +30 −20: a loss is taken from what is left of the growth
    lines = ["P, 2023-12-01, 2024-12-01, 100, 10", "P, 2024-12-01, , 105, 10", "Q, 2024-12-01, , 30, 10"]
    assert last_month(*lines) == {"cross_sell": 30, "price_increase": 5}


def test_who_came_left_or_returned_is_in_no_kind(last_month):
    assert last_month("P, 2024-12-01, , 100, 10", "P, 2023-01-01, 2023-06-01, 100, 10") == {}
    assert last_month("P, 2024-01-01, 2024-12-01, 100, 10") == {}


def test_without_seats_price_is_missing_and_within_upsell(last_month):
    found = last_month("P, 2023-12-01, 2024-12-01, 100, ", "P, 2024-12-01, , 105, ", seats=False)
    assert found.pop("upsell") == 5 and list(found) == ["price_increase"] and pd.isna(found["price_increase"])


def test_without_products_nothing_is_split(last_month):
    found = last_month(" , 2023-12-01, 2024-12-01, 100, 10", " , 2024-12-01, , 150, 15")
    assert list(found) == movements.KIND_NAMES and all(pd.isna(value) for value in found.values())
