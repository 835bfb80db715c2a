"""The ledger as a notebook reads it: one call, and sentences that add up."""

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import ledger, sources

LINES = [
    "A, 2023-12-01, , 100",  # stays
    "B, 2023-12-01, 2024-12-01, 50",  # leaves in the period
    "C, 2023-12-01, 2024-12-01, 80",  # pays less
    "C, 2024-12-01, , 60",
    "D, 2024-12-01, , 30",  # joins
    "E, 2023-12-01, 2024-06-01, 20",  # comes back
    "E, 2024-12-01, , 20",
]


@pytest.fixture
def opened(tmp_path):
    return lambda period="2024-12": sources.open(write_source(tmp_path, subscriptions=stretches(*LINES)), period)


def test_the_bridge_of_a_month_by_hand(opened):
    book = ledger.read(opened())
    bridge = book.bridge
    assert (bridge["opening_cents"], bridge["closing_cents"], book.net_cents) == (230_00, 210_00, -20_00)
    assert book.is_balanced and book.finding == "MRR fell by $20: $50 gained, $70 lost"
    assert book.headline == (
        "MRR went from $230 to $210 in December 2024. Of 3 paying accounts, 1 left; 1 joined and 1 came back. "
        "Of those that stayed, 0 pay more and 1 pays less."
    )


def test_a_change_too_small_to_be_seen_in_the_two_amounts_is_said_by_itself(tmp_path):
    lines = stretches("A, 2023-11-01, , 110000", "B, 2023-11-01, 2024-12-01, 3", "C, 2023-11-01, , 50")
    book = ledger.read(sources.open(write_source(tmp_path, subscriptions=lines), "2024-12"))
    assert book.headline.startswith("MRR stayed near $110k (−$3) in December 2024. Of 3 paying accounts, 1 left;")


def test_a_quarter_is_its_months(opened):
    book = ledger.read(opened("2024-Q4"))
    months = book.monthly.tail(3)
    assert book.bridge["churn_cents"] == months["churn_cents"].sum() == 50_00
    assert book.bridge["opening_cents"] == months["opening_cents"].iloc[0]
    assert book.accounts["change_cents"].sum() == book.net_cents


def test_the_named_accounts_and_the_others_are_the_whole_change(opened):
    book = ledger.read(opened())
    assert book.largest(1)["name"].to_list() == ["B"] and list(book.largest(0)["name"]) == []
    assert book.largest_sentence(1) == (
        "These 1 add up to −$50, the other 3 accounts to +$30. The change of MRR is −$20.00, to the cent."
    )
    assert "the other" not in book.largest_sentence(10)


def test_what_to_do_names_who_left_and_who_pays_less(opened):
    assert ledger.read(opened()).to_do == [
        "Marketing: ask B (−$50) why they left.",
        "Customer success: call C (−$20); they now pay less.",
    ]
    assert ledger.read(opened("2024-10")).to_do == [
        "No account left or pays less than at the opening, so there is no one to call about it."
    ]


def test_the_first_months_are_no_news(opened):
    assert ledger.read(opened("2024-10")).caveat.startswith("The data begins with Dec 2023")
    assert list(ledger.read(opened()).recent["month"]) == sorted(ledger.read(opened()).recent["month"], reverse=True)


def test_a_source_without_invoice_lines_has_no_reconciliation(opened):
    assert ledger.reconcile(opened()) is None


def test_segments_add_up_to_all(opened):
    book = ledger.read(opened())
    amounts = [name for name in book.by_segment.columns if name.endswith("_cents") or name.startswith("n_")]
    sums = book.by_segment.groupby("month")[amounts].sum(min_count=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(sums, book.monthly[amounts], check_dtype=False)
