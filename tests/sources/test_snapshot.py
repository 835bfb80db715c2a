"""What a run of `report` hands to its kernels: one state of the data, read once."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import page, periods, sources
from helpers.errors import Refused
from helpers.sources import pseudonyms, snapshot
from helpers.sources.engines import duck

ONE = stretches("A, 2024-01-15, , 100")


@pytest.fixture
def company(tmp_path):
    return write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS)


def file_of() -> Path:
    return Path(json.loads(os.environ[snapshot.VARIABLE])["file"])


def test_a_kernel_sees_what_the_report_has_read_whatever_became_of_the_files(company):
    direct = sources.open(company, "2024-06")
    frames = {name: direct.frame(name) for name in direct.names}
    with sources.held(company) as tables:
        tables.hand_over()
        for path in company.parent.glob("*.csv"):
            path.unlink()
        kernel = sources.open(company, "2024-06")
        for name, frame in frames.items():
            pd.testing.assert_frame_equal(kernel.frame(name), frame)
        for what in ("coverage", "currency", "notes", "names"):
            assert getattr(kernel, what) == getattr(direct, what)
        assert kernel.fingerprints() == tables.fingerprints()
        assert kernel.mapped("accounts").absent == direct.mapped("accounts").absent
    assert snapshot.VARIABLE not in os.environ


def test_the_levels_of_the_period_are_computed_once_and_those_of_another_anew(company, monkeypatch):
    every = "select * from _levels order by account_id, month_no"
    direct = {period: sources.open(company, period).query(every) for period in ("2024-05", "2024-06")}
    with sources.held(company) as tables:
        tables.at(periods.parse("2024-06")).hand_over()
        for period, frame in direct.items():
            kernel, asked = sources.open(company, period), []
            run = kernel._engine.run
            monkeypatch.setattr(kernel._engine, "run", lambda sql, run=run, asked=asked: asked.append(sql) or run(sql))
            pd.testing.assert_frame_equal(kernel.query(every), frame)
            assert ("netted" in asked[0]) == (period == "2024-05")


def test_a_small_source_computes_the_levels_of_a_period_once_and_another_period_has_its_own(company, monkeypatch):
    every = "select * from _levels order by account_id, month_no"
    tables, asked = sources.open(company, "2024-06"), []
    earlier = tables.at(periods.parse("2024-05"))
    run = tables._engine.run
    monkeypatch.setattr(tables._engine, "run", lambda sql: asked.append("netted" in sql) or run(sql))
    for each in (tables, earlier, tables, earlier):
        pd.testing.assert_frame_equal(each.query(every), sources.open(company, str(each.period)).query(every))
    assert not any(asked)


def test_rows_are_counted_anew_at_another_period(company):
    tables = sources.open(company, "2024-06")
    later = [len(tables.frame("subscriptions")), tables._n_rows("subscriptions")]
    earlier = tables.at(periods.parse("2024-01"))
    assert later[0] == later[1] > len(earlier.frame("subscriptions")) == earlier._n_rows("subscriptions")


def test_the_file_is_private_and_gone_when_the_run_is_over(company):
    with pytest.raises(ZeroDivisionError), sources.held(company) as tables:
        tables.hand_over()
        file = file_of()
        assert file.parent.stat().st_mode & 0o777 == 0o700
        1 / 0  # noqa: B018, the run fails
    del tables
    assert not file.parent.exists()


def test_what_a_killed_run_left_is_cleared_by_the_next(company, tmp_path_factory):
    place = tmp_path_factory.mktemp("temporary")
    code = """
import os, sys
from helpers import sources
with sources.held(sys.argv[1]) as tables:
    tables.hand_over()
    os.kill(os.getpid(), 9)
"""
    environment = {**os.environ, "TMPDIR": str(place)}
    assert subprocess.run([sys.executable, "-c", code, str(company)], env=environment).returncode == -9
    assert len(list(place.glob("*/tables.duckdb"))) == 1
    subprocess.run([sys.executable, "-c", code.replace("os.kill", "print"), str(company)], env=environment, check=True)
    assert list(place.iterdir()) == []


def test_no_real_name_is_in_the_file_of_an_anonymized_run(company, monkeypatch):
    monkeypatch.setenv(pseudonyms.KEY, "k")
    monkeypatch.setenv(pseudonyms.FLAG, "1")
    real = pd.read_csv(company.parent / "accounts.csv")
    with sources.held(company) as tables:
        tables.hand_over()
        kernel = sources.open(company, "2024-06")
        assert kernel.pseudonyms == tables.pseudonyms != ""
        assert set(kernel.frame("accounts")["name"]) == set(tables.at(kernel.period).frame("accounts")["name"])
        with duckdb.connect(str(file_of()), read_only=True) as connection:
            rows = [connection.sql(f"from {name}").fetchall() for (name,) in connection.sql("show tables").fetchall()]
    values = {value for table in rows for row in table for value in row}
    assert not values & (set(real["name"]) | set(real["account_id"]))


def test_several_currencies_are_converted_at_the_rates_of_each_period(tmp_path):
    lines = (
        "subscription_id,account_id,starts_on,ends_on,mrr,currency\ns1,A,2022-01-15,,100,EUR\ns2,B,2022-01-15,,50,USD\n"
    )
    rates = "currency,valid_from,rate\nEUR,2021-01-01,1.10\nEUR,2023-06-01,1.25\n"
    file = write_source(tmp_path, subscriptions=lines, rates=rates, source='currency = "USD"')
    direct = {period: sources.open(file, period).frame("subscriptions") for period in ("2023-12", "2024-12")}
    with sources.held(file) as tables:
        tables.hand_over()
        for period, frame in direct.items():
            pd.testing.assert_frame_equal(sources.open(file, period).frame("subscriptions"), frame)
    assert direct["2023-12"]["mrr"].tolist() != direct["2024-12"]["mrr"].tolist()


def test_another_source_is_read_as_ever_while_a_run_is_on(company, tmp_path_factory):
    other = write_source(tmp_path_factory.mktemp("other"), subscriptions=ONE)
    with sources.held(company) as tables:
        tables.hand_over()
        assert sources.open(other, "2024-12").frame("accounts")["account_id"].tolist() == ["A"]


def test_a_process_that_outlives_the_run_reads_the_source_itself(company, monkeypatch):
    with sources.held(company) as tables:
        tables.hand_over()
        inherited = os.environ[snapshot.VARIABLE]
    accounts = company.parent / "accounts.csv"
    accounts.write_text(accounts.read_text().replace("Acme", "Ajax"))
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv(snapshot.VARIABLE, json.dumps(json.loads(inherited) | {"run": int(ended)}))
    assert "Ajax" in set(sources.open(company, "2024-06").frame("accounts")["name"])


def test_what_a_running_report_has_read_is_refused_where_it_was_removed(company):
    with sources.held(company) as tables:
        tables.hand_over()
        file_of().unlink()
        with pytest.raises(Refused, match="was removed; run the report again"):
            sources.open(company, "2024-06")


def test_a_source_file_that_changes_during_the_run_is_refused(company):
    with sources.held(company) as tables:
        tables.hand_over()
        company.write_text(company.read_text() + "\n# more\n")
        with pytest.raises(Refused, match="the source file changed during the report"):
            sources.open(company, "2024-06")


def test_a_file_that_is_rewritten_while_it_is_read_is_read_once_more(tmp_path, monkeypatch):
    file, times = write_source(tmp_path, subscriptions=ONE), []
    faults = sources.Tables.faults

    def rewritten(tables):
        times.append(1)
        if len(times) == 1:
            (tmp_path / "subscriptions.csv").write_text(ONE.replace("100", "300"))
        return faults(tables)

    monkeypatch.setattr(sources.Tables, "faults", rewritten)
    with sources.held(file) as tables:
        assert tables.uncut("select mrr from _all_subscriptions")["mrr"].tolist() == [300]
    assert len(times) == 2


def test_a_file_that_is_rewritten_again_and_again_is_refused_by_name(tmp_path, monkeypatch):
    file, times = write_source(tmp_path, subscriptions=ONE), []

    def rewritten(tables):
        times.append(1)
        (tmp_path / "subscriptions.csv").write_text(ONE.replace("100", f"{len(times)}50"))
        return []

    monkeypatch.setattr(sources.Tables, "faults", rewritten)
    refused = pytest.raises(Refused, match=r"changed while it was read \(subscriptions\).*run it again")
    with refused, sources.held(file):
        pass


@pytest.mark.parametrize("n_times", [1, 2])
def test_bytes_that_come_back_while_a_file_is_read_are_no_rest(tmp_path, monkeypatch, n_times):
    """Before and after, the file holds the same; in between it held something else, and that was read."""
    file, times, held = write_source(tmp_path, subscriptions=ONE), [], duck.Duck._kept_here

    def meanwhile(engine, table, query):
        times.append(table)
        if table != "subscriptions" or times.count("subscriptions") > n_times:
            return held(engine, table, query)
        (tmp_path / "subscriptions.csv").write_text(ONE.replace("100", "300"))
        name = held(engine, table, query)
        (tmp_path / "subscriptions.csv").write_text(ONE)
        return name

    monkeypatch.setattr(duck.Duck, "_kept_here", meanwhile)
    refused = pytest.raises(Refused, match=r"changed while it was read \(subscriptions\)")
    with refused if n_times == 2 else contextlib.nullcontext(), sources.held(file) as tables:
        assert tables.uncut("select mrr from _all_subscriptions")["mrr"].tolist() == [100]


def test_bytes_that_come_back_before_the_snapshot_is_taken_are_no_rest(tmp_path):
    file = write_source(tmp_path, subscriptions=ONE)
    with sources.held(file) as tables:
        (tmp_path / "subscriptions.csv").write_text(ONE)
        with pytest.raises(Refused, match=r"changed while it was read \(subscriptions\)"):
            tables.hand_over()


@pytest.mark.parametrize("seconds", [0, 60])
def test_what_was_read_from_a_file_just_written_is_looked_at_again_at_the_end(tmp_path, seconds):
    file = write_source(tmp_path, subscriptions=ONE)
    for path in tmp_path.glob("*.csv"):
        os.utime(path, (path.stat().st_mtime - seconds,) * 2)
    with sources.held(file) as tables:
        tables.hand_over()
        (tmp_path / "subscriptions.csv").write_text(ONE.replace("100", "300"))
        assert tables.changed(tables.fingerprints()) == (["subscriptions"] if seconds == 0 else [])


def test_a_rewrite_between_the_fingerprint_and_the_snapshot_is_refused(tmp_path):
    file = write_source(tmp_path, subscriptions=ONE)
    with sources.held(file) as tables:
        (tmp_path / "subscriptions.csv").write_text(ONE.replace("100", "300"))
        with pytest.raises(Refused, match=r"changed while it was read \(subscriptions\)"):
            tables.hand_over()


def test_the_snapshot_is_taken_once_however_many_kernels_start(company, monkeypatch):
    with sources.held(company) as tables:
        times, at, take = [], tables.at(tables.default_period()), tables._engine.kept
        monkeypatch.setattr(tables._engine, "kept", lambda queries: times.append(1) or take(queries))
        threads = [threading.Thread(target=each.hand_over) for each in (tables, at) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert times == [1]


def test_the_page_of_a_kernel_names_the_fingerprints_of_the_run(company, monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda content, **_: shown.append(str(content)))
    with sources.held(company) as tables:
        tables.hand_over()
        page.provenance(sources.open(company, "2024-06"))
        assert all(mark in shown[0] for mark in tables.fingerprints().values())
