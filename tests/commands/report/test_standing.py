"""A pack stands where all that it was made from is as it was: then no data is read, and no library that reads it."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from small_company import ACCOUNTS, SUBSCRIPTIONS
from tiny_project import Project, say
from writing import write_source

from helpers import sources
from helpers.commands.report import manifest, reuse

JUNE = "2024-06"


@pytest.fixture
def company(tmp_path) -> Path:
    """A company of a few accounts, and the manifest of its pack of June as a run leaves it."""
    source = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, data_until="2024-06-30")
    write_pack(source)
    return source


def write_pack(source: Path, period: str = JUNE) -> Path:
    place = source.parent / "out" / period
    place.mkdir(parents=True, exist_ok=True)
    made = reuse.State(source, {"n": 3}).facts(sources.open(source, period)) | {"notebooks": []}
    (place / manifest.FILE).write_text(manifest.sealed(made, place), encoding="utf-8")
    return place


def standing(source: Path, period: str = JUNE, **values) -> dict | None:
    return reuse.State(source, values or {"n": 3}).standing(source.parent / "out" / period)


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_its_facts_are_those_that_reading_the_data_gives(company):
    assert standing(company) == reuse.State(company, {"n": 3}).facts(sources.open(company, JUNE))
    assert standing(company, "2024-05") is None


def test_a_machine_without_git_makes_reports_too(company, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert standing(company)["git_commit"] == ""


def test_it_does_not_stand_with_another_byte_parameter_source_file_or_pseudonym(company, monkeypatch):
    assert standing(company, n=4) is None
    for name, old, new in (("accounts.csv", "\n", "\n\n"), ("source.toml", "\n", "\n\n")):
        edited(company.with_name(name), old, new)
        assert standing(company) is None
        edited(company.with_name(name), new, old)
        assert standing(company) is not None
    monkeypatch.setenv("AFTER_THE_DEAL_ANONYMIZE", "1")
    monkeypatch.setenv("AFTER_THE_DEAL_KEY", "k")
    assert standing(company) is None


def test_it_does_not_stand_where_somebody_edited_or_moved_its_manifest(company):
    file = company.parent / "out" / JUNE / manifest.FILE
    text = file.read_text(encoding="utf-8")
    edited(file, '"rows": 3', '"rows": 4') if '"rows": 3' in text else edited(file, '"rows": ', '"rows": 1')
    assert standing(company) is None
    for other in ("null", '"mine"'):
        file.write_text(f'{{"notebooks": [], "source": {other}}}', encoding="utf-8")
        assert standing(company) is None
    file.write_text(text, encoding="utf-8")
    file.parent.rename(file.parent.with_name("2024-05"))
    assert standing(company, "2024-05") is None


def test_a_table_that_is_a_query_has_to_be_asked(company):
    edited(company, 'from = "accounts.csv"', "sql = \"select * from 'accounts.csv'\"")
    write_pack(company)
    assert standing(company) is None


@pytest.mark.parametrize("until", ["2024-02-29", "2024-03-02", "2024-09-30", ""])
@pytest.mark.parametrize("today", [date(2024, 2, 20), date(2024, 7, 1), date(2026, 1, 1)])
def test_the_default_period_is_that_of_the_data_or_the_data_is_asked(tmp_path, until, today):
    source = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, data_until=until)
    state, out = reuse.State(source, {"n": 3}), source.parent / "out"
    assert state.default_period(out, today) is None
    write_pack(source, "2024-02")
    expected = sources.connect(source).default_period(today)
    assert state.default_period(out, today) in (expected, None)
    assert state.default_period(out, today) == expected or until == "2024-09-30"


@pytest.mark.slow
def test_an_unchanged_pack_is_built_again_without_pandas_and_duckdb_and_a_damaged_page_with_them(tmp_path):
    project = Project(tmp_path)
    project.write("10_runs", f"headline: {say('Ten stayed.')}")
    project.report()
    command = [sys.executable, "-X", "importtime", "-m", "helpers", "report", "2024-06", "--json"]
    environment = {**os.environ, "PYTHONPATH": ""}
    for damaged in (False, True):
        if damaged:
            edited(project.pack() / "10_runs.html", "Ten", "Two")
        done = subprocess.run(command, cwd=project.root, env=environment, capture_output=True, text=True, check=True)
        (period,) = json.loads(done.stdout)["periods"]
        assert [each["status"] for each in period["notebooks"]] == ["built" if damaged else "reused"]
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
        assert bool({"pandas", "duckdb", "papermill", "numpy"} & imported) == damaged
        assert not any(manifest.differences(project.pack()).values())
        assert "Ten stayed." in (project.pack() / "10_runs.html").read_text(encoding="utf-8")


CSV = '[tables.accounts]\nfrom = "accounts.csv"\n'
JOINED = "select a.*, label as segment from 'accounts.csv' as a join '{}' on account_id = id"


@pytest.mark.parametrize(
    "mapping",
    [
        CSV + "where = \"account_id in (select id from read_csv('{}'))\"",
        CSV + "columns.name = \"(from '{}' select max(label))\"",
        f'[tables.accounts]\nsql = "{JOINED}"',
    ],
    ids=["where", "a column", "sql"],
)
def test_a_table_that_reads_another_file_is_asked_and_its_fingerprint_follows_that_file(tmp_path, mapping):
    """Such a file is nobody's table, so no bytes of it are compared: the rows that it leaves are."""
    (other := tmp_path / "other.csv").write_text("id,label\nA,one\nB,two\n", encoding="utf-8")
    accounts = "account_id,name\nA,Acme\nB,Bolt\n" if "sql" in mapping else ACCOUNTS
    about = {"accounts": accounts, "subscriptions": SUBSCRIPTIONS, "mapping": mapping.replace("{}", str(other))}
    source = write_source(tmp_path, **about, data_until="2024-06-30")
    write_pack(source)
    assert standing(source) is None
    marks = [sources.open(source, JUNE).fingerprints() for _ in range(2)]
    other.write_text("id,label\nA,one\nB,zwei\nC,three\n", encoding="utf-8")
    marks.append(sources.open(source, JUNE).fingerprints())
    assert marks[0] == marks[1] and marks[1]["subscriptions"] == marks[2]["subscriptions"]
    if "where" not in mapping:  # whose rows are the same ones
        assert marks[1]["accounts"] != marks[2]["accounts"]
    other.write_text("id,label\nA,one\n", encoding="utf-8")
    assert sources.connect(source).fingerprints()["accounts"] != marks[2]["accounts"]


@pytest.mark.parametrize("name", ["accounts", "Accounts"])
def test_a_view_in_a_duckdb_file_is_compared_by_its_rows(tmp_path, name):
    (other := tmp_path / "other.csv").write_text("account_id,name,segment\nA,Acme,S\n", encoding="utf-8")
    with duckdb.connect(tmp_path / "crm.duckdb") as made:
        made.execute(f"create view {name} as from '{other}'")
        made.execute(
            "create table subscriptions as select 's1' as subscription_id, 'A' as account_id, "
            "date '2024-01-10' as starts_on, null::date as ends_on, 100 as mrr, 'USD' as currency"
        )
    source = tmp_path / "source.toml"
    tables = "".join(f'[tables.{name}]\nfrom = "{name}"\n' for name in ("accounts", "subscriptions"))
    source.write_text(f'[source]\npath = "crm.duckdb"\ndata_until = 2024-06-30\n{tables}', encoding="utf-8")
    marks = [sources.open(source, JUNE).fingerprints() for _ in range(2)]
    edited(other, "Acme", "Apex")
    now = sources.open(source, JUNE).fingerprints()
    assert marks[0] == marks[1] and now["accounts"] != marks[0]["accounts"]
    assert now["subscriptions"] == marks[0]["subscriptions"]


@pytest.mark.slow
def test_a_question_of_the_source_file_is_asked_anew_also_of_an_unchanged_pack(tmp_path):
    """It may ask of any data, such as a file that is no table: nothing else would tell that its answer is another."""
    project = Project(tmp_path)
    project.write("10_one", say("One is good."))
    folder = project.root / "data" / "sample"
    (folder / "left.csv").write_text("id\n", encoding="utf-8")
    question = {
        "table": "accounts",
        "column": "account_id",
        "rows": "select id, 1 as n from 'left.csv'",
        "says": "stand on the list of those who left",
        "why": "it matters",
        "fix": "ask them",
    }
    lines = [f"{key} = {json.dumps(text)}" for key, text in question.items()]
    with (folder / "source.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["[[questions]]", *lines, ""]))

    def doubts() -> list[str]:
        assert project.report().returncode == 0
        return json.loads((project.pack() / manifest.FILE).read_text(encoding="utf-8"))["doubts"]

    assert not any("left" in doubt for doubt in doubts())
    (folder / "left.csv").write_text("id\nA\n", encoding="utf-8")
    assert any("left" in doubt for doubt in doubts())
    assert "those who left" in (project.pack() / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_manifest_that_somebody_edited_is_written_anew_and_stops_no_report(tmp_path):
    """Without its headline numbers it ended each report from then on, and its doubts went onto the first page."""
    project = Project(tmp_path)
    project.write("10_one", f"headline: {say('One is good.')}")
    project.report()
    file = project.pack() / manifest.FILE
    whole = json.loads(file.read_text(encoding="utf-8"))
    spoilt = [{"headline": 1}, {"doubts": ["Mine."]}, {"headline": ["mine"]}, {"revisions": {"reason": "mine"}}]
    spoilt.append({"notebooks": [whole["notebooks"][0] | {"cell_seconds": "long"}]})
    for edited in spoilt:
        text = json.dumps({name: value for name, value in (whole | edited).items() if value != 1})
        file.write_text(text, encoding="utf-8")
        assert project.report().returncode == 0
        now = json.loads(file.read_text(encoding="utf-8"))
        assert (now["headline"], now["doubts"]) == (whole["headline"], whole["doubts"]) and "revisions" not in now
        assert not any(manifest.differences(project.pack()).values())
