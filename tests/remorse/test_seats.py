"""Seats in use, worked by hand: three accounts, one of them under half and leaving."""

import numpy as np
import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import remorse, sources, stats
from helpers.metrics.core import pick
from helpers.remorse import seats

USAGE = """
    account_id,month,n_active_users,n_licensed_seats,n_features_used,n_help_searches,n_failed_help_searches
    A,2024-06-01,2,10,1,0,0
    B,2024-06-01,12,10,1,0,0
    C,2024-06-01,9,10,1,0,0
    gone,2024-06-01,1,10,1,0,0
    A,2024-07-01,9,10,1,0,0
"""
SUBSCRIPTIONS = stretches(
    "A, 2023-01-10, , 100", "B, 2023-02-01, , 50", "C, 2023-02-05, , 70", "gone, 2023-02-05, 2024-05-31, 7"
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return sources.open(write_source(folder, subscriptions=SUBSCRIPTIONS, usage=USAGE), "2024-06")


def months_of(**shares):
    """A frame of seats: month → seats in use of ten, an account each."""
    rows = [
        (f"A{k}", "S", int(month[1:]), used, 10, used < 5)
        for month, uses in shares.items()
        for k, used in enumerate(uses)
    ]
    return pd.DataFrame(rows, columns=["account_id", "segment", "month_no", "n_used", "n_seats", "is_under"])


def test_use_counts_up_to_what_an_account_pays_for_and_nothing_later_is_seen(tables):
    found = seats.read(tables, remorse.diagnose(tables))
    row = found.rates.set_index(["metric", "segment"]).loc[(seats.USED, "all")]
    # Who has gone pays for no seats, though its rows go on.
    assert (row["numerator"], row["denominator"], row["n"], row["verdict"]) == (2 + 10 + 9, 30, 3, "too few")


def test_where_use_comes_a_month_late_the_latest_month_on_record_is_shown_and_said(tables, tmp_path):
    # In August nothing is on record yet: July is.
    later = sources.open(write_source(tmp_path, subscriptions=SUBSCRIPTIONS, usage=USAGE), "2024-08")
    found = seats.read(later, remorse.diagnose(later))
    assert found.month == "2024-07" and found.says.share.endswith("The latest use on record is that of Jul 2024.")
    assert set(found.rates["period"]) == {"2024-06", "2024-07"}


def test_the_list_has_paying_accounts_under_half_and_what_they_pay_for_unused_seats(tables):
    found = seats.read(tables, remorse.diagnose(tables))
    assert found.accounts[["account_id", "n_used", "n_seats", "unused_cents"]].values.tolist() == [["A", 2, 10, 8000.0]]
    assert found.says.actions == [
        "Customer success: find users for unused seats. 1 account pays $80 MRR for them: A ($80) first."
    ]


@pytest.mark.parametrize("usage", [{}, {"usage": USAGE.replace(",10,1,", ",0,1,")}])
def test_a_source_without_seats_says_so(tmp_path, usage):
    bare = sources.open(write_source(tmp_path, subscriptions=SUBSCRIPTIONS, **usage), "2024-06")
    found = seats.read(bare, remorse.diagnose(bare))
    assert (
        found.says.share.startswith("Paid seats are not on record") and found.trend.empty and found.says.actions == []
    )
    assert found.accounts["unused_cents"].sum() == 0, "a list of nobody, with its columns"


def test_the_change_of_a_year_lets_what_stays_alike_cancel():
    same = seats.changes(months_of(m5=[4, 6, 8, 2, 10], m17=[4, 6, 8, 2, 10]), 17)
    assert same == {seats.USED: (0, 0, 0), seats.UNDER: (0, 0, 0)}
    value, low, high = seats.changes(months_of(m5=[4, 6, 8, 2, 10], m17=[5, 6, 8, 2, 10]), 17)[seats.USED]
    # One account of five uses a tenth of its seats more: + 2 points; s.e. of a mean of 0, 0, 0, 0 and .1 is .02.
    assert value == pytest.approx(0.02) and high - value == pytest.approx(1.959964 * 0.02) == value - low


def test_both_rates_of_a_month_by_hand():
    known = pick(seats.rates(months_of(m24293=[4, 6, 8, 2, 10]), 24293), "2024-06")
    assert known[seats.USED].value == 0.6 and known[seats.UNDER].value == 0.4
    assert known[seats.USED].low < 0.6 < known[seats.USED].high


def test_leaving_is_held_against_the_seats_of_earlier_months_only():
    use = months_of(m5=[2, 9], m8=[9, 2])
    months = pd.DataFrame(
        {"account_id": ["A0", "A1", "A0", "A1"], "month_no": [8, 8, 9, 9], "is_lost": [True, False, False, False]}
    )
    found = seats.leaving(months, use).set_index(["months_before", "seats_in_use"])
    assert found["n_months"].tolist() == [1, 1, 1, 1]
    assert found.loc[(3, seats.UNDER_HALF), "hazard"] == 1 and found.loc[(3, seats.HALF), "hazard"] == 0
    assert found.loc[(1, seats.UNDER_HALF), "n_events"] == 0  # A1 in month 9, by its seats of month 8
    assert "too few" in found.loc[(3, seats.UNDER_HALF), "note"]


def test_a_claim_follows_the_odds_with_other_factors_held_constant():
    states = pd.DataFrame({"months_before": 3, "seats_in_use": seats.STATES, "n_accounts": 90, "n_months": 900})
    states = states.assign(hazard=[0.04, 0.02], note="", **dict.fromkeys(seats.ODDS, np.nan))

    def said(*odds):
        rows = states.assign(**dict(zip(seats.ODDS, odds, strict=True)))
        return seats.Seats(states, {}, states, rows, "2024-06", "", "USD").says.leaving

    assert "leave more often: 4.0% compared with 2.0% per month (odds 2.0 times" in said(0.69, 0.1, 1.2)
    assert "no clear difference" in said(0.69, -0.1, 1.4) and "leave less often" in said(-0.5, -0.9, -0.1)


@pytest.mark.parametrize("error", [ValueError("shapes (3,) and (4,)"), stats.NoEstimate("x says nothing")])
def test_a_mistake_of_ours_is_no_sentence_on_a_page(error, monkeypatch):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(stats, "logit", fails)
    rows = pd.DataFrame({"account_id": list("abcd"), "month_no": 1, "is_lost": [True, False] * 2, "term": 0})
    rows["is_under"] = [True, True, False, False]
    if isinstance(error, stats.NoEstimate):
        assert seats._log_odds(rows) == {"note": "x says nothing"}
    else:
        with pytest.raises(ValueError, match="shapes"):
            seats._log_odds(rows)
