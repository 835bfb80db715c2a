"""A messy export: `check --start` writes a source file, and `check` finds every planted fault, and nothing else."""

from datetime import date

import messy_export
import pandas as pd
import pytest
from messy_export import PLANTED

from helpers import sample, sources
from helpers.commands.check import check, start
from helpers.sources import settings

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    messy_export.write(folder)
    return folder


@pytest.fixture(scope="module")
def source(folder):
    return start.write(folder, say=lambda line: None)


@pytest.fixture(scope="module")
def seen(source):
    return check.walk(source, TODAY)


def of(seen, planted):
    """What was found of a planted fault."""
    found = seen.doubts if planted.is_legal else seen.faults
    return [
        one for one in found if (one.table, one.column) == (planted.table, planted.column) and planted.says in one.says
    ]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.table}: {planted.says}")
def test_a_planted_fault_is_named_with_table_column_count_first_row_and_way_out(seen, planted):
    (found,) = of(seen, planted)
    assert found.n_rows == planted.n_rows
    assert planted.first in found.first_rows[0] and found.way_out
    assert not planted.is_legal or found.why


def test_twenty_faults_and_more_are_planted_and_nothing_else_is_found(seen):
    assert len(PLANTED) >= 20
    found = {one for planted in PLANTED for one in of(seen, planted)}
    others = [str(one) for one in (*seen.faults, *seen.doubts) if one not in found]
    assert others == [] and len(found) == len(PLANTED)


def test_every_column_is_matched_though_each_has_another_name(source):
    tables = settings.read(source).tables
    assert list(tables) == ["accounts", "subscriptions", "surveys", "usage", "tickets", "opportunities"]
    assert tables["accounts"].encoding == "latin-1"
    expected = {
        "account_id": "Customer No",
        "name": "Company",
        "segment": "Tier",
        "industry": "Sector",
        "region": "Country",
    }
    assert tables["accounts"].columns == expected
    assert "'%m/%d/%Y'" in tables["subscriptions"].columns["starts_on"]
    assert tables["subscriptions"].columns["mrr"] == "Monthly Fee"


def test_dates_of_another_country_are_read_and_what_cannot_be_is_not_taken_for_empty(folder, source):
    written = pd.read_csv(folder / "contracts.csv", dtype=str)
    tables, _ = sources.connect_each(source)
    first = (
        "select min(starts_on) as day, count(starts_on) as n from _all_subscriptions where subscription_id like 'S0%'"
    )
    read = tables.uncut(first).iloc[0]
    own = pd.to_datetime(written.loc[written["Contract No"].str.startswith("S0"), "Start Date"], format="%m/%d/%Y")
    assert (read["day"], read["n"]) == (own.min(), len(own))
    (unread,) = [fault for fault in tables.faults("subscriptions") if "read as a date" in fault.says]
    assert "02/30/2026" in unread.first_rows[0]


# No false alarm


@pytest.mark.slow
@pytest.mark.parametrize(("accounts", "seed"), [(1200, 1), (300, 7), (300, 12), (50, 3)])
def test_a_company_without_faults_gives_no_warning(tmp_path, accounts, seed):
    sample.write(tmp_path, accounts=accounts, seed=seed, truth=None)
    seen = check.walk(tmp_path / "source.toml", TODAY)
    assert [str(one) for one in (*seen.faults, *seen.doubts)] == [] and seen.is_good
    assert {outlook for _, outlook in seen.notebooks} == {"runs in full"}
