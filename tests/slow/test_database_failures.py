"""A real PostgreSQL as the source: only read, one state of it for a whole pack, and what may go wrong."""

import os
import threading
import time
from pathlib import Path

import pytest
from packs import helpers
from postgres import ANALYST, OWNER, OWNERS_PASSWORD, PASSWORD, assert_untold, cluster, small, write_toml  # noqa: F401
from tiny_project import Project

from helpers import sources
from helpers.errors import Refused

UNTIL = ("data_until = 2024-12-31",)


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)


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


def test_a_wrong_password_is_refused_and_not_told(cluster, tmp_path):  # noqa: F811
    toml = write_toml(tmp_path, cluster.url("postgres"))
    told = refusal(toml, CRM_PASSWORD="wr0ng/c4nary")
    assert f'password authentication failed for user "{ANALYST}"' in told and "wr0ng" not in told


def test_no_server_no_database_and_no_table_are_refused(cluster, tmp_path):  # noqa: F811
    small(cluster, tmp_path, "no_table")
    assert "cannot connect to 127.0.0.1/nosuch" in refusal(write_toml(tmp_path, cluster.url("nosuch")))
    nobody = cluster.url("no_table").replace(str(cluster.port), "1")
    assert "Connection refused" in refusal(write_toml(tmp_path, nobody))
    toml = write_toml(tmp_path, cluster.url("no_table"), tables={"tickets": 'from = "tickets_2"'})
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

    killer = threading.Thread(target=end, daemon=True)  # where the query fails, nothing waits for it
    killer.start()
    with pytest.raises(Refused, match="the database ended the connection in the middle"):
        tables.query("select count(*) as n from accounts, pg_sleep(30)")
    killer.join()
    assert tables.query("select count(*) as n from accounts")["n"].tolist() == [2]  # the next one calls it again


# One state of the data


def waiting_project(tmp_path: Path) -> Project:
    """Two notebooks that count the accounts, and wait before it for the file `go`: either may be run first."""
    project = Project(tmp_path)
    count = "n = tables.query('select count(*) as n from accounts')['n'].iloc[0]"
    opens = "from helpers import sources\ntables = sources.open(source, period)"
    wait = (
        "import pathlib, time\nhere = pathlib.Path(source).parent\n(here / 'begun').touch()\n"
        "while not (here / 'go').exists(): time.sleep(0.05)"
    )
    shown = "from IPython.display import display\ndisplay({'text/plain': f'{n} accounts.'}, raw=True)"
    project.write("10_first", opens, wait, f"headline: {count}\n{shown}")
    project.write("20_second", opens, wait, f"headline: {count}\n{shown}")
    return project


def while_it_runs(folder: Path, change) -> threading.Thread:
    """Call `change` once the first notebook has begun, then let it go on."""

    def act():
        while not (folder / "begun").exists():
            time.sleep(0.05)
        change()
        (folder / "go").touch()

    thread = threading.Thread(target=act, daemon=True)  # where the report fails, nothing waits for it
    thread.start()
    return thread


def test_what_the_report_has_checked_is_not_checked_again_in_its_state_of_the_data(cluster, tmp_path):  # noqa: F811
    toml = small(cluster, tmp_path, "checked")
    with sources.held(toml) as tables:
        tables.hand_over()
        with cluster.owned("checked") as connection:
            connection.execute("insert into accounts select * from accounts")
        assert len(sources.open(toml, "2024-06").frame("accounts")) == 2
    with pytest.raises(Refused, match="duplicate key"):
        sources.open(toml, "2024-06")


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
            there = "from pg_stat_activity where datname = 'ending'"
            connection.execute(f"select pg_terminate_backend(pid) {there}")
            # A session that answers a query, such as one of what is doubtful, ends only once the server looks up.
            while connection.execute(f"select count(*) {there}").fetchone()[0]:
                time.sleep(0.05)

    thread = while_it_runs(toml.parent, end)
    done = project.report("2024-06", "--source", toml, "--jobs", 1, "--fresh", code=1)
    thread.join()
    assert "10_first: failed" in done.stdout and "20_second: failed" in done.stdout
    assert "ended the connection" in done.stdout and "its state of the data" in done.stdout
    assert {path.name: path.read_bytes() for path in project.pack().glob("*.html")} == before
    assert_untold(project.reports, done.stdout + done.stderr)


def test_files_that_change_during_the_run_are_in_no_page_of_it(tmp_path):
    project = waiting_project(tmp_path)
    folder = project.root / "data" / "sample"

    for path in folder.glob("*.csv"):
        os.utime(path, (path.stat().st_mtime - 60,) * 2)  # what was just written is looked at again at the end

    def append():
        with (folder / "accounts.csv").open("a", encoding="utf-8") as file:
            file.write("C,Cog,S,\n")
        with (folder / "subscriptions.csv").open("a", encoding="utf-8") as file:
            file.write("s9,C,2024-01-01,,5,USD\n")

    thread = while_it_runs(folder, append)
    project.report("2024-06", "--jobs", 1)
    thread.join()
    pages = [(project.pack() / f"{name}.html").read_text(encoding="utf-8") for name in ("10_first", "20_second")]
    assert ["2 accounts." in page for page in pages] == [True, True]
    project.report("2024-06")
    assert "3 accounts." in (project.pack() / "20_second.html").read_text(encoding="utf-8")
