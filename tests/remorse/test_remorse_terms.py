"""Contracts of a year that no column calls so: nobody can leave in between, and the risk is that of a renewal."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from packs import PROJECT
from writing import write_source

from helpers import remorse, sources, stats
from helpers.remorse import diagnosis, outcomes, risk, validation

SHARE, LAST = 0.25, date(2026, 10, 31)
PLAYS = diagnosis.read_plays(PROJECT / "data" / "plays.csv")


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
    assert yearly.model.locked == (12,)
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


def at_renewals(term: int, share: float, n: int = 300, seed: int = 1) -> pd.DataFrame:
    """A row a term with its renewal on record, begun in the last three years; a share leaves at each renewal."""
    stream, last = np.random.default_rng(seed), LAST.year * 12 + LAST.month - 1
    rows = []
    for number in range(n):
        start = last - int(stream.integers(0, 36))
        while start <= last:
            first, end = (date(month // 12, month % 12 + 1, 1) for month in (start, start + term))
            rows.append((f"s{term}-{len(rows)}", f"T{term:02d}-{number:03d}", first, end, 100, "USD", end))
            if stream.random() < share:
                break
            start += term
    names = ["subscription_id", "account_id", "starts_on", "ends_on", "mrr", "currency", "renews_on"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(("term", "share"), [(1, 0.03), (3, 0.08), (6, 0.11)])
def test_every_renewal_of_the_next_twelve_months_counts(diagnosed, term, share):
    found = diagnosed(at_renewals(term, share))
    truth = 1 - (1 - share) ** (12 / term)
    value, low, high = (amount / found.at_risk["mrr_cents"].sum() for amount in found.total)
    assert found.model.locked == (term,)
    assert low < truth < high and value == pytest.approx(truth, rel=0.3)
    last = found.outcomes.last_no
    due = found.outcomes.due[found.outcomes.due["month_no"].between(last + 1, last + 12)]
    assert set(due.groupby("account_id").size().reindex(found.at_risk["account_id"])) == {12 // term}


def test_a_stated_length_of_the_term_says_when_renewals_are(diagnosed):
    rows = at_renewals(3, 0.08)
    once = rows.groupby("account_id", as_index=False).agg(
        {"subscription_id": "first", "starts_on": "first", "ends_on": "last", "mrr": "first", "currency": "first"}
    )
    # A row a subscription, still open where the account stays, and changed in price half-way through a term.
    once["ends_on"] = once["ends_on"].where(once["ends_on"] <= LAST)
    raised = once[once["ends_on"].isna()].head(20).assign(starts_on=date(2026, 10, 15))
    once.loc[raised.index, "ends_on"] = date(2026, 10, 15)
    stated = diagnosed(pd.concat([once, raised]).dropna(how="all", axis=1).assign(term_months=3))
    assert stated.model.locked == (3,)
    assert stated.total == pytest.approx(diagnosed(rows).total, rel=1e-6)


def test_each_term_has_its_own_risk(diagnosed):
    found = diagnosed(pd.concat([at_renewals(1, 0.03), at_renewals(12, 0.20, seed=2)]))
    chances = found.at_risk.set_index("account_id")["probability"]
    of_term = chances.groupby(chances.index.str[:3]).mean()
    assert found.model.locked == (1, 12)
    assert of_term["T01"] == pytest.approx(1 - 0.97**12, abs=0.07) and of_term["T12"] == pytest.approx(0.20, abs=0.07)


def test_a_fitted_hazard_multiplies_out_by_hand(diagnosed):
    # Nothing is known of anybody but the months; with age and cohort held out, all share one hazard h a renewal.
    found = diagnosed(at_renewals(3, 0.08))
    fit = stats.logit([1, 0, 0, 0], pd.DataFrame(index=range(4)))
    model = risk.Model(fit, (), locked=(3,))
    last, own = found.outcomes.last_no, outcomes.in_force(found.outcomes, found.outcomes.last_no)
    chance = risk.project(model, found.outcomes, found.readings, own, last)["probability"]
    # h on the scale of a year is 1/4; the offset of a term of three months divides the odds by four: h = 1/13.
    assert chance.to_numpy() == pytest.approx(1 - (1 - 1 / 13) ** 4)


def test_changes_that_nobody_knows_of_yet_are_expected_as_often_as_they_came(diagnosed):
    found = diagnosed(at_renewals(3, 0.08))
    # One in ten leaves without a change, one in four within its window: the odds are three times as high.
    counts = pd.DataFrame({"left": [1, 0, 1, 0], "change window": [0.0, 0.0, 1.0, 1.0], "n": [10, 90, 25, 75]})
    fit = stats.logit(counts["left"], counts[["change window"]], weights=counts["n"])
    model = risk.Model(fit, (), changing=1 - 0.95**6)  # a change in a month of twenty
    last = found.outcomes.last_no
    own = outcomes.in_force(found.outcomes, last)
    chance = risk.project(model, found.outcomes, found.readings, own, last)["probability"]
    new = [1 - 0.95 ** min(ahead, 6) for ahead in range(12)]
    odds = [(1 - q + 3 * q) / 9 for q in new]
    assert chance.to_numpy() == pytest.approx(1 - np.prod([1 / (1 + each) for each in odds]))


def test_the_validation_is_the_report_of_a_year_ago_to_the_digit(tmp_path):
    # That report reads a source that ends where it did: nothing that came later is in the file at all.
    subscriptions = pd.concat([at_renewals(1, 0.03), at_renewals(12, 0.20, seed=2)])
    whole = sources.open(write_source(tmp_path, subscriptions=subscriptions, data_until="2026-10-31"))
    before = diagnosis._year_before(whole, 90)
    (tmp_path / "then").mkdir()
    then = subscriptions[subscriptions["starts_on"] <= date(2025, 10, 31)]
    file = write_source(tmp_path / "then", subscriptions=then, data_until="2025-10-31")
    earlier = remorse.diagnose(sources.open(file), PLAYS)
    own = outcomes.in_force(before.outcomes, before.outcomes.last_no)
    model = risk.fitted(before.outcomes, before.readings)
    chances = risk.project(model, before.outcomes, before.readings, own, before.outcomes.last_no)["probability"]
    said = earlier.at_risk.set_index("account_id")["probability"].reindex(chances.index)
    assert len(said) == len(earlier.at_risk) > 250
    assert chances.to_numpy() == pytest.approx(said.to_numpy(), rel=1e-12)


def test_a_risk_of_the_wrong_level_fails_and_one_of_the_right_level_does_not():
    rng = np.random.default_rng(0)
    lost = rng.random(800) < 0.2
    right, half = (validation._row("level", validation.level(share * 800, 40.0, lost), 800) for share in (0.2, 0.1))
    assert right["verdict"] == "ok" and right["low"] < 1 < right["high"]
    assert half["verdict"] == "fail" and half["says"].startswith("it expected 0.5")
    # A tenth of ten accounts says nothing of the level.
    assert validation._row("level", validation.level(1.0, 0.5, [True, True] + [False] * 8), 10)["verdict"] == "ok"


def test_the_interval_of_the_mrr_at_risk_holds_the_luck_of_the_draw():
    # The model knows the chance for sure: what is left is a coin for each account, √Σ MRR² p (1 − p).
    fit = stats.logit([1, 0, 1, 0], pd.DataFrame(index=range(4)))
    model = risk.Model(replace(fit, covariance=fit.covariance * 0), ())
    projected = pd.DataFrame({"probability": [0.5, 0.5], "slope_const": 0.0}, index=["A", "B"])
    mrr = pd.Series({"A": 300, "B": 400})
    assert risk.total(model, risk.sums(model, projected, mrr)) == (350, 0, 700)
    # Account by account it adds up to the same.
    assert risk.total(model, sum(risk.sums(model, projected.loc[[name]], mrr) for name in mrr.index)) == (350, 0, 700)
    assert risk.total(model, risk.sums(model, projected.assign(probability=[1.0, 0.0]), mrr)) == (300,) * 3
