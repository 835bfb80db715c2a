"""Several currencies at constant opening rates: a moving rate moves no revenue."""

import pytest
from invoice_cases import RATES
from writing import billed, write_source

from helpers import page, periods, sources
from helpers.errors import Refused
from helpers.ledger import movements

HEADER = "subscription_id,account_id,starts_on,ends_on,mrr,currency"
SUBSCRIPTIONS = [HEADER, "s1,A,2023-11-01,,100,USD", "s2,B,2023-11-01,,100,EUR", "s3,C,2024-03-01,,10000,JPY"]


def source(folder, rates=RATES, rows=SUBSCRIPTIONS, **options):
    given = {"subscriptions": "\n".join(rows), "rates": rates, "source": 'currency = "USD"'} | options
    return write_source(folder, **given)


@pytest.fixture
def opened(tmp_path):
    return lambda *given, period="2024-12", **options: sources.open(source(tmp_path, *given, **options), period)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return source(tmp_path_factory.mktemp("rates"))


@pytest.fixture(scope="module")
def tables(file):
    return sources.open(file, "2024-12")


@pytest.fixture
def faults(tmp_path):
    """What the contract says, each fault as it is printed."""
    return lambda *given, **options: [
        str(fault) for fault in sources.connect(source(tmp_path, *given, **options)).faults()
    ]


def closing(tables) -> list[int]:
    monthly = movements.by_month(movements.cube(tables), tables.coverage.first_month, tables.period.last)
    return monthly["closing_cents"].tolist()


def test_one_rate_for_every_month_of_the_report(tables):
    # 100 USD + 100 EUR at the 1.20 of 2024-01-01; from March 10,000 JPY at their first rate: 66.125, so 66.13.
    assert closing(tables) == [22000] * 4 + [22000 + 6613] * 10
    assert set(movements.cube(tables)["movement"]) == {"new"}
    assert tables.currency == "USD" and set(tables.frame("subscriptions")["currency"]) == {"USD"}


def test_a_report_that_looks_at_another_period_keeps_its_rates(file, tables):
    february = periods.parse("2024-02")
    assert closing(tables.at(february)) == [10000 + 12000] * 4
    # A report made for that month uses the rates of its own opening.
    assert closing(sources.connect(file).at(february)) == [10000 + 12500] * 4


def test_what_comes_later_changes_no_number(opened, tables):
    later = RATES.replace("2025-01-01,0.01", "2025-01-01,7") + "    JPY,2025-02-01,5\n"
    assert closing(opened(later)) == closing(tables)


def test_amounts_are_exact(opened):
    # 0.1 + 0.2 in binary is more than 0.3, and 33.335 × 3 is 100.005: half a cent goes up.
    rows = [HEADER, "s1,A,2024-01-01,,33.335,EUR"]
    rates = "currency,valid_from,rate\nEUR,2024-01-01,3\n"
    assert closing(opened(rates, rows)) == [10001] * 12


def test_invoice_lines_are_converted_before_they_are_brought_to_a_month(opened):
    lines = billed("A, 2024-01-01, 2024-01-01, 2025-01-01, 1200", "B, 2024-01-01, 2024-01-01, 2025-01-01, 100")
    lines = lines.replace("100,USD", "100,EUR")
    tables = opened(subscriptions=None, invoices=lines)
    assert closing(tables) == [10000 + 1000] * 12


def test_the_page_says_the_rates(tables, capsys):
    page.provenance(tables)
    said = capsys.readouterr().out
    assert "1 EUR = 1.2 USD (from 2024-01-01), 1 JPY = 0.0066125 USD (from 2024-03-01)" in said
    assert "the rates of 2024-01-01" in said


# What is refused


def test_a_currency_without_a_rate_by_then_is_named(faults):
    rows = [*SUBSCRIPTIONS, "s4,D,2024-02-01,,5,JPY", "s5,E,2024-02-01,,5,GBP"]
    (message,) = faults(rows=rows)
    for part in (
        "column currency: 2 rows: a currency without a rate to USD on starts_on",
        "Fix: add a row",
        "row 5: subscription_id=s4, starts_on=2024-02-01, currency=JPY",
        "currency=GBP",
    ):
        assert part in message


def test_two_currencies_without_rates_are_still_refused_and_the_way_out_names_them(faults):
    (message,) = faults(rates=None)
    assert "two currencies in one table" in message and "[tables.rates]" in message


def test_rates_that_no_query_can_read_are_named_and_hold_up_no_other_table(tmp_path):
    mapping = "[tables.rates]\nsql = \"select currency, valid_from, cast(rate as double) as rate from 'rates.csv'\""
    tables, unread = sources.connect_each(
        source(tmp_path, "currency,valid_from,rate\nEUR,2024-01-01,x\n", mapping=mapping)
    )
    assert list(unread) == ["rates"] and "rates" not in tables.names
    assert all(fault.table == "subscriptions" for fault in tables.faults())


BAD = {
    "EUR,2024-02-01,0": "column rate: 1 row: is 0",
    "EUR,2024-02-02,-1": "column rate: 1 row: is negative",
    "EUR,2024-02-03,about 1": "column rate: 1 row: cannot be read as an amount",
    "EUR,2024-01-01,1": "column currency, valid_from: 2 rows: a duplicate key",
    "USD,2024-01-01,1.1": "is not 1, but USD is the reporting currency",
}


def test_rates_that_cannot_be_used_are_named(faults):
    found = faults("\n".join([RATES.rstrip(), *BAD]))
    assert len(found) == len(BAD)
    for says in BAD.values():
        assert [text for text in found if text.startswith("rates.csv (table rates)") and says in text], says


def test_rates_into_no_stated_currency_are_refused(opened):
    with pytest.raises(Refused, match=r"write currency = \"…\" under \[source\]"):
        opened(source="")
