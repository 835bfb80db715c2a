"""A real Spark as the source, by Spark Connect and in this process: the numbers of the CSV files; what may go wrong."""

import json
import re
import socket
import string
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest
from commands.check.test_doubts_invoices import ODD, seen
from invoice_cases import CASES, RATES
from packs import helpers
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from spark_server import refuse_absence, server  # noqa: F401 - a fixture
from texts import BY_KIND
from writing import billed, write_source

from helpers import sources
from helpers.errors import Refused
from helpers.ledger import invoices, movements
from helpers.sources import queries, schema

TOKEN = "c4nary-7f3a9"
# The subscriptions of a warehouse that calls things otherwise, and writes the last day in force.
LEDGER = '''
sql = """
    select *, account_id as customer, date_sub(ends_on, 1) as valid_to, 12 * mrr as yearly
    from crm.subscriptions
"""
[tables.subscriptions.columns]
account_id = "customer"
ends_on = "valid_to + 1"
mrr = "yearly / 12"
'''


def write_toml(folder: Path, url: str, *lines: str, tables: dict[str, str]) -> Path:
    sections = "".join(f"\n[tables.{name}]\n{text}\n" for name, text in tables.items())
    file = folder / "source.toml"
    source = ['kind = "spark"', f'url = "{url}"', *lines]
    file.write_text("[source]\n" + "\n".join(source) + "\n" + sections, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    """The folder of a sample company of 300 accounts."""
    folder = tmp_path_factory.mktemp("company")
    helpers("sample", folder, "--accounts", 300, "--seed", 1, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def warehouse(server, company, tmp_path_factory) -> Path:  # noqa: F811
    """The source file of the same company in tables of Spark's catalog."""
    server.load("crm", company)
    folder = tmp_path_factory.mktemp("warehouse")
    (folder / "reference.csv").write_bytes((company / "reference.csv").read_bytes())
    tables = {
        name: f'from = "spark_catalog.crm.{name}"' for name in schema.TABLES if (company / f"{name}.csv").exists()
    }
    lines = ("data_until = 2026-10-31", 'currency = "USD"')
    return write_toml(folder, server.url, *lines, tables=tables | {"subscriptions": LEDGER})


@pytest.fixture(scope="module")
def both(company, warehouse):
    return sources.open(company / "source.toml"), sources.open(warehouse)


# The same numbers


def test_every_table_is_the_same_from_spark_as_from_csv(both):
    files, spark = both
    assert spark.names == files.names
    for name in files.names:
        pd.testing.assert_frame_equal(spark.frame(name), files.frame(name), check_exact=True)
    assert (spark.n_rows(), spark.latest()) == (files.n_rows(), files.latest())
    assert (spark.period, spark.coverage) == (files.period, files.coverage)


QUERIES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(queries.FOLDER.glob("[a-z]*.sql"))}
OF_INVOICES = [name for name, text in QUERIES.items() if re.search(r"\b(invoices|_services|_billed)\b", text)]
ASKED_OF_ALL_ROWS = ["terms"]  # by `sources.unstated`; what it finds is held by the frames of subscriptions


@pytest.mark.parametrize("query", [name for name in QUERIES if name not in OF_INVOICES + ASKED_OF_ALL_ROWS])
def test_every_query_is_the_same_from_spark_as_from_csv(both, query):
    files, spark = both
    assert_same_answer(files, spark, query)


def assert_same_answer(files, spark, query: str) -> None:
    last = files.period.last
    values = {
        "last_month": last,
        "lag": 12,
        "opening_month": last - 12,
        "closing_month": last,
        "limit": 50,
        "every": 3,
        "part": 1,
        "first_month": files.coverage.first_month,
        "days": 365,
        "cutoff_days": 90,
        "window_days": 60,
        "until": last + 12,
    }
    wanted = {name: values[name] for _, name, _, _ in string.Formatter().parse(QUERIES[query]) if name}
    expected, found = files.run(query, **wanted), spark.run(query, **wanted)
    assert len(expected) > 0
    if query == "lifetimes":  # its reader puts the rows in order: engines differ on where missing values stand
        expected, found = (frame.sort_values([*frame.columns], ignore_index=True) for frame in (expected, found))
    # An INTEGER may be a BIGINT in another engine; its values are the same.
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)
    assert [kind.kind for kind in found.dtypes] == [kind.kind for kind in expected.dtypes]


def test_invoice_lines_are_the_same_ledger(server, tmp_path):  # noqa: F811
    lines = billed(
        "A, 2024-01-01, 2024-01-01, 2024-05-01, 400",
        "A, 2024-02-20, 2024-03-01, 2024-05-01, -100.55, , credit_note",
        "A, 2024-02-10, 2024-01-01, 2024-03-01, 0.05, Extra",
        "A, 2024-03-10, , , -30, Extra, refund",
        "A, 2024-01-01, , , 500, , one_time",
    )
    file = write_source(tmp_path, invoices=lines)
    mapped = {name: f'from = "{tmp_path}/{name}.csv"' for name in ("accounts", "invoices")}
    other = tmp_path / "spark"
    other.mkdir()
    spark = sources.open(write_toml(other, server.url, "data_until = 2024-12-31", tables=mapped), "2024-12")
    files = sources.open(file, "2024-12")
    for query in OF_INVOICES:
        assert_same_answer(files, spark, query)
    everything = "select * from subscriptions order by subscription_id, starts_on"
    pd.testing.assert_frame_equal(spark.query(everything), files.query(everything))


def test_the_doubts_about_lines_are_the_same(server, tmp_path):  # noqa: F811
    files = write_source(tmp_path, invoices=billed(*ODD))
    (tmp_path / "spark").mkdir()
    mapped = {name: f'from = "{tmp_path}/{name}.csv"' for name in ("accounts", "invoices")}
    spark = write_toml(tmp_path / "spark", server.url, "data_until = 2024-12-31", tables=mapped)
    told, billing = seen(files)
    assert seen(spark) == (told, billing) and len(told) == 2 and billing


def test_several_currencies_come_to_the_same_cents(server, tmp_path):  # noqa: F811
    lines = [f"{name.replace(',', ';')}, {line}" for name, (own, _) in CASES.items() for line in own]
    head, *rows = billed(*lines).splitlines()
    rows = [row.replace(",USD,", ",EUR,") if number % 2 else row for number, row in enumerate(rows)]
    file = write_source(tmp_path, invoices="\n".join([head, *rows]), rates=RATES, source='currency = "USD"')
    mapped = {name: f'from = "{tmp_path}/{name}.csv"' for name in ("accounts", "invoices", "rates")}
    other = tmp_path / "spark"
    other.mkdir()
    given = ("data_until = 2024-12-31", 'currency = "USD"')
    spark = sources.open(write_toml(other, server.url, *given, tables=mapped), "2024-12")
    files = sources.open(file, "2024-12")
    assert str(spark.rates) == str(files.rates) != ""
    for of in (movements.cube, movements.year_on_year, invoices.reconciliation):
        pd.testing.assert_frame_equal(of(spark), of(files), check_exact=True, check_dtype=False)
    for name in files.names:
        pd.testing.assert_frame_equal(spark.frame(name), files.frame(name), check_exact=True)


def test_a_whole_report_from_spark_has_the_tables_of_the_one_from_csv_to_the_byte(company, warehouse, tmp_path):
    packs = []
    for name, source in (("csv", company / "source.toml"), ("spark", warehouse)):
        command = [sys.executable, "-m", "helpers", "report", "--source", source, "--out", name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1800, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        packs.append({path.name: path.read_bytes() for path in (tmp_path / name / "2026-10" / "tables").iterdir()})
    csv, spark = packs
    assert sorted(spark) == sorted(csv) and len(csv) > 20
    for name in csv:
        assert spark[name] == csv[name], name
    # PySpark warns of pandas 3 wherever it is met first; no page shows what no reader can act on.
    for notebook in (tmp_path / "spark" / "2026-10" / "notebooks").iterdir():
        outputs = [
            output
            for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
            for output in cell.get("outputs", ())
        ]
        assert outputs and [output for output in outputs if output.get("name") == "stderr"] == [], notebook.name


def test_kernels_take_the_contract_of_the_same_source_as_checked(warehouse, tmp_path, monkeypatch):
    less = tmp_path / "source.toml"
    less.write_text(
        warehouse.read_text(encoding="utf-8").replace('crm.tickets"', "crm.tickets\"\nwhere = 'priority > 1'")
    )
    asked = []
    monkeypatch.setattr(sources.Tables, "faults", lambda tables: asked.append(tables.settings.file) or [])
    with sources.held(warehouse) as tables:
        tables.hand_over()
        for source in (warehouse, less):
            sources.open(source)
    assert asked == [warehouse, less]


def test_pseudonyms_are_those_of_the_csv_files(company, warehouse, monkeypatch):
    monkeypatch.setenv("AFTER_THE_DEAL_ANONYMIZE", "1")
    monkeypatch.setenv("AFTER_THE_DEAL_KEY", "k" * 40)
    files, spark = (sources.open(file).frame("accounts") for file in (company / "source.toml", warehouse))
    assert not files["name"].str.contains("Acme").any() and files["account_id"].str.startswith("id-").all()
    pd.testing.assert_frame_equal(spark, files)


# Files, types and expressions

TEXTS = [
    "2026-10-31",
    "2026-1-5",
    " 2026-10-31 ",
    "2026-02-30",
    "2024-02-29",
    "2026-10-31 12:00:00",
    "2026-10-31T23:59:59Z",
    "2026-10-31 25:00:00",
    "31.10.2026",
    "2026-10-31x",
    "2026-10-31 x",
    "2026-10",
    "2026",
    "20261031",
    "today",
    "now",
    "1e5",
    " 12 ",
    "1,000",
    "+5",
    "-.5",
    "5.",
    "1e-3",
    "1e30",
    "0x10",
    "1d",
    "1f",
    "2L",
    ".",
    "e5",
    "--5",
    "1 2",
    "999999999999999998",
    "12.345678901234",
    "1.5",
    "2.5",
    "-0.5",
    "0",
    "1",
    "true",
    "T",
    "yes",
    "N",
    "off",
    "2",
    "",
]


def test_a_text_is_read_as_by_duckdb_or_not_at_all(server):  # noqa: F811
    """What cannot be read is empty and never an error, for any kind of column; what is read is read the same."""
    import duckdb

    from helpers.sources.dialects import DUCKDB, SPARK
    from helpers.sources.engines.spark.engine import frame

    rows = ", ".join(f"('{text}')" for text in TEXTS)
    session = server.session()
    for kind in DUCKDB.types:
        select = f"select {{}} as found from (values {rows}) as given(t)"
        theirs = duckdb.sql(select.format(DUCKDB.read(kind, "t", "VARCHAR"))).df()["found"]
        ours = frame(session.sql(select.format(SPARK.read(kind, "t", "STRING"))).toArrow())["found"]
        assert [(text, value) for text, value in zip(TEXTS, ours, strict=True) if not pd.isna(value)] == [
            (text, value) for text, value in zip(TEXTS, theirs, strict=True) if not pd.isna(value)
        ], kind


def test_a_text_of_the_data_comes_back_as_it_was_written(server):  # noqa: F811
    from helpers.sources.dialects import SPARK

    for text in ("a\\b", "O'Hara", "\\", "\\'", "ends in \\", "\\n is no line", "50\\%", "\\u0041", "''", 'a "b"'):
        assert server.session().sql(f"select {SPARK.literal(text)} as found").collect()[0]["found"] == text


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_date_and_an_amount_look_as_the_table_of_all_engines_says(server, kind):  # noqa: F811
    from helpers.sources.dialects import SPARK
    from helpers.sources.engines.spark.engine import frame

    texts = [text.replace("\\", "\\\\").replace("'", "\\'") for text in BY_KIND[kind]]
    rows = ", ".join(f"({number}, '{text}')" for number, text in enumerate(texts))
    query = f"select {SPARK.read(kind, 't', 'STRING')} as found from (values {rows}) as given(n, t) order by n"
    found = frame(server.session().sql(query).toArrow())["found"]
    said = [None if pd.isna(one) else one if isinstance(one, float) else one.isoformat()[:10] for one in found]
    assert dict(zip(BY_KIND[kind], said, strict=True)) == BY_KIND[kind]


def small(folder: Path, **changed) -> Path:
    """The small company as files in a folder with a name that no glob and no list of paths survives."""
    folder = folder / "a, b {1} it's [x]"
    folder.mkdir()
    texts = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS} | changed
    write_source(folder, **texts)
    (folder / "spark").mkdir()
    tables = {name: f'from = "{name}.csv"' for name in texts}
    return write_toml(folder / "spark", "local[2]", 'path = ".."', "data_until = 2024-12-31", tables=tables)


@pytest.fixture
def java():
    refuse_absence()


def test_a_folder_of_files_is_read_in_a_spark_of_this_process(java, tmp_path):
    accounts = 'account_id;name;segment\n007;"Ac;me ""the"" first\nof all";S\nB;Bölt \\ Söhne;L\nA;Ü;S\n'
    file = small(tmp_path, accounts=accounts)
    spark, files = sources.open(file, "2024-06"), sources.open(file.parents[1] / "source.toml", "2024-06")
    assert spark.fingerprints() == files.fingerprints()
    for name in files.names:
        pd.testing.assert_frame_equal(spark.frame(name), files.frame(name), check_exact=True)
    uncut = "select account_id, name from _all_accounts order by account_id"
    pd.testing.assert_frame_equal(spark.uncut(uncut), files.uncut(uncut))


def test_the_faults_found_are_those_of_the_files(java, tmp_path):
    lines = SUBSCRIPTIONS.replace("2024-02-01", "2024-02-30").replace("100", "1.00.0")
    file = small(tmp_path, subscriptions=lines)
    spark, files = (sources.connect(each).faults() for each in (file, file.parents[1] / "source.toml"))
    assert [(each.table, each.column, each.says, each.n_rows) for each in spark] == [
        (each.table, each.column, each.says, each.n_rows) for each in files
    ]
    assert len(spark) >= 2 and any("starts_on=2024-02-30" in row for each in spark for row in each.first_rows)


# What may go wrong


def refusal(folder: Path, url: str, *lines: str, **tables: str) -> str:
    found = {"accounts": 'from = "crm.accounts"', "subscriptions": 'from = "crm.subscriptions"'} | tables
    with pytest.raises(Refused) as refused:
        sources.connect(write_toml(folder, url, *lines, tables=found))
    told = str(refused.value)
    assert len(told) < 900 and "\n\tat " not in told and "org.apache" not in told and TOKEN not in told
    return told


def test_a_table_a_path_or_a_column_that_is_not_there_is_named(server, warehouse, tmp_path):  # noqa: F811
    no_table = refusal(tmp_path, server.url, accounts='from = "crm.acounts"')
    assert "crm.acounts (table accounts): cannot be read" in no_table and "catalog.schema.table" in no_table
    assert "nothing.csv" in refusal(tmp_path, server.url, accounts='from = "nothing.csv"')
    where = refusal(tmp_path, server.url, accounts='from = "crm.accounts"\nwhere = "plan = 1"')
    assert "where = 'plan = 1' cannot be computed" in where and "`plan`" in where
    column = refusal(
        tmp_path, server.url, accounts='from = "crm.accounts"\n[tables.accounts.columns]\nname = "upper(nam)"'
    )
    assert "column name: (upper(nam)) cannot be computed" in column and "Spark's own SQL" in column


def test_a_value_that_does_not_fit_fails_the_query_and_tells_why(warehouse):
    with pytest.raises(Refused, match=r"a query failed: .*soon.*DATE"):
        sources.open(warehouse).query("select cast(case when name > '' then 'soon' end as date) as day from accounts")


def test_no_server_is_refused_at_once_and_the_token_not_told(server, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SPARK_TOKEN", TOKEN)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        told = refusal(tmp_path, f"sc://127.0.0.1:{nobody.getsockname()[1]}/;token=${{SPARK_TOKEN}}")
    assert "no server answers at 127.0.0.1" in told


def test_what_answers_but_is_no_spark_is_given_up_within_a_minute(server, tmp_path):  # noqa: F811
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up():
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    told = refusal(tmp_path, f"sc://127.0.0.1:{listener.getsockname()[1]}")
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    assert "does not answer" in told


def test_a_customer_with_a_backslash_is_left_out_by_the_line_that_is_said(java, tmp_path):
    """A row of totals that no word gives away: the line that leaves it out is one that Spark reads."""
    paying = {"A": 10, "B": 20, "C": 30, r"All\Together": 60}
    rows = [f"2024-0{month}-01,{who},{mrr}" for month in range(1, 5) for who, mrr in paying.items()]
    (tmp_path / "mrr.csv").write_text("\n".join(["month,account_id,mrr", *rows]) + "\n", encoding="utf-8")

    def faults(line: str = "") -> list:
        tables = {"mrr": f'from = "mrr.csv"\n{line}'}
        return sources.connect(write_toml(tmp_path, "local[2]", 'currency = "USD"', tables=tables)).faults()

    (fault,) = faults()
    assert fault.n_rows == 4
    assert faults(re.search(r"where = \".*?[^\\]\"", fault.way_out)[0]) == []


def test_a_server_that_goes_is_named(server, both):  # noqa: F811
    """The last test of the file: no server answers any more."""
    _, spark = both
    server.stop()
    with pytest.raises(Refused, match="a query failed: the server ended the connection or does not answer"):
        spark.n_rows()
