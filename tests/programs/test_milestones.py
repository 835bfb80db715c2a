"""Milestones of a period, each worked out by hand from a few rows."""

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import sources
from helpers.ledger import account_months
from helpers.programs import lifecycle, reading

SUBSCRIPTIONS = stretches(
    "old, 2022-01-01, , 10",  # there when the data begins
    "year, 2023-06-20, , 100",
    "grown, 2024-02-01, 2024-06-01, 100",
    "grown, 2024-06-01, , 150",
    "gone, 2023-06-10, 2024-03-31, 70",
)
USAGE = """
    account_id,month,n_active_users,n_licensed_seats,n_features_used,n_help_searches,n_failed_help_searches
    year,2024-05-01,8,10,1,0,0
    year,2024-06-01,9,10,1,0,0
    grown,2024-05-01,9,10,1,0,0
    grown,2024-06-01,10,10,1,0,0
    old,2024-07-01,10,10,1,0,0
"""
ONBOARDING = """
    account_id,updated_on,first_value_on
    grown,2024-06-30,2024-06-12
    year,2024-06-30,2023-08-01
    old,2024-06-30,2024-07-03
"""
ADVOCACY = """
    act_id,account_id,kind,requested_on,done_on
    a1,old,reference_call,2024-05-01,2024-06-02
    a2,year,reference_call,2023-05-01,2023-06-02
    a3,year,reference_call,2024-05-01,2024-06-02
    a4,grown,review,2024-05-01,2024-06-02
"""


def reached(tmp_path, period="2024-06", **tables):
    source = sources.open(write_source(tmp_path, subscriptions=SUBSCRIPTIONS, **tables), period)
    active = account_months.held(source, source.period.last)
    onboarded = source.run("onboarded") if source.has("onboarding") else None
    return lifecycle.celebrated(source, active, onboarded, source.optional("advocacy"))


def pairs(rows):
    return [(what, name) for what, name in rows[["milestone", "name"]].itertuples(index=False)]


def test_each_milestone_is_the_first_of_its_kind_and_falls_into_the_period(tmp_path):
    rows = reached(tmp_path, usage=USAGE, onboarding=ONBOARDING, advocacy=ADVOCACY)
    assert pairs(rows) == [
        ("first value", "grown"),  # year had it a year ago, old has it next month
        ("full adoption", "year"),  # nine in ten seats; grown had them in May
        ("anniversary", "year"),  # gone pays no more, nobody knows how old old is
        ("first reference", "old"),  # year's first call was a year ago, a review is no call
        ("first expansion", "grown"),
    ]
    assert rows["years"].tolist()[2] == 1 and rows["mrr_cents"].tolist() == [150_00, 100_00, 100_00, 10_00, 150_00]


def test_who_uses_all_seats_as_the_table_of_use_begins_has_adopted_nobody_knows_when(tmp_path):
    begins = USAGE.replace("    year,2024-05-01,8,10,1,0,0\n", "").replace("    grown,2024-05-01,9,10,1,0,0\n", "")
    assert "full adoption" not in set(reached(tmp_path, usage=begins)["milestone"])


def test_every_milestone_has_a_play_and_an_owner_of_ours(tmp_path):
    rows = reached(tmp_path, usage=USAGE, onboarding=ONBOARDING, advocacy=ADVOCACY)
    assert (rows["play"] != "").all() and set(rows["owner"]) <= {"marketing", "success", "sales", "product"}


def test_a_source_without_the_tables_has_what_its_subscriptions_say(tmp_path):
    assert pairs(reached(tmp_path)) == [("anniversary", "year"), ("first expansion", "grown")]


@pytest.mark.parametrize(("period", "expected"), [("2024-Q2", ["year"]), ("2024-07", []), ("2024-05", [])])
def test_an_anniversary_counts_in_the_period_that_holds_its_month(tmp_path, period, expected):
    rows = reached(tmp_path, period)
    assert rows.loc[rows["milestone"] == "anniversary", "name"].tolist() == expected


def test_milestones_are_counted_by_kind(tmp_path):
    rows, effects = reached(tmp_path), pd.DataFrame(columns=["program", "p_adjusted"])
    assert reading.sentences(effects, {}, milestones=rows, period="June 2024").milestones == (
        "Milestones reached in June 2024: anniversary (1), first expansion (1)."
    )
    none = reading.sentences(effects, {}, milestones=rows.head(0), period="July 2024").milestones
    assert none == "No paying account reached a milestone in July 2024."
