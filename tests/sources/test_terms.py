"""A term is read from renews_on only where a renewal is a row of its own; else it is unknown, or term_months says."""

import pytest
from writing import write_source

from helpers import sources
from helpers.ledger import movements

HEADER = "subscription_id,account_id,starts_on,ends_on,mrr,currency,renews_on"
ACCOUNTS = "account_id,name,segment\n" + "".join(f"{n},Co {n},S\n" for n in range(40))


def opened(tmp_path, rows: list[str], more: str = ""):
    text = "\n".join([HEADER + more, *rows]) + "\n"
    mapping = "[tables.accounts]\nfrom = 'accounts.csv'\n[tables.subscriptions]\nfrom = 'subscriptions.csv'"
    return sources.open(write_source(tmp_path, accounts=ACCOUNTS, subscriptions=text, mapping=mapping), "2024-12")


def current(n: int, more: str = "") -> str:
    """A subscription as billing tools give it: one row since 2021 or later, renews_on the end of its current year."""
    month = n % 12 + 1
    return f"s{n},{n},{2021 + n % 4}-{month:02}-01,,10,USD,2025-{month:02}-02{more}"


def terms(tables) -> set:
    return set(movements.lifetimes(tables, tables.period.last)["term_months"].dropna())


def test_the_end_of_the_current_period_is_no_term(tmp_path):
    tables = opened(tmp_path, [current(n) for n in range(40)])
    assert terms(tables) == set()
    assert "Map term_months" in " ".join(tables.notes)
    assert tables.frame("subscriptions")["renews_on"].isna().all()


def test_a_stated_term_is_taken_whatever_renews_on_says(tmp_path):
    tables = opened(tmp_path, [current(n, ",12") for n in range(40)], ",term_months")
    assert terms(tables) == {12}


def test_where_renewals_are_rows_of_their_own_they_say_the_term(tmp_path):
    rows = [
        f"s{n},{n},{year}-01-01,{f'{year + 1}-01-01' if year < 2024 else ''},10,USD,{year + 1}-01-01"
        for n in range(40)
        for year in range(2021, 2025)
    ]
    tables = opened(tmp_path, rows)
    assert terms(tables) == {12} and not tables.notes


@pytest.mark.parametrize("months", ["0", "-1", "1.5"])
def test_a_term_is_a_whole_number_of_months(tmp_path, months):
    with pytest.raises(ValueError, match="column term_months"):
        opened(tmp_path, [current(0, f",{months}")], ",term_months")
