"""What is called a change: signals, paired differences, and Simpson's check."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import metrics, stats
from helpers.metrics.changes import change_sentence, simpson_sentence, year_before
from helpers.metrics.process import growth_chart, monthly_series, moved_most, xmr_sentence, xmr_table
from helpers.periods import parse

OCTOBER = parse("2026-10")
series = st.lists(st.floats(0, 100), min_size=12, max_size=40)


def test_limits_are_the_mean_and_2_66_moving_ranges():
    chart = stats.xmr([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    assert (chart.average, chart.low, chart.high) == pytest.approx((6.5, 6.5 - 2.66, 6.5 + 2.66))


def test_under_12_points_nothing_is_limited_and_nothing_is_a_signal():
    chart = stats.xmr([0] * 10 + [1000])
    assert (chart.low, chart.high, chart.signals) == (None, None, {})


def test_a_point_outside_the_limits_is_a_signal_and_its_place_is_named():
    chart = stats.xmr([10, 12] * 10 + [40])
    assert "above the natural process limits" in chart.signals[20]


def test_eight_in_a_row_on_one_side_are_a_signal_and_seven_are_not():
    def wave(n):
        return [-6, 6] * 12 + [1.0] * n

    assert not any("eight" in text for text in stats.xmr(wave(6)).signals.values())
    assert any("eight" in text for text in stats.xmr(wave(9)).signals.values())


@given(series, st.floats(0.1, 10), st.floats(-50, 50))
def test_signals_do_not_depend_on_the_unit(values, scale, shift):
    # Rounding may decide only where a point lies on a line exactly, so the values are whole numbers.
    values = np.round(values)
    whole = round(scale), round(shift)
    moved = values * max(1, whole[0]) + whole[1]
    assert set(stats.xmr(moved).signals) == set(stats.xmr(values).signals)


def test_a_stable_process_shows_few_signals():
    rng = np.random.default_rng(3)
    outside = sum(sum("limits" in text for text in stats.xmr(rng.normal(size=24)).signals.values()) for _ in range(200))
    assert outside / (200 * 24) < 0.02


def accounts(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["account_id", "segment", "opening_cents", "closing_cents"])


def test_the_difference_is_that_of_the_two_metrics():
    now = accounts([(f"a{n}", "S" if n % 2 else "M", 100, 100 * (n % 5 > 0)) for n in range(40)])
    then = accounts([(f"a{n}", "S" if n % 2 else "M", 100, 150 * (n % 4 > 0)) for n in range(20, 60)])
    found = year_before(now, then, OCTOBER).set_index(["metric", "segment"])["difference"]
    for name in ("net_revenue_retention", "gross_revenue_retention"):
        each = [getattr(metrics, name)(part["opening_cents"], part["closing_cents"]).value for part in (now, then)]
        assert found[(name, "all")] == pytest.approx(each[0] - each[1])
    assert found[("churn_rate_12_months", "all")] == pytest.approx(0.2 - 0.25)


def test_pairing_takes_out_what_both_windows_share():
    rng = np.random.default_rng(5)
    x, kept = np.round(rng.lognormal(12, 1, 400)), rng.random(400) < 0.8
    then, other = x * kept, np.round(rng.lognormal(12, 1, 400)) * 0
    same = stats.ratio_correlation(x, then, x, then)
    apart = stats.ratio_correlation(np.r_[x, other], np.r_[then, other], np.r_[other, x], np.r_[other, then])
    assert (same, apart) == (pytest.approx(1), 0)
    figure = (0.8, 0.7, 0.85)
    width = [np.ptp(stats.difference(figure, figure, correlation)[1:]) for correlation in (0, 0.5, 1)]
    assert width == sorted(width, reverse=True) and width[0] == pytest.approx(2 * np.hypot(0.1, 0.05))


def test_a_difference_of_shares_is_newcombes():
    one, other = (56 / 70, *stats.wilson(56, 70)), (48 / 80, *stats.wilson(48, 80))
    assert stats.difference(one, other) == pytest.approx(stats.share_difference(56, 70, 48, 80))


def test_where_nobody_left_in_either_year_the_difference_still_has_a_width():
    now, then = (accounts([(f"{when}{n}", "S", 100, 100) for n in range(30)]) for when in "ab")
    row = year_before(now, then, OCTOBER).set_index(["metric", "segment"]).loc[("churn_rate_12_months", "all")]
    assert row["low"] < -0.05 < 0 < 0.05 < row["high"] and row["verdict"] == "no change shown"


def test_a_few_large_accounts_are_too_few_to_call_a_change():
    def window(kept):
        return accounts([("big", "S", 100_000, 100_000 * kept)] + [(f"a{n}", "S", 100, 100) for n in range(99)])

    found = year_before(window(0), window(1), OCTOBER).set_index(["metric", "segment"])
    assert found.loc[("net_revenue_retention", "all"), "verdict"] == "few"
    said = change_sentence(found.reset_index(), "net_revenue_retention", "NRR")
    assert said.startswith("NRR has too few accounts behind it to tell a change since October 2025: ")


def test_without_a_year_before_nothing_is_compared():
    now = accounts([(f"a{n}", "S", 100, 100) for n in range(20)])
    found = year_before(now, accounts([]), OCTOBER)
    assert set(found["verdict"]) == {"undefined"}
    assert "cannot be compared" in change_sentence(found, "net_revenue_retention", "NRR")


def test_simpson_total_up_while_every_segment_falls():
    # 90 of 100 small ones then, 10 of 100 now; the large stay more often, and both got worse.
    def window(small, large):
        rows = [(f"s{n}", "small", 100, 100 * (n < kept)) for kept, total in [small] for n in range(total)]
        return accounts(
            rows + [(f"l{n}", "large", 100, 100 * (n < kept)) for kept, total in [large] for n in range(total)]
        )

    then, now = window((54, 90), (10, 10)), window((5, 10), (86, 90))
    found = year_before(now, then, OCTOBER)
    text = simpson_sentence(found, "gross_revenue_retention", "Gross retention")
    assert (
        text
        == "Gross retention rose in total and fell in every segment: the mix of segments changed, so read the segments."
    )


def test_a_change_is_called_one_only_when_its_interval_leaves_zero_out():
    def window(kept):
        return accounts([(f"a{n}", "S", 100, 100 * (n < kept)) for n in range(200)])

    large = year_before(window(180), window(120), OCTOBER).set_index(["metric", "segment"])
    small = year_before(window(180), window(179), OCTOBER).set_index(["metric", "segment"])
    key = ("gross_revenue_retention", "all")
    assert (large.loc[key, "verdict"], small.loc[key, "verdict"]) == ("changed", "no change shown")


def test_the_series_end_with_the_last_24_months_and_rates_of_one_metric_stand_in_order():
    months = [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(30)]
    rows = [
        {"metric": "churn_rate", "segment": "all", "period": month, "value": n / 100, "method": ""}
        for n, month in enumerate(months)
    ]
    monthly = pd.DataFrame({"month": pd.to_datetime(months), "opening_cents": 100, "closing_cents": 110})
    found = monthly_series(pd.DataFrame(rows[::-1]), ["churn_rate"])
    assert found["churn_rate"].index.to_list() == months[-24:]
    assert growth_chart(monthly)["value"].to_list() == pytest.approx([0.1] * 24)


def base(*growth: float) -> pd.DataFrame:
    """A base of 1,000 whose MRR changes by each amount in turn."""
    closing = np.cumsum((1_000, *growth))
    monthly = pd.DataFrame({"opening_cents": closing[:-1], "closing_cents": closing[1:]})
    return monthly.assign(month=pd.date_range("2024-11-01", periods=len(growth), freq="MS"))


@pytest.mark.parametrize("noise", [1, 5])
def test_a_base_that_grows_by_the_same_amount_or_by_the_same_rate_shows_no_signal(noise):
    swing = [noise * (-1) ** n for n in range(24)]
    same_amount, same_rate = [100 + one for one in swing], [40 * 1.04**n + one for n, one in enumerate(swing)]
    assert stats.xmr([100 / (1_000 + 100 * n) for n in range(24)]).signals  # what the rate alone would say
    for growth in (same_amount, same_rate):
        assert set(growth_chart(base(*growth))["signal"]) == {""}


def test_a_base_whose_growth_falls_is_a_signal_that_names_its_rule():
    chart = growth_chart(base(*[20, 100] * 8, *[10, 40] * 4))
    assert chart["signal"].iloc[-1] == "eight months in a row below the average"
    assert xmr_sentence(chart, "Growth").startswith("Growth has been below its average for eight months (")
    jump = growth_chart(base(*[60, 62] * 11, 60, 300))
    assert "above its normal range" in xmr_sentence(jump, "Growth")


def test_the_movement_behind_a_signal_is_the_one_that_moved_net_new_mrr_most():
    moved = {"new_cents": 500, "expansion_cents": 300, "reactivation_cents": 0, "contraction_cents": 50}
    months = pd.DataFrame([moved | {"churn_cents": 100 if n < 12 else 40_000} for n in range(20)])
    signal = "eight months in a row below the average"
    assert moved_most(months, signal, "USD").startswith("Slower growth comes mostly from churn: $400 ")
    assert moved_most(months, "eight months in a row above the average", "USD") == ""
    assert moved_most(months.tail(19), signal, "USD") == moved_most(months, "", "USD") == ""


def test_under_five_accounts_nothing_is_compared():
    few = accounts([(f"a{n}", "S", 100, 100 * (n > 0)) for n in range(4)])
    many = accounts([(f"a{n}", "S", 100, 100) for n in range(20)])
    for found in (year_before(few, many, OCTOBER), year_before(many, few, OCTOBER)):
        assert set(found["verdict"]) == {"too few"}
        assert found["difference"].isna().all()


def test_the_usual_range_of_a_rate_does_not_fall_below_zero():
    swings = pd.Series([0.0, 0.04] * 8, index=[f"m{n}" for n in range(16)])
    chart = xmr_table({"churn_rate": swings, "mrr_growth": swings})
    low = chart.groupby("metric")["low"].first()
    assert low["churn_rate"] == 0 and low["mrr_growth"] < 0
