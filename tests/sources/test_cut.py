"""What was known when: a report for a period uses only what was known at its last day, in every table."""

import pandas as pd
import pytest
from small_company import ACCOUNTS, AS_OF, OTHERS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import sources
from helpers.ledger import movements
from helpers.sources import schema


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """One table as known on 30 June 2024, its first key column as the index."""
    folder = tmp_path_factory.mktemp("small_company")
    tables = sources.open(write_source(folder, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS), AS_OF)
    return lambda name: tables.frame(name).set_index(schema.key(name)[0])


@pytest.fixture
def subscription(tmp_path):
    """One subscription as known on 30 June 2024: what the cut makes of its dates."""

    def of(ends_on="", cancelled_on="", lost_to="", starts_on="2024-01-01"):
        text = f"""
            subscription_id,account_id,starts_on,ends_on,mrr,currency,cancelled_on,lost_to,renews_on
            s1,A,{starts_on},{ends_on},100,USD,{cancelled_on},{lost_to},2025-01-01
            s2,A,2024-01-01,,1,USD,,,
        """
        tables = sources.open(write_source(tmp_path, subscriptions=text), AS_OF)
        return tables.frame("subscriptions").set_index("subscription_id").loc["s1"]

    return of


def read(value):
    """A cell as people read it: a date as text, an empty cell as nothing."""
    return "" if pd.isna(value) else str(value.date()) if isinstance(value, pd.Timestamp) else value


def test_every_table_has_its_case():
    assert {*OTHERS, "accounts", "subscriptions"} == set(schema.CORE)


@pytest.mark.parametrize("name", ["surveys", "tickets", "programs", "touches", "opportunities", "advocacy", "changes"])
def test_a_row_known_later_is_invisible(frame, name):
    # As many rows as the table has, but for the one called "later".
    assert "later" in OTHERS[name]
    assert "later" not in frame(name).index
    assert len(frame(name)) == len(OTHERS[name].strip().splitlines()) - 2


def test_a_snapshot_of_onboarding_taken_later_is_invisible(frame):
    assert frame("onboarding").loc["A", "n_steps_done"] == 3


def test_a_usage_month_is_known_on_its_last_day(frame):
    assert frame("usage")["month"].map(read).tolist() == ["2024-06-01"]


def test_a_subscription_that_starts_later_is_invisible(tmp_path):
    lines = stretches("A, 2024-06-30, , 100", "A, 2024-07-01, , 50")
    tables = sources.open(write_source(tmp_path, subscriptions=lines), AS_OF)
    assert tables.frame("subscriptions")["mrr"].tolist() == [100]


def test_a_program_without_a_date_is_visible(frame):
    assert frame("programs").index.tolist() == ["ending", "running", "undated"]


def test_a_first_contact_on_record_later_reads_as_empty(frame):
    assert frame("accounts")["first_contact_on"].map(read).to_dict() == {"A": "2023-11-20", "B": ""}


def test_an_answer_given_later_reads_as_no_answer(frame):
    answers = frame("surveys")
    assert [read(answers.loc["r1", name]) for name in ("answered_on", "score")] == ["2024-06-02", 9]
    assert [read(answers.loc["r2", name]) for name in ("answered_on", "score")] == ["", ""]


def test_a_go_live_later_reads_as_empty_with_its_cost_but_the_plan_stays(frame):
    columns = ["planned_go_live_on", "went_live_on", "first_value_on", "planned_cost", "actual_cost"]
    found = frame("onboarding")
    assert [read(found.loc["A", name]) for name in columns] == ["2024-09-01", "", "", 500, ""]
    assert [read(found.loc["B", name]) for name in columns] == ["2024-05-01", "2024-06-30", "2024-06-30", 500, 800]


def test_a_ticket_closed_later_reads_as_open(frame):
    assert frame("tickets")["closed_on"].map(read).to_dict() == {"t1": "2024-06-30", "t2": ""}


def test_a_program_that_ends_later_reads_as_running(frame):
    assert frame("programs")["ends_on"].map(read).to_dict() == {"ending": "", "running": "2024-06-30", "undated": ""}


def test_a_deal_closed_later_reads_as_open_and_lost_to_nobody(frame):
    deals = frame("opportunities")
    assert deals["status"].to_dict() == {"o1": "won", "o2": "open", "o3": "open"}
    assert deals["closed_on"].map(read).to_dict() == {"o1": "2024-06-30", "o2": "", "o3": ""}
    assert read(deals.loc["o3", "lost_to"]) == ""
    assert deals["mrr"].tolist() == [10, 20, 30]


def test_an_act_done_later_reads_as_asked_only(frame):
    acts = frame("advocacy")
    columns = ["done_on", "rating", "referred_account_id"]
    assert [read(acts.loc["v1", name]) for name in columns] == ["2024-06-30", 4, ""]
    assert [read(acts.loc["v2", name]) for name in columns] == ["", "", ""]


def test_an_end_on_the_last_day_is_known(subscription):
    found = subscription(ends_on="2024-06-30", lost_to="competitor")
    assert (read(found["ends_on"]), found["lost_to"]) == ("2024-06-30", "competitor")


def test_an_end_after_it_without_notice_reads_as_in_force(subscription):
    found = subscription(ends_on="2024-07-01", lost_to="competitor")
    assert (read(found["ends_on"]), read(found["lost_to"])) == ("", "")


def test_an_end_after_it_stays_where_notice_had_been_given(subscription):
    found = subscription(ends_on="2024-12-31", cancelled_on="2024-06-30", lost_to="competitor")
    assert [read(found[name]) for name in ("ends_on", "cancelled_on", "lost_to")] == [
        "2024-12-31",
        "2024-06-30",
        "competitor",
    ]


def test_notice_given_after_it_reads_as_none_given(subscription):
    found = subscription(ends_on="2024-12-31", cancelled_on="2024-07-01", lost_to="competitor")
    assert [read(found[name]) for name in ("ends_on", "cancelled_on", "lost_to")] == ["", "", ""]


def test_an_end_that_has_come_stays_even_where_notice_is_recorded_later(subscription):
    found = subscription(ends_on="2024-06-10", cancelled_on="2024-07-01")
    assert [read(found[name]) for name in ("ends_on", "cancelled_on")] == ["2024-06-10", ""]


def test_the_date_of_renewal_is_part_of_the_contract_and_stays(subscription):
    assert read(subscription()["renews_on"]) == "2025-01-01"


def test_an_account_without_a_visible_subscription_counts_nowhere(tmp_path):
    lines = stretches("A, 2024-01-10, , 100", "B, 2024-07-01, , 50")
    others = {name: text for name, text in OTHERS.items() if name != "programs"}
    # Each table's rows of A, once more for B.
    doubled = {name: _also_for_b(text) for name, text in others.items()}
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=lines, **doubled)
    tables = sources.open(file, AS_OF)
    assert tables.frame("accounts")["account_id"].tolist() == ["A"]
    # What is done to win an account (touches, deals) may precede its first subscription and is kept.
    for name in set(doubled) - {"touches", "opportunities"}:
        assert set(tables.frame(name)["account_id"]) == {"A"}, name
    assert movements.cube(tables)["n_accounts"].sum() == 1
    assert tables.n_rows()["accounts"] == 1


def _also_for_b(text: str) -> str:
    header, *rows = (line.strip() for line in text.strip().splitlines())
    account = header.split(",").index("account_id")
    cells = [row.split(",") for row in rows if row.split(",")[account] == "A"]
    copies = [["B" if n == account else f"{cell}b" if n == 0 else cell for n, cell in enumerate(row)] for row in cells]
    return "\n".join([header, *(",".join(row) for row in cells + copies)])


def test_sql_of_the_analyst_sees_the_same_cut(tmp_path):
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS)
    tables = sources.open(file, AS_OF)
    assert tables.query("select max(opened_on) as day from tickets")["day"].map(read).tolist() == ["2024-06-01"]
    assert tables.query("with x as (select * from tickets) select count(*) as n from x")["n"].tolist() == [2]
    later = tables.at(sources.open(file, "2024-07").period)
    assert len(later.frame("tickets")) == 3


def test_a_later_report_sees_what_an_earlier_one_did_not(tmp_path):
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS)
    july = sources.open(file, "2024-07")
    assert july.frame("opportunities").set_index("opportunity_id")["status"].to_dict() == {
        "o1": "won",
        "o2": "won",
        "o3": "lost",
        "later": "open",
    }
    assert len(july.frame("surveys")) == 3
