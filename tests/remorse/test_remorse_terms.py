"""Contracts of a year that no column calls so: nobody can leave in between, and the risk is that of a renewal."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from packs import PROJECT
from writing import write_source

from helpers import remorse, sources
from helpers.remorse import accounts, outcomes

SHARE, LAST = 0.25, date(2026, 10, 31)
PLAYS = accounts.plays(PROJECT / "data" / "plays.csv")


def contracts(n: int = 240, seed: int = 3) -> pd.DataFrame:
    """A year at a time from the first of a month; at the end of each, a quarter leaves. Nothing else is known."""
    stream = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        start = pd.Timestamp(2021, 1, 1) + pd.DateOffset(months=int(stream.integers(0, 58)))
        while start.date() <= LAST:
            end = start + pd.DateOffset(years=1)
            rows.append((f"s{number}", f"A{number:03d}", start.date(), end.date(), 100, "USD"))
            if stream.random() < SHARE:
                break
            start = end
    return pd.DataFrame(rows, columns=["subscription_id", "account_id", "starts_on", "ends_on", "mrr", "currency"])


@pytest.fixture(scope="module")
def diagnosed(tmp_path_factory):
    def of(subscriptions: pd.DataFrame, **tables):
        file = write_source(
            tmp_path_factory.mktemp("terms"), subscriptions=subscriptions, data_until="2026-10-31", **tables
        )
        return remorse.diagnose(sources.open(file), PLAYS)

    return of


@pytest.fixture(scope="module")
def yearly(diagnosed):
    return diagnosed(contracts())


def test_a_quarter_leaves_in_a_year_and_the_interval_holds_it(yearly):
    mrr = float(yearly.at_risk["mrr_cents"].sum())
    value, low, high = (amount / mrr for amount in yearly.total)
    assert low < SHARE < high and value == pytest.approx(SHARE, abs=0.1)
    assert yearly.model.only_at_renewals
    assert "came on an anniversary, so we treat each anniversary as one" in yearly.says.diagnosed


def test_every_account_has_one_renewal_in_the_next_twelve_months(yearly):
    due, last = yearly.outcomes.due, yearly.outcomes.last_no
    due = due[due["month_no"].between(last + 1, last + 12)]
    assert sorted(due["account_id"]) == sorted(yearly.outcomes.accounts.index)


def test_usage_that_does_not_record_use_cases_makes_nobody_stagnate_and_moves_no_number(diagnosed, yearly):
    months = pd.date_range("2026-01-01", "2026-10-01", freq="MS")
    usage = pd.DataFrame(
        [("A000", month.date(), 5, 10, 2, 0, 0) for month in months],
        columns=[
            "account_id",
            "month",
            "n_active_users",
            "n_licensed_seats",
            "n_features_used",
            "n_help_searches",
            "n_failed_help_searches",
        ],
    )
    with_usage = diagnosed(contracts(), usage=usage)
    assert "stagnation" not in with_usage.model.fit.names
    assert with_usage.total == pytest.approx(yearly.total)


def test_an_account_that_came_and_went_within_a_month_is_lost_before_its_day_90(diagnosed, yearly):
    passing = pd.DataFrame(
        [("p", "passing", date(2025, 1, 1), date(2025, 1, 31), 10, "USD")], columns=contracts(1).columns
    )
    found = diagnosed(pd.concat([contracts(), passing]))
    assert "passing" in found.signals.accounts.index and "passing" not in found.outcomes.accounts.index
    assert found.outcomes.lost_before == yearly.outcomes.lost_before + 1 and found.total == pytest.approx(yearly.total)


def test_losses_in_any_month_make_no_renewals():
    ages = [*range(5, 25), np.nan]
    own = pd.DataFrame({"start_no": 0, "lost_no": ages}, index=[f"A{n}" for n in range(len(ages))])
    due, n_yearly = outcomes._anniversaries(own, 30)
    assert due.empty and n_yearly == 0
