"""Account-months: who is at risk when, by hand and against the ledger; nothing in a month is known only after it."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from writing import stretches, write_source

from helpers import sources
from helpers.ledger import account_months, movements

USAGE = """
    account_id,month,n_active_users,n_licensed_seats,n_features_used,n_help_searches,n_failed_help_searches,n_new_use_cases
    A,2024-01-01,5,10,2,1,0,1
    A,2024-04-01,5,10,2,1,0,1
    A,2024-05-01,5,10,2,1,0,0
"""
CHANGES = """
    change_id,account_id,kind,detected_on
    g1,A,merger,2024-03-20
    g2,B,merger,2024-11-20
"""
TOUCHES = """
    touch_id,account_id,program,stage,touched_on,is_randomized,was_offered
    t1,A,club,adoption,2024-02-10,false,
    t2,A,club,adoption,2024-01-10,false,
    t3,B,talk,adoption,2024-03-31,true,true
    t4,B,talk,adoption,2024-04-02,false,
    t5,A,talk,adoption,2024-03-31,true,false
"""
PROGRAMS = """
    program,starts_on
    club,2024-02-01
    talk,2024-03-01
"""


@pytest.fixture
def tables(tmp_path):
    subscriptions = stretches(
        "A, 2024-01-15, 2024-09-03, 100",
        "A, 2024-06-02, 2024-09-03, 50",
        "B, 2024-02-01, , 50",
        "C, 2024-12-05, , 10",
        "D, 2024-03-01, 2024-04-10, 20",
        "D, 2024-08-01, , 20",
    )
    file = write_source(
        tmp_path, subscriptions=subscriptions, usage=USAGE, changes=CHANGES, touches=TOUCHES, programs=PROGRAMS
    )
    return sources.open(file, "2024-12")


def own(history, account: str) -> pd.DataFrame:
    return history.months[history.months["account_id"] == account].reset_index(drop=True)


def month(number: int) -> int:
    """A month of 2024."""
    return 2024 * 12 + number - 1


def test_an_account_is_at_risk_from_the_month_after_it_came_to_the_month_it_left(tables):
    months = own(account_months.history(tables), "A")
    assert months["month_no"].to_list() == [month(number) for number in range(2, 10)]
    assert months["has_left"].to_list() == [False] * 7 + [True]
    assert months["age_months"].to_list() == list(range(1, 9))


def test_one_that_came_back_is_at_risk_again_and_one_that_came_last_month_not_yet(tables):
    history = account_months.history(tables)
    assert own(history, "D")["month_no"].to_list() == [month(number) for number in (4, 9, 10, 11, 12)]
    assert own(history, "D")["has_left"].sum() == 1
    assert own(history, "C").empty


def test_a_month_knows_what_was_paid_at_its_opening_and_what_moved_in_it(tables):
    months = own(account_months.history(tables), "A").set_index("month_no")
    assert months.loc[month(6), ["opening_cents", "change_cents", "has_expanded"]].to_list() == [10000, 5000, True]
    assert months.loc[month(9), ["opening_cents", "change_cents", "has_expanded"]].to_list() == [15000, -15000, False]


def test_a_change_counts_in_the_six_months_after_the_one_in_which_it_was_detected(tables):
    months = own(account_months.history(tables), "A").set_index("month_no")["in_change_window"]
    # Detected in March; the account leaves in September.
    assert months[months].index.to_list() == [month(number) for number in range(4, 10)]
    assert not months[month(3)]


def test_months_since_a_use_case_are_those_at_the_opening(tables):
    months = own(account_months.history(tables), "A").set_index("month_no")["months_since_use_case"]
    # New uses in January and April: at the opening of May none has passed, at that of June one.
    assert months.to_list() == [0, 1, 2, 0, 1, 2, 3, 4]
    # B shows no use case at all, so it counts from its first month, February.
    assert own(account_months.history(tables), "B")["months_since_use_case"].iloc[0] == 0


def test_without_usage_changes_and_touches_there_are_months_all_the_same(tmp_path):
    tables = sources.open(write_source(tmp_path, subscriptions=stretches("A, 2024-01-15, , 100")), "2024-12")
    history = account_months.history(tables)
    assert len(history.months) == 11
    assert history.months["months_since_use_case"].isna().all() and not history.months["in_change_window"].any()
    assert account_months.enrolments(tables).empty and account_months.lots(tables).empty


def test_enrolment_is_the_first_contact_but_not_before_the_program_began(tables):
    found = account_months.enrolments(tables).set_index(["account_id", "program"])
    assert found.loc[("A", "club"), ["first_no", "n_touches"]].to_list() == [month(2), 2]
    # An offer is no contact, and whoever lost the lot was not contacted.
    assert found.loc[("B", "talk"), "first_no"] == month(4)
    assert ("A", "talk") not in found.index


def test_a_lot_says_on_whom_it_fell(tables):
    found = account_months.lots(tables).set_index("account_id")["is_offered"]
    assert found.to_dict() == {"A": False, "B": True}


@pytest.fixture(scope="module")
def sampled():
    return sources.open("data/sample/source.toml", "2026-10")


def test_those_at_risk_are_the_accounts_of_the_ledger(sampled):
    tables = sampled
    history = account_months.history(tables)
    ledger = movements.by_month(movements.cube(tables), tables.coverage.first_month, history.last)
    by_month = history.months.groupby("month_no").agg(n=("has_left", "size"), lost=("has_left", "sum"))
    expected = ledger.set_index(ledger["month"].map(lambda day: day.year * 12 + day.month - 1)).loc[by_month.index]
    assert (by_month["n"] == expected["n_opening"]).all()
    assert (by_month["lost"] == expected["n_churned"]).all()
    lost = history.months.loc[history.months["has_left"], "change_cents"].sum()
    assert -lost == ledger["churn_cents"].iloc[1:].sum()
    held = account_months.level_at(history.levels, history.last)
    assert held["mrr_cents"].sum() == ledger["closing_cents"].iloc[-1]


def test_above_the_limit_every_kth_account_stands_for_all_and_it_is_said(sampled):
    history = account_months.history(sampled, account_months.every_kth(sampled, 400))
    assert history.every == 3 and "every 3rd account" in history.sampling
    assert 0 < history.months["account_id"].nunique() <= 400


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20)), max_size=8), st.integers(0, 21))
def test_months_since_an_event_are_counted_from_the_latest_one_before(events, at):
    months = pd.DataFrame({"account_id": pd.Categorical(["a"], categories=["a", "b"]), "month_no": [at]})
    frame = pd.DataFrame({"account_id": [who for who, _ in events], "month_no": [when for _, when in events]})
    before = [when for who, when in events if who == "a" and when < at]
    found = account_months.months_since(months, frame.astype({"account_id": "str", "month_no": "int64"}))[0]
    assert (pd.isna(found) and not before) or found == at - max(before, default=0) - 1
    assert account_months.happens(months, frame.astype({"month_no": "int64"}))[0] == (("a", at) in events)


def test_covariates_are_those_of_the_months_and_leave_them_as_they_were(sampled):
    months = account_months.history(sampled).months
    before = months.copy()
    covariates = account_months.covariates(months)
    pd.testing.assert_frame_equal(months, before)
    assert covariates.index.equals(months.index) and covariates.notna().all(axis=None)
    assert covariates["renewal"].sum() == months["is_renewal"].sum()
    assert (covariates["stagnation"] > 0).equals(months["months_since_use_case"] > account_months.ENOUGH)
    shares = covariates.filter(like="segment ").sum()
    assert shares.sum() == (months["segment"] != min(months["segment"])).sum()


def test_changes_are_dated_by_the_month_in_which_they_were_detected(tables):
    found = account_months.detected_changes(tables)
    assert found[["account_id", "month_no"]].values.tolist() == [["A", month(3)], ["B", month(11)]]
