"""`check --start` writes a source file that can be read at once, and guesses nothing that the files do not show."""

import tomllib

import duckdb
import pandas as pd
import pytest
from packs import PROJECT
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS

from helpers import sources
from helpers.__main__ import main
from helpers.commands.check import start
from helpers.commands.check.guesses import core, exports
from helpers.errors import Refused
from helpers.sources import schema, settings

CONTRACTS = "contract,customer,from,to,monthly_fee\nc1,A,2024-01-10,,100\nc2,B,2024-02-01,2024-05-01,50\n"


@pytest.fixture
def started(tmp_path):
    """Write files by name, start; returns what the source file says."""

    def run(**files: str):
        for name, text in files.items():
            file = tmp_path / name.replace("__", "/").replace("_csv", ".csv")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tomllib.loads(start.write(tmp_path, say=lambda line: None).read_text(encoding="utf-8"))

    return run


def text_of(tmp_path) -> str:
    return (tmp_path / "source.toml").read_text(encoding="utf-8")


def test_files_in_our_own_form_need_no_columns_and_pass_the_check(tmp_path, capsys):
    for name, text in {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS}.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    assert main(["check", "--start", str(tmp_path)]) == 0
    assert set(settings.read(tmp_path / "source.toml").tables) == set(schema.CORE)
    assert not any(table.columns for table in settings.read(tmp_path / "source.toml").tables.values())
    assert "Make the report" in capsys.readouterr().out


def test_it_never_overwrites(started, tmp_path):
    started(contracts_csv=CONTRACTS)
    before = text_of(tmp_path)
    with pytest.raises(Refused, match="never overwritten"):
        start.write(tmp_path)
    assert text_of(tmp_path) == before


def test_without_accounts_the_customers_of_the_contracts_stand_in(started, tmp_path):
    found = started(contracts_csv=CONTRACTS)
    assert found["tables"]["accounts"]["from"] == "contracts.csv"
    (tmp_path / "source.toml").write_text(
        text_of(tmp_path).replace("# currency = \"'USD'\"  # needed", "currency = \"'USD'\"  # needed")
    )
    tables = sources.open(tmp_path / "source.toml", "2024-02")
    assert list(tables.frame("accounts")["account_id"]) == ["A", "B"]


def test_what_no_column_looks_like_stands_in_a_comment(started, tmp_path):
    assert "currency" not in started(contracts_csv=CONTRACTS)["tables"]["subscriptions"]["columns"]
    assert "# currency = " in text_of(tmp_path) and "no column looks like it" in text_of(tmp_path)


def test_a_currency_that_the_amounts_show_is_written(started):
    text = CONTRACTS.replace(",100\n", ",€100\n").replace(",50\n", ",€50\n")
    assert started(contracts_csv=text)["tables"]["subscriptions"]["columns"]["currency"] == "'EUR'"


@pytest.mark.parametrize(("chosen", "day"), [("%m/%d/%Y", "2024-01-10"), ("%d/%m/%Y", "2024-10-01")])
def test_dates_that_may_be_of_two_countries_are_not_guessed_and_either_line_reads_them(started, tmp_path, chosen, day):
    text = CONTRACTS.replace("customer,from", "customer,Start Date").replace("2024-01-10", "01/10/2024")
    text = text.replace("2024-02-01", "31/02/2024" if chosen == "%d/%m/%Y" else "02/31/2024").replace("2024-05-01", "")
    # What tells the countries apart stands in no row that is looked at: none of the first 500, nor every fourth.
    text += "".join(f"x{n},A,01/10/2024,,1\n" for n in range(2_000))
    head, *lines = text.splitlines()
    telling = lines.pop(1)
    found = started(contracts_csv="\n".join([head, *lines[:1_500], telling, *lines[1_500:]]) + "\n")
    assert found["tables"]["subscriptions"]["columns"]["starts_on"] == "Start Date"
    kept = [line for line in text_of(tmp_path).splitlines() if not line.startswith("starts_on = ")]
    (commented,) = [line for line in kept if line.startswith("# starts_on = ") and chosen in line]
    fixed = "\n".join(line.removeprefix("# ") if line == commented else line for line in kept)
    fixed = fixed.replace("# currency = \"'USD'\"  # needed", "currency = \"'USD'\"  # needed")
    (tmp_path / "source.toml").write_text(fixed, encoding="utf-8")
    (tables,) = sources.connect_each(tmp_path / "source.toml")[:1]
    read = tables.uncut("select distinct cast(starts_on as varchar) as day from _all_subscriptions order by 1")
    assert [None if pd.isna(one) else one[:10] for one in read["day"]] == [day, None]
    (fault,) = tables.faults("subscriptions")
    assert fault.n_rows == 1 and "starts_on=31/02/2024" in fault.first_rows[0].replace("02/31", "31/02")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5 Jan 2024", "31 may 2024"),
        ("05-Jan-2024", "31-MAY-2024"),
        ("5-Jan-24", "31-May-24"),
        ("Jan 5, 2024", "May 31, 2024"),
        ("5 January 2024", "31 May 2024"),
        ("January 05, 2024", "May 31, 2024"),
        ("1/5/2024 8:26", "5/31/2024 23:59"),
        ("1/5/2024 8:26", "5/31/2024"),
        ("1/5/2024 8:26 AM", "5/31/2024 11:59 pm"),
        ("05.01.2024 08:26:11", "31.05.2024 00:00:00"),
        ("2024-01-05 08:26", "2024-05-31T23:59:00"),
    ],
)
def test_dates_as_exports_write_them_are_read(started, tmp_path, first, second):
    rows = [f'c{n},A,"{first if n % 2 else second}",,100,USD' for n in range(4)]
    started(contracts_csv="contract,customer,from,to,monthly_fee,currency\n" + "\n".join(rows) + "\n")
    days = sources.connect(tmp_path / "source.toml").uncut("select starts_on from _all_subscriptions order by 1")
    assert [day.date().isoformat() for day in days["starts_on"]] == 2 * ["2024-01-05"] + 2 * ["2024-05-31"]


def test_what_is_no_date_in_the_style_of_its_column_is_named_with_its_text(started, tmp_path):
    rows = [
        f'c{n},A,"{day}",,100,USD' for n, day in enumerate(["5 Jan 2024", "31 May 2024", "30 Feb 2024", "5 Jan 2024"])
    ]
    started(contracts_csv="contract,customer,from,to,monthly_fee,currency\n" + "\n".join(rows) + "\n")
    with pytest.raises(Refused, match=r"(?s)1 row: cannot be read as a date.*starts_on=30 Feb 2024"):
        sources.open(tmp_path / "source.toml")


def test_files_of_one_kind_are_one_glob_and_folders_below_are_looked_into(started, tmp_path):
    usage = "customer,month,active_users,seats,features,searches,failed_searches\nA,2024-0{}-01,5,9,2,1,0\n"
    found = started(contracts_csv=CONTRACTS, **{f"exports__usage_2024_0{n}_csv": usage.format(n) for n in (1, 2)})[
        "tables"
    ]
    assert found["usage"]["from"] == "exports/usage*.csv"
    assert sources.connect_each(tmp_path / "source.toml")[0].n_rows(uncut=True)["usage"] == 2


def test_a_database_is_read_as_a_folder_is(tmp_path):
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute("create table customers as select 'A' as id, 'Acme' as company, 'S' as tier")
        connection.execute(
            "create table contracts as select 'c1' as contract, 'A' as customer, date '2024-01-10' as start_date, "
            "cast(null as date) as end_date, 100.0 as mrr, 'USD' as currency"
        )
    file = start.write(tmp_path / "crm.duckdb", say=lambda line: None)
    assert settings.read(file).folder == tmp_path / "crm.duckdb"
    assert sources.open(file, "2024-01").n_rows() == {"accounts": 1, "subscriptions": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_an_encoding_is_found_out(tmp_path, encoding):
    (tmp_path / "contracts.csv").write_text(CONTRACTS.replace(",A,", ",Café,"), encoding=encoding)
    start.write(tmp_path, say=lambda line: None)
    assert settings.read(tmp_path / "source.toml").tables["subscriptions"].encoding == encoding


def test_names_of_an_attacker_make_no_toml(started, tmp_path):
    evil = 'x"]\nkind = "sql"\n[tables.usage'.replace("\n", " ")
    header = CONTRACTS.replace("customer", '"cust""omer\'s id\n[x]"').replace(
        "to,", f'"{evil.replace(chr(34), chr(34) * 2)}",'
    )
    found = started(contracts_csv=header)
    assert set(found) <= {"source", "tables"} and found["source"]["kind"] == "files"
    assert set(found["tables"]) == {"accounts", "subscriptions"}


def test_nothing_like_contracts_is_refused_with_what_there_is(started, tmp_path):
    with pytest.raises(Refused, match=r"(?s)weather.csv: looks like none.*Fix"):
        started(weather_csv="town,rain\nUlm,3\n")
    assert not (tmp_path / "source.toml").exists()


def test_a_folder_without_a_source_file_says_what_is_in_it_and_how_to_begin(tmp_path, capsys):
    (tmp_path / "contracts.csv").write_text(CONTRACTS)
    assert main(["check", "--source", str(tmp_path)]) == 2  # no column holds the currency
    said = capsys.readouterr()
    assert "subscriptions ← contracts.csv" in said.out and f"check --start {tmp_path}" in said.out
    assert [path.name for path in tmp_path.iterdir()] == ["contracts.csv"]


@pytest.mark.parametrize("option", [["--source"], []])
def test_a_folder_with_a_source_file_is_that_source(started, tmp_path, capsys, option):
    started(
        contracts_csv=CONTRACTS.replace("fee", "fee,currency").replace(",100", ",100,USD").replace(",50", ",50,USD")
    )
    assert main(["check", *option, str(tmp_path)]) == 0
    assert f"Source {tmp_path / 'source.toml'}" in capsys.readouterr().out
    assert main(["check", *option, str(tmp_path), "--start", str(tmp_path)]) == 2
    assert "leave out one of the two" in capsys.readouterr().err


def test_what_was_made_up_and_what_is_not_used_is_said_in_the_terminal(tmp_path):
    texts = {
        "contracts.csv": CONTRACTS,
        "empty.csv": "",
        "weather.csv": "town,rain\nUlm,3\n",
        "book.xml": "x",
        "invoices.csv": "Invoice No,Line,Customer,Invoice Date,Net Amount,Currency\n1,1,A,2024-01-10,1,USD\n",
        "old_contracts_a.csv": CONTRACTS.replace("contract,customer", "contract_no,customer"),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    said: list[str] = []
    start.write(tmp_path, say=said.append)
    assert said[:-1] == [
        "  accounts ← made up from the customers of contracts.csv, because no file looks like accounts",
        "  subscriptions ← contracts.csv",
        "  not used: empty.csv: is empty (0 bytes)",
        "  not used: invoices.csv: looks like invoices, but subscriptions are read, and MRR comes from one of the two",
        "  not used: old_contracts_a.csv: looks like subscriptions, but contracts.csv is taken for it",
        "  not used: weather.csv: looks like none of our tables (town, rain)",
        "  not used: book.xml: is not read (CSV, Parquet, JSON lines, Excel and ZIP are)",
    ]


def test_rows_that_may_be_no_revenue_count_and_the_line_that_leaves_them_out_works(started, tmp_path):
    head, first, second = CONTRACTS.splitlines()
    rows = [
        f"{head},currency,Order Status",
        f"{first},USD,active",
        f"{second},USD,cancelled",
        "c3,C,2024-01-01,,7,USD,",
        "c4,D,2024-01-01,,9,USD,Customer's test",
    ]
    started(contracts_csv="\n".join(rows) + "\n")
    written = text_of(tmp_path)
    assert "Every row counts whatever its Order Status says (Customer's test, active, cancelled)." in written
    counted = "select sum(mrr) as mrr from _all_subscriptions"
    assert sources.connect_each(tmp_path / "source.toml")[0].uncut(counted)["mrr"].iloc[0] == 100 + 50 + 7 + 9
    (tmp_path / "source.toml").write_text(written.replace("# where = ", "where = "), encoding="utf-8")
    assert sources.connect_each(tmp_path / "source.toml")[0].uncut(counted)["mrr"].iloc[0] == 100 + 50 + 7


def test_the_row_of_totals_below_a_sheet_of_months_is_no_customer_from_the_start(started, tmp_path):
    months = ",".join(f"2024-{month:02d}" for month in range(1, 7))
    rows = [
        f"Customer,{months}",
        "Acme" + ",100" * 6,
        "Bolt" + ",50" * 6,
        "Total Wine" + ",7" * 6,
        " TOTAL:" + ",157" * 6,
    ]
    started(MRR_csv="\n".join(rows) + "\n")
    assert "# totals are no customers" in text_of(tmp_path)
    assert main(["check", "--source", str(tmp_path)]) == 0
    counted = "select sum(mrr) / count(distinct month) as mrr from _all_mrr"
    assert sources.connect_each(tmp_path / "source.toml")[0].uncut(counted)["mrr"].iloc[0] == 157


def test_a_cancelled_row_that_says_when_it_ended_is_history_and_a_trial_is_no_revenue(started, tmp_path):
    rows = ["contract,customer,from,monthly_fee,State", "c1,A,2024-01-10,100,cancelled", "c2,B,2024-02-01,50,trialing"]
    started(contracts_csv="\n".join(rows) + "\n")
    assert "where = \"State is distinct from 'cancelled' and State is distinct from 'trialing'\"" in text_of(tmp_path)
    (tmp_path / "source.toml").unlink()
    started(contracts_csv="\n".join([rows[0] + ",to", rows[1] + ",2024-05-01", rows[2] + ","]) + "\n")
    assert "where = \"State is distinct from 'trialing'\"" in text_of(tmp_path)


@pytest.mark.parametrize(("amount", "mrr"), [("Amount", [100, 100, 10]), ("Monthly Fee", [1200, 100, 30])])
def test_an_amount_billed_by_the_year_or_the_quarter_is_brought_to_a_month(started, tmp_path, amount, mrr):
    rows = [
        f"id,customer,start,{amount},Billing Interval,Quantity",
        'c1,A,2024-01-01,"$1,200.00",Yearly,1',
        "c2,A,2024-01-01,$100.00,monthly,3",
        "c3,A,2024-01-01,$30.00,quarterly,1",
    ]
    started(contracts_csv="\n".join(rows) + "\n")
    found = sources.connect_each(tmp_path / "source.toml")[0].uncut(
        "select mrr from _all_subscriptions order by 1 desc"
    )
    assert found["mrr"].astype(float).tolist() == mrr
    assert f"if {amount} is for one, multiply it by Quantity" in text_of(tmp_path)


def test_accounts_are_known_by_the_ids_that_the_revenue_has(started, tmp_path):
    contracts = "id,Customer No,from,fee,currency\n" + "".join(f"c{n},K{n},2024-01-0{n},10,USD\n" for n in range(1, 9))
    customers = "Customer,Customer No,Tier\n" + "".join(f"Acme {n},K{n},SMB\n" for n in range(1, 9))
    columns = started(contracts_csv=contracts, customers_csv=customers)["tables"]["accounts"]["columns"]
    assert (columns["account_id"], columns["name"]) == ("Customer No", "Customer")
    assert len(sources.open(tmp_path / "source.toml", "2024-01").frame("accounts")) == 8


@pytest.mark.parametrize(
    ("head", "code"), {"named": ("Rate to EUR", "EUR"), "not named": ("rate", "USD")}.values(), ids=str
)
def test_rates_come_with_the_currency_that_they_bring_amounts_to(started, tmp_path, head, code):
    contracts = "id,customer,from,fee,currency\nc1,A,2024-01-01,10,GBP\n"
    found = started(contracts_csv=contracts, fx_rates_csv=f"currency,valid_from,{head}\nGBP,2023-01-01,1.2\n")
    assert found["source"]["currency"] == code
    assert sources.open(tmp_path / "source.toml", "2024-01").frame("subscriptions")["mrr"].astype(float).tolist() == [
        12
    ]


def test_headers_that_name_their_time_zone_are_known(started, tmp_path):
    text = "id,Customer ID,Start Date (UTC),Ended At (UTC),Amount,Currency\nc1,A,1/31/24 2:27 AM,2/15/24,10,USD\n"
    started(subscriptions_csv=text)
    found = sources.connect_each(tmp_path / "source.toml")[0].uncut("select starts_on, ends_on from _all_subscriptions")
    assert [f"{day:%Y-%m-%d}" for day in found.iloc[0]] == ["2024-01-31", "2024-02-15"]


def test_a_state_that_begins_late_in_the_file_is_seen(started, tmp_path):
    rows = [f"c{n},A,2024-01-10,,100,{'active' if n < 2_000 else 'void'}" for n in range(2_020)]
    started(contracts_csv="contract,customer,from,to,monthly_fee,Status\n" + "\n".join(rows) + "\n")
    assert "where = \"Status is distinct from 'void'\"" in text_of(tmp_path)


def test_a_state_that_says_nothing_of_dead_rows_is_only_not_used(started, tmp_path):
    text = CONTRACTS.replace("fee\n", "fee,Status\n").replace("100\n", "100,new\n").replace("50\n", "50,latest\n")
    started(contracts_csv=text)
    assert "# Not used: Status" in text_of(tmp_path) and "where" not in text_of(tmp_path).split("[tables.subs")[1]


# Guesses


@pytest.mark.parametrize("table", schema.CORE)
def test_a_table_of_ours_is_known_by_its_columns_alone_and_each_column_is_itself(table):
    frame = pd.read_csv(PROJECT / "data" / "sample" / f"{table}.csv", nrows=40, dtype=str)
    assert next(iter(core.tables("export 17", frame))) == table
    found = core.columns(table, frame)
    assert {ours: guess.theirs for ours, guess in found.items()} == {name: name for name in frame.columns}


def test_a_name_does_not_count_where_the_contents_cannot_be_meant():
    frame = pd.DataFrame({"customer": ["A"], "start": ["soon"], "amount": ["Acme"], "valid_from": ["2024-01-31"]})
    assert set(core.columns("subscriptions", frame)) == {"account_id", "starts_on"}
    assert core.columns("subscriptions", frame)["starts_on"].theirs == "valid_from"


def test_invoice_lines_stand_in_for_subscriptions_and_never_beside_them(started, tmp_path):
    head = "Invoice No,Line,Customer,Invoice Date,Net Amount,Currency\n"
    lines = f"{head}1,1,A,2024-01-10,100,USD\n2,1,A,2024-02-10,100,USD\n"
    assert set(started(invoices_csv=lines)["tables"]) == {"accounts", "invoices"}
    tables = sources.open(tmp_path / "source.toml", "2024-01")
    assert tables.query("select sum(mrr) as mrr from subscriptions")["mrr"].iloc[0] == 100
    (tmp_path / "source.toml").unlink()
    assert set(started(contracts_csv=CONTRACTS)["tables"]) == {"accounts", "subscriptions"}


def test_sales_without_an_amount_are_invoice_lines_of_quantity_times_unit_price(started, tmp_path):
    """As shops export them: no currency, no number a line, two equal lines, a return, a line of nobody."""
    lines = (
        "Invoice,StockCode,Qty,InvoiceDate,UnitPrice,CustomerID",
        "i1,a,2,2024-01-03,1.25,C1",
        "i1,a,2,2024-01-03,1.25,C1",
        "i2,b,1,2024-02-03,4.00,C2",
        "i3,b,-1,2024-02-05,4.00,C2",
        "i4,b,1,2024-02-05,4.00,",
    )
    found = started(extract_csv="\n".join(lines) + "\n")["tables"]
    assert found["invoices"]["columns"]["amount"] == "Qty * UnitPrice"
    assert found["invoices"]["columns"]["line_id"] == "row_number() over ()"
    assert "# Not used: StockCode" in text_of(tmp_path)
    fixed = text_of(tmp_path).replace("# currency = \"'USD'\"  # needed", "currency = \"'GBP'\"  # needed")
    section = '[tables.invoices]\nfrom = "extract.csv"'
    fixed = fixed.replace(section, f'{section}\nwhere = "CustomerID is not null"')
    (tmp_path / "source.toml").write_text(fixed)
    tables = sources.open(tmp_path / "source.toml", "2024-02")
    assert tables.frame("subscriptions")[["account_id", "mrr"]].values.tolist() == [["C1", 5.0]]


def test_a_file_without_customers_is_no_table_whatever_it_costs(tmp_path):
    sample = pd.DataFrame({"Invoice": ["i1"], "InvoiceDate": ["2024-01-03"], "Qty": ["2"], "UnitPrice": ["1.25"]})
    assert max(core.tables("extract", sample).values()) < core.LIKELY


@pytest.mark.parametrize("name", ["export", "invoices", "billing"])
def test_invoices_whose_day_is_called_date_are_known(started, name):
    head = "Invoice;Line;Customer;Date;Net Amount;Curr;Item;Type\n"
    found = started(**{f"{name}_csv": f"{head}1;1;A;2024-01-10;100;EUR;basic;subscription\n"})["tables"]
    assert found["invoices"]["columns"]["invoiced_on"] == "Date"


def test_an_invoice_date_is_likelier_than_a_date_beside_it():
    sample = pd.DataFrame({"Date": ["2024-01-10"], "Invoice Date": ["2024-01-09"], "Net": ["1"]})
    found = core.columns("invoices", sample)["invoiced_on"]
    assert (found.theirs, found.others) == ("Invoice Date", ("Date",))


def test_too_little_memory_for_a_file_is_not_said_of_the_file(tmp_path, capsys, monkeypatch):
    """A source file without its table would be written, and a report made of the others."""

    def breaks(*_):
        raise duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block")

    (tmp_path / "contracts.csv").write_text(CONTRACTS, encoding="utf-8")
    monkeypatch.setattr(exports, "_rows", breaks)
    assert main(["check", "--start", str(tmp_path)]) == 1
    assert "not enough memory" in capsys.readouterr().err


@pytest.mark.parametrize("rows", ["", "s1,A,2024-01-10,,100,Active\n"])
def test_a_header_without_rows_is_started_from_as_one_with_rows(started, rows):
    """An empty selection of rows was one of columns: the state was looked for in none."""
    header = "subscription_id,account_id,starts_on,ends_on,mrr,state\n"
    accounts = "account_id,name,segment\nA,Acme,S\n"
    found = started(subscriptions_csv=header + rows, accounts_csv=accounts)["tables"]
    assert found["subscriptions"]["from"] == "subscriptions.csv"
