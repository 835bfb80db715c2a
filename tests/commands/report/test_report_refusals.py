"""What cannot be used is refused before a kernel starts: exit 2, one clear message, nothing written."""

import re

import pytest
from packs import helpers
from small_company import SUBSCRIPTIONS
from writing import stretches, write_source

from helpers.__main__ import main

ACCOUNTS = "account_id,name,segment\nA,Acme,S\nB,Bolt,L\n"


@pytest.fixture
def refused(tmp_path, capsys, monkeypatch):
    """Run a command that must be refused, in a folder in which nothing may appear; returns what it said."""
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*arguments, **tables) -> str:
        options = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, "data_until": "2024-06-30"} | tables
        file = write_source(tmp_path / "data", **options)
        if arguments[:1] == ("report",):
            named = {"--source": str(file), "--out": "packs"}
            arguments += tuple(word for each in named.items() if each[0] not in arguments for word in each)
        before = sorted(tmp_path.rglob("*"))
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = error.code
        said = capsys.readouterr()
        assert (code, said.out) == (2, "")
        assert sorted(tmp_path.rglob("*")) == before
        return said.err

    return run


# Usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-p", "largst=5"], r"largst.*did you mean 'largest'"),
        (["-p", "largest=many"], r"largest.*'many'.*whole number"),
        (["-p", "largest"], r"NAME=VALUE"),
        (["-p", "period=2024-05"], r"report PERIOD"),
        (["--only", "99"], r"99.*10_metrics"),
        (["--only", "10_metric"], r"did you mean '10_metrics'"),
        (["--jobs", "0"], r"at least 1"),
        (["--jobs", "two"], r"two"),
        (["--timeout", "0"], r"at least 1"),
        (["--timeout", "1.5"], r"--timeout.*1.5"),
        (["--segment", "s"], r"segment 's': no account known on 2024-06-30.*did you mean 'S'\? \(allowed: L, S\)"),
        (["--segment", ""], r"segment '': no account.*allowed: L, S"),
        (["-p", "segment=XL"], r"segment 'XL'.*did you mean 'L'"),
        (["--segment", "S", "-p", "segment=L"], r"given twice"),
        (["--segment", "S", "--only", "10"], r"no segment can be chosen in 10_metrics"),
        (["--sorce", "x.toml"], r"--sorce.*did you mean '--source'"),
        (["--fres"], r"--fres.*did you mean '--fresh'"),
        (["2024-05", "2024-06"], r"2024-06"),
        (["--source", ""], r"the source is empty, as an unset variable"),
        (["--out", " "], r"--out is empty, as an unset variable"),
    ],
)
def test_bad_usage_is_refused_with_the_near_spelling(refused, arguments, said):
    assert re.search(said, refused("report", *arguments))


@pytest.mark.parametrize("command", [[], ["reprot"], ["sample"], ["check", "--sorce=x"], ["--verbose"]])
def test_other_bad_usage_is_refused_too(refused, command):
    assert "python -m helpers" in refused(*command)


def test_a_sample_that_cannot_be_made_is_refused(refused):
    assert "50" in refused("sample", "company", "--accounts", "3")
    assert "seed" in refused("sample", "company", "--seed", "-1")


def test_an_empty_variable_is_no_source(refused, monkeypatch):
    monkeypatch.setenv("AFTER_THE_DEAL_SOURCE", "")
    assert "AFTER_THE_DEAL_SOURCE is empty" in refused("check")
    assert "the source is empty" in refused("check", "")
    assert "the source is empty" in refused("check", "--html", "")


# Files of others


def test_a_page_is_never_written_over_the_file_of_somebody_else(refused, tmp_path):
    (tmp_path / "mine.html").write_text("<title>Mine</title>")
    (tmp_path / "data.csv").write_text("a,b")
    (tmp_path / "page.html").mkdir()
    assert "not a page of this program" in refused("check", "data/source.toml", "--html", "mine.html")
    assert "not a page of this program" in refused("check", "data/source.toml", "--html", "page.html")
    assert "ends in .html" in refused("check", "data/source.toml", "--html", "data.csv")
    assert "ends in .html" in refused("check", "--source", "data/source.toml", "--html", "data/source.toml")


# Periods


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2024-13", r"2024-13.*2026-10"),
        ("2024-6", r"did you mean 2024-06\?"),
        ("June", r"June"),
        ("2024-06..", r"period"),
        ("2024-06..2024-05", r"ends before it begins"),
        ("2024-01..2024-Q2", r"month and a quarter"),
        ("2023-12", r"2023-12.*outside.*2024-01 to 2024-06"),
        ("2024-07", r"2024-07.*outside.*2024-01 to 2024-06"),
        ("2023-Q4", r"2023-Q4.*outside"),
        ("2024-05..2024-07", r"2024-07.*outside"),
        ("0000-01", r"outside"),
    ],
)
def test_a_period_that_is_none_or_not_in_the_data_is_refused(refused, period, said):
    assert re.search(said, refused("report", period))


def test_a_segment_that_some_month_of_a_range_does_not_have_yet_is_refused_before_any_is_built(refused):
    # Bolt, the only one of L, begins on 1 February.
    assert "known on 2024-01-31" in refused("report", "2024-01..2024-06", "--segment", "L")


# Data


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"subscriptions": stretches("A, 2024-01-10, 2024-01-01, 100")}, r"subscriptions.csv.*ends_on(.|\n)*s1"),
        ({"subscriptions": stretches("A, 2024-01-10, , -7")}, r"subscriptions.csv.*mrr(.|\n)*-7"),
        ({"subscriptions": stretches("X, 2024-01-10, , 7")}, r"subscriptions.csv.*account_id(.|\n)*X"),
        ({"accounts": "account_id,name\nA,Acme\n"}, r"accounts.csv.*segment"),
    ],
)
def test_data_that_breaks_the_contract_is_refused_with_file_column_and_row(refused, tables, said):
    assert re.search(said, refused("report", **tables))


def test_a_source_that_is_not_there_is_refused(tmp_path):
    # By a process of its own, as a reader would meet it: no traceback.
    done = helpers("report", "--source", "nowhere.toml", "--out", "packs", cwd=tmp_path, code=2)
    assert "nowhere.toml" in done.stderr and "Traceback" not in done.stderr and done.stdout == ""
    assert list(tmp_path.iterdir()) == []


# What is no refusal


def test_the_list_names_every_notebook_and_parameter_with_its_meaning(capsys):
    assert main(["report", "--list"]) == 0
    said = capsys.readouterr().out
    for text in (
        "10_metrics: How much of our revenue stays",
        "20_cohort_retention: ",
        "largest = 10  how many",
        "period = ''",
    ):
        assert text in said


def test_help_is_given_with_exit_0(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["report", "--help"])
    assert ended.value.code == 0 and "--source TOML" in capsys.readouterr().out
