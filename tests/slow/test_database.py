"""A real PostgreSQL as the source: the same numbers as from CSV, to the byte, whatever its types and its language."""

import contextlib
import re
import sqlite3
import string
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from packs import PROJECT, helpers
from postgres import ANALYST, PASSWORD, TYPES, assert_untold, cluster, small, write_toml  # noqa: F401 - a fixture
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from texts import BY_KIND
from writing import write_source

from helpers import sources
from helpers.errors import Refused
from helpers.sources import dialects, queries, schema, settings
from helpers.sources.dialects import DUCKDB, POSTGRESQL
from helpers.sources.engines import engine

SAMPLE = PROJECT / "data" / "sample"
UNTIL = ("data_until = 2024-12-31",)
ALL_TEXT = dict.fromkeys(TYPES, "text")


@pytest.fixture(scope="session")  # the tests of a pack run apart from the others of this file
def sample(cluster):  # noqa: F811
    cluster.load("sample", SAMPLE)
    return cluster


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)


def sample_toml(folder: Path, cluster, read: str = "push") -> Path:  # noqa: F811
    tables = {name: f'from = "{name}"' for name in schema.TABLES if (SAMPLE / f"{name}.csv").exists()}
    lines = (f'read = "{read}"', "data_until = 2026-10-31")
    (folder / "reference.csv").write_bytes((SAMPLE / "reference.csv").read_bytes())
    return write_toml(folder, cluster.url("sample"), *lines, tables=tables)


# The same numbers


@pytest.fixture(scope="module", params=["push", "pull"])
def both(request, sample, tmp_path_factory):
    """The sample company from its files and from the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_PASSWORD", PASSWORD)
        file = sample_toml(tmp_path_factory.mktemp("source"), sample, request.param)
        return sources.open(SAMPLE / "source.toml"), sources.open(file)


def test_every_table_is_the_same_from_the_database_as_from_csv(both):
    files, database = both
    assert database.names == files.names
    for name in files.names:
        pd.testing.assert_frame_equal(database.frame(name), files.frame(name), check_exact=True)
    assert (database.n_rows(), database.latest()) == (files.n_rows(), files.latest())
    assert (database.period, database.coverage) == (files.period, files.coverage)


# Of terms, `sources.unstated` asks every row; what it finds is held by the frames of subscriptions above.
OF_INVOICES = {"credits_beyond", "invoice_lines", "service_periods", "terms"}
QUERIES = [path.stem for path in sorted(queries.FOLDER.glob("[a-z]*.sql")) if path.stem not in OF_INVOICES]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_the_same_from_the_database_as_from_csv(both, query):
    files, database = both
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
    text = (queries.FOLDER / f"{query}.sql").read_text(encoding="utf-8")
    wanted = {name: values[name] for _, name, _, _ in string.Formatter().parse(text) if name}
    expected, found = files.run(query, **wanted), database.run(query, **wanted)
    assert len(expected) > 0
    # An INTEGER may be a BIGINT in another engine; its values are the same.
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)
    assert [kind.kind for kind in found.dtypes] == [kind.kind for kind in expected.dtypes]


def test_a_whole_report_from_the_database_has_the_tables_of_the_csvs_to_the_byte(sample, sample_pack, tmp_path):
    """Read by a role that may not write, nor make temporary tables; and the password is in no file of the pack."""
    source = sample_toml(tmp_path, sample)
    said = helpers("check", "--source", source, cwd=tmp_path).stdout
    assert "✓ Every identity holds" in said
    done = helpers("report", "--source", source, "--out", "packs", cwd=tmp_path)
    pack = tmp_path / "packs" / "2026-10"
    tables = sorted(path.name for path in (pack / "tables").iterdir())
    assert tables == sorted(path.name for path in (sample_pack.folder / "tables").iterdir()) and len(tables) > 20
    for name in tables:
        assert (pack / "tables" / name).read_bytes() == (sample_pack.folder / "tables" / name).read_bytes(), name
    assert_untold(tmp_path / "packs", done.stdout + done.stderr + said)
    again = helpers("report", "--source", source, "--out", "packs", cwd=tmp_path)
    assert again.stdout.count("reused") == 5


def test_a_pulled_database_is_read_once_a_run(cluster, tmp_path):  # noqa: F811
    """The server counts the rows that it read of each table: those of two notebooks and two periods come from one."""
    helpers("sample", tmp_path / "company", "--accounts", 120, "--seed", 1, cwd=tmp_path)
    cluster.load("pulled_once", tmp_path / "company")
    names = [name for name in schema.TABLES if (tmp_path / "company" / f"{name}.csv").exists()]
    tables = {name: f'from = "{name}"' for name in names}
    lines = ('read = "pull"', "data_until = 2026-10-31")
    (tmp_path / "reference.csv").write_bytes((tmp_path / "company" / "reference.csv").read_bytes())
    source = write_toml(tmp_path, cluster.url("pulled_once"), *lines, tables=tables)
    with cluster.owned("pulled_once") as connection:
        connection.execute("select pg_stat_reset()")
    helpers(
        "report", "2026-09..2026-10", "--source", source, "--only", 10, "--only", 40, "--out", "packs", cwd=tmp_path
    )
    with cluster.owned("pulled_once") as connection:
        rows = connection.execute("select relname, seq_tup_read from pg_stat_user_tables").fetchall()
        there = {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in names}
    assert dict(rows) == there and len(there) > 8


# Types, names and expressions

TEXTS = [
    "2026-10-31",
    "2026-1-5",
    " 2026-10-31 ",
    "2026-02-30",
    "2024-02-29",
    "2023-02-29",
    "1900-02-29",
    "2000-02-29",
    "2026-04-31",
    "2026-13-01",
    "2026-00-10",
    "2026-10-00",
    "2026-10-31 12:00:00",
    "2026-10-31T23:59:59Z",
    "20261031",
    "2026-10-31 25:00:00",
    "31.10.2026",
    "10/31/2026",
    "2026-10-31x",
    "2026-10",
    "soon",
    "1e5",
    " 12 ",
    "1,000",
    "+5",
    "-.5",
    "5.",
    "1e-3",
    "1e30",
    "0x10",
    ".",
    "e5",
    "1e",
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
    "False",
    " true ",
    "",
]


def test_a_text_is_read_as_by_duckdb_or_not_at_all(cluster, tmp_path):  # noqa: F811
    """What cannot be read is empty and never an error, for any kind of column; what is read is read the same."""
    cluster.load("texts", tmp_path)
    toml = write_toml(tmp_path, cluster.url("texts"))
    database = engine.connect(settings.read(toml))
    rows = ", ".join("(" + dialects.literal(text) + ")" for text in TEXTS)
    unlike = []
    for kind in DUCKDB.types:
        select = f"select {{}} as read from (values {rows}) as given(t)"
        theirs = duckdb.sql(select.format(DUCKDB.read(kind, "t", "VARCHAR"))).df()["read"]
        ours = database.run(select.format(POSTGRESQL.read(kind, "t", "TEXT")))["read"]
        for text, one, other in zip(TEXTS, ours, theirs, strict=True):
            if not (pd.isna(one) and pd.isna(other)) and one != other:
                unlike.append((kind, text, one, other))
    assert unlike == []


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_date_and_an_amount_look_as_the_table_of_all_engines_says(cluster, tmp_path, kind):  # noqa: F811
    cluster.load(f"texts_{kind}", tmp_path)
    database = engine.connect(settings.read(write_toml(tmp_path, cluster.url(f"texts_{kind}"))))
    rows = ", ".join(f"({number}, {dialects.literal(text)})" for number, text in enumerate(BY_KIND[kind]))
    read = POSTGRESQL.read(kind, "t", "TEXT")
    found = database.run(f"select {read} as found from (values {rows}) as given(n, t) order by n")["found"]
    said = [None if pd.isna(one) else one if isinstance(one, float) else one.isoformat()[:10] for one in found]
    assert dict(zip(BY_KIND[kind], said, strict=True)) == BY_KIND[kind]


def test_a_table_of_text_alone_reads_like_one_with_types(cluster, tmp_path):  # noqa: F811
    database = sources.open(small(cluster, tmp_path, "only_text", types=ALL_TEXT), "2024-06")
    files = sources.open(tmp_path / "csv" / "source.toml", "2024-06")
    for name in files.names:
        pd.testing.assert_frame_equal(database.frame(name), files.frame(name), check_exact=True)


def test_faults_are_named_with_their_rows(cluster, tmp_path):  # noqa: F811
    lines = SUBSCRIPTIONS.replace("2024-02-01", "2024-02-30").replace("100", "1.00.0")
    file = small(cluster, tmp_path, "faulty", types=ALL_TEXT, subscriptions=lines)
    with pytest.raises(Refused) as refused:
        sources.open(file)
    told = str(refused.value)
    assert "1 row: cannot be read as a date such as 2026-10-31" in told and "starts_on=2024-02-30" in told
    assert "1 row: cannot be read as an amount" in told and "mrr=1.00.0" in told


def test_a_mapping_in_the_databases_own_words(cluster, tmp_path):  # noqa: F811
    small(cluster, tmp_path, "mapped")
    with cluster.owned("mapped") as connection:
        connection.execute(
            f'create schema billing; create table billing."Contracts" (id int, customer text, "valid from" '
            f"timestamptz, valid_to date, fee money, plan text); grant usage on schema billing to {ANALYST}; "
            f'grant select on billing."Contracts" to {ANALYST};'
            """insert into billing."Contracts" values
            (1, 'A', '2024-01-31 23:30+00', '2024-03-31', '1234.50', 'x'),
            (2, 'B', '2024-02-01 01:00+02', 'infinity', '10', 'x'),
            (3, 'B', '2024-02-01', null, '99', 'internal')"""
        )
    mapping = """from = "billing.Contracts"
        where = "plan <> 'internal' and plan not like 'test%'"
        [tables.subscriptions.columns]
        subscription_id = "id"
        account_id = "customer"
        starts_on = "valid from"
        ends_on = "nullif(valid_to, 'infinity') + 1"
        mrr = "fee"
        currency = "'USD'"
    """
    toml = write_toml(tmp_path, cluster.url("mapped"), *UNTIL, tables={"subscriptions": mapping})
    found = sources.open(toml, "2024-02").frame("subscriptions").set_index("subscription_id")
    assert found["starts_on"].dt.strftime("%Y-%m-%d").to_dict() == {"1": "2024-01-31", "2": "2024-01-31"}
    assert found["ends_on"].isna().all()  # the end of A was not known in February
    assert found["mrr"].to_dict() == {"1": 1234.5, "2": 10.0}


def test_the_order_of_texts_is_ours_whatever_the_databases_language(cluster, tmp_path):  # noqa: F811
    accounts = "account_id,name,segment\n" + "".join(f"{name},{name},{name}\n" for name in ("b", "B", "a", "é", "Z"))
    lines = "subscription_id,account_id,starts_on,ends_on,mrr,currency\n" + "".join(
        f"s{name},{name},2024-01-01,,5,USD\n" for name in ("b", "B", "a", "é", "Z")
    )
    write_source(tmp_path, accounts=accounts, subscriptions=lines)
    cluster.load("ordered", tmp_path)
    with cluster.owned("ordered") as connection:
        assert connection.execute("select string_agg(name, '' order by name) from accounts").fetchone() == ("abBéZ",)
    tables = sources.open(write_toml(tmp_path, cluster.url("ordered")), "2024-01")
    assert tables.frame("accounts")["account_id"].tolist() == ["B", "Z", "a", "b", "é"]
    told = tables.query("select min(segment) as low, max(name) as high from accounts").iloc[0]
    assert told.tolist() == ["B", "é"]


def test_pseudonyms_are_those_of_the_csv_files(cluster, tmp_path, monkeypatch):  # noqa: F811
    toml = small(cluster, tmp_path, "hidden")
    monkeypatch.setenv("AFTER_THE_DEAL_ANONYMIZE", "1")
    monkeypatch.setenv("AFTER_THE_DEAL_KEY", "a long text")
    database, files = (sources.open(file, "2024-06") for file in (toml, tmp_path / "csv" / "source.toml"))
    pd.testing.assert_frame_equal(database.frame("tickets"), files.frame("tickets"))
    assert database.frame("accounts")["name"].str.startswith("Account ").all()
    with pytest.raises(Refused) as refused:
        database.query("select nothing_like_it from accounts")
    assert not re.search(r"[0-9a-f]{12}", str(refused.value)) and "nothing_like_it" in str(refused.value)


def test_another_database_is_pulled_and_its_numbers_are_those_of_the_files(tmp_path):
    """SQLite has no types to speak of; `push` is refused where our queries have not been run."""
    write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS)
    files = sources.open(tmp_path / "source.toml", "2024-06")
    texts = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS}
    with contextlib.closing(sqlite3.connect(tmp_path / "crm.db")) as connection:
        for name in texts:
            pd.read_csv(tmp_path / f"{name}.csv").to_sql(name, connection, index=False)
    tables = {name: f'from = "{name}"' for name in texts}
    tables["tickets"] = 'sql = "select * from tickets where priority < 9 -- all of them"'
    toml = write_toml(tmp_path, f"sqlite:///{tmp_path}/crm.db", *UNTIL, tables=tables)
    database = sources.open(toml, "2024-06")
    for name in files.names:
        pd.testing.assert_frame_equal(database.frame(name), files.frame(name), check_exact=True)
    assert database.fingerprints() == sources.open(toml, "2024-06").fingerprints()
    pushed = write_toml(tmp_path, f"sqlite:///{tmp_path}/crm.db", 'read = "push"')
    with pytest.raises(Refused, match=re.escape('read = "push" is for postgresql')):
        sources.open(pushed)
