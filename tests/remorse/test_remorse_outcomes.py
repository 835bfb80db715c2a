"""Months at risk of the diagnosed accounts, worked out by hand: from the month after the cut-off to the first loss."""

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import sources
from helpers.remorse import outcomes, signals

CHANGES = """
    change_id,account_id,kind,detected_on
    g1,A,merger,2024-06-20
"""


@pytest.fixture(scope="module")
def diagnosed(tmp_path_factory):
    """A leaves in September, comes back in November; B is lost before its day 90; C stays; all came in 2024."""
    subscriptions = stretches(
        "Z, 2024-01-05, , 5",
        "A, 2024-02-10, 2024-09-03, 100",
        "A, 2024-11-01, , 100",
        "B, 2024-02-10, 2024-04-03, 20",
        "C, 2024-07-01, , 10",
    )
    file = write_source(tmp_path_factory.mktemp("company"), subscriptions=subscriptions, changes=CHANGES)
    tables = sources.open(file, "2024-12")
    return outcomes.read(tables, signals.read(tables))


def months(diagnosed, account) -> pd.DataFrame:
    rows = diagnosed.months[diagnosed.months["account_id"] == account]
    return rows.set_index(rows["month_no"] - 2024 * 12 + 1)


def test_an_account_is_at_risk_from_the_month_after_its_cut_off_to_its_first_loss(diagnosed):
    # Day 90 of A is May 10, of C September 29.
    assert months(diagnosed, "A").index.tolist() == [6, 7, 8, 9]
    assert months(diagnosed, "A")["is_lost"].tolist() == [False, False, False, True]
    assert months(diagnosed, "C").index.tolist() == [10, 11, 12]
    assert months(diagnosed, "B").empty and diagnosed.lost_before == 1


def test_a_month_holds_what_was_so_at_its_opening(diagnosed):
    assert months(diagnosed, "A")["change window"].tolist() == [0, 1, 1, 1]
    # The source records no use cases, so nobody stagnates, and no column says so.
    assert "stagnation" not in diagnosed.months.columns


def test_the_conditions_of_a_month_to_come_are_those_that_the_panel_would_hold(diagnosed):
    june = outcomes.conditions(diagnosed, diagnosed.accounts.loc[["A"]], 2024 * 12 + 5)
    july = months(diagnosed, "A").loc[7]
    assert june.loc["A", ["log age", "cohort", "change window"]].tolist() == pytest.approx(
        july[["log age", "cohort", "change window"]].tolist()
    )
    assert june.loc["A", "months_since_change"] == 0
