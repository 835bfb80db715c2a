"""The ready mappings of data/mappings, each on a small made-up export in the tool's format (tests/exports)."""

import re
import shutil
import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import shapes
import shapes_start
import shapes_stripe
import shapes_stripe_invoices
import shapes_tools

from helpers import sources
from helpers.commands.check.check import walk
from helpers.ledger import movements

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = {file.stem: file for file in sorted((ROOT / "data" / "mappings").glob("*.toml"))}
EXPORTS = Path(__file__).parents[1] / "exports"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The tables of a tool's export by its mapping, with the one line written in that everybody has to: the day."""
    found = {}

    def of(tool: str) -> sources.Tables:
        if tool not in found:
            folder = tmp_path_factory.mktemp(tool)
            shutil.copytree(EXPORTS / tool, folder, dirs_exist_ok=True)
            text = MAPPINGS[tool].read_text(encoding="utf-8")
            assert text.count("# data_until = 2026-10-31") == 1
            text = text.replace("# data_until = 2026-10-31", "data_until = 2024-12-31")
            (folder / "source.toml").write_text(text, encoding="utf-8")
            found[tool] = sources.open(folder / "source.toml", "2024-12")
        return found[tool]

    return of


def rows(frame: pd.DataFrame, *columns: str) -> list[list]:
    """Rows as plain values: days as ISO text, empty as None."""
    plain = frame[list(columns)].astype(object)
    return [
        [None if pd.isna(value) else str(value.date()) if isinstance(value, pd.Timestamp) else value for value in row]
        for row in plain.to_numpy()
    ]


def test_each_mapping_has_an_export_to_be_tried_on():
    assert list(MAPPINGS) == sorted(path.name for path in EXPORTS.iterdir() if path.is_dir() and path.name[0].islower())
    assert len(MAPPINGS) == 9


@pytest.mark.parametrize("tool", MAPPINGS)
def test_a_mapping_says_where_its_columns_are_documented_and_when_that_was_read(tool):
    text = MAPPINGS[tool].read_text(encoding="utf-8")
    head = text[: text.index("[source]")]
    assert re.search(r"https://\S+", head) and re.search(r"looked at\s+(#\s+)?on\s+(#\s+)?2026-\d\d-\d\d", head)
    assert tomllib.loads(text)["source"]["kind"] == "files"


@pytest.mark.parametrize("tool", MAPPINGS)
def test_an_export_in_the_tools_format_keeps_the_contract_and_pays(opened, tool):
    assert movements.cube(opened(tool))["change_cents"].sum() > 0


@pytest.mark.parametrize("tool", MAPPINGS)
@pytest.mark.slow
def test_check_asks_nothing_about_a_clean_export(opened, tool):
    seen = walk(opened(tool).settings.file, date(2025, 1, 1))
    assert [str(doubt) for doubt in (*seen.faults, *seen.doubts)] == []


STRETCH = ("subscription_id", "account_id", "starts_on", "ends_on", "mrr")


def test_stripe_subscriptions(opened):
    frame = opened("stripe_subscriptions").frame("subscriptions")
    assert rows(frame, *STRETCH) == [
        # 2 × $49.99; $1,200 a year; a trial that runs on; a trial and then $300 a quarter; a trial that was called off.
        ["si_1", "cus_1", "2024-01-15", None, 99.98],
        ["si_2", "cus_2", "2024-01-01", "2024-07-01", 100.0],
        ["si_3", "cus_3", "2024-12-20", None, 0.0],
        ["si_4", "cus_1", "2024-03-01", "2024-03-15", 0.0],
        ["si_4", "cus_1", "2024-03-15", "2025-03-15", 100.0],
        ["si_6", "cus_3", "2024-05-01", "2024-05-09", 0.0],
    ]
    assert rows(frame, "cancelled_on", "n_seats", "currency")[:2] == [[None, 2, "USD"], ["2024-06-10", 1, "USD"]]
    accounts = opened("stripe_subscriptions").frame("accounts")
    assert rows(accounts, "name", "segment", "region") == [
        ["Acme", "S", "US"],
        ["ap@bolt.test", "no segment", None],
        ["Cobalt", "L", "DE"],
    ]


def test_stripe_invoice_lines(opened):
    tables = opened("stripe_invoices")
    assert rows(tables.frame("invoices"), "line_id", "service_starts_on", "service_ends_on", "amount", "kind") == [
        ["il_1", "2024-01-15", "2025-01-15", 1080.0, "subscription"],
        ["il_2", "2024-01-15", "2024-01-15", 500.0, "one_time"],
        ["il_3", "2024-02-10", "2024-03-10", 49.99, "subscription"],
        ["il_4", "2024-02-10", "2024-02-10", 75.0, "one_time"],
        ["il_5", "2024-03-10", "2024-04-10", -49.99, "subscription"],
        ["il_6", "2024-03-10", "2024-04-10", 99.99, "subscription"],
    ]
    # $1,200 less 10% over twelve months; an upgrade in March: what was left of the old price is given back.
    assert rows(tables.frame("subscriptions"), *STRETCH) == [
        ["cus_1 prod_A", "cus_1", "2024-01-15", None, 90.0],
        ["cus_2 prod_B", "cus_2", "2024-02-10", "2024-03-10", 49.99],
        ["cus_2 prod_B", "cus_2", "2024-03-10", "2024-04-10", 50.0],
    ]


def test_chargebee(opened):
    assert rows(opened("chargebee").frame("subscriptions"), *STRETCH) == [
        ["sub1", "c1", "2024-01-01", "2024-01-15", 0.0],
        ["sub1", "c1", "2024-01-15", "2024-04-10", 100.0],
        ["sub1", "c1", "2024-04-10", None, 150.5],
        ["sub2", "c2", "2024-02-01", "2024-06-01", 33.33],
    ]
    assert rows(opened("chargebee").frame("accounts"), "name", "region") == [["Acme Inc", "US"], ["c2", "DE"]]


def test_recurly(opened):
    # 2 × $50 and $20 of add-ons a month; $1,200 a year, to run out in January; $90 a quarter.
    assert rows(opened("recurly").frame("subscriptions"), *STRETCH, "n_seats") == [
        ["u1", "acme", "2024-01-01", "2024-01-15", 0.0, 2],
        ["u1", "acme", "2024-01-15", None, 120.0, 2],
        ["u2", "bolt", "2024-01-10", "2024-09-01", 100.0, 1],
        ["u2", "bolt", "2024-09-01", None, 100.0, 1],
        ["u3", "cobalt", "2024-02-01", "2024-05-01", 30.0, 1],
    ]


def test_chartmogul(opened):
    tables = opened("chartmogul")
    assert rows(tables.frame("subscriptions"), *STRETCH) == [
        ["sub_1", "u1", "2024-01-06", "2024-03-06", 60.0],
        ["sub_1", "u1", "2024-03-06", "2024-06-01", 75.0],
        ["sub_1", "u1", "2024-08-01", None, 75.0],
        ["sub_2", "u2", "2024-03-20", None, 40.5],
    ]
    # ChartMogul's own movements come out again.
    assert movements.cube(tables)["movement"].tolist() == ["new", "expansion", "churn", "reactivation", "new"]


OPPORTUNITY = ("opportunity_id", "account_id", "kind", "sourced_by", "created_on", "closed_on", "status", "mrr")


def test_salesforce(opened):
    assert rows(opened("salesforce").frame("opportunities"), *OPPORTUNITY) == [
        ["006A", "001A", "expansion", "sales", "2024-03-04", "2024-05-20", "won", 1000.0],
        ["006B", "001A", "renewal", "partner", "2024-06-01", None, "open", 2000.0],
        ["006C", "001B", "new", "marketing", "2024-01-31", "2024-04-02", "lost", 0.0],
    ]
    accounts = opened("salesforce").frame("accounts")
    assert rows(accounts, "name", "segment", "industry") == [
        ["Acme, Inc.", "Customer - Direct", "Energy"],
        ["Bolt", "no type", None],
    ]


def test_hubspot(opened):
    assert rows(opened("hubspot").frame("opportunities"), *OPPORTUNITY) == [
        ["70", "9001", "expansion", "marketing", "2024-03-04", "2024-05-20", "won", 100.0],
        ["71", "9001", "renewal", "sales", "2024-06-01", None, "open", 200.0],
        ["72", "9002", "new", "sales", "2024-01-31", "2024-04-02", "lost", 0.0],
    ]


ANSWER = ("response_id", "account_id", "contact_id", "survey", "item", "answered_on", "score")


def test_delighted(opened):
    assert rows(opened("delighted").frame("surveys"), *ANSWER) == [
        ["1", "A", "10", "nps_relationship", "recommend", "2024-04-18", 0.0],
        ["2", "B", "11", "nps_relationship", "recommend", "2024-05-31", 10.0],
    ]


def test_surveymonkey(opened):
    assert rows(opened("surveymonkey").frame("surveys"), *ANSWER) == [
        ["r1", "A", None, "nps_relationship", "recommend", "2024-04-18", 0.0],
        ["r2", "B", None, "nps_relationship", "recommend", "2024-05-31", 10.0],
    ]


def test_the_readme_lists_every_shape_that_is_tried_and_no_other():
    modules = (shapes_stripe, shapes_stripe_invoices, shapes_tools, shapes_start)
    every = [shape for module in modules for shape in module.SHAPES]
    rows = [line for line in (EXPORTS / "README.md").read_text(encoding="utf-8").splitlines() if "<https://" in line]
    assert rows == [shapes.row(shape) for shape in every]
    assert len(rows) >= 100
