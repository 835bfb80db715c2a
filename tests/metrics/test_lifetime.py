"""Lifetime value of a new account: what was observed, by hand; and what is extrapolated beyond it."""

import numpy as np
import pytest
from writing import stretches, write_source

from helpers import metrics, sources
from helpers.ledger import movements
from helpers.metrics import lifetime


def test_without_censoring_it_is_the_plain_mean_of_discounted_payments():
    rng = np.random.default_rng(1)
    paid = rng.lognormal(5, 1, (80, 24)) * (rng.random((80, 24)) < 0.8)
    found = metrics.customer_lifetime_value_observed(paid, margin=0.7, discount_rate=0.12)
    by_account = 0.7 * (paid / 1.12 ** (np.arange(24) / 12)).sum(axis=1)
    assert found.value == pytest.approx(by_account.mean())
    error = by_account.std(ddof=1) / 80**0.5
    # The interval is that of a mean, a little to the right where amounts are skewed.
    assert found.low == pytest.approx(found.value - 2 * error, abs=0.6 * error)
    assert found.high == pytest.approx(found.value + 2 * error, abs=0.6 * error)


def test_returns_count_and_a_pause_does_not_end_a_life():
    # Of 30 alike, each pays 10 at first, nothing for two months, and 10 when it comes back.
    paid = [[10.0, 0, 0, 10]] * 30
    assert metrics.customer_lifetime_value_observed(paid, discount_rate=0).value == 20
    extrapolated = metrics.customer_lifetime_value_survival(paid, horizon_months=60)
    assert extrapolated.verdict == "undefined" and "came back" in extrapolated.method


def test_who_came_lately_counts_at_the_ages_seen():
    # 60 of 120 left after a month. The 60 who came lately pay 40 at first: mean 20 + 10 ÷ 2 at the next age.
    paid = [[10.0, 10]] * 60 + [[10.0, 0]] * 60 + [[40.0, np.nan]] * 60
    assert metrics.customer_lifetime_value_observed(paid, discount_rate=0).value == 20 + 5


def test_the_accounts_and_their_order_change_nothing():
    rng = np.random.default_rng(2)
    paid = np.where(rng.random((90, 1)) < 0.5, rng.lognormal(4, 1, (90, 12)), 5.0)
    one, other = (metrics.customer_lifetime_value_observed(rows) for rows in (paid, paid[::-1]))
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-9)
    assert metrics.customer_lifetime_value_observed([[10.0] * 12] * 40).low is None  # all alike: nothing to draw


def test_it_goes_as_far_as_thirty_accounts_reach():
    paid = [[1.0, 1, 1]] * 29 + [[1.0, 1, np.nan]] * 30
    assert lifetime.months_observed(paid) == 2
    found = metrics.customer_lifetime_value_observed(paid, discount_rate=0)
    assert found.value == 2 and found.method.startswith("first 2 months:")
    assert metrics.customer_lifetime_value_observed(paid[:20]).verdict == "undefined"


def test_the_extrapolation_begins_where_the_observed_ends_and_has_no_interval():
    life = np.ceil(np.log(np.arange(0.5, 10_000) / 10_000) / np.log(0.95))  # 5% of those there leave each month
    paid = 100.0 * (np.arange(24) < life[:, None])
    observed = metrics.customer_lifetime_value_observed(paid, discount_rate=0)
    same = metrics.customer_lifetime_value_survival(paid, discount_rate=0, horizon_months=24)
    assert same.value == observed.value and same.low is None
    later = metrics.customer_lifetime_value_survival(paid, discount_rate=0, horizon_months=60)
    assert later.value == pytest.approx(100 * (1 - 0.95**60) / 0.05, rel=0.01)


def test_what_an_account_paid_by_age_is_read_from_the_ledger(tmp_path):
    old, new = "old, 2026-01-10, , 100", ("new, 2026-02-01, , 50", "new, 2026-04-01, , 25")
    back = ("back, 2026-02-01, 2026-03-01, 10", "back, 2026-04-01, , 30")
    accounts = "account_id,name,segment\nold,Old,S\nnew,New,S\nback,Back,L\n"
    source = write_source(
        tmp_path, accounts=accounts, subscriptions=stretches(old, *new, *back), data_until="2026-04-30"
    )
    found = movements.paid(sources.open(source, "2026-04"))
    assert found.index.tolist() == ["L", "S"]
    assert found.to_numpy().tolist() == [[1000, 0, 3000], [5000, 5000, 7500]]
