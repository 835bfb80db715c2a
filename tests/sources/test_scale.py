"""Many accounts: what is sampled, that it is said, and that what is narrowed in SQL changes no number."""

import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import page, sources, stats
from helpers.ledger import account_months
from helpers.metrics import expansion_pipeline, measures
from helpers.sources.engines import duck
from helpers.stats import bootstrap

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sample():
    return sources.open()


@pytest.fixture
def seven(tmp_path):
    """Seven accounts; the last never subscribed, and is in no number."""
    accounts = "account_id,name,segment\n" + "".join(f"{name},{name},S\n" for name in "ABCDEFG")
    sold = stretches(*(f"{name}, 2024-01-15, , 100" for name in "ABCDEF"))
    surveys = "response_id,account_id,survey,item,asked_on,answered_on,score\n" + "".join(
        f"r{n}{name},{name},nps_relationship,recommend,2024-06-01,2024-06-02,9\n" for name in "ABCDEF" for n in range(2)
    )
    return sources.open(write_source(tmp_path, accounts=accounts, subscriptions=sold, surveys=surveys), "2024-12")


def test_every_kth_account_is_the_same_in_every_table(seven):
    taken = seven.frame("surveys", every=3)
    assert sorted(taken["account_id"]) == ["C", "C", "F", "F"]
    assert seven.run("levels", last_month=seven.period.last, every=3)["account_id"].tolist() == ["C", "F"]
    assert seven.run("first_paid", every=3)["account_id"].tolist() == ["C", "F"]


def test_k_is_as_small_as_the_rows_allow(seven):
    assert [seven.every_kth("surveys", most) for most in (12, 11, 4, 1)] == [1, 2, 3, 12]
    assert seven.every_kth("usage") == 1


def test_a_table_above_the_limit_can_be_had_in_part(seven, monkeypatch):
    monkeypatch.setattr(sources.tables, "ROW_LIMIT", 6)
    assert len(seven.frame("surveys", every=2)) == 6


def test_sampling_is_said_where_there_is_any():
    assert measures.sampling_sentences({"subscriptions": 1, "surveys": 2}) == [
        "Rates from surveys are of every 2nd account, in order of account_id."
    ]
    history = account_months.History(*[pd.DataFrame()] * 3, every=1, last=1)
    assert history.sampling == ""


def test_the_accounts_in_force_are_those_of_the_ledger(sample):
    history = account_months.history(sample)
    for month in (history.last, history.last - 7):
        pd.testing.assert_frame_equal(
            account_months.held(sample, month), account_months.level_at(history.levels, month), check_dtype=False
        )


@pytest.mark.parametrize("attribution", ["all", "sourced", "influenced"])
def test_the_pipeline_is_the_same_from_the_few_contacts_that_decide_it(sample, attribution):
    period = sample.period
    span = {"first_month": period.last - 12, "last_month": period.last}
    few, touches = sample.run("expansions", **span), sample.run("expansion_touches", **span)
    whole, all_touches = sample.frame("opportunities"), sample.frame("touches")
    assert len(touches) < len(all_touches) / 4
    for wanted in (period, period.year_before):
        assert expansion_pipeline(few, touches, wanted, attribution) == expansion_pipeline(
            whole, all_touches, wanted, attribution
        )


def test_a_total_of_many_accounts_has_the_interval_of_the_bootstrap(monkeypatch):
    amounts = np.random.default_rng(1).lognormal(8, 1, 1_000)
    drawn = stats.total_interval(amounts)
    monkeypatch.setattr(bootstrap, "MANY", 999)
    normal = stats.total_interval(amounts)
    width = drawn[1] - drawn[0]
    assert normal == pytest.approx(drawn, abs=width / 10)


def test_a_total_of_very_many_accounts_of_which_few_pay_most_draws_those_one_by_one(monkeypatch):
    amounts = np.append(np.random.default_rng(1).lognormal(4, 1, 1_000), [9_000, 8_000, 40_000])
    drawn, sizes, made = stats.total_interval(amounts), [], np.random.default_rng

    class Counting:
        def __init__(self, seed):
            self.rng = made(seed)
            self.standard_normal = self.rng.standard_normal

        def poisson(self, lam, size):
            sizes.append(size)
            return self.rng.poisson(lam, size)

    monkeypatch.setattr(bootstrap, "LARGEST", 300)
    monkeypatch.setattr(np.random, "default_rng", Counting)
    assert stats.total_interval(amounts) == pytest.approx(drawn, abs=(drawn[1] - drawn[0]) / 20)
    assert {n for _, n in sizes} == {300}


def test_a_saved_table_has_a_hundred_thousand_rows_at_most_and_says_so(monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda content, **_: shown.append(content))
    monkeypatch.setattr(page, "MOST_SAVED", 2)
    page.save(pd.DataFrame({"n": [1, 2, 3]}), "long")
    assert page.TABLE_TYPE not in shown.pop()  # only a report takes the rows out of the notebook
    monkeypatch.setenv(page.FOR_PAGES, "1")
    page.save(pd.DataFrame({"n": [1, 2, 3]}), "long")
    assert shown[0]["text/plain"] == "tables/long.csv: the first 2 of 3 rows"
    assert shown[0][page.TABLE_TYPE] == {"name": "long", "csv": "n\n1\n2\n", "rows": 2}


@pytest.mark.slow
def test_a_million_subscriptions_are_read_within_600_mb(tmp_path):
    sys.path.insert(0, str(PROJECT / "tests" / "benchmarks"))
    import big_data
    import scale

    held = bytearray(700_000_000)  # what the test itself holds is not the child's
    big_data.billing(tmp_path, 1_000_000)
    limited = big_data.source(tmp_path, ["accounts", "subscriptions"], big_data.UNTIL, "250MB")
    free = big_data.source(tmp_path, ["accounts", "subscriptions"], big_data.UNTIL)
    kinds = {limited: "helpers", free: "hand"}
    found = {kind: scale.measured(kind, source, "", False) for source, kind in kinds.items()}
    assert found["helpers"]["rows"] == found["hand"]["rows"] > 1_000
    assert found["helpers"]["peak_gb"] < 0.6 < len(held) / 2**30


@pytest.mark.parametrize("largest", [0, 2**40])
def test_a_large_table_breaks_the_same_rules_as_a_small_one(tmp_path, monkeypatch, largest):
    monkeypatch.setattr(duck, "_LARGE_PARQUET", largest)
    duckdb.sql(f"copy (select 'A' as account_id, 'Acme' as name, 'S' as segment) to '{tmp_path}/accounts.parquet'")
    rows = "('s1', 'A', '2024-01-01'), ('s1', 'A', '2024-01-01'), ('s2', 'B', '2024-02-01')"
    duckdb.sql(f"""copy (select *, 10 as mrr, 'USD' as currency from (values {rows}) as t(subscription_id, account_id,
        starts_on)) to '{tmp_path}/subscriptions.parquet'""")
    tables = "".join(f'[tables.{name}]\nfrom = "{name}.parquet"\n' for name in ("accounts", "subscriptions"))
    (tmp_path / "source.toml").write_text(f'[source]\nkind = "files"\n{tables}', encoding="utf-8")
    read = sources.connect(tmp_path / "source.toml")
    assert read.mapped("subscriptions").is_large == (largest == 0)
    found = [(fault.column, fault.n_rows) for fault in read.faults()]
    assert found == [("subscription_id, starts_on", 2), ("account_id", 1)]
