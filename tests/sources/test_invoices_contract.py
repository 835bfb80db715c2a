"""Invoice lines that do not fit are named, with their row and how to fix them."""

import pytest
from writing import billed, write_source

from helpers import sources
from helpers.errors import Refused


@pytest.fixture
def refusal(tmp_path):
    def of(*lines, **options) -> str:
        with pytest.raises(Refused) as refused:
            sources.open(write_source(tmp_path, invoices=billed(*lines), **options), "2024-12")
        return str(refused.value)

    return of


GOOD = "A, 2024-01-01, , , 30"
BAD = {
    "A, 2024-01-01, 2024-02-01, 2024-01-31, 5": ("service_ends_on", "service_ends_on is before service_starts_on"),
    "A, 2024-01-01, , 2024-01-31, 5": ("service_ends_on", "an end of service without its start"),
    "A, 2024-01-01, , , 5, , refund": ("amount", "above 0, which would add to MRR"),
    "A, 2024-01-01, , , 5, , setup": ("kind", "is none of 'subscription', 'one_time'"),
    "A, soon, , , 5": ("invoiced_on", "cannot be read as a date"),
    "A, 2024-01-01, , , free": ("amount", "cannot be read as an amount"),
    ", 2024-01-01, , , 5": ("account_id", "account_id is missing"),
    "B, 2024-01-01, , , 5": ("account_id", "invoice of an unknown account"),
}


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    text = billed(GOOD, *BAD, GOOD)
    text = text.replace("i9,1,", "i0,1,")  # the last line stands twice
    accounts = "account_id,name,segment\nA,Acme,S\n"
    file = write_source(tmp_path_factory.mktemp("bad"), accounts=accounts, invoices=text)
    return {(fault.column, fault.says): str(fault) for fault in sources.connect(file).faults()}


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_does_not_fit_is_named(faults, line):
    column, says = BAD[line]
    message = next(text for (named, said), text in faults.items() if named == column and says in said)
    assert f"row {list(BAD).index(line) + 3}: " in message and "Fix: " in message
    assert message.startswith("invoices.csv (table invoices)")


def test_a_line_that_stands_twice_is_named(faults):
    message = next(text for (column, _), text in faults.items() if column == "invoice_id, line_id")
    assert "2 rows: a duplicate key" in message and "row 2: " in message and "row 11: " in message
    assert len(faults) == len(BAD) + 1


def test_a_source_where_nothing_recurring_is_billed(refusal):
    assert "nothing recurring is billed" in refusal("A, 2024-01-01, , , 30, , one_time")


def test_subscriptions_and_invoices_together_are_refused(refusal):
    stretches = "subscription_id,account_id,starts_on,mrr,currency\ns,A,2024-01-01,5,USD\n"
    assert "both subscriptions and invoices are given" in refusal(GOOD, subscriptions=stretches)
