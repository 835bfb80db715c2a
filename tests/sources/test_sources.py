"""What a source file can say, and that the tables come out as they went in."""

from datetime import date

import duckdb
import pandas as pd
import pytest
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import periods, sources
from helpers.errors import Refused
from helpers.ledger import movements
from helpers.sources import schema
from helpers.sources.schema import columns

ONE = stretches("A, 2024-01-15, , 100")
ACCOUNT = "account_id,name,segment\nA,Acme,S\n"

# The same in a database.
SOLD = "select 1 as subscription_id, '007' as account_id, date '2024-01-01' as starts_on, 5.5 as mrr, 'USD' as currency"
CUSTOMERS = "select '007' as account_id, 'Acme' as name, 'S' as segment"


@pytest.fixture
def opened(tmp_path):
    """The tables of a small source, with whatever the test says otherwise (see `write_source`)."""
    return lambda **options: sources.open(write_source(tmp_path, **{"subscriptions": ONE} | options), "2024-12")


def raw(folder, name: str, text: str, encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))


# Where a table is


def test_a_glob_reads_all_files_that_match_whatever_the_order_of_their_columns(opened, tmp_path):
    raw(tmp_path, "contracts-2023.csv", ONE)
    raw(tmp_path, "contracts-2024.csv", "mrr,currency,starts_on,account_id,subscription_id\n5,USD,2024-02-01,A,t1\n")
    found = opened(mapping='[tables.subscriptions]\nfrom = "contracts-*.csv"').frame("subscriptions")
    assert found[["subscription_id", "mrr"]].values.tolist() == [["s1", 100], ["t1", 5]]


def test_parquet_is_read_with_its_types(opened, tmp_path):
    duckdb.sql(f"{CUSTOMERS}, 6 as n_buying_group").write_parquet(str(tmp_path / "a.parquet"))
    found = opened(subscriptions=stretches("007, 2024-01-15, , 100"), mapping='[tables.accounts]\nfrom = "a.parquet"')
    row = found.frame("accounts").iloc[0]
    assert (row["account_id"], row["n_buying_group"]) == ("007", 6)


def database(folder, **tables: str):
    connection = duckdb.connect(str(folder / "crm.duckdb"))
    for name, select in tables.items():
        connection.execute(f"create table {name} as {select}")
    connection.close()
    return 'path = "crm.duckdb"'


@pytest.mark.parametrize(
    "name", ["customers", "accounts", "subscriptions_", "_raw_accounts", "_all_accounts", "levels"]
)
def test_a_database_table_is_read_whatever_its_name(opened, tmp_path, name):
    # Names that the queries use themselves, for the tables of ours and for their own steps, included.
    path = database(tmp_path, **{name: CUSTOMERS, "subscriptions": SOLD})
    mapping = f'[tables.accounts]\nfrom = "{name}"\n[tables.subscriptions]\nfrom = "subscriptions"'
    tables = opened(source=path, mapping=mapping)
    assert tables.frame("accounts")[["account_id", "name"]].values.tolist() == [["007", "Acme"]]
    assert movements.cube(tables)["change_cents"].tolist() == [550]


def test_a_query_over_a_source_table_named_like_ours_reads_the_sources(opened, tmp_path):
    # Ours leaves out account B; the source's own `subscriptions`, which the query asks for, has it.
    path = database(tmp_path, subscriptions=f"{SOLD} union all select 2, 'B', date '2024-01-01', 1, 'USD'")
    mapping = """
        [tables.accounts]
        sql = "select distinct account_id, account_id as name, 'S' as segment from subscriptions"
        [tables.subscriptions]
        from = "subscriptions"
        where = "account_id <> 'B'"
    """
    tables = opened(source=path, mapping=mapping)
    assert tables.frame("subscriptions")["account_id"].tolist() == ["007"]
    assert tables.uncut("select account_id from _all_accounts order by 1")["account_id"].tolist() == ["007", "B"]


def test_sql_looks_its_files_up_in_the_folder_of_the_source(opened, tmp_path):
    raw(tmp_path, "crm.csv", "id,title,paying\nA,Acme,yes\nX,Internal,no\n")
    select = "select id as account_id, title as name, 'S' as segment from 'crm.csv' where paying = 'yes'"
    tables = opened(mapping=f'[tables.accounts]\nsql = """{select}"""')
    assert tables.frame("accounts")["name"].tolist() == ["Acme"]


@pytest.mark.parametrize("folder", ["O'Brien, Sons & Co", "data [2024]", "a*b", 'say "hi"', "Zürich"])
@pytest.mark.parametrize("how", ['from = "accounts.csv"', "sql = \"select * from 'accounts.csv'\""])
def test_a_folder_may_have_any_name(tmp_path, folder, how):
    place = tmp_path / folder
    place.mkdir()
    file = write_source(place, accounts=ACCOUNT, subscriptions=ONE, mapping=f"[tables.accounts]\n{how}")
    tables = sources.open(file, "2024-12")
    assert tables.frame("accounts")["name"].tolist() == ["Acme"]


def test_the_path_is_relative_to_the_source_file(tmp_path):
    (tmp_path / "data").mkdir()
    write_source(tmp_path / "data", accounts=ACCOUNT, subscriptions=ONE)
    file = tmp_path / "mine.toml"
    file.write_text((tmp_path / "data" / "source.toml").read_text().replace("[source]", '[source]\npath = "data"'))
    assert sources.open(file, "2024-12").frame("accounts")["name"].tolist() == ["Acme"]


# How its columns are called


def test_columns_are_renamed_and_rows_left_out(opened):
    text = """
        id,Customer ID,from_day,fee,cur,plan
        s1,A,2024-01-15,100,USD,pro
        s2,A,2024-01-15,999,USD,internal
    """
    mapping = """
        [tables.subscriptions]
        from = "subscriptions.csv"
        where = "plan <> 'internal'"
        [tables.subscriptions.columns]
        subscription_id = "id"
        account_id = "Customer ID"
        starts_on = "from_day"
        mrr = "fee"
        currency = "cur"
    """
    tables = opened(accounts=ACCOUNT, subscriptions=text, mapping=mapping)
    assert movements.cube(tables)["change_cents"].tolist() == [10_000]


def test_the_last_day_in_force_becomes_the_first_no_longer_in_force(opened):
    text = "subscription_id,account_id,starts_on,valid_to,mrr,currency\ns1,A,2024-01-15,2024-03-31,100,USD"
    mapping = (
        '[tables.subscriptions]\nfrom = "subscriptions.csv"\n[tables.subscriptions.columns]\nends_on = "valid_to + 1"'
    )
    tables = opened(subscriptions=text, mapping=mapping)
    assert tables.frame("subscriptions")["ends_on"].tolist() == [pd.Timestamp("2024-04-01")]
    months = movements.cube(tables)["month_no"].map(periods.month_text)
    assert months.tolist() == ["2024-01", "2024-04"]


def test_a_constant_may_stand_for_a_column(opened):
    text = "subscription_id,account_id,starts_on,yearly\ns1,A,2024-01-15,1200"
    mapping = """
        [tables.subscriptions]
        from = "subscriptions.csv"
        [tables.subscriptions.columns]
        mrr = "yearly / 12"
        currency = "'EUR'"
    """
    tables = opened(subscriptions=text, mapping=mapping)
    assert tables.frame("subscriptions")[["mrr", "currency"]].values.tolist() == [[100, "EUR"]]


@pytest.mark.parametrize("account", ["00123", "1e5", "NA", "2024-01-01", "true", "12345678901234567890"])
def test_ids_stay_text(opened, account):
    tables = opened(subscriptions=stretches(f"{account}, 2024-01-15, , 100"))
    assert tables.frame("accounts")["account_id"].tolist() == [account]
    assert movements.moved(tables, tables.period.opening, tables.period.last)["account_id"].tolist() == [account]


def test_ids_stay_text_where_another_column_is_an_expression(opened):
    text = "subscription_id,account_id,starts_on,yearly,currency\n007,00123,2024-01-15,1200,USD"
    mapping = '[tables.subscriptions]\nfrom = "subscriptions.csv"\ncolumns.mrr = "yearly / 12"'
    found = opened(subscriptions=text, mapping=mapping).frame("subscriptions")
    assert found[["subscription_id", "account_id", "mrr"]].values.tolist() == [["007", "00123", 100]]


def test_optional_columns_that_the_source_lacks_are_empty_and_further_ones_are_not_read(opened):
    text = "account_id,name,segment,secret_note\nA,Acme,S,psst"
    found = opened(accounts=text).frame("accounts")
    assert list(found.columns) == list(schema.TABLES["accounts"].columns)
    assert found["industry"].isna().all()


# How a CSV is written

AWKWARD = [["A", 'say "hi", O\'Hara'], ["B", "two\nlines"], ["C", "Zürich; Łódź | 東京"], ["#D", "# not a comment"]]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_comes_out_as_it_went_in(opened, tmp_path, separator, newline):
    rows = [f'{key}{separator}"{name.replace(chr(34), chr(34) * 2)}"{separator}S' for key, name in AWKWARD]
    raw(tmp_path, "crm.csv", newline.join([separator.join(["account_id", "name", "segment"]), *rows, ""]))
    lines = stretches(*(f"{key}, 2024-01-15, , 100" for key, _ in AWKWARD))
    found = opened(subscriptions=lines, mapping='[tables.accounts]\nfrom = "crm.csv"').frame("accounts")
    assert found[["account_id", "name"]].values.tolist() == sorted(AWKWARD)


def test_a_quoted_value_far_below_the_first_rows_is_still_one_value(opened, tmp_path):
    raw(tmp_path, "crm.csv", ACCOUNT + "".join(f"B{n},b,S\n" for n in range(25_000)) + 'Z,"Smith, Sons",S\n')
    lines = stretches("A, 2024-01-15, , 100", "Z, 2024-01-15, , 100")
    found = opened(subscriptions=lines, mapping='[tables.accounts]\nfrom = "crm.csv"').frame("accounts")
    assert found["name"].tolist() == ["Acme", "Smith, Sons"]


def test_a_byte_order_mark_is_not_part_of_the_first_column(opened, tmp_path):
    raw(tmp_path, "crm.csv", ACCOUNT, "utf-8-sig")
    assert opened(mapping='[tables.accounts]\nfrom = "crm.csv"').frame("accounts")["account_id"].tolist() == ["A"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_read_where_it_is_stated(opened, tmp_path, encoding):
    raw(tmp_path, "crm.csv", ACCOUNT.replace("Acme", "Café Zürich"), encoding)
    tables = opened(mapping=f'[tables.accounts]\nfrom = "crm.csv"\nencoding = "{encoding}"')
    assert tables.frame("accounts")["name"].tolist() == ["Café Zürich"]


# The two doors


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small_company")
    return sources.open(write_source(folder, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS), "2024-07")


@pytest.mark.parametrize("name", schema.CORE)
def test_every_frame_is_as_the_schema_declares_it(small, name):
    frame = small.frame(name)
    assert {column: str(kind) for column, kind in frame.dtypes.items()} == {
        column: columns.DTYPES[schema.kind(name, column)] for column in schema.TABLES[name].columns
    }
    assert list(frame.columns) == list(schema.TABLES[name].columns)
    assert len(frame) == small.n_rows()[name] > 0


def test_a_frame_above_the_row_limit_is_refused_and_shown_another_way(small, monkeypatch):
    monkeypatch.setattr(sources.tables, "ROW_LIMIT", 1)
    with pytest.raises(Refused, match=r"tickets has 3 rows.*tables\.query"):
        small.frame("tickets")


def test_has_says_which_tables_there_are(opened):
    tables = opened()
    assert tables.has("accounts", "subscriptions")
    assert not tables.has("accounts", "surveys")
    with pytest.raises(Refused, match="did you mean 'tickets'"):
        tables.has("tikets")
    with pytest.raises(Refused, match="surveys is not in"):
        tables.frame("surveys")


def test_nothing_is_written_into_the_folder_of_the_source_and_no_file_is_changed(tmp_path):
    mapping = "[tables.programs]\nsql = \"select * from 'programs.csv'\""
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS, mapping=mapping)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*")}
    tables = sources.open(file, "2024-06")
    movements.moved(tables, tables.period.opening, tables.period.last)
    movements.year_on_year(tables)
    movements.cube(tables)
    tables.fingerprints()
    for name in tables.names:
        tables.frame(name)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_a_database_is_opened_read_only(opened, tmp_path):
    path = database(tmp_path, accounts=CUSTOMERS, subscriptions=SOLD)
    before = (tmp_path / "crm.duckdb").read_bytes()
    mapping = '[tables.accounts]\nfrom = "accounts"\n[tables.subscriptions]\nfrom = "subscriptions"'
    tables = opened(source=path, mapping=mapping)
    with pytest.raises(duckdb.Error, match="read-only"):
        tables._engine.connection.execute("create table source.mine as select 1 as one")
    assert (tmp_path / "crm.duckdb").read_bytes() == before
    assert {path.name for path in tmp_path.glob("crm.duckdb*")} == {"crm.duckdb"}


# Which period


def test_a_start_in_the_future_moves_no_default_period_beyond_today(tmp_path):
    lines = stretches("A, 2024-01-01, , 100", "B, 2024-05-01, , 100", "C, 2031-02-01, , 100")
    tables = sources.connect(write_source(tmp_path, subscriptions=lines, data_until=""))
    assert str(tables.default_period(date(2024, 6, 12))) == "2024-05"
    assert str(tables.default_period(date(2024, 6, 30))) == "2024-06"
    # Where the source says until when the data goes, that is what counts.
    stated = sources.connect(write_source(tmp_path, subscriptions=lines, data_until="2024-08-31"))
    assert str(stated.default_period(date(2024, 6, 12))) == "2024-08"


def test_the_default_period_is_the_last_month_that_the_data_covers_to_its_end(tmp_path):
    ends = {"2024-11-30": "2024-11", "2024-11-29": "2024-10", "2024-12-31": "2024-12"}
    for data_until, expected in ends.items():
        file = write_source(tmp_path, subscriptions=ONE, data_until=data_until)
        assert str(sources.open(file).period) == expected


def test_a_last_day_that_is_a_slip_of_the_pen_opens_no_month_after_the_data(tmp_path):
    lines = stretches(*(f"{n}, {2023 + n // 12}-{n % 12 + 1:02d}-10, , 100" for n in range(21)))
    assert str(sources.open(write_source(tmp_path, subscriptions=lines, data_until="2025-10-31")).period) == "2024-08"
    assert str(sources.open(write_source(tmp_path, subscriptions=lines, data_until="2024-10-10")).period) == "2024-09"


@pytest.mark.parametrize(("row", "until"), [("9999-12-31", "2024-12-31"), ("2024-01-15", "0001-01-01")])
def test_a_last_day_is_compared_with_rows_at_the_ends_of_the_calendar(tmp_path, row, until):
    lines = stretches("A, 2024-01-15, , 100", f"B, {row}, , 100")
    tables = sources.connect(write_source(tmp_path, subscriptions=lines, data_until=until))
    assert tables.latest_before_until(date(2026, 11, 1)) is None


def test_without_a_stated_end_the_month_of_the_latest_row_is_taken_as_unfinished(tmp_path):
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, data_until="", **OTHERS)
    tables = sources.open(file)
    # The latest start, usage or event of the small company lies in July 2024.
    assert str(tables.period) == "2024-06"
    assert tables.is_complete
    assert not sources.open(file, "2024-07").is_complete


@pytest.mark.parametrize("period", [2016, 0, date(2024, 10, 31), pd.Timestamp("2024-10-01"), 2024.1])
def test_a_period_without_quotes_is_refused(tmp_path, period):
    # A scheduler that pastes 2026-10 into the parameters cell gives the number 2016.
    with pytest.raises(Refused, match=r'Write the period in quotes, as period = "2026-10"'):
        sources.open(write_source(tmp_path, subscriptions=ONE), period)


def test_a_quarter_is_seen_from_its_last_day(opened):
    tables = opened()
    assert tables.at(periods.parse("2024-Q2")).as_of.isoformat() == "2024-06-30"


def test_the_fingerprint_changes_with_a_single_cell(tmp_path):
    one = sources.open(write_source(tmp_path, subscriptions=ONE), "2024-12").fingerprints()
    assert sources.open(write_source(tmp_path, subscriptions=ONE), "2024-12").fingerprints() == one
    other = sources.open(write_source(tmp_path, subscriptions=ONE.replace("100", "101")), "2024-12").fingerprints()
    assert (other["accounts"] == one["accounts"], other["subscriptions"] == one["subscriptions"]) == (True, False)
