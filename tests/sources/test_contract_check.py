"""Bad data is refused in words that name the file, the table, the column and the first bad rows."""

import pytest
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import sources
from helpers.errors import Refused

HEADER = "subscription_id,account_id,starts_on,ends_on,mrr,currency"
GOOD = "g1,A,2024-01-15,,100,USD"


@pytest.fixture
def refusal(tmp_path):
    """What is said when a source is refused; the way of writing it is that of `write_source`."""

    def of(period="2024-12", **options):
        options = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS} | options
        with pytest.raises(Refused) as refused:
            sources.open(write_source(tmp_path, **options), period)
        return str(refused.value)

    return of


@pytest.fixture
def bad_rows(refusal):
    """What is said of subscriptions of which the first row is good."""
    return lambda *rows: refusal(subscriptions="\n".join([HEADER, GOOD, *rows]))


def assert_names(message: str, *parts: str):
    for part in parts:
        assert part in message


def test_a_missing_file(refusal):
    message = refusal(mapping='[tables.subscriptions]\nfrom = "subscription.csv"')
    assert_names(message, "source.toml", "tables.subscriptions", "'subscription.csv'", "no such file")
    assert "did you mean 'subscriptions.csv'" in message


def test_a_missing_column(refusal):
    message = refusal(subscriptions=SUBSCRIPTIONS.replace("starts_on", "start_on"))
    assert_names(
        message,
        "subscriptions.csv",
        "table subscriptions",
        "column starts_on (first day) is missing",
        "'start_on' may be it",
    )


def test_a_column_that_the_mapping_names_and_the_source_lacks(refusal):
    mapping = '[tables.accounts]\nfrom = "accounts.csv"\n[tables.accounts.columns]\nname = "title"'
    assert_names(refusal(mapping=mapping), "accounts.csv", "table accounts", "column title is missing")


def test_a_column_that_an_expression_names_and_the_source_lacks(refusal):
    mapping = '[tables.accounts]\nfrom = "accounts.csv"\n[tables.accounts.columns]\nname = "upper(title)"'
    assert_names(refusal(mapping=mapping), "accounts.csv", "table accounts", "title")


def test_a_condition_that_the_source_does_not_understand(refusal):
    mapping = '[tables.accounts]\nfrom = "accounts.csv"\nwhere = "plan <> \'internal\'"'
    assert_names(refusal(mapping=mapping), "accounts.csv", "table accounts", "plan")


def test_a_condition_that_ends_in_a_comment_hides_no_row_that_is_named(refusal):
    mapping = '[tables.accounts]\nfrom = "accounts.csv"\n[tables.subscriptions]\nfrom = "subscriptions.csv"'
    mapping += "\nwhere = \"account_id <> 'B' -- ours\""
    rows = "\n".join([HEADER, GOOD, "b1,B,2024-02-30,,100,USD", "b2,A,2024-02-30,,100,USD"])
    message = refusal(subscriptions=rows, mapping=mapping)
    assert_names(message, "1 row: cannot be read as a date", "row 4: subscription_id=b2, starts_on=2024-02-30")


def test_an_unparsable_date(bad_rows):
    message = bad_rows("b1,A,2024-02-30,,100,USD", "b2,A,soon,,100,USD")
    assert_names(message, "subscriptions.csv", "table subscriptions", "column starts_on", "2 rows", "a date such as")
    assert_names(
        message, "row 3: subscription_id=b1, starts_on=2024-02-30", "row 4: subscription_id=b2, starts_on=soon"
    )


def test_an_end_before_its_start(bad_rows):
    message = bad_rows("b1,A,2024-02-01,2024-01-31,100,USD")
    assert_names(message, "subscriptions.csv", "table subscriptions", "column ends_on", "the end is before the start")
    assert "row 3: subscription_id=b1, starts_on=2024-02-01, ends_on=2024-01-31" in message


def test_a_negative_mrr(bad_rows):
    message = bad_rows("b1,A,2024-02-01,,-0.01,USD")
    assert_names(message, "subscriptions.csv", "table subscriptions", "column mrr", "is negative", "row 3", "mrr=-0.01")


def test_a_missing_mrr(bad_rows):
    message = bad_rows("b1,A,2024-02-01,,,USD")
    assert_names(message, "subscriptions.csv", "table subscriptions", "column mrr", "mrr is missing", "row 3")
    assert "mrr=(empty)" in message


@pytest.mark.parametrize("mrr", ["free", "1.000,50", "$100", "NaN", "1e400"])
def test_an_mrr_that_is_no_amount(bad_rows, mrr):
    message = bad_rows(f'b1,A,2024-02-01,,"{mrr}",USD')
    assert_names(message, "column mrr", "cannot be read as an amount", "row 3", f"mrr={mrr}")


def test_two_currencies(bad_rows):
    message = bad_rows("b1,A,2024-02-01,,100,EUR")
    assert_names(message, "subscriptions.csv", "table subscriptions", "column currency", "two currencies")
    assert_names(message, "currency=USD")


def test_another_currency_than_the_source_states(refusal):
    message = refusal(source='currency = "EUR"')
    assert_names(message, "subscriptions.csv", "table subscriptions", "column currency", "USD", "EUR")


def test_duplicate_keys(bad_rows):
    message = bad_rows("b1,A,2024-02-01,,100,USD", "b1,A,2024-02-01,,50,USD")
    assert_names(message, "subscriptions.csv", "table subscriptions", "subscription_id, starts_on", "duplicate key")
    assert_names(message, "row 3: subscription_id=b1, starts_on=2024-02-01", "row 4: subscription_id=b1")


def test_a_renewal_under_the_same_id_is_no_duplicate(tmp_path):
    text = "\n".join([HEADER, "s1,A,2023-01-01,2024-01-01,100,USD", "s1,A,2024-01-01,,100,USD"])
    file = write_source(tmp_path, subscriptions=text)
    assert len(sources.open(file, "2024-12").frame("subscriptions")) == 2


def test_a_subscription_of_an_unknown_account(bad_rows):
    message = bad_rows("b1,Nobody,2024-02-01,,100,USD")
    assert_names(message, "subscriptions.csv", "table subscriptions", "column account_id", "unknown account", "row 3")
    assert "account_id=Nobody" in message


@pytest.mark.parametrize("table", ["accounts", "subscriptions"])
def test_an_empty_table(refusal, table):
    header = {"accounts": "account_id,name,segment", "subscriptions": HEADER}[table]
    message = refusal(**{table: header})
    assert_names(message, f"{table}.csv", f"table {table}", "empty")


def test_a_file_of_no_bytes(refusal, tmp_path):
    (tmp_path / "none.csv").touch()
    message = refusal(mapping='[tables.accounts]\nfrom = "none.csv"')
    assert_names(message, "none.csv", "table accounts", "empty")


def test_an_optional_table_may_be_empty(tmp_path):
    header = OTHERS["tickets"].strip().splitlines()[0]
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, tickets=header)
    assert sources.open(file, "2024-12").frame("tickets").empty


@pytest.mark.parametrize("period", ["2023-12", "2025-01", "2023-Q4", "2025-Q1"])
def test_a_period_outside_the_data(refusal, period):
    message = refusal(period=period)
    assert_names(message, "source.toml", f"period {period} is outside the data", "2024-01 to 2024-12")


@pytest.mark.parametrize("period, meant", [("2024-13", ""), ("2024-1", "2024-01"), ("Q3 2024", "2024-Q3"), ("now", "")])
def test_a_malformed_period(refusal, period, meant):
    message = refusal(period=period)
    assert_names(message, repr(period), "is not a period", "2026-10", meant and f"did you mean {meant}?")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_a_csv_in_a_wrong_encoding(refusal, tmp_path, encoding):
    (tmp_path / "crm.csv").write_text("account_id,name,segment\nA,Acme,S\nB,Café,S\n", encoding=encoding)
    message = refusal(mapping='[tables.accounts]\nfrom = "crm.csv"')
    assert_names(message, "crm.csv", "table accounts", "not in UTF-8", "line ", "encoding =")
    if encoding != "utf-16":
        assert "line 3: byte 0xe9 in: B,Café,S" in message


def test_a_row_of_too_few_values(refusal):
    rows = "".join(f"B{number},b,S\n" for number in range(30))
    message = refusal(accounts=f"account_id,name,segment\nA,Acme,S\n{rows}C,c\n")
    assert_names(message, "accounts.csv", "table accounts")


def test_a_file_that_is_neither_csv_nor_parquet(refusal, tmp_path):
    (tmp_path / "crm.docx").write_bytes(b"PK")
    assert_names(
        refusal(mapping='[tables.accounts]\nfrom = "crm.docx"'),
        "tables.accounts",
        "crm.docx",
        "is none of CSV, Parquet",
    )


@pytest.mark.parametrize("path", ["accounts.csv", "broken.duckdb", "nowhere"])
def test_a_path_that_is_no_folder_and_no_database(refusal, tmp_path, path):
    (tmp_path / "broken.duckdb").write_text("not a database")
    assert_names(refusal(source=f'path = "{path}"'), "source.toml", "[source] path", path)


def test_rows_are_counted_as_a_spreadsheet_counts_them_whatever_the_condition_leaves_out(refusal):
    rows = ["x,A,2024-01-01,,5,USD"] * 3 + ["b1,A,2024-02-01,,-1,USD"]
    mapping = '[tables.subscriptions]\nfrom = "subscriptions.csv"\nwhere = "subscription_id <> \'x\'"'
    assert "row 6: subscription_id=b1" in refusal(subscriptions="\n".join([HEADER, GOOD, *rows]), mapping=mapping)


def test_the_first_three_of_many_rows_are_shown_and_all_are_counted(bad_rows):
    message = bad_rows(*(f"b{number},A,2024-02-01,,-{number}0,USD" for number in range(1, 1_201)))
    assert "1,200 rows" in message
    assert [f"row {number}:" in message for number in (3, 4, 5, 6)] == [True, True, True, False]


def test_all_that_is_wrong_is_said_at_once(refusal):
    message = refusal(
        accounts="account_id,name,segment\nA,,S\nA,Acme,S",
        subscriptions="\n".join([HEADER, "b1,A,2024-02-01,2024-01-01,-5,USD"]),
    )
    assert_names(message, "name is missing", "duplicate key", "the end is before the start", "is negative")


# Row to add to a table of the small company → the column and the words.
WRONG = [
    ("surveys", "x,A,nps_relationship,recommend,2024-06-01,2024-06-02,11", "column score", "is above 10"),
    (
        "surveys",
        "x,A,nps_transactional,recommend,2024-06-01,2024-06-02,6.5",
        "column score",
        "whole number from 0 to 10",
    ),
    ("surveys", "x,A,purchase_regret,expectations_met,2024-06-01,2024-06-02,0", "column score", "from 1 to 7"),
    ("surveys", "x,A,purchase_regret,expectations_met,2024-06-01,2024-06-02,8", "column score", "from 1 to 7"),
    ("surveys", "x,A,nps,recommend,2024-06-01,2024-06-02,9", "column survey", "nps_relationship"),
    ("surveys", "x,A,nps_relationship,recommend,2024-06-02,2024-06-01,9", "column answered_on", "before asked_on"),
    ("onboarding", "Nobody,2024-06-30,,,,,,", "column account_id", "unknown account"),
    ("onboarding", "A,2024-06-29,,,,-5,,", "column planned_cost", "is negative"),
    ("usage", "A,2024-08-15,5,10,2,1,0", "column month", "not the first day of a month"),
    ("usage", "A,2024-08-01,5.5,10,2,1,0", "column n_active_users", "not a whole number"),
    ("usage", "A,2024-08-01,5,10,2,many,0", "column n_help_searches", "cannot be read as a count"),
    ("usage", "A,2024-06-01,5,10,2,1,0", "column account_id, month", "duplicate key"),
    ("tickets", "x,A,2024-06-02,2024-06-01,how_to,1", "column closed_on", "before opened_on"),
    ("tickets", "x,A,2024-06-02,,howto,1", "column category", "'how_to'"),
    ("tickets", "x,A,2024-06-02,,how_to,5", "column priority", "is above 4"),
    ("tickets", "x,A,2024-06-02,,how_to,0", "column priority", "is below 1"),
    ("programs", "running,Twice,2024-01-01,", "column program", "duplicate key"),
    ("touches", "x,A,nothing,onboarding,2024-06-30", "column program", "unknown program"),
    ("touches", "x,A,running,after,2024-06-30", "column stage", "'value_review'"),
    ("opportunities", "x,A,renewal,sales,2024-07-01,,maybe,40,", "column status", "'open', 'won', 'lost'"),
    ("opportunities", "x,A,renewal,sales,2024-07-01,,lost,40,nobody", "column lost_to", "'status_quo'"),
    ("advocacy", "x,A,review,2024-06-01,2024-06-02,6,", "column rating", "is above 5"),
    ("changes", "x,A,weather,2024-06-01,2024-06-30", "column kind", "'champion_left'"),
    ("changes", "x,A,merger,2024-06-01,", "column detected_on", "is missing"),
]


@pytest.mark.parametrize("table, row, column, words", WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_row_of_any_table(refusal, table, row, column, words):
    needed = {name: OTHERS[name] for name in {table, "programs"} if name == table or table == "touches"}
    message = refusal(**needed | {table: OTHERS[table].rstrip() + "\n" + row})
    n_lines = len(OTHERS[table].strip().splitlines())
    assert_names(message, f"{table}.csv", f"table {table}", column, words, f"row {n_lines + 1}: ")


def test_a_source_without_a_fault_is_not_refused(tmp_path):
    # So that the tests above can fail.
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=stretches("A, 2024-01-01, , 1"), **OTHERS)
    assert sources.connect(file).faults() == []


@pytest.mark.parametrize(
    "name", ["{where}", "{correct}", "{0}", "{}", "{{ 7*7 }}", "{% raw %}", "{#x#}", "[n]", "%(a)s", r"\1"]
)
def test_a_column_that_is_called_as_a_gap_in_our_sentences_keeps_its_name(tmp_path, name):
    """What is filled in is not looked at for gaps again, in the line that leaves rows out as in the sentence."""
    accounts = f'"{name}",name,segment\nA,Acme,S\n,Bolt,S\n'
    mapping = f"[tables.accounts]\nfrom = \"accounts.csv\"\ncolumns.account_id = '{name}'\n"
    file = write_source(tmp_path, accounts=accounts, subscriptions=stretches("A, 2024-01-10, , 100"), mapping=mapping)
    (fault,) = sources.connect(file).faults("accounts")
    assert fault.says == "account_id is missing" and f"where = '\"{name}\" is not null'" in fault.way_out
