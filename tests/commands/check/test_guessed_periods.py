"""What a column beside an amount says of it: of what time it is, of how many pieces, and of rows that are over."""

import pandas as pd
import pytest

from helpers import sources
from helpers.commands.check import start
from helpers.commands.check.guesses import core
from helpers.commands.check.guesses.rows import left_out
from helpers.sources import months

STARTS = {"id": ["S1", "S2"], "customer": ["A", "B"], "start": ["2025-01-01", "2025-02-01"]}


def mrr(**columns: list[str]) -> core.Guess:
    return core.columns("subscriptions", pd.DataFrame(STARTS | columns))["mrr"]


def written(folder, rows: pd.DataFrame) -> pd.Series:
    """MRR of each subscription, as the first source file reads it."""
    rows.assign(currency="USD").to_csv(folder / "subscriptions.csv", index=False)
    start.write(folder, say=lambda _: None)
    tables = sources.connect_each(folder / "source.toml")[0]
    return tables.uncut("select mrr from _all_subscriptions order by subscription_id")["mrr"].astype(float).tolist()


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        ({"contract_value": ["3600", "1200"]}, "divide it by its months"),
        ({"amount": ["3600", "1200"], "Term (months)": ["36", "12"]}, "divide it by Term (months)"),
        ({"amount": ["2400", "1200"], "end": ["2027-01-01", "2026-02-01"]}, "divide it by its months"),
        ({"price": ["9", "90"], "tariff": ["Pro monthly", "Pro annual"]}, "tariff says Pro annual"),
        ({"price": ["9", "90"], "billing_period": ["1", "12"]}, "billing_period says 1, 12"),
        ({"price": ["9", "90"], "Invoiced": ["monthly", "yearly"]}, "brought to a month by Invoiced"),
        ({"price": ["9", "90"], "Users": ["3", "4"]}, "multiply it by Users"),
    ],
)
def test_an_amount_that_may_not_be_of_a_month_is_asked_about(columns, asked):
    assert asked in " ".join(mrr(**columns).asks)


@pytest.mark.parametrize(
    "columns",
    [
        {"mrr": ["9", "90"], "Term (months)": ["36", "12"], "Users": ["3", "4"]},
        {"amount": ["9", "90"], "end": ["", "2026-02-01"]},
        {"amount": ["9", "90"], "interval": ["month", "month"]},
    ],
)
def test_an_amount_of_a_month_is_not_asked_about(columns):
    assert not mrr(**columns).asks


@pytest.mark.parametrize(
    ("number", "unit"),
    [("billing_period", "billing_period_unit"), ("frequency", "interval"), ("every", "interval_unit")],
)
def test_three_months_and_a_year_are_counted_in_intervals(number, unit, tmp_path):
    rows = pd.DataFrame(STARTS | {"price": ["30", "120"], number: ["3", "1"], unit: ["month", "year"]})
    assert written(tmp_path, rows) == [10, 10]


@pytest.mark.parametrize(("price", "n"), [("Price per Seat", "Seats"), ("plan_unit_price", "plan_quantity")])
def test_the_price_of_one_is_multiplied_whatever_the_columns_are_called(price, n, tmp_path):
    assert written(tmp_path, pd.DataFrame(STARTS | {price: ["5", "7"], n: ["2", "3"]})) == [10, 21]


def test_more_quantities_than_labels_are_still_quantities():
    n = [str(number) for number in range(60)]
    rows = pd.DataFrame({"id": n, "customer": n, "start": ["2025-01-01"] * 60, "unit_price": ["5"] * 60, "quantity": n})
    assert core.columns("subscriptions", rows)["mrr"].beside == ("quantity",)


@pytest.mark.parametrize(
    ("column", "over"),
    [("Status", "Expired"), ("state", "churned"), ("is_active", "false"), ("deleted", "yes"), ("Status", "Paused")],
)
def test_rows_that_are_over_and_have_no_end_are_asked_about(column, over):
    rows = pd.DataFrame({column: ["live" if column[0] in "Ss" else "x", over], "end": ["", ""]})
    assert f"{column} is distinct from '{over}'" in left_out(rows, [column], "end").where


def test_a_flag_of_the_renewal_to_come_says_nothing_of_the_row():
    assert left_out(pd.DataFrame({"cancel_at_period_end": ["true", "false"]}), ["cancel_at_period_end"]) is None


@pytest.mark.parametrize("august", ["8/1/2026", "1/8/2026", "31/08/2026", "8/31/26", "31-Aug-26", "2026M08"])
def test_the_first_or_the_last_day_above_a_column_names_its_month(august):
    assert list(months.among([august]).values()) == [(2026 * 12 + 7, 1)]


@pytest.mark.parametrize("other", ["8/15/2026", "24-06-01", "28-01-25", "12/2", "1/8"])
def test_another_day_above_a_column_names_none(other):
    assert not months.among([other])


@pytest.mark.parametrize("days", [("2025/01/28", "2025/02/27"), ("28/1/25", "27/2/25")])
def test_no_day_of_a_file_is_taken_for_an_instant(days, tmp_path):
    rows = pd.DataFrame(STARTS | {"start": days, "fee": ["5", "7"]})
    assert written(tmp_path, rows) == [5, 7]
    tables = sources.connect_each(tmp_path / "source.toml")[0]
    days = tables.uncut("select starts_on from _all_subscriptions order by 1")["starts_on"]
    assert days.dt.strftime("%Y-%m-%d").tolist() == ["2025-01-28", "2025-02-27"]


@pytest.mark.parametrize(("name", "is_asked"), [("cube", True), ("mrr_cube", False), ("ARR snowball", False)])
def test_amounts_that_may_be_of_a_year_are_asked_about(name, is_asked, tmp_path):
    (tmp_path / f"{name}.csv").write_text("Customer,Jan-26,Feb-26,Mar-26\nAlder,9,9,9\nBirch,5,5,5\n")
    said = []
    start.write(tmp_path, said.append)
    assert ("of a month or of a year" in " ".join(said)) == is_asked
