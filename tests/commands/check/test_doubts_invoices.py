"""What invoice lines allow and an analyst would ask about: where the report begins, and credits that find nothing."""

from datetime import date

import pytest
from writing import billed, write_source

from helpers import sources
from helpers.commands.check import check, doubts
from helpers.ledger import movements
from helpers.sources import mapping

JANUARY = [f"{account}, 2024-01-{day:02d}, 2024-01-01, 2025-01-01, 1200" for day, account in enumerate("ABCDE", 3)]
EARLY = "F, 2024-01-10, 2023-11-01, 2024-02-01, 30"
CREDITED = ["G, 2024-01-05, 2024-01-01, 2025-01-01, 1200, Core", "G, 2024-01-06, 2024-01-01, 2025-01-01, -120"]
ODD = [*JANUARY, EARLY, *CREDITED]


def seen(source) -> tuple:
    """What `check` says of invoice lines: doubts without their place, in which a database and a file differ, and how
    they reconcile."""
    found = check.walk(source, date(2025, 1, 15))
    assert not found.faults and not found.unmatched and found.identities == ()
    told = [
        (one.column, one.n_rows, one.says, one.first_rows, one.why) for one in found.doubts if one.table == "invoices"
    ]
    return told, found.billing


@pytest.fixture
def told(tmp_path):
    """The doubts about the invoice lines of a source."""

    def ask(*lines: str, **options):
        tables = sources.connect(write_source(tmp_path, invoices=billed(*lines), **options))
        return [doubt for doubt in doubts.found(tables, date(2025, 1, 15), is_whole=False) if doubt.table == "invoices"]

    return ask


def test_a_few_served_before_the_first_invoice_are_told_and_the_line_that_is_named_mends_it(told, tmp_path):
    (found,) = told(*JANUARY, EARLY)
    assert (found.column, found.n_rows) == ("service_starts_on", 1)
    assert "account_id=F, service_starts_on=2023-11-01" in found.first_rows[0]
    assert "with 1 of the accounts;" in found.why and "before the month of the first invoice, 2024-01" in found.says
    before = sources.open(tmp_path / "source.toml", "2024-12")
    assert before.coverage.first_month == 2023 * 12 + 10
    fix = found.way_out.split("[tables.invoices.columns]: ")[1]
    file = tmp_path / "source.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n[tables.invoices.columns]\n{fix}\n", encoding="utf-8")
    after = sources.open(file, "2024-12")
    assert after.coverage.first_month == 2024 * 12 and sum(movements.cube(after)["change_cents"]) == 5 * 100_00


ARREARS = [
    f"{account}, 2024-0{month + 1}-03, 2024-0{month}-01, 2024-0{month + 1}-01, 10"
    for account in "ABC"
    for month in range(1, 7)
]


def test_in_arrears_most_are_served_before_the_first_invoice_and_only_that_they_are_late_is_told(told, tmp_path):
    (found,) = told(*ARREARS, *(line.replace("A,", f"D{n},") for n, line in enumerate(JANUARY[:1] * 10)))
    assert (found.column, found.n_rows) == ("invoiced_on", 18)
    assert found.says == "dated after the service; 3 of 13 accounts are mostly billed so"
    file = tmp_path / "source.toml"

    def lost_in_june() -> int:
        left = "select count(*) as n from _levels where movement = 'churn' and month_no = 24293"
        return int(sources.open(file, "2024-06").query(left)["n"].iloc[0])

    assert lost_in_june() == 3  # what June is billed for is known on 3 July
    fix = found.way_out.split("[tables.invoices.columns]: ")[1]
    file.write_text(f"{file.read_text(encoding='utf-8')}\n[tables.invoices.columns]\n{fix}\n", encoding="utf-8")
    assert lost_in_june() == 0


def test_where_most_are_billed_in_arrears_the_first_month_is_as_whole_as_any(told):
    assert [one.column for one in told(*ARREARS)] == ["invoiced_on"]


def test_one_correction_is_no_way_of_billing(told):
    lines = [line.replace("A,", f"D{n},") for n, line in enumerate(JANUARY[:1] * 12)]
    assert told(*lines, "X, 2024-02-10, 2024-01-01, 2024-02-01, 5") == []


def test_a_last_day_served_is_told_from_a_first_day_not_served(told):
    (found,) = told(*(f"{account}, 2024-01-01, 2024-01-01, 2024-12-31, 120" for account in "ABC"))
    assert (found.column, found.n_rows) == ("service_ends_on", 3)
    assert 'service_ends_on = "cast(service_ends_on as date) + 1"' in found.way_out


def test_service_from_a_day_before_the_invoice_within_its_month_is_nothing(told):
    assert told(*JANUARY, "F, 2024-01-31, 2024-01-01, 2024-02-01, 30") == []


def test_a_credit_without_a_product_is_told_where_all_lines_have_one(told):
    (found,) = told(*CREDITED)
    assert (found.column, found.n_rows) == ("product", 1) and "amount=-120" in found.first_rows[0]


@pytest.mark.parametrize(
    "credit",
    {
        "of the product": "A, 2024-01-05, 2024-01-01, 2025-01-01, -120, Core",
        "of another account, that has no products": "B, 2024-01-05, 2024-01-01, 2025-01-01, -12",
        "one-time": "A, 2024-01-05, 2024-01-01, 2025-01-01, -120, , one_time",
    }.values(),
)
def test_other_credits_are_not(told, credit):
    lines = ["A, 2024-01-01, 2024-01-01, 2025-01-01, 1200, Core", "B, 2024-01-01, 2024-01-01, 2025-01-01, 1200"]
    assert told(*lines, credit) == []


def test_a_column_is_no_call_for_a_step_of_the_queries(tmp_path):
    """An engine that looks at all that stands in front of a query would miss the subscriptions of `_starts`."""
    tables = sources.connect(write_source(tmp_path, invoices=billed(*ODD)))
    mapped = {"invoices": tables.mapped("invoices")}
    assert "_starts as (" not in mapping.prelude(mapped, "select service_starts_on from _all_invoices", None)
    assert "_starts as (" in mapping.prelude(mapped, "select account_id from _starts", date(2024, 12, 31))
