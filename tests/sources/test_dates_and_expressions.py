"""Dates that could be read two ways are never guessed, and an expression that does not fit is named."""

import pytest
from writing import write_source

from helpers import sources
from helpers.errors import Refused

HEADER = "subscription_id,account_id,starts_on,ends_on,mrr,currency\n"
BY_PARTS = '[tables.subscriptions]\nfrom = "subscriptions.csv"\n[tables.subscriptions.columns]\nstarts_on = "{}"\n'


def opened(tmp_path, first: str, expression: str = ""):
    mapping = BY_PARTS.format(expression) if expression else ""
    text = HEADER + f"s1,A,{first},,100,USD\ns2,B,{first},,100,USD\n"
    return sources.open(write_source(tmp_path, subscriptions=text, mapping=mapping), "2024-12")


@pytest.mark.parametrize("expression", ["", "cast(starts_on as date)"])
def test_a_date_that_two_countries_read_differently_is_refused(tmp_path, expression):
    with pytest.raises(Refused, match=r"05/01/2024|starts_on"):
        opened(tmp_path, "05/01/2024", expression)


@pytest.mark.parametrize(
    ("written", "pattern", "month"), [("05/01/2024", "%m/%d/%Y", "2024-05"), ("05.01.2024", "%d.%m.%Y", "2024-01")]
)
def test_a_date_is_read_as_the_mapping_says_whatever_else_it_looks_like(tmp_path, written, pattern, month):
    tables = opened(tmp_path, written, f"strptime(starts_on, '{pattern}')")
    assert tables.frame("subscriptions")["starts_on"].dt.strftime("%Y-%m").tolist() == [month] * 2


def test_arithmetic_on_an_iso_date_needs_no_cast(tmp_path):
    tables = opened(tmp_path, "2024-05-01", "starts_on + 1")
    assert tables.frame("subscriptions")["starts_on"].dt.day.tolist() == [2, 2]


def test_an_expression_that_does_not_fit_is_named_with_its_column_and_the_way_out(tmp_path):
    with pytest.raises(Refused) as refused:
        opened(tmp_path, "01.05.2024", "starts_on + 1")
    text = str(refused.value)
    for part in ("subscriptions.csv", "column starts_on", "starts_on + 1", "cast(", "[tables.subscriptions.columns]"):
        assert part in text


def test_unreadable_dates_do_not_make_duplicates(tmp_path):
    text = HEADER + "s1,A,01.06.2024,,100,USD\ns1,A,01.06.2025,,100,USD\n"
    with pytest.raises(Refused) as refused:
        sources.open(write_source(tmp_path, subscriptions=text), "2024-12")
    assert "cannot be read as a date" in str(refused.value)
    assert "duplicate" not in str(refused.value)
