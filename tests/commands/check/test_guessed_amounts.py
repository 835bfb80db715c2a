"""Amounts as countries write them: read in the style of their column, or left with their own text."""

import duckdb
import pytest

from helpers.commands.check.guesses.expressions import expression
from helpers.commands.check.guesses.readings import read

US = ["1,200.50", "12,000.00", "900.00", "1,000", "7.25", "3,000.00", "45.00", "1,100.00"]
PLAIN = ["1200.50", "1500", "9000.00", "2400"]
GERMAN = ["1.200,50", "12.000,00", "900,00", "1.000,00", "7,25", "3.000,00", "45,00", "1.100,00"]


def told(values: list[str], asked: str, name: str = "fee") -> tuple[str, float | None]:
    """The text that the expression of a column gives for one more value of it, and the amount that is read of that."""
    said = expression("subscriptions", "mrr", name, read([*values, asked]))
    query = f'select cast({said} as varchar) as text, try_cast(text as decimal(28, 10)) from (select ? as "{name}")'
    ((text, amount),) = duckdb.execute(query, [asked]).fetchall()
    return text, None if amount is None else float(amount)


@pytest.mark.parametrize(
    ("values", "asked", "amount"),
    [
        (US, "1,200.50", 1200.5),
        (US, "1200.50", 1200.5),
        (US, " 1,200,300 ", 1200300),
        (US, "-1,200.50", -1200.5),
        (US, "(1,200.50)", -1200.5),
        (US, "+50.00", 50),
        (GERMAN, "1.200,50", 1200.5),
        (GERMAN, "1200,50", 1200.5),
        (GERMAN, "1.200", 1200),
        (GERMAN, "(50,00)", -50),
        (GERMAN, "-€ 50,00", -50),
        (GERMAN, "€ -50", -50),
        (GERMAN, "(€ 50,00)", -50),
        (GERMAN, "1.200,50 €", 1200.5),
        (["$90", "$1200.50", "$7"], "-$ 1,200", -1200),
        (PLAIN, "(50.00)", -50),
        (PLAIN, "50", 50),
        (["(50.00)", "(7.00)", "3.00"], "(1.00)", -1),
    ],
)
def test_an_amount_is_read_in_the_style_of_its_column(values, asked, amount):
    assert told(values, asked)[1] == amount
    assert told(values, asked, "Annual Fee")[1] == pytest.approx(amount / 12)
    assert told(values, asked, "fee cents")[1] == pytest.approx(amount / 100)


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        (US, "1.200,00"),
        (US, "50,00"),
        (US, "1,20"),
        (US, "n/a"),
        (US, "(50.00"),
        (US, "$ 5 or 6"),
        (US, "12,000,00"),
        (GERMAN, "1,200.50"),
        (GERMAN, "1,200"),
        (GERMAN, "n/a"),
        (GERMAN, "50,00)"),
        (GERMAN, "1.20,00"),
        (PLAIN, "n/a"),
        (PLAIN, "1,200"),
        (["$90", "$7", "$1,200"], "€50"),
        ([*PLAIN, "(3)"], "1,200"),
        (PLAIN, "(3"),
    ],
)
@pytest.mark.parametrize("name", ["fee", "Annual Fee", "fee cents"])
def test_what_cannot_be_read_in_the_style_of_its_column_keeps_its_text(values, asked, name):
    assert told(values, asked, name) == (asked, None)


@pytest.mark.parametrize("kind", ["bigint", "decimal(18, 2)", "double", "varchar"])
def test_a_yearly_amount_is_read_whatever_type_the_source_gives_it(kind):
    said = expression("subscriptions", "mrr", "arr", read(["1200"]))
    ((amount,),) = duckdb.execute(f"select {said} from (select 1200::{kind} as arr)").fetchall()
    assert float(amount) == 100


def test_plain_amounts_are_just_the_name():
    assert expression("subscriptions", "mrr", "fee", read(["1200.50", "-7", "n/a", "3"])) == "fee"
