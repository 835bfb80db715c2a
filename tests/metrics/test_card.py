"""The tidy table of metrics, by hand."""

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import metrics, periods, sources
from helpers.ledger import movements
from helpers.metrics.card import pooled, year_rows
from helpers.metrics.core import pick, row
from helpers.metrics.core import table as tidy


def test_the_rows_of_a_report_by_hand(tmp_path):
    lines = [f"A{n}, 2023-12-01, , 100" for n in range(8)] + ["L1, 2023-12-01, 2024-11-01, 100", "L2, 2024-12-01, , 9"]
    lines += ["G1, 2023-12-01, 2024-11-01, 100", "G1, 2024-11-01, , 150"]
    tables = sources.open(write_source(tmp_path, subscriptions=stretches(*lines)), "2024-12")
    sums = pooled(movements.year_on_year(tables))
    accounts = movements.moved(tables, tables.period.last - 12, tables.period.last)
    found = tidy(year_rows(sums, tables.period, accounts)).set_index(["metric", "segment"])
    # 10 accounts paid 1,000 a year before: 8 pay the same, one left, one pays half as much again; L2 came since.
    assert found.loc[("churn_rate_12_months", "all"), "value"] == 0.1
    assert found.loc[("net_revenue_retention", "all"), "value"] == 0.95
    assert found.loc[("gross_revenue_retention", "S"), "value"] == 0.9
    assert (found["n"] == 10).all()
    assert (found["period"] == "2024-12").all()


def test_the_table_has_each_metric_segment_and_period_once_in_a_stated_order():
    rows = [row("b", segment, "2024-12", metrics.churn_rate(1, 10)) for segment in ("SMB", "all", "SMB", "Ent")]
    table = tidy([*rows, row("a", "all", periods.parse("2024-Q4"), metrics.churn_rate(0, 0))])
    assert list(table.columns) == metrics.COLUMNS
    assert table[["metric", "segment"]].values.tolist() == [["b", "all"], ["b", "Ent"], ["b", "SMB"], ["a", "all"]]
    assert table["value"].isna().tolist() == [False, False, False, True]


def test_pooled_sums_are_the_sums_of_the_segments(tmp_path):
    accounts = "account_id,name,segment\nA,a,S\nB,b,L\nC,c,L"
    lines = stretches("A, 2023-11-01, , 1", "B, 2023-11-01, , 20", "C, 2023-11-01, , 300")
    opened = sources.open(write_source(tmp_path, accounts=accounts, subscriptions=lines), "2024-12")
    sums = movements.year_on_year(opened)
    last = pooled(sums)[lambda frame: frame["month_no"] == opened.period.last].set_index("segment")
    assert last["opening_cents"].to_dict() == {"all": 32_100, "L": 32_000, "S": 100}
    assert last.loc["all", "xx"] == 100**2 + 2_000**2 + 30_000**2


def test_by_group_is_by_segment_when_the_group_is_the_segment():
    pairs = pd.DataFrame(
        {
            "segment": ["L"] * 6 + ["S"] * 6,
            "opening_cents": [100, 200, 300, 400, 500, 0] * 2,
            "closing_cents": [100, 100, 300, 800, 0, 700, 90, 0, 0, 400, 500, 1],
        }
    )
    found = metrics.by_group(pairs, "segment", "2024-12").set_index(["metric", "segment"])
    # L: 1 of 5 left; 1,300 of 1,500 stayed, of which 400 + 0 are growth. S: 2 of 5 left; 990 of 1,500 stayed.
    assert found.loc["churn_rate_12_months", "value"].to_dict() == {"all": 0.3, "L": 0.2, "S": 0.4}
    assert found.loc["net_revenue_retention", "value"].to_dict() == pytest.approx(
        {"all": 2_290 / 3_000, "L": 1_300 / 1_500, "S": 990 / 1_500}
    )
    assert found.loc["gross_revenue_retention", "value"].to_dict() == pytest.approx(
        {"all": 1_890 / 3_000, "L": 900 / 1_500, "S": 990 / 1_500}
    )


def test_accounts_without_a_value_are_a_group_of_their_own():
    pairs = pd.DataFrame({"source": ["event"] * 5 + [None] * 5, "opening_cents": [1] * 10, "closing_cents": [1] * 10})
    found = metrics.by_group(pairs, "source", "2024-12")
    assert found["segment"].unique().tolist() == ["all", "event", "unknown"]


def test_what_is_picked_is_what_was_put_in():
    churned, undefined = metrics.churn_rate(3, 20), metrics.churn_rate(0, 0)
    table = tidy([row("churn", "all", "2024-12", churned), row("x", "all", "2024-12", undefined)])
    assert pick(table, periods.parse("2024-12")) == {"churn": churned, "x": undefined}
