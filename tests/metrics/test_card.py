"""The tidy table of metrics, by hand."""

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import ledger, metrics, periods, sources
from helpers.errors import Refused
from helpers.ledger import movements
from helpers.metrics.card import by_month, pooled, year_rows
from helpers.metrics.core import pick, row
from helpers.metrics.core import table as tidy


def test_the_rows_of_a_report_by_hand(tmp_path):
    lines = [f"A{n}, 2023-12-01, , 100" for n in range(8)] + ["L1, 2023-12-01, 2024-11-01, 100", "L2, 2024-12-01, , 9"]
    lines += ["G1, 2023-12-01, 2024-11-01, 100", "G1, 2024-11-01, , 150"]
    tables = sources.open(write_source(tmp_path, subscriptions=stretches(*lines)), "2024-12")
    sums = by_month(pooled(movements.year_on_year(tables)))[tables.period.last]
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
    # L: 1 of 5 pays more (400 on 1,500; the one that paid nothing then has no say). S: none of 5 does.
    assert found.loc["expanding_accounts_12_months", "value"].to_dict() == {"all": 0.1, "L": 0.2, "S": 0.0}
    assert found.loc["expansion_12_months", "numerator"].to_dict() == {"all": 400, "L": 400, "S": 0}
    assert found.loc["expansion_12_months", "value"].to_dict() == pytest.approx(
        {"all": 400 / 3_000, "L": 400 / 1_500, "S": 0}
    )


def test_accounts_without_a_value_are_a_group_of_their_own():
    pairs = pd.DataFrame({"source": ["event"] * 5 + [None] * 5, "opening_cents": [1] * 10, "closing_cents": [1] * 10})
    found = metrics.by_group(pairs, "source", "2024-12")
    assert found["segment"].unique().tolist() == ["all", "event", "unknown"]


def test_what_is_picked_is_what_was_put_in():
    churned, undefined = metrics.churn_rate(3, 20), metrics.churn_rate(0, 0)
    table = tidy([row("churn", "all", "2024-12", churned), row("x", "all", "2024-12", undefined)])
    assert pick(table, periods.parse("2024-12")) == {"churn": churned, "x": undefined}


# The card, on a company of ten accounts and no other table


@pytest.fixture
def carded(tmp_path):
    lines = [f"A{n}, 2023-10-01, , 100" for n in range(8)] + ["L1, 2023-10-01, 2024-12-01, 100", "G1, 2023-10-01, , 90"]
    tables = sources.open(write_source(tmp_path, subscriptions=stretches(*lines)), "2024-12")
    return tables, ledger.read(tables)


def test_a_card_gives_figures_by_name_and_rows_by_segment(carded):
    card = metrics.card(*carded)
    assert card["gross_revenue_retention"].value == pytest.approx(890 / 990)
    assert (card["churn_rate"].numerator, card["churn_rate"].denominator) == (1, 10)
    assert card.rows("churn_rate")["segment"].to_list() == ["all", "S"]
    assert set(card.retention["period"]) == {"2024-12", "2024-11", "2023-12"}
    assert "89.9%" in card.sentence and card.caveats == []


def test_a_name_that_is_not_on_the_card_is_refused_with_the_near_one(carded):
    with pytest.raises(Refused, match="did you mean 'churn_rate_12_months'"):
        metrics.card(*carded)["churn_rate_12_month"]


def test_more_months_are_more_rows_and_the_same_figures(carded):
    short, long = metrics.card(*carded, months=3), metrics.card(*carded, months=6)
    assert (short.table["metric"] == "quick_ratio").sum() < (long.table["metric"] == "quick_ratio").sum()
    assert short["quick_ratio"] == long["quick_ratio"]


def test_tables_that_the_source_lacks_give_no_rows_and_the_others_all_do(carded):
    card = metrics.card(*carded)
    assert card.voice.empty and list(card.voice.columns) == ["metric", "value", "low", "high", "n", "verdict"]
    assert card.growth["metric"].to_list()[:3] == ["mrr_cents", "arr_cents", "arpa_cents"]
    assert card["mrr_cents"].value == carded[1].bridge["closing_cents"]


def test_faces_leave_what_they_are_given_as_it_was(carded):
    tables, book = carded
    before = book.monthly.copy(deep=True)
    card = metrics.card(tables, book)
    kept = card.table.copy(deep=True)
    charts = metrics.process_charts(card, book)
    assert set(charts.table["metric"]) == {"churn_rate", "mrr_growth"} and "churn" in charts.says("churn_rate")
    metrics.changes(card)
    metrics.other_definitions(tables, book, card)
    pd.testing.assert_frame_equal(book.monthly, before)
    pd.testing.assert_frame_equal(card.table, kept)


def test_tab_on_tables_completes_what_a_notebook_calls_and_a_change_that_is_not_tested_says_so(carded):
    tables, book = carded
    assert {"frame", "query", "has", "period"} <= {*dir(tables)} and not {"settle", "hand_over", "uncut"} & {
        *dir(tables)
    }
    assert all(hasattr(tables, name) for name in dir(tables))
    card = metrics.card(tables, book)
    for says in (metrics.process_charts(card, book).says("arpa_cents"), metrics.changes(card).says("arpa_cents")):
        assert says.startswith("Changes of ") and "definitions.toml" in says


def test_groups_say_who_expands_more_by_accounts_and_by_revenue(carded):
    labels = pd.DataFrame({"account_id": [f"A{n}" for n in range(8)] + ["L1", "G1"], "label": ["a"] * 5 + ["b"] * 5})
    compared = metrics.compare_groups(carded[0], labels, "expanding_accounts_12_months")
    assert compared.adds_up and (compared.pooled.numerator, compared.pooled.n) == (0, 10)
    assert compared.sentence == compared.says("expanding_accounts_12_months")
    assert compared.sentence.startswith("The share of accounts that expanded in 12 months: no clear difference")
    # Nobody added any revenue, so nothing varies: groups that are alike are said to be.
    assert compared.says("expansion_12_months") == "Revenue expansion in 12 months is 0.0% in every group."


@pytest.mark.parametrize(
    ("labels", "says"), [([("A0", "x"), ("A0", "y")], "A0 has several"), ([("A0", "x")], "no label for A1, A2, A3")]
)
def test_groups_hold_every_account_once(carded, labels, says):
    groups = pd.DataFrame(labels, columns=["account_id", "label"])
    with pytest.raises(Refused, match=says):
        metrics.compare_groups(carded[0], groups, "net_revenue_retention")
