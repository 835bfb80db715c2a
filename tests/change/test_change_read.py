"""What one call prepares for the page on the changing customer, with and without the tables that it is better with."""

import pandas as pd
import pytest
from partly import made
from writing import stretches, write_source

from helpers import change, sources
from helpers.change import attention
from helpers.sources import schema

SUBSCRIPTIONS = stretches("A, 2024-01-10, , 100", "B, 2024-02-01, 2024-10-31, 50", "C, 2024-02-05, , 70")
CHANGES = """
    change_id,account_id,kind,happened_on,detected_on
    x1,A,budget_cut,2024-11-01,2024-11-05
    x2,B,merger,2024-10-01,2024-12-05
"""
TOUCHES = """
    touch_id,account_id,program,stage,touched_on,is_business_conversation
    t1,C,nurture,onboarding,2024-03-30,true
"""


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    file = write_source(
        tmp_path_factory.mktemp("company"), subscriptions=SUBSCRIPTIONS, changes=CHANGES, touches=TOUCHES
    )
    return change.read(sources.open(file, "2024-12"))


def test_the_call_list_holds_the_paying_accounts_after_a_change_that_we_learned_of_in_time(customers):
    assert customers.call_list[["account", "reasons", "owner"]].values.tolist() == [["A", "budget cut", "sales"]]
    assert customers.waiting_total.values.tolist() == [[1, 100_00]]
    assert customers.n_too_late == 1 and set(customers.held["account_id"]) == {"A", "C"}


def test_the_bottom_line_names_the_largest_part_even_where_nobody_wrote_it_down(customers):
    assert customers.sentences.destinations.startswith("“Not recorded” is the largest part of the $50 of MRR lost")
    assert any("1 of 1 departure say" in action for action in customers.sentences.actions)


def test_actions_name_accounts_amounts_and_programs(customers):
    actions = customers.sentences.actions
    assert actions[0] == "Account managers: call 1 account, first A ($100 MRR)."
    assert any(
        action.startswith("Marketing: extend Nurture past the first year") for action in customers.sentences.actions
    )


def test_without_the_other_tables_the_page_says_what_is_not_on_record(tmp_path):
    bare = change.read(sources.open(write_source(tmp_path, subscriptions=SUBSCRIPTIONS), "2024-12"))
    assert "No change at a customer is on record" in bare.sentences.risk
    assert "New use cases are not on record" in bare.sentences.stagnation
    assert "Business conversations are not on record" in bare.sentences.calls
    assert "program" not in bare.sentences.first_year
    assert bare.lost["mrr_cents"].sum() == bare.monthly["churn_cents"].sum() == 50_00


def test_a_list_without_conversations_on_record_does_not_say_that_nobody_talked(tmp_path):
    silent = change.read(sources.open(write_source(tmp_path, subscriptions=SUBSCRIPTIONS, changes=CHANGES), "2024-12"))
    assert silent.sentences.listed.endswith("conversations are not on record") and len(silent.waiting) == 1
    assert silent.sentences.actions[0].startswith("Account managers: find out who last talked to 1 account")


def test_without_changes_and_use_nobody_is_known_to_be_safe(tmp_path):
    blind = change.read(sources.open(write_source(tmp_path, subscriptions=SUBSCRIPTIONS, touches=TOUCHES), "2024-12"))
    assert blind.sentences.calls == (
        "Changes and new use are not on record, so we cannot say which of 2 paying accounts need a call."
    )


def test_what_is_counted_once_in_the_bottom_line_is_the_same_count_in_an_action():
    rows = [("A", "merger", "merger, stagnation"), ("B", "stagnation", "stagnation"), ("C", "merger", "merger")]
    waiting = pd.DataFrame(rows, columns=["name", "reason", "reasons"]).assign(mrr_cents=100)
    nowhere = pd.DataFrame({"went_to": pd.Series(dtype="str"), "n_accounts": pd.Series(dtype="int64")})
    states = pd.DataFrame({"state": ["any change"], "n_months": [9]})
    frames = {"states": states, "waiting": waiting, "held": waiting, "lost": nowhere, "years": nowhere}
    says = made(change.Change, **frames, currency="USD", ended=None, is_recorded=True).sentences
    assert "since new use stopped (1)" in says.calls
    assert "show 1 account without a new use case" in says.actions[1]


@pytest.mark.parametrize(
    "ended, says", [(None, "higher after the first year than in it"), ([], "higher after it than")]
)
def test_the_first_year_is_named_where_no_sentence_before_names_it(ended, says):
    years = pd.DataFrame({"life_year": [1, 2], "n_events": [10, 90], "n_months": [1000, 1000]})
    some, none = (
        made(change.Change, years=each, ended=ended, states=[], waiting=[]).sentences
        for each in (years, years.assign(n_events=0))
    )
    assert says in some.first_year and "Nobody has left in" in none.first_year


def test_every_reason_for_a_call_has_a_play_and_one_who_runs_it():
    kinds = schema.TABLES["changes"].columns["kind"].metadata["choices"]
    assert set(attention.PLAYS) == {*kinds, attention.STAGNATION}
    assert {play["owner"] for play in attention.PLAYS.values()} <= {"marketing", "success", "sales", "product"}


def test_the_chance_of_a_call_is_that_of_all_accounts_in_its_state():
    waiting = pd.DataFrame({"reason": ["merger", "stagnation", "moved"]}, index=[3, 4, 5])
    states = pd.DataFrame({"state": ["any change", "stagnating"], "hazard": [0.03, 0.02], "low": 0.01, "high": 0.05})
    listed = attention.with_plays(waiting, states)
    assert listed["hazard"].tolist() == [0.03, 0.02, 0.03] and listed["owner"].tolist() == ["sales", "success", ""]
