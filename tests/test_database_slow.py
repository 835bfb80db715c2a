"""A real PostgreSQL as the source: the same numbers as from CSV, one state of the data, and what may go wrong."""

import contextlib
import re
import sqlite3
import string
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from packs import PROJECT, helpers
from postgres import ANALYST, OWNER, OWNERS_PASSWORD, PASSWORD, TYPES, cluster  # noqa: F401 - a fixture
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from tiny_project import Project, say
from writing import write_source

from helpers import schema, sources
from helpers.errors import Refused

pytestmark = pytest.mark.slow
SAMPLE = PROJECT / "data" / "sample"
UNTIL = ("data_until = 2024-12-31",)
ALL_TEXT = dict.fromkeys(TYPES, "text")


@pytest.fixture(scope="module")
def sample(cluster):  # noqa: F811
    cluster.load("sample", SAMPLE)
    return cluster


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)


def write_toml(folder: Path, url: str, *lines: str, tables: dict[str, str] | None = None) -> Path:
    """A source file for a database; `tables` are those that do not simply come from the table of their own name."""
    found = {name: f'from = "{name}"' for name in ("accounts", "subscriptions")} | (tables or {})
    sections = "".join(f"\n[tables.{name}]\n{text}\n" for name, text in found.items())
    file = folder / "source.toml"
    source = ['kind = "sql"', f'url = "{url}"', 'currency = "USD"', *lines]
    file.write_text("[source]\n" + "\n".join(source) + "\n" + sections, encoding="utf-8")
    return file


def sample_toml(folder: Path, cluster, read: str = "push") -> Path:  # noqa: F811
    tables = {name: f'from = "{name}"' for name in schema.TABLES if (SAMPLE / f"{name}.csv").exists()}
    lines = (f'read = "{read}"', "data_until = 2026-10-31")
    (folder / "reference.csv").write_bytes((SAMPLE / "reference.csv").read_bytes())
    return write_toml(folder, cluster.url("sample"), *lines, tables=tables)


def small(cluster, folder: Path, database: str, *lines: str, types=TYPES, **tables) -> Path:  # noqa: F811
    """The small company in a database of its own, and in `csv` below the folder."""
    (folder / "csv").mkdir(parents=True)
    texts = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS} | tables
    write_source(folder / "csv", **texts)
    cluster.load(database, folder / "csv", types)
    return write_toml(folder, cluster.url(database), *lines, tables={name: f'from = "{name}"' for name in texts})


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


@pytest.mark.parametrize("query", [path.stem for path in sorted(sources.QUERIES.glob("[a-z]*.sql"))])
def test_every_query_is_the_same_from_the_database_as_from_csv(both, query):
    files, database = both
    last = files.period.last
    values = {"last_month": last, "lag": 12, "opening_month": last - 12, "closing_month": last, "limit": 50, "every": 3,
              "first_month": files.coverage.first_month, "days": 365, "cutoff_days": 90, "window_days": 60}  # fmt: skip
    text = (sources.QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    wanted = {name: values[name] for _, name, _, _ in string.Formatter().parse(text) if name}
    expected, found = files.run(query, **wanted), database.run(query, **wanted)
    assert len(expected) > 0
    # An INTEGER may be a BIGINT in another engine; its values are the same.
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)
    assert [kind.kind for kind in found.dtypes] == [kind.kind for kind in expected.dtypes]


def test_a_whole_report_from_the_database_has_the_tables_of_the_one_from_csv_to_the_byte(sample, sample_pack, tmp_path):
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


def assert_untold(folder: Path, said: str) -> None:
    from urllib.parse import quote

    for secret in (PASSWORD, quote(PASSWORD, safe=""), "c4nary"):
        assert secret not in said
        assert [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()] == []


# Types, names and expressions

TEXTS = [
    "2026-10-31", "2026-1-5", " 2026-10-31 ", "2026-02-30", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29",
    "2026-04-31", "2026-13-01", "2026-00-10", "2026-10-00", "2026-10-31 12:00:00", "2026-10-31T23:59:59Z", "20261031",
    "2026-10-31 25:00:00", "31.10.2026", "10/31/2026", "2026-10-31x", "2026-10", "soon", "1e5", " 12 ", "1,000", "+5",
    "-.5", "5.", "1e-3", "1e30", "0x10", ".", "e5", "1e", "--5", "1 2", "999999999999999998", "12.345678901234", "1.5",
    "2.5", "-0.5", "0", "1", "true", "T", "yes", "N", "off", "2", "False", " true ", "",
]  # fmt: skip


def test_a_text_is_read_as_by_duckdb_or_not_at_all(cluster, tmp_path):  # noqa: F811
    """What cannot be read is empty and never an error, for any kind of column; what is read is read the same."""
    from helpers.dialects import DUCKDB, POSTGRESQL

    cluster.load("texts", tmp_path)
    toml = write_toml(tmp_path, cluster.url("texts"))
    from helpers import duck, engines, settings

    database = engines.connect(settings.read(toml))
    import duckdb

    rows = ", ".join("(" + duck._text(text) + ")" for text in TEXTS)
    unlike = []
    for kind in DUCKDB.types:
        select = f"select {{}} as read from (values {rows}) as given(t)"
        theirs = duck.answer(duckdb.connect(), select.format(DUCKDB.read(kind, "t", "VARCHAR")))["read"]
        ours = database.run(select.format(POSTGRESQL.read(kind, "t", "TEXT")))["read"]
        for text, one, other in zip(TEXTS, ours, theirs, strict=True):
            if not (pd.isna(one) and pd.isna(other)) and one != other:
                unlike.append((kind, text, one, other))
    assert unlike == []


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


# Only reading


def test_nothing_can_be_written_even_by_the_owner(cluster, tmp_path, monkeypatch):  # noqa: F811
    small(cluster, tmp_path, "guarded")
    monkeypatch.setenv("CRM_PASSWORD", OWNERS_PASSWORD)
    tables = sources.open(write_toml(tmp_path, cluster.url("guarded", OWNER), *UNTIL), "2024-06")
    for end in ("", "; commit", "; rollback"):
        for sql in ("create table mine (a int)", "create temp table mine (a int)", "delete from accounts"):
            with pytest.raises(Refused, match="read-only transaction"):
                tables.query(f"select 1 as one from accounts{end}; {sql}")
    assert len(tables.frame("accounts")) == 2


# What may go wrong


def refusal(toml: Path, **environment) -> str:
    """What `report` says when it refuses before anything ran; the password is never in it."""
    done = helpers("report", "--source", toml, "--out", toml.parent / "packs", cwd=toml.parent, code=2, **environment)
    assert not (toml.parent / "packs").exists()
    assert_untold(toml.parent / "packs", done.stdout + done.stderr)
    return done.stderr


def test_a_wrong_password_is_refused_and_not_told(sample, tmp_path):
    toml = sample_toml(tmp_path, sample)
    told = refusal(toml, CRM_PASSWORD="wr0ng/c4nary")
    assert f'password authentication failed for user "{ANALYST}"' in told and "wr0ng" not in told


def test_no_server_no_database_and_no_table_are_refused(sample, tmp_path):
    assert "cannot connect to 127.0.0.1/nosuch" in refusal(write_toml(tmp_path, sample.url("nosuch")))
    nobody = sample.url("sample").replace(str(sample.port), "1")
    assert "Connection refused" in refusal(write_toml(tmp_path, nobody))
    toml = write_toml(tmp_path, sample.url("sample"), tables={"tickets": 'from = "tickets_2"'})
    assert "tickets_2 (table tickets)" in (told := refusal(toml)) and "did you mean" in told


def test_no_right_to_a_table_names_it_and_the_grant(cluster, tmp_path):  # noqa: F811
    toml = small(cluster, tmp_path, "rights")
    with cluster.owned("rights") as connection:
        connection.execute(f"revoke select on tickets from {ANALYST}")
    assert "tickets (table tickets): permission denied" in (told := refusal(toml))
    assert f"GRANT SELECT ON tickets TO {ANALYST}" in told


def test_an_expression_that_cannot_be_computed_is_refused_by_name(cluster, tmp_path):  # noqa: F811
    small(cluster, tmp_path, "expressed")
    columns = 'from = "accounts"\n[tables.accounts.columns]\nname = "name + 1"'
    told = refusal(write_toml(tmp_path, cluster.url("expressed"), tables={"accounts": columns}))
    assert "accounts (table accounts), column name" in told and "[tables.accounts.columns]" in told


def test_a_query_past_its_limit_says_so(cluster, tmp_path):  # noqa: F811
    small(cluster, tmp_path, "slow")
    asleep = 'sql = "select a.* from accounts as a, pg_sleep(200)"'
    toml = write_toml(tmp_path, cluster.url("slow"), "timeout_seconds = 1", tables={"accounts": asleep})
    assert "longer than the 1 s that [source] timeout_seconds allows" in refusal(toml)


def test_a_server_that_goes_in_the_middle_of_a_query_is_named(cluster, tmp_path):  # noqa: F811
    tables = sources.open(small(cluster, tmp_path, "gone"), "2024-06")

    def end():
        with cluster.owned() as connection:
            ask = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'gone' and state = 'active'"
            while not connection.execute(ask).fetchall():
                time.sleep(0.05)

    killer = threading.Thread(target=end)
    killer.start()
    with pytest.raises(Refused, match="the database ended the connection in the middle"):
        tables.query("select count(*) as n from accounts, pg_sleep(30)")
    killer.join()
    assert tables.query("select count(*) as n from accounts")["n"].tolist() == [2]  # the next one calls it again


# One state of the data


def waiting_project(tmp_path: Path) -> Project:
    """Two notebooks that count the accounts; the first waits in between for the file `go`."""
    project = Project(tmp_path)
    count = "n = tables.query('select count(*) as n from accounts')['n'].iloc[0]"
    opens = "from helpers import sources\ntables = sources.open(source, period)"
    wait = (
        "import pathlib, time\nhere = pathlib.Path(source).parent\n(here / 'begun').touch()\n"
        "while not (here / 'go').exists(): time.sleep(0.05)"
    )
    shown = "from IPython.display import display\ndisplay({'text/plain': f'{n} accounts.'}, raw=True)"
    project.write("10_first", opens, wait, f"headline: {count}\n{shown}")
    project.write("20_second", opens, f"headline: {count}\n{shown}")
    return project


def while_it_runs(folder: Path, change) -> threading.Thread:
    """Call `change` once the first notebook has begun, then let it go on."""

    def act():
        while not (folder / "begun").exists():
            time.sleep(0.05)
        change()
        (folder / "go").touch()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_rows_that_come_during_the_run_are_in_no_page_of_it(cluster, tmp_path):  # noqa: F811
    project = waiting_project(tmp_path)
    toml = small(cluster, tmp_path / "source", "moving")

    def insert():
        with cluster.owned("moving") as connection:
            connection.execute("insert into accounts (account_id, name, segment) values ('C', 'Cog', 'S')")
            connection.execute(
                "insert into subscriptions (subscription_id, account_id, starts_on, mrr, currency) "
                "values ('s9', 'C', '2024-01-01', 5, 'USD')"
            )

    thread = while_it_runs(toml.parent, insert)
    project.report("2024-06", "--source", toml, "--jobs", 1)
    thread.join()
    pages = [(project.pack() / f"{name}.html").read_text(encoding="utf-8") for name in ("10_first", "20_second")]
    assert ["2 accounts." in page for page in pages] == [True, True]
    project.report("2024-06", "--source", toml)
    assert "3 accounts." in (project.pack() / "20_second.html").read_text(encoding="utf-8")


def test_a_server_that_ends_the_sessions_fails_the_notebooks_and_the_last_pack_stays(cluster, tmp_path):  # noqa: F811
    project = waiting_project(tmp_path)
    toml = small(cluster, tmp_path / "source", "ending")
    (toml.parent / "go").touch()
    project.report("2024-06", "--source", toml)
    before = {path.name: path.read_bytes() for path in project.pack().glob("*.html")}
    for name in ("go", "begun"):
        (toml.parent / name).unlink()

    def end():
        with cluster.owned() as connection:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'ending'")

    thread = while_it_runs(toml.parent, end)
    done = project.report("2024-06", "--source", toml, "--jobs", 1, "--fresh", code=1)
    thread.join()
    assert "10_first: failed" in done.stdout and "20_second: failed" in done.stdout
    assert "ended the connection" in done.stdout and "its state of the data" in done.stdout
    assert {path.name: path.read_bytes() for path in project.pack().glob("*.html")} == before
    assert_untold(project.reports, done.stdout + done.stderr)


def test_files_that_change_during_the_run_fail_it_and_the_last_pack_stays(tmp_path):
    project = waiting_project(tmp_path)
    project.write("10_first", say("Not waiting yet."))
    project.report("2024-06")
    before = (project.pack() / "index.html").read_text(encoding="utf-8")
    waiting_again = waiting_project(tmp_path / "again")
    for path in (waiting_again.root / "notebooks").iterdir():
        (project.root / "notebooks" / path.name).write_bytes(path.read_bytes())
    folder = project.root / "data" / "sample"

    def append():
        with (folder / "accounts.csv").open("a", encoding="utf-8") as file:
            file.write("C,Cog,S,\n")

    thread = while_it_runs(folder, append)
    done = project.report("2024-06", "--jobs", 1, code=1)
    thread.join()
    assert "the data changed during the run (accounts)" in done.stderr
    assert (project.pack() / "index.html").read_text(encoding="utf-8") == before
