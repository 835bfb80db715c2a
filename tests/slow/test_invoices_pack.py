"""A whole report from invoice lines in two currencies: the movements of the subscriptions that they bill."""

import pandas as pd
import pytest
from packs import NOTEBOOKS, Pack, helpers
from writing import write_source

from helpers import sources
from helpers.ledger import movements
from helpers.sample import company as sample

UNTIL = pd.Timestamp("2026-10-31")
RATES = "currency,valid_from,rate\nEUR,2023-01-01,2\nEUR,2026-03-01,5\n"


def monthly_lines(subscriptions: pd.DataFrame) -> pd.DataFrame:
    """A line for every month in which a subscription is in force at the month's end; every other account in euros."""
    first = subscriptions["starts_on"].dt.to_period("M")
    # One month more than is known: a line that ends after the data does is still in force.
    last = subscriptions["ends_on"].fillna(UNTIL + pd.DateOffset(months=1)).dt.to_period("M") - 1
    months = [pd.period_range(start, end, freq="M") for start, end in zip(first, last, strict=True)]
    rows = subscriptions.assign(month=months).explode("month").dropna(subset="month").reset_index(drop=True)
    month = pd.PeriodIndex(rows["month"], freq="M")
    in_euros = rows["account_id"].str[-1].astype(int) % 2 == 1
    return pd.DataFrame(
        {
            "invoice_id": rows["subscription_id"] + " " + month.astype(str),
            "line_id": rows.index,
            "account_id": rows["account_id"],
            "invoiced_on": month.start_time.strftime("%Y-%m-%d"),
            "service_starts_on": month.start_time.strftime("%Y-%m-%d"),
            "service_ends_on": (month + 1).start_time.strftime("%Y-%m-%d"),
            "amount": rows["mrr"].where(~in_euros, rows["mrr"] / 2).map("{:.3f}".format),
            "currency": in_euros.map({True: "EUR", False: "USD"}),
            "product": rows["subscription_id"],
        }
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same small company as it states its subscriptions and as it bills them: the folders of the two sources."""
    made, _ = sample.company(120, seed=11)
    given = {
        "stated": {"subscriptions": made["subscriptions"]},
        "billed": {"invoices": monthly_lines(made["subscriptions"]), "rates": RATES},
    }
    folders = {name: tmp_path_factory.mktemp(name) for name in given}
    for name, tables in given.items():
        others = {other: made[other] for other in ("accounts", "surveys")}
        write_source(folders[name], data_until="2026-10-31", source='currency = "USD"', **others, **tables)
    return folders


@pytest.fixture(scope="module")
def pack(both):
    helpers("report", "2026-10", "--source", "source.toml", "--out", "packs", cwd=both["billed"])
    return Pack(both["billed"] / "packs" / "2026-10", both["billed"] / "source.toml")


@pytest.mark.parametrize("of", [movements.cube, movements.year_on_year, movements.lives])
def test_the_ledger_is_that_of_the_subscriptions(both, of):
    stated, billed = (of(sources.open(both[name] / "source.toml", "2026-10")) for name in ("stated", "billed"))
    pd.testing.assert_frame_equal(billed, stated, check_exact=True)


def test_every_page_is_there_and_none_failed(pack):
    assert {entry["name"] for entry in pack.manifest["notebooks"]} == set(NOTEBOOKS)
    assert {entry["status"] for entry in pack.manifest["notebooks"]} <= {"built", "ok"}
    assert len(pack.pages()) >= len(NOTEBOOKS) + 1


def test_the_report_shows_that_ledger_and_reconciles_it(both, pack):
    stated = sources.open(both["stated"] / "source.toml", "2026-10")
    monthly = movements.by_month(movements.cube(stated), stated.coverage.first_month, stated.period.last)
    shown = pack.table("movements_by_month", parse_dates=["month"])
    assert shown["closing_cents"].tolist() == monthly["closing_cents"].tolist()
    table = pack.table("revenue_reconciliation")
    assert (table["mrr_cents"] == table["recognized_cents"]).all() and table["is_equal"].all()
    assert table["mrr_cents"].tolist() == monthly["closing_cents"].tolist()


def test_the_page_says_the_rates_and_the_reconciliation(pack):
    page = pack.page("10_metrics").get_text()
    assert "1 EUR = 2 USD (from 2023-01-01)" in page and "the rates of 2025-11-01" in page
    assert "MRR of Nov 2025 to Oct 2026 adds up to" in page and ": equal." in page
