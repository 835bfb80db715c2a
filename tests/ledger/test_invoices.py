"""Invoice lines in place of subscriptions: the same ledger, and the revenue that they are recognized as."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invoice_cases import CASES
from writing import billed, write_source

from helpers import periods, sources
from helpers.commands.check import check
from helpers.ledger import invoices, movements

JANUARY = 2024 * 12


@pytest.fixture
def opened(tmp_path):
    """The tables of a source with these invoice lines, as known at the end of a period."""
    return lambda *lines, period="2024-12", **options: sources.open(
        write_source(tmp_path, invoices=billed(*lines), **options), period
    )


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    lines = [f"{name.replace(',', ';')}, {line}" for name, (own, _) in CASES.items() for line in own]
    return sources.open(write_source(tmp_path_factory.mktemp("company"), invoices=billed(*lines)), "2024-12")


@pytest.fixture(scope="module")
def levels(company):
    found = company.query("select account_id, month_no, movement, closing_cents from _levels order by 1, 2")
    return found.assign(month=found["month_no"] - JANUARY + 1)


@pytest.mark.parametrize("name", CASES)
def test_the_mrr_of_an_account(levels, name):
    own = levels[levels["account_id"] == name.replace(",", ";")].set_index("month")["closing_cents"]
    by_month = own.reindex(range(1, 13)).ffill().fillna(0).astype(int)
    assert {month: cents for month, cents in by_month.items() if cents} == CASES[name][1]


def test_a_renewal_is_no_movement_and_a_gap_is_churn_and_a_return(levels):
    found = {name: own[["month", "movement"]].values.tolist() for name, own in levels.groupby("account_id")}
    assert found["a renewal"] == [[1, "new"], [4, "churn"]]
    assert found["a gap"] == [[1, "new"], [2, "churn"], [3, "reactivation"], [4, "churn"]]
    assert found["overlapping lines"][1:3] == [[2, "expansion"], [3, "contraction"]]
    assert "cancelled in full" not in found


def test_the_tables_of_invoices_are_those_of_subscriptions(company):
    assert company.has("accounts", "subscriptions", "invoices") and company.names == ("accounts", "invoices")
    assert set(company.fingerprints()) == set(company.n_rows()) == {"accounts", "invoices"}
    frame = company.frame("subscriptions")
    row = frame.set_index("account_id").loc["a monthly line"]
    assert (f"{row['starts_on']:%d %b}", f"{row['ends_on']:%d %b}", row["mrr"]) == ("15 Mar", "15 Apr", 30)
    own = frame[frame["subscription_id"] == "a credit of its own product; and no more than there is Extra"]
    assert own[["product", "mrr"]].values.tolist() == [["Extra", 10]]
    # An account that pays nothing in the end is none.
    assert "cancelled in full" not in set(company.frame("accounts")["account_id"])
    assert len(company.frame("invoices")) == sum(len(own) for own, _ in CASES.values())


@pytest.fixture(scope="module")
def reconciled(company):
    return invoices.reconciliation(company)


def test_mrr_is_recognized_revenue_and_three_reasons(company, reconciled):
    table = reconciled
    assert table["is_equal"].all() and invoices.broken(table) == []
    assert table.loc[0, ["one_time_cents", "tax_cents"]].tolist() == [50000, 10600]
    # Credits take 1000 more than there is of Extra in February, and 10000 less than nothing nowhere else.
    assert table["credits_beyond_cents"].tolist() == [0, 2000, *[0] * 10]
    assert table["recognized_cents"].sum() == sum(
        round(float(line.split(",")[3]) * 100)
        for own, _ in CASES.values()
        for line in own
        if "one_time" not in line and "tax" not in line
    )
    assert "$20.00 credits beyond what they are set against" in invoices.sentences(company, table)[0]
    assert invoices.broken(table.assign(is_equal=table["month"] > "2024-01-01")) == [
        "2024-01: MRR does not reconcile with the invoice lines"
    ]


# What was known when


def test_a_line_is_known_on_its_date_and_an_end_when_it_has_come(company):
    found = {}
    for month in (5, 6, 7):
        frame = company.at(periods.parse(f"2024-0{month}")).frame("subscriptions")
        found[month] = frame[frame["account_id"] == "annual; cut short in June"]
    assert [len(rows) for rows in found.values()] == [1, 1, 1]
    assert [rows["ends_on"].isna().all() for rows in found.values()] == [True, True, False]
    assert found[7]["ends_on"].iloc[0].month == 7


def test_nothing_invoiced_later_changes_a_number(opened):
    early = ["A, 2024-01-01, 2024-01-01, 2025-01-01, 1200", "B, 2024-02-01, , , 50"]
    late = ["A, 2024-07-01, 2024-03-01, 2024-09-01, -600", "B, 2024-07-02, 2024-02-01, 2024-12-01, 90, X"]
    before, after = (opened(*lines, period="2024-06") for lines in (early, early + late))
    assert movements.cube(before).equals(movements.cube(after))
    assert invoices.reconciliation(before).equals(invoices.reconciliation(after))


# Against plain Python: every account and product in every month


def whole_months(first: date, until: date) -> range:
    start = periods.month_no(first)
    return range(start, max(start + 1, periods.month_no(until)))


def by_hand(lines) -> dict[int, int]:
    """MRR of each month: amounts of one service period first, then by months, then by product, never below 0."""
    services, level = {}, {}
    for who, product, first, until, cents in lines:
        key = who, product, first, until
        services[key] = services.get(key, 0) + cents
    for (who, product, first, until), cents in services.items():
        months = whole_months(first, until)
        share = int((Decimal(cents) / len(months)).quantize(Decimal(1), ROUND_HALF_UP))
        for month in months:
            level[who, product, month] = level.get((who, product, month), 0) + share
    total = {}
    for (_, _, month), cents in level.items():
        total[month] = total.get(month, 0) + max(0, cents)
    return {month: cents for month, cents in total.items() if cents}


@st.composite
def line(draw):
    first = date(2024, draw(st.integers(1, 6)), draw(st.sampled_from([1, 1, 15, 28])))
    until = first + timedelta(draw(st.sampled_from([0, 7, 29, 31, 92, 184])))
    cents = draw(st.sampled_from([100, 1000, 1000, 3333, 50_01, -500, -1000, 1]))
    return draw(st.sampled_from("AB")), draw(st.sampled_from(["", "X"])), first, until, cents


def written(lines) -> list[str]:
    return [f"{who}, 2024-01-01, {a}, {b}, {cents / 100:.2f}, {product}" for who, product, a, b, cents in lines]


lines_of = st.lists(line(), min_size=6, max_size=20).map(
    lambda lines: [("A", "", date(2024, 1, 1), date(2024, 2, 1), 10_000), *lines]
)


@given(lines_of)
@settings(max_examples=3)
def test_the_ledger_is_what_every_month_says_by_hand(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("lines")
    tables = sources.open(write_source(folder, invoices=billed(*written(lines))), "2024-12")
    monthly = movements.by_month(movements.cube(tables), JANUARY, tables.period.last).set_index("month")
    found = {periods.month_no(month): cents for month, cents in monthly["closing_cents"].items() if cents}
    assert found == by_hand(lines)
    table = invoices.reconciliation(tables)
    assert table["is_equal"].all()
    # All is served by the year's end: what was billed was recognized, and rounding moves no month by a cent a line.
    assert table["recognized_cents"].sum() == sum(cents for *_, cents in lines)
    assert table["within_month_cents"].sum() == 0
    assert table["rounding_cents"].abs().max() <= len(lines)


def test_the_order_of_the_lines_says_nothing(opened):
    lines = [
        "A, 2024-01-01, 2024-01-01, 2024-06-01, 33.33",
        "B, 2024-01-05, , , 5",
        "A, 2024-03-01, , , -2.50, , refund",
    ]
    one, other = opened(*lines), opened(*lines[::-1])
    assert movements.cube(one).equals(movements.cube(other))
    assert invoices.reconciliation(one).equals(invoices.reconciliation(other))


def test_recognized_revenue_goes_by_days(opened):
    # 91 days at 1 a day from 16 January: 16 in January, 29 in February, 31 in March, 15 in April.
    tables = opened("A, 2024-01-16, 2024-01-16, 2024-04-16, 91")
    table = invoices.reconciliation(tables).head(4)
    assert table["recognized_cents"].tolist() == [1600, 2900, 3100, 1500]
    assert table["mrr_cents"].tolist() == [3033, 3033, 3033, 0]
    assert table["within_month_cents"].sum() == 0 and table["rounding_cents"].sum() == -1
    assert "adds up to $90.99, recognized revenue to $91.00" in invoices.sentences(tables, table)[0]


# What the analyst sees


def test_check_shows_the_reconciliation(tmp_path, capsys):
    file = write_source(tmp_path, invoices=billed("A, 2024-01-01, 2024-01-01, 2025-01-01, 1200"))
    assert check.check(file)
    said = capsys.readouterr().out
    assert "MRR of Jan 2024 to Dec 2024 adds up to $1,200.00, recognized revenue to $1,200.00: " in said
    assert "2024-06" in said and "Of 1 invoice line known on Dec 31, 2024" in said


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        (["A, 2024-01-01, 2024-01-01, 2024-12-31, 1200"], "+ 1"),
        (["A, 2024-02-01, 2024-01-01, 2024-02-01, 30", "A, 2024-03-01, 2024-02-01, 2024-03-01, 30"], "in arrears"),
    ],
)
def test_what_may_be_mapped_wrongly_is_pointed_out(opened, reconciled, lines, hint):
    assert any(hint in text for text in invoices.sentences(opened(*lines), reconciled))


def test_nothing_is_pointed_out_where_nothing_is_wrong(company, reconciled):
    assert [line.split(":")[0] for line in invoices.sentences(company, reconciled)[2:]] == [
        *["Cycles of days"] * 4,  # of 91, 30, 28 and 7
        "Prorations are read for 11 accounts",
    ]
