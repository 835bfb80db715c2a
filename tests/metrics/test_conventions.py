"""Published conventions side by side: values that a reader can work out, and what must hold on any data.

A company is written as MRR (in cents) by month of the window: `{0: 100, 6: 0}` paid 100 at the opening and left in
month 6. Month 0 is the opening, 12 the close.
"""

import brute_force as plain
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.test_movements_brute_force import opened
from pandas.testing import assert_frame_equal
from writing import write_source

from helpers import metrics, plots, sources
from helpers.ledger import movements
from helpers.metrics import conventions
from helpers.metrics.conventions import BAREMETRICS, CHARTMOGUL, COMPOUNDED, CONVENTIONS, TWELVEFOLD

OPENING = 2024 * 12 + 11
NRR, GRR, LTV = "net_revenue_retention", "gross_revenue_retention", "lifetime_value"
OURS = {metric: names[0] for metric, names in CONVENTIONS.items()}
MAXIO, TOTALS, SMSB = CONVENTIONS[NRR][2], CONVENTIONS[NRR][5], CONVENTIONS[GRR][2]
CHARGEBEE, GAINSIGHT = CONVENTIONS[NRR][6:8]
STRIPE, KEYBANC = CONVENTIONS["logo_churn"][2], CONVENTIONS["revenue_churn"][1]
COLUMNS = ["account_id", "name", "segment", "month_no", "opening_cents", "closing_cents", "movement"]


def changes_of(company: dict[str, dict[int, int]], known_before=()) -> pd.DataFrame:
    """What `movements.changes` gives for a company; `known_before` were customers before the window."""
    rows = []
    for account, levels in company.items():
        level, known = levels.get(0, 0), account in known_before or levels.get(0, 0) > 0
        own = []
        for month in sorted(set(levels) - {0}):
            after = levels[month]
            if after == level:
                continue
            kind = "churn" if after == 0 else "expansion" if after > level else "contraction"
            kind = kind if level else "reactivation" if known else "new"
            own.append((account, f"{account} Ltd", "S", OPENING + month, level, after, kind))
            level, known = after, True
        unchanged = [(account, f"{account} Ltd", "S", OPENING, level, level, "unchanged")] if level else []
        rows += own or unchanged
    return pd.DataFrame(rows, columns=COLUMNS)


def switch(changes, months=12, ours=None) -> pd.DataFrame:
    return conventions.switchboard(changes, OPENING, OPENING + months, ours).table


def accounts_of(changes, *window, **options) -> pd.DataFrame:
    return conventions.switchboard(changes, *window, **options).accounts


def values(table: pd.DataFrame, metric: str) -> dict[str, float]:
    own = table[table["metric"] == metric]
    own = own[~own["note"].str.contains("needs the subscriptions")]
    return dict(zip(own["convention"], own["value"], strict=True))


def shares(changes, metric: str, convention: str, months=12) -> dict[str, float]:
    found = accounts_of(changes, OPENING, OPENING + months)
    own = found[(found["metric"] == metric) & (found["convention"] == convention)]
    return dict(zip(own["account_id"], own["share"], strict=True))


# A stays, B leaves in month 6 and is back at half in month 9, C doubles, N comes in month 3 and grows in month 6.
COMPANY = {"A": {0: 100}, "B": {0: 100, 6: 0, 9: 50}, "C": {0: 100, 6: 200}, "N": {3: 100, 6: 160}}


def test_net_revenue_retention_by_hand():
    assert values(switch(changes_of(COMPANY)), NRR) == pytest.approx(
        {
            OURS[NRR]: (100 + 50 + 200) / 300,
            "returners counted as lost": (100 + 0 + 200) / 300,
            MAXIO: (100 + 50 + 200) / 300,  # B is away at three month ends, and so still a returner
            # Month 6: 460 of 400; month 9: 510 of 460, of which the 50 that B brings back.
            CHARTMOGUL: 460 / 400 * 510 / 460,
            BAREMETRICS: 460 / 400 * 460 / 460,
            TOTALS: (300 - 100 + 100 + 60 + 50) / 300,
            "total revenue ratio (wrong)": 510 / 300,
        }
    )


def test_gross_revenue_retention_by_hand():
    # B's 50 count per account; not where nothing recovers. By month only month 6 loses: B's 100 of 400.
    found = values(switch(changes_of(COMPANY)), GRR)
    expected = {OURS[GRR]: 250 / 300, "no-recovery cap": 200 / 300, SMSB: 200 / 300, COMPOUNDED: 300 / 400}
    assert found == pytest.approx(expected)


def test_a_returner_is_no_churn_of_the_cohort_but_one_of_its_month():
    table = switch(changes_of(COMPANY))
    assert values(table, "logo_churn") == pytest.approx(
        {OURS["logo_churn"]: 0, COMPOUNDED: 1 / 4, STRIPE: 1 / 4, TWELVEFOLD: 1 / 4}
    )
    totals = {OURS["revenue_churn"]: 0, KEYBANC: 100 / 300, COMPOUNDED: 0.25}
    assert values(table, "revenue_churn") == pytest.approx(totals | {TWELVEFOLD: 0.25})


# What the makers write, on four customers each


def test_every_convention_says_who_documents_it_and_where_or_that_nobody_does():
    table = switch(changes_of(COMPANY))
    assert (table["documented_by"] != "").all()
    is_nobody = table["documented_by"].str.contains("nobody's") | table["convention"].eq(OURS[LTV])
    assert (table.loc[~is_nobody, "address"].str.startswith("https://")).all()
    named = table["convention"].str.contains("ChartMogul|Baremetrics|Maxio|Stripe|KeyBanc|SMSB")
    assert (~is_nobody[named]).all()


def test_stripe_counts_the_new_ones_in_the_denominator():
    old = {"A": {0: 100}, "B": {0: 100}, "C": {0: 100}, "D": {0: 100, 1: 0}}
    found = values(switch(changes_of(old | {name: {1: 100} for name in "EFGH"}), months=1), "logo_churn")
    assert (found[STRIPE], found[OURS["logo_churn"]]) == pytest.approx((1 / 8, 1 / 4))


def test_maxio_takes_a_return_after_90_days_for_new_business_and_chartmogul_a_year_is_its_movements():
    later = COMPANY | {"B": {0: 100, 6: 0, 10: 50}}
    found = values(switch(changes_of(later)), NRR)
    assert (found[MAXIO], found[OURS[NRR]]) == pytest.approx((300 / 300, 350 / 300))
    # Net MRR Churn of the interval year: (churn 100 − expansion 160 − reactivation 50) ÷ 300.
    assert 1 - found[TOTALS] == pytest.approx((100 - 160 - 50) / 300)


def test_smsb_counts_a_loss_that_was_won_back_and_keybanc_what_churned_in_the_year():
    found = switch(
        changes_of({"A": {0: 100}, "B": {0: 100, 3: 50, 8: 100}, "C": {0: 100, 5: 0}, "D": {0: 100, 2: 300, 4: 0}})
    )
    gross, churn = values(found, GRR), values(found, "revenue_churn")
    assert (gross[SMSB], gross[OURS[GRR]]) == pytest.approx((150 / 400, 200 / 400))
    assert (churn[KEYBANC], churn[OURS["revenue_churn"]]) == pytest.approx((400 / 400, 200 / 400))


def test_baremetrics_cap_and_chartmoguls_net_rate_are_not_the_compounded_one():
    # 300 leave that were 100 a month before: compounded 50%; in a window that spans both, capped at 100 of 400: 75%.
    found = values(switch(changes_of({"A": {0: 100}, "B": {0: 100, 5: 300, 6: 0}, "C": {0: 100}, "D": {0: 100}})), GRR)
    assert (found[COMPOUNDED], found[OURS[GRR]]) == pytest.approx((0.5, 0.75))


def test_chargebee_is_by_subscription_and_gainsight_of_what_is_due():
    # One account with two subscriptions of 100: one ends, the other goes to 200. Chargebee takes each for itself.
    by_subscription = values(switch(changes_of({"A1": {0: 100, 4: 0}, "A2": {0: 100, 4: 200}})), GRR)
    by_account = values(switch(changes_of({"A": {0: 200}, "B": {0: 0}, "C": {0: 1}})), GRR)
    assert (by_subscription[OURS[GRR]], round(by_account[OURS[GRR]], 2)) == (0.5, 1)
    # Four accounts of 100, two of them due, one lost: the rate of the two that were due, against that of all four.
    four = {"A": {0: 100}, "B": {0: 100}, "C": {0: 100}, "D": {0: 100, 6: 0}}
    due = {name: four[name] for name in "CD"}
    rates = [values(switch(changes_of(company)), NRR)[OURS[NRR]] for company in (due, four)]
    assert rates == pytest.approx([0.5, 0.75])


def test_twelve_times_the_monthly_rate_says_more_than_was_lost():
    # 4, 3, then 2 accounts: half are gone, but 1/4 + 1/3 is more than half.
    table = switch(changes_of({"A": {0: 100}, "B": {0: 100}, "C": {0: 100, 1: 0}, "D": {0: 100, 2: 0}}))
    for metric in ("logo_churn", "revenue_churn"):
        found = values(table, metric)
        assert (found[OURS[metric]], found[COMPOUNDED]) == pytest.approx((0.5, 0.5))
        assert found[TWELVEFOLD] == pytest.approx(1 / 4 + 1 / 3)


TEN = {letter: {0: 100} for letter in "ABCDEFGHIJ"}


def test_lifetime_value_by_hand():
    # One of 10 lost in month 8, one of 9 in month 12; all pay 100. ChartMogul's six months are 6 to 11.
    table = switch(changes_of(TEN | {"A": {0: 100, 8: 0}, "B": {0: 100, 12: 0}}), ours=2_000)
    found = dict(zip(CONVENTIONS[LTV], values(table, LTV).values(), strict=True))
    assert list(found.values()) == pytest.approx([2_000, 100 / (1 / 9), 100 / (0.1 / 6), 100 / (1 / 9)])
    assert table.loc[table["metric"] == LTV, "difference_to_ours"].tolist() == pytest.approx([0, -1_100, 4_000, -1_100])


def test_a_lifetime_value_from_net_retention_is_negative_above_100_percent_and_says_so():
    last = switch(changes_of(TEN | {"A": {0: 100, 12: 300}})).iloc[-1]
    assert last["value"] == pytest.approx(120 / (1 - 1_200 / 1_000))
    assert "negative" in last["note"]


def test_zero_churn_leaves_a_lifetime_value_empty_with_the_reason():
    own = switch(changes_of(TEN)).query("metric == @LTV")
    assert own["value"].isna().all()
    assert own["note"].tolist() == [
        "needs what was observed, which was not given",
        "no account was lost in the last month: a division by zero",
        "no account was lost in the 6 months before the last: a division by zero",
        "net retention of the last month is 100%: a division by zero",
    ]


# The difference, account by account


def test_who_returned_makes_the_difference_to_counting_returners_as_lost():
    assert shares(changes_of(COMPANY), NRR, "returners counted as lost") == pytest.approx({"B": -50 / 300})


def test_who_came_later_makes_the_difference_to_chartmogul():
    # Without N, the product is 300/300 × 350/300: ours. So N makes all of it and nothing remains.
    row = switch(changes_of(COMPANY)).set_index(["metric", "convention"]).loc[(NRR, CHARTMOGUL)]
    assert shares(changes_of(COMPANY), NRR, CHARTMOGUL) == pytest.approx({"N": row["difference_to_ours"]})
    assert row["remainder"] == pytest.approx(0, abs=1e-12)
    assert (row["explained_by_accounts"], row["explained_by_cents"]) == (1, round(300 * (1.275 - 350 / 300)))


def test_what_two_accounts_make_only_together_is_the_remainder():
    # B as we count it: 1.15 becomes 1.15 × 510/460 = 1.275. N left out: 1.15 becomes 300/300.
    found = shares(changes_of(COMPANY), NRR, BAREMETRICS)
    assert found == pytest.approx({"B": 1.15 - 1.275, "N": 1.15 - 1})
    row = switch(changes_of(COMPANY)).set_index(["metric", "convention"]).loc[(NRR, BAREMETRICS)]
    assert row["remainder"] == pytest.approx((1.15 - 350 / 300) - (0.15 - 0.125))


def test_the_largest_share_comes_first_and_the_rest_is_one_row():
    found = accounts_of(changes_of(COMPANY), OPENING, OPENING + 12, limit=1)
    own = found[(found["metric"] == NRR) & (found["convention"] == BAREMETRICS)]
    assert own["name"].tolist() == ["N Ltd", "the other 1 account"]
    assert own["share"].tolist() == pytest.approx([0.15, -0.125])
    assert own["cents"].tolist() == [45, -38]


# Nothing to divide by


@pytest.mark.parametrize(
    "company, reason",
    [
        ({}, "the data shows no account paying at the end of 2024-12"),
        ({"N": {3: 100}, "M": {4: 100, 9: 0}}, "the data shows no account paying at the end of 2024-12"),
        ({"A": {0: 100}, "N": {3: 100}}, "the data shows only one account paying at the end of 2024-12"),
    ],
)
def test_without_an_opening_everything_is_empty_with_the_reason(company, reason):
    table = switch(changes_of(company))
    retention = table[table["metric"] != LTV]
    assert retention["value"].isna().all()
    assert set(retention["note"]) == {reason}
    assert (table["value"].notna() | (table["note"] != "")).all()
    assert not np.isinf(table["value"]).any()
    assert conventions.OtherDefinitions(table, None).says(NRR) == f"No definition of NRR gives a number here: {reason}."
    assert accounts_of(changes_of(company), OPENING, OPENING + 12).empty


def test_a_month_that_opens_with_nobody_leaves_only_the_products_empty():
    table = switch(changes_of({"A": {0: 100, 2: 0}, "B": {0: 100, 2: 0, 5: 40}}))
    found = values(table, NRR)
    assert found[OURS[NRR]] == 0.2
    assert np.isnan(found[CHARTMOGUL])
    note = table.set_index(["metric", "convention"]).loc[(NRR, CHARTMOGUL), "note"]
    assert note == "the data shows no paying account at the start of 2025-03"


def test_a_source_too_large_to_fetch_says_so():
    assert movements.changes(None, OPENING, OPENING + 12, movements.PAIRS_LIMIT + 1) is None
    assert set(switch(None)["note"]) == {"too many accounts to fetch one by one"}
    assert accounts_of(None, OPENING, OPENING + 12).empty
    plots.definitions(switch(None).query("metric == @NRR"), "Nothing to draw")


def test_changes_of_another_window_are_refused():
    with pytest.raises(ValueError, match="another window"):
        switch(changes_of(COMPANY), months=3)


# On any data

levels = st.lists(st.sampled_from([0, 0, 50, 100, 100, 333]), min_size=13, max_size=13)
companies = st.lists(st.tuples(st.booleans(), levels), min_size=2, max_size=7)


def frame(company) -> pd.DataFrame:
    named = {f"K{number}": dict(enumerate(path)) for number, (_, path) in enumerate(company)}
    return changes_of(named, [f"K{number}" for number, (known, _) in enumerate(company) if known])


@given(companies)
def test_differences_are_to_ours_and_the_shares_with_the_remainder_add_up_to_them(company):
    changes = frame(company)
    before = changes.copy(deep=True)
    found = conventions.switchboard(changes, OPENING, OPENING + 12, 1_000.0, limit=2)
    table, accounts = found.table, found.accounts
    ours = {metric: values(table, metric)[name] for metric, name in OURS.items()}
    assert_frame_equal(changes, before)
    assert not np.isinf(table["value"]).any()
    assert (table["value"].notna() | (table["note"] != "")).all()
    total = accounts.groupby(["metric", "convention"])["share"].sum()
    for row in table[table["difference_to_ours"].notna()].itertuples():
        assert row.difference_to_ours == row.value - ours[row.metric]
        explained = total.get((row.metric, row.convention), 0.0)
        assert explained + row.remainder == pytest.approx(row.difference_to_ours, abs=1e-9)
        assert row.remainder == 0 or "compounded" in row.convention or row.metric == LTV


@given(companies, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(company, shuffler):
    changes = frame(company)
    order = list(range(len(changes)))
    shuffler.shuffle(order)
    one, other = (conventions.switchboard(rows, OPENING, OPENING + 12) for rows in (changes, changes.iloc[order]))
    assert_frame_equal(one.table, other.table)
    assert_frame_equal(one.accounts, other.accounts)


@given(companies)
def test_which_convention_can_only_be_higher_and_which_only_lower(company):
    table = switch(frame(company))
    net, gross = values(table, NRR), values(table, GRR)
    if not np.isnan(net[OURS[NRR]]):
        assert net["returners counted as lost"] <= net[OURS[NRR]] <= net["total revenue ratio (wrong)"]
        assert gross["no-recovery cap"] <= gross[OURS[GRR]] <= min(1, net[OURS[NRR]])


@given(companies)
def test_the_products_are_the_products_of_the_monthly_rates(company):
    net, gross, logo, revenue = 1.0, 1.0, 1.0, 1.0
    paths = [path for _, path in company]
    known = [was or path[0] > 0 for was, path in company]
    if sum(path[0] > 0 for path in paths) < 2 or not all(sum(month) for month in list(zip(*paths, strict=True))[:-1]):
        return
    for month in range(1, 13):
        pairs = [(path[month - 1], path[month]) for path in paths]
        base = sum(x for x, _ in pairs)
        back = sum(y for (x, y), was in zip(pairs, known, strict=True) if x == 0 and was)
        net *= (sum(y for x, y in pairs if x) + back) / base
        gross *= sum(min(x, y) for x, y in pairs) / base
        logo *= sum(x > 0 and y > 0 for x, y in pairs) / sum(x > 0 for x, _ in pairs)
        revenue *= sum(x for x, y in pairs if y) / base
        known = [was or path[month] > 0 for was, path in zip(known, paths, strict=True)]
    table = switch(frame(company))
    found = [values(table, name)[COMPOUNDED] for name in (GRR, "logo_churn", "revenue_churn")]
    assert [values(table, NRR)[CHARTMOGUL], *found] == pytest.approx([net, gross, 1 - logo, 1 - revenue])


@given(st.lists(levels.filter(lambda path: path[0] > 0), min_size=2, max_size=7))
def test_where_nobody_joins_the_compounded_rates_with_reactivation_are_the_cohorts(paths):
    found = values(switch(frame([(True, path) for path in paths])), NRR)
    if not np.isnan(found[CHARTMOGUL]):
        assert found[CHARTMOGUL] == pytest.approx(found[OURS[NRR]])


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 300)), min_size=2, max_size=7))
def test_over_one_month_without_newcomers_every_compounded_rate_is_the_cohorts(pairs):
    table = switch(changes_of({f"K{n}": {0: x, 1: y} for n, (x, y) in enumerate(pairs)}), months=1)
    for row in table[table["convention"].str.contains("compounded")].itertuples():
        assert row.value == pytest.approx(values(table, row.metric)[OURS[row.metric]])


# What the engine hands over, and the sample company


@given(plain.stretches, st.integers(plain.FIRST - 1, plain.LAST), st.integers(1, 12))
def test_changes_are_the_ledger_of_the_window_and_the_accounts_without_a_change(rows, opening, further):
    closing = min(opening + further, plain.LAST)
    with opened(rows) as tables:
        found = movements.changes(tables, opening, closing)
    expected = []
    for change in plain.ledger(rows, closing):
        if change["month_no"] > opening:
            who, month = change["account"], change["month_no"]
            mrr = plain.level(rows, who, month - 1), plain.level(rows, who, month)
            expected.append((who, month, *mrr, change["movement"]))
    moved = {row[0] for row in expected}
    for who in set(plain.SEGMENTS) - moved:
        if mrr := plain.level(rows, who, opening):
            expected.append((who, opening, mrr, mrr, "unchanged"))
    got = found[["account_id", "month_no", "opening_cents", "closing_cents", "movement"]]
    assert list(got.itertuples(index=False, name=None)) == sorted(expected)


@pytest.fixture(scope="module")
def sample():
    """The sample company: tables, changes of its last 12 months, switchboard and accounts."""
    tables = sources.open()
    window = (tables.period.last - 12, tables.period.last)
    changes = movements.changes(tables, *window)
    ends = tables.run("subscription_ends", opening_month=window[0], closing_month=window[1])
    table = conventions.switchboard(changes, *window, lifetime_value_cents=4_000_000.0, subscriptions=ends).table
    return tables, changes, table, accounts_of(changes, *window, limit=100, subscriptions=ends)


def test_on_the_sample_company_everything_is_defined_and_sums(sample):
    _, _, table, accounts = sample
    assert table["value"].notna().all()
    total = accounts.groupby(["metric", "convention"])[["share", "cents"]].sum()
    for row in table[(table["metric"] != LTV) & (table["convention"] != GAINSIGHT)].itertuples():
        share, cents = total.loc[(row.metric, row.convention)] if row.explained_by_accounts else (0.0, 0)
        assert share + row.remainder == pytest.approx(row.difference_to_ours, abs=1e-12)
        assert row.metric == "logo_churn" or cents == row.explained_by_cents
    for metric, names in CONVENTIONS.items():
        assert conventions.OtherDefinitions(table, None).says(metric)
        assert all(conventions.OtherDefinitions(table, accounts).why(metric, name) for name in names)


def test_on_the_sample_company_ours_is_the_metrics_and_the_rest_is_in_the_movement_table(sample):
    tables, _, table, _ = sample
    pairs = movements.moved(tables, tables.period.last - 12, tables.period.last)
    for metric in (metrics.net_revenue_retention, metrics.gross_revenue_retention):
        ours = metric(pairs["opening_cents"], pairs["closing_cents"]).value
        assert values(table, metric.__name__)[OURS[metric.__name__]] == pytest.approx(ours)
    month = movements.by_month(movements.cube(tables), tables.period.last - 11, tables.period.last)
    month["opening_cents"] += pairs["opening_cents"].sum() - month["opening_cents"].iloc[0]
    lost = month["churn_cents"] + month["contraction_cents"]
    kept = month["opening_cents"] + month["expansion_cents"] - lost
    found = values(table, NRR)
    assert found[BAREMETRICS] == pytest.approx((kept / month["opening_cents"]).prod())
    assert found[CHARTMOGUL] == pytest.approx(((kept + month["reactivation_cents"]) / month["opening_cents"]).prod())
    assert values(table, GRR)[COMPOUNDED] == pytest.approx((1 - lost / month["opening_cents"]).prod())
    churned = values(table, "revenue_churn")[KEYBANC]
    assert churned == pytest.approx(month["churn_cents"].sum() / month["opening_cents"].iloc[0])


def test_the_sentences_say_the_range_the_wrong_one_and_who_makes_the_difference():
    changes = changes_of(COMPANY)
    table, accounts = switch(changes), accounts_of(changes, OPENING, OPENING + 12)
    assert conventions.OtherDefinitions(table, None).says(NRR) == (
        "Definitions of NRR in use give 100.0% to 136.7% on this data; ours 116.7%. "
        "The total revenue ratio, 170.0%, counts new customers, so it is not retention."
    )
    assert conventions.OtherDefinitions(table, accounts).why(NRR, BAREMETRICS) == (
        "NRR by monthly rates compounded, from Baremetrics' 30-day NRR is 115.0% (−1.7 points compared with ours). "
        "2 accounts explain +2.50 points of it; N Ltd has the largest effect (+15.00 points). "
        "The other −4.17 points come from several together."
    )
    last = conventions.OtherDefinitions(table, accounts).why(LTV, CONVENTIONS[LTV][1])
    assert last.endswith("cannot be compared with ours: no account was lost in the last month: a division by zero.")


def test_among_very_many_accounts_a_largest_share_of_nothing_is_not_named():
    returners = {f"R{n}": {0: 100, 3: 0, 6: 100} for n in range(150)}
    changes = changes_of(returners | {f"U{n}": {0: 100} for n in range(30_000)})
    table, accounts = switch(changes), accounts_of(changes, OPENING, OPENING + 12)
    said = conventions.OtherDefinitions(table, accounts).why(NRR, BAREMETRICS)
    assert "150 accounts explain −0.50 points of it" in said
    assert "largest" not in said


def test_the_chart_has_a_dot_a_convention_ours_and_the_wrong_one_told_apart():
    table = switch(changes_of(COMPANY)).query("metric == @NRR")
    ax = plots.definitions(table, "Seven definitions").on().axes[0]
    shown = ["116.7%", "100.0%", "116.7%", "127.5%", "115.0%", "136.7%", "170.0%"]
    assert [text for text in (one.get_text() for one in ax.texts) if text.endswith("%")] in (shown, shown[::-1])
    dots = [line for line in ax.lines if line.get_marker() in ("o", "X")]
    assert sorted(dot.get_marker() for dot in dots) == ["X"] + ["o"] * 6
    assert len({dot.get_color() for dot in dots}) == 3
    plt.close(ax.figure)


@pytest.fixture
def documented(tmp_path):
    """The values of a company of subscriptions `id, account, first day, first day after, MRR, renewal`, over 2025."""

    def of(*lines):
        rows = [[part.strip() for part in line.split(",")] for line in lines]
        head = "subscription_id,account_id,starts_on,ends_on,mrr,renews_on,currency\n"
        text = head + "".join(",".join([*row, "USD"]) + "\n" for row in rows)
        tables = sources.open(write_source(tmp_path, subscriptions=text, data_until="2025-12-31"), "2025-12")
        window = {"opening_month": OPENING, "closing_month": OPENING + 12}
        ends = tables.run("subscription_ends", **window)
        table = conventions.switchboard(movements.changes(tables, **window), *window.values(), subscriptions=ends).table
        return values(table, NRR), values(table, GRR)

    return of


def test_chargebee_counts_by_subscription_so_one_ended_is_lost_whatever_the_other_gained(documented):
    # Accounts with two of 100: one ends, the other goes to 200. The account kept all, its subscriptions half.
    lines = [
        line.format(account)
        for account in "AB"
        for line in (
            "1{0}, {0}, 2024-01-01, 2025-06-01, 100, ",
            "2{0}, {0}, 2024-01-01, 2025-06-01, 100, ",
            "2{0}, {0}, 2025-06-01, , 200, ",
        )
    ]
    net, gross = documented(*lines)
    assert (gross[OURS[GRR]], gross[CHARGEBEE]) == (1.0, 0.5)
    assert (net[OURS[NRR]], net[CHARGEBEE]) == (1.0, 1.0)


def test_gainsight_divides_by_what_was_up_for_renewal(documented):
    # Four accounts of 100; two were up for renewal in 2025, and one of them left.
    net, _ = documented(
        "s1, A, 2024-05-01, 2025-05-01, 100, 2025-05-01",
        "s2, B, 2024-05-01, 2025-05-01, 100, 2025-05-01",
        "s2, B, 2025-05-01, , 100, 2026-05-01",
        "s3, C, 2024-05-01, , 100, 2026-05-01",
        "s4, D, 2024-05-01, , 100, 2026-05-01",
    )
    assert (net[OURS[NRR]], net[GAINSIGHT]) == (0.75, 0.5)


def test_a_renewal_with_an_id_of_its_own_goes_on_with_what_it_renews(documented):
    # A and B renew, B a day later and at half; C leaves; D has a second one of 100 that goes on beside its renewal.
    net, gross = documented(
        *(f"1{name}, {name}, 2024-05-01, 2025-05-01, 100, 2025-05-01" for name in "ABCD"),
        "2A, A, 2025-05-01, 2026-05-01, 100, 2026-05-01",
        "2B, B, 2025-05-02, 2026-05-02, 50, 2026-05-02",
        "2D, D, 2025-05-01, 2026-05-01, 100, 2026-05-01",
        "9D, D, 2024-03-01, , 100, ",
    )
    assert (net[CHARGEBEE], gross[CHARGEBEE]) == (net[OURS[NRR]], gross[OURS[GRR]]) == (0.7, 0.7)
    assert net[GAINSIGHT] == 250 / 400


def test_without_subscriptions_the_two_say_what_they_need():
    table = switch(changes_of({"A": {0: 100}, "B": {0: 100}})).set_index("convention")
    assert table.loc[[CHARGEBEE, GAINSIGHT], "value"].isna().all()
    assert table.loc[[CHARGEBEE, GAINSIGHT], "note"].str.contains("needs the subscriptions").all()
