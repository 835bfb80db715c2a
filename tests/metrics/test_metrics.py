"""The metrics against worked and published figures, and what must hold of any numbers."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers import formats, metrics, periods, stats, tabular
from helpers.errors import Refused
from helpers.metrics import core
from helpers.metrics.base import base
from helpers.metrics.changes import by_group, spread_sentence

amounts = st.integers(0, 5_000_00)
pairs = st.lists(st.tuples(amounts, amounts), max_size=40)
scores = st.lists(st.one_of(st.none(), st.integers(0, 10)), max_size=60)


def then_and_now(rows) -> tuple[list, list]:
    return [x for x, _ in rows], [y for _, y in rows]


# Worked examples of the mission's sources


def test_70_promoters_20_passives_and_10_detractors_make_an_nps_of_60():
    metric = metrics.net_promoter_score([9] * 40 + [10] * 30 + [7] * 15 + [8] * 5 + [0] * 4 + [6] * 6)
    assert round(100 * metric.value, 10) == 60
    assert (metric.numerator, metric.denominator, metric.n) == (60, 100, 100)


def test_100_dollars_5_times_a_year_for_10_years_make_5000():
    assert metrics.customer_lifetime_value_simple(100, 5, 10).value == 5_000


def test_100000_less_10000_churn_plus_20000_upsell_make_an_ndr_of_110_percent():
    then = [10_000_00] * 10
    now = [0] + [10_000_00] * 7 + [20_000_00] * 2
    assert metrics.net_revenue_retention(then, now).value == 1.1
    # Growth of the others does not make up for what was lost.
    assert metrics.gross_revenue_retention(then, now).value == 0.9


def test_churn_is_the_customers_lost_over_the_customers_at_the_start():
    metric = metrics.churn_rate(n_lost=5, n_opening=100)
    assert (metric.value, metric.numerator, metric.denominator, metric.n) == (0.05, 5, 100, 100)


# Published figures


def test_wilson_18_of_20():
    # R's binom package and statsmodels.
    low, high = stats.wilson(18, 20)
    assert (round(low, 5), round(high, 5)) == (0.69897, 0.97213)
    metric = metrics.churn_rate(18, 20)
    assert (metric.low, metric.high) == (low, high)


def test_one_detractor_two_passives_three_promoters_make_a_third():
    # Rocks (2016).
    metric = metrics.net_promoter_score([5, 7, 8, 9, 9, 10])
    assert metric.value == pytest.approx(1 / 3)
    assert (metric.numerator, metric.n, metric.verdict) == (2, 6, "few")


def test_adjusted_wald_adds_one_promoter_one_detractor_and_two_answers():
    # By hand: (4 − 2) / 8 = 0.25; variance (4/8 + 2/8 − 0.25²) / 8 = 0.0859375; 1.959964 × √ = 0.57456.
    low, high = stats.adjusted_wald_nps(promoters=3, passives=2, detractors=1)
    assert (round(low, 4), round(high, 4)) == (-0.3246, 0.8246)


def test_the_linearized_interval_by_hand():
    # x = 2, 2; y = 1, 3: ratio 1, residuals −1 and 1, standard error √(2 × 2) / 4 = 0.5.
    low, high = stats.ratio_interval_from_sums(n=2, x=4, y=4, xx=8, xy=8, yy=10)
    assert (low, high) == pytest.approx((1 - 0.979982, 1 + 0.979982), abs=1e-6)


# What must hold of any numbers


@given(pairs)
def test_gross_retention_is_at_most_one_and_at_most_net_retention(rows):
    gross = metrics.gross_revenue_retention(*then_and_now(rows))
    net = metrics.net_revenue_retention(*then_and_now(rows))
    assert gross.verdict == net.verdict
    if gross.value is not None:
        assert 0 <= gross.value <= min(1, net.value)


@given(pairs)
def test_a_revenue_ratio_lies_in_its_interval(rows):
    for function in (metrics.net_revenue_retention, metrics.gross_revenue_retention):
        assert_in_order(function(*then_and_now(rows)))
    gross = metrics.gross_revenue_retention(*then_and_now(rows))
    assert gross.high is None or gross.high <= 1


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_share_lies_in_its_interval_and_that_within_0_and_1(lost, stayed):
    metric = metrics.churn_rate(lost, lost + stayed)
    assert_in_order(metric)
    assert metric.low is None or 0 <= metric.low <= metric.high <= 1


@given(scores)
def test_a_promoter_score_lies_in_its_interval_and_that_within_minus_1_and_1(given_scores):
    metric = metrics.net_promoter_score(given_scores)
    assert_in_order(metric)
    assert metric.low is None or -1 <= metric.low <= metric.high <= 1


def assert_in_order(metric):
    if metric.value is None:
        assert (metric.low, metric.high) == (None, None)
    elif metric.low is not None:
        assert metric.low <= metric.value <= metric.high


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_accounts_does_not_matter(rows, shuffler):
    other = shuffler.sample(rows, len(rows))
    for function in (metrics.net_revenue_retention, metrics.gross_revenue_retention):
        assert function(*then_and_now(rows)) == function(*then_and_now(other))


@given(scores, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(given_scores, shuffler):
    other = shuffler.sample(given_scores, len(given_scores))
    assert metrics.net_promoter_score(given_scores) == metrics.net_promoter_score(other)


@given(pairs, st.lists(amounts, max_size=5))
def test_accounts_not_in_force_then_have_no_say(rows, newcomers):
    with_new = rows + [(0, amount) for amount in newcomers]
    assert metrics.net_revenue_retention(*then_and_now(rows)) == metrics.net_revenue_retention(*then_and_now(with_new))


@given(pairs, st.integers(2, 1000))
@example([(1, 0), (1, 0), (3, 0), (3, 0), (119, 5)], 3)  # once moved by the rounding of a float
def test_the_unit_of_money_does_not_matter_to_a_ratio(rows, factor):
    one = metrics.net_revenue_retention(*then_and_now(rows))
    other = metrics.net_revenue_retention(*then_and_now([(x * factor, y * factor) for x, y in rows]))
    assert other.verdict == one.verdict
    for name in ("value", "low", "high"):
        if getattr(one, name) is not None:
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9)


@given(st.integers(600, 900), st.integers(0, 10**6))
def test_the_interval_from_sums_is_the_one_from_accounts_where_they_are_many(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(9_000, 11_000, n)
    x = np.append(x, x[:20])
    y = x * rng.choice([0, 0.5, 1, 1, 1.3], len(x)).astype("int64") + rng.integers(0, 900, len(x))
    assert stats.effective_n(x) >= 200
    for gross in (False, True):
        k = np.minimum(x, y) if gross else y
        row = pd.Series(
            {
                "n_opening": len(x),
                "opening_cents": x.sum(),
                "closing_cents": y.sum(),
                "kept_cents": k.sum(),
                "xx": (x * x).sum(),
                "xy": (x * y).sum(),
                "yy": (y * y).sum(),
                "xk": (x * k).sum(),
                "kk": (k * k).sum(),
            }
        )
        sums = metrics.revenue_ratio_from_sums(row, gross)
        function = metrics.gross_revenue_retention if gross else metrics.net_revenue_retention
        accounts = function(x, y)
        assert (sums.value, sums.low, sums.high) == pytest.approx(
            (accounts.value, accounts.low, accounts.high), rel=1e-9
        )
        assert (sums.n, sums.verdict, sums.method) == (accounts.n, accounts.verdict, accounts.method)


# Few, none, and what is refused


@pytest.mark.parametrize(
    "metric",
    [
        metrics.churn_rate(0, 0),
        metrics.net_revenue_retention([], []),
        metrics.net_revenue_retention([0, 0], [5, 5]),
        metrics.gross_revenue_retention([0] * 20, [1] * 20),
        metrics.net_promoter_score([]),
        metrics.net_promoter_score([None] * 30),
    ],
)
def test_a_zero_denominator_is_undefined_with_its_reason(metric):
    assert (metric.value, metric.low, metric.high, metric.verdict) == (None, None, None, "undefined")
    assert "undefined: " in metric.method


@pytest.mark.parametrize("n", [1, 4])
def test_fewer_than_five_give_no_rate(n):
    found = [
        metrics.churn_rate(1, n),
        metrics.net_promoter_score([10] * n),
        metrics.net_revenue_retention([100] * n, [90] * n),
        metrics.gross_revenue_retention([100] * n, [90] * n),
    ]
    assert [(metric.value, metric.low, metric.verdict, metric.n) for metric in found] == [
        (None, None, "too few", n)
    ] * 4


def test_fewer_than_ten_are_few():
    assert [metrics.churn_rate(1, n).verdict for n in (5, 9, 10)] == ["few", "few", "ok"]
    assert [metrics.net_promoter_score([10] * n).verdict for n in (5, 9, 10)] == ["few", "few", "ok"]


def test_revenue_that_rests_on_a_few_large_accounts_is_few_however_many_there_are():
    # (Σx)² / Σx² is 29 for 29 equal accounts, and 1.2 for one account of ten times what 100 others pay together.
    assert metrics.net_revenue_retention([10] * 29, [9, 11] * 14 + [10]).verdict == "few"
    assert metrics.net_revenue_retention([10] * 30, [9, 11] * 15).verdict == "ok"
    assert metrics.net_revenue_retention([1] * 100 + [1_000], [1, 2] * 50 + [900]).verdict == "few"


@pytest.mark.parametrize("score", [-1, 11, 7.5, 100, float("inf")])
def test_an_invalid_score_is_refused_with_its_place(score):
    with pytest.raises(Refused, match=r"0 to 10.*row 2"):
        metrics.net_promoter_score([9, 3, score, 10])


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_missing_answer_is_no_detractor(missing):
    answered = metrics.net_promoter_score([10] * 8 + [8] * 2)
    asked = [10] * 8 + [missing] * 90 + [8] * 2
    assert metrics.net_promoter_score(asked) == answered
    assert metrics.net_promoter_score(np.array(asked, dtype=object)) == answered
    assert answered.value == 0.8


@pytest.mark.parametrize("then, now", [([1, 2], [1]), ([-1], [1]), ([1], [-1]), ([1], [float("nan")]), ([None], [1])])
def test_amounts_that_are_none_are_an_error(then, now):
    with pytest.raises(ValueError):
        metrics.net_revenue_retention(then, now)


@pytest.mark.parametrize("lost, opening", [(-1, 5), (6, 5)])
def test_more_lost_than_there_were_is_an_error(lost, opening):
    with pytest.raises(ValueError):
        metrics.churn_rate(lost, opening)


def test_nothing_lost_by_many_is_a_bound_not_a_certainty():
    # Clopper and Pearson: what 100 of 100 leave possible is 0.025^(1/100) = 0.9638.
    metric = metrics.gross_revenue_retention([10] * 100, [10] * 100)
    assert (metric.value, round(metric.low, 4), metric.high) == (1, 0.9638, 1)


def test_inputs_are_not_changed():
    then, now = pd.Series([0, 10, 20, 30, 40, 50]), pd.Series([5, 10, 0, 60, 40, 50])
    answers = pd.Series([9, None, 3, 10, 8, 7])
    before = [series.copy() for series in (then, now, answers)]
    metrics.net_revenue_retention(then, now)
    metrics.gross_revenue_retention(then, now)
    metrics.net_promoter_score(answers)
    for series, copy in zip((then, now, answers), before, strict=True):
        pd.testing.assert_series_equal(series, copy)


def test_a_metric_holds_python_scalars():
    metric = metrics.net_revenue_retention(np.array([100] * 10), np.array([90] * 9 + [50]))
    for name, value in asdict(metric).items():
        assert type(value) in (float, int, str), name


# Answers that are all alike, and amounts of few accounts


def test_answers_that_are_all_alike_count_their_accounts_and_not_themselves():
    accounts = [name for name in "abcdefghij" for _ in range(4)]
    assert core.design_effect([1] * 40, accounts) == 4  # Σk² ÷ Σk
    assert core.design_effect([1] * 40, range(40)) == 1
    assert core.design_effect([1] * 7, [*"aaaa", "b", "c", "d"]) == pytest.approx((16 + 3) / 7)
    nps = metrics.net_promoter_score([10] * 40, accounts)
    alone = metrics.net_promoter_score([10] * 10)
    assert (nps.low, nps.verdict) == (pytest.approx(alone.low, abs=0.06), "ok")
    assert metrics.net_promoter_score([10] * 40).low > nps.low


def test_a_retention_whose_growth_is_of_one_account_is_of_few():
    steady = metrics.net_revenue_retention([100] * 60, [0] * 6 + [110] * 54)
    lucky = metrics.net_revenue_retention([100] * 60, [0] * 6 + [100] * 53 + [900])
    assert (steady.verdict, lucky.verdict) == ("ok", "few")


def test_a_retention_to_which_another_sample_could_add_much_growth_is_of_few():
    lifted = metrics.net_revenue_retention([100] * 60, [0] * 6 + [100] * 46 + [800] * 8)
    assert lifted.verdict == "few"  # the growth of 8 accounts is 93 points of NRR, ± 65
    none_grew = [metrics.net_revenue_retention([100] * n, [0] * 6 + [100] * (n - 6)) for n in (60, 400)]
    assert [one.verdict for one in none_grew] == ["few", "ok"]
    assert metrics.gross_revenue_retention([100] * 60, [0] * 6 + [100] * 54).verdict == "ok"


def test_a_retention_to_which_accounts_add_by_very_different_factors_needs_thirty_of_them():
    def verdict(n, factors):
        grown = [round(100 * factor) for factor in factors]
        return metrics.net_revenue_retention([100] * n, [0] * 20 + grown + [100] * (n - 20 - len(grown))).verdict

    assert verdict(200, [1.1, 1.2, 1.5, 5] * 5) == "few"  # another sample shows 2 or 8 that multiply
    assert verdict(300, [1.1, 1.2, 1.5, 5] * 8) == "ok"
    assert verdict(200, [1.1, 1.2, 1.3, 1.6] * 5) == "ok"  # all grew by much the same


@pytest.mark.parametrize("lost", [0, 400])  # NRR above 1 and below it: there, all that just stay are above the ratio
def test_few_that_multiply_make_no_normal_interval_whether_the_base_grows_or_shrinks(lost):
    then = [100] * 2000
    multiplied = metrics.net_revenue_retention(then, [0] * lost + [900] * 12 + [100] * (1988 - lost))
    assert multiplied.method.endswith("studentized bootstrap")
    assert metrics.net_revenue_retention(then, [0] * 400 + [100] * 1600).method.endswith("linearized")


def test_an_interval_of_many_accounts_of_which_a_few_grew_many_times_over_reaches_further_up_than_down():
    few, many = ([0] * 40 + [100] * 340 + [1000] * 20, [0] * 40 + [100] * 240 + [175] * 120)
    one, other = (metrics.net_revenue_retention([100] * 400, closing) for closing in (few, many))
    assert one.method.endswith("studentized bootstrap") and other.method.endswith("linearized")
    assert one.high - one.value > 1.2 * (one.value - one.low)


def test_a_quick_ratio_of_few_winners_is_of_few_and_its_ends_are_those_of_its_inverse():
    won, lost = [0] * 70 + [100] * 70, [50] * 70 + [0] * 70
    ratio, inverse = metrics.quick_ratio(won, lost), metrics.quick_ratio(lost, won)
    assert (ratio.low, ratio.high) == pytest.approx((1 / inverse.high, 1 / inverse.low), rel=0.05)
    assert (ratio.verdict, metrics.quick_ratio([0] * 40 + [100] * 5, [50] * 40 + [0] * 5).verdict) == ("ok", "few")


def test_a_median_whose_upper_end_is_not_reached_shows_its_lower_one():
    asked = pd.Timestamp("2026-10-01")
    done = [asked + pd.Timedelta(days=n) for n in (2, 4, 6, 8)] + [pd.NaT] * 3
    asks = pd.DataFrame({"kind": "reference_call", "requested_on": asked, "done_on": done})
    metric = metrics.reference_velocity(asks, periods.parse("2026-10"))
    assert (metric.value, metric.low, metric.high) == (8.0, 2.0, None)
    assert formats.estimate(metric, lambda days: f"{days:.0f} days") == (
        "8 days (95% interval 2 days or more, n = 7; few, so read with care)"
    )


@given(pairs)
def test_net_retention_is_gross_retention_plus_expansion_and_churn_is_part_of_what_gross_lacks(rows):
    then, now = (np.array(side, dtype="int64") for side in then_and_now(rows))
    found = base(then, now)
    assert found["mrr_cents"].value * 12 == found["arr_cents"].value == 12 * now.sum()
    net, gross = metrics.net_revenue_retention(then, now), metrics.gross_revenue_retention(then, now)
    if net.value is None:
        assert found["expansion_12_months"].value is None and found["revenue_churn_12_months"].value is None
        return
    assert net.value == pytest.approx(gross.value + found["expansion_12_months"].value)
    churn = found["revenue_churn_12_months"]
    assert -1e-12 <= churn.value <= 1 - gross.value + 1e-12
    assert churn.low is None or churn.low <= churn.value + 1e-12 <= churn.high + 2e-12
    assert churn.numerator == then[(then > 0) & (now == 0)].sum()


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (0.1, 0.005, 0.2, "0.5–20.0%"),  # 0% would say that it may be none
        (0.9, 0.8, 0.995, "80.0–99.5%"),
        (0.0634, 0.0, 0.0641, "0.0–6.4%"),  # 6.3% is not in 0–6%
        (0.2, 0.1, 0.3, "10–30%"),
    ],
)
def test_whole_percents_of_an_interval_say_no_more_than_it_does(value, low, high, shown):
    given = core.Metric(value, low, high, None, None, 50, "", "ok")
    assert f"95% interval {shown}, " in formats.estimate(given)
    page = core.table([core.row("churn_rate", "all", "2026-10", given)])[["metric", "value", "low", "high"]]
    assert f">{shown}<" in tabular.written(page, "", "USD", {}, 5)


def test_groups_in_which_nothing_varies_are_said_to_be_alike_and_not_too_small():
    def expansion(*closings):
        pairs = pd.DataFrame({"label": np.repeat(["a", "b"], 40), "opening_cents": 100, "closing_cents": closings})
        table = by_group(pairs, "label", "2026-10").query("metric == 'expansion_12_months'")
        return spread_sentence(table, "revenue expansion")

    assert expansion(*[100] * 76, *[0] * 4) == "Revenue expansion is 0.0% in every group."
    assert expansion(*[100] * 60, *[150] * 20) == (
        "We cannot compare revenue expansion: all accounts of a (0.0%, n = 40) moved alike, so it has no interval."
    )


def test_a_group_of_few_accounts_is_not_said_to_differ():
    def churn(accounts):
        rows = [
            core.row("churn", name, "2026-10", metrics.churn_rate(lost, accounts))
            for name, lost in (("a", 0), ("b", 9))
        ]
        return spread_sentence(core.table(rows), "churn")

    assert churn(9).startswith("Churn: no clear difference")
    assert churn(10).startswith("Churn differs: a 0.0%")


def test_two_groups_that_differ_at_five_percent_only_are_not_said_to():
    def sentence(apart):
        rows = {"segment": ["a", "b"], "value": [0.2, 0.2 + apart], "low": [0.1, 0.1 + apart]}
        rows |= {"high": [0.3, 0.3 + apart], "n": 60, "verdict": "ok"}
        return spread_sentence(pd.DataFrame(rows), "churn")

    # Each reaches 10 points, so their difference 14.1 at 95% and 15.7 at 97%.
    assert sentence(0.15).startswith("Churn: no clear difference") and sentence(0.16).startswith("Churn differs")


def test_one_loss_of_52_accounts_leaves_no_half_of_the_revenue_open():
    rng = np.random.default_rng(108)
    opening = np.round(1e5 * np.exp(0.5 * rng.normal(size=52)))
    growth = 1 + 0.2 * rng.random(52)
    growth[0] = 0
    one = metrics.net_revenue_retention(opening, np.round(opening * growth))
    # One loss of an effective 31 can be up to 17% of such accounts (Clopper and Pearson); the low end was 59%.
    assert one.verdict == "ok" and 0.85 < one.low < one.value
