"""Life tables, curves, hazards, stages and tests from counted lives: by hand, and against those who do it from rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_cohorts import lives

from helpers.cohorts import survival
from helpers.cohorts.survival import observed

LAST = 24
# Ten accounts on a 12-month contract, seen for two years: one lost in its third month, two in the eighth, three at the
# first renewal, one in the fifteenth month, one at the second renewal; two are left.
TEN = lives((0, 2, 1), (0, 8, 2), (0, 12, 3), (0, 15, 1), (0, 24, 1), (0, None, 2))


@st.composite
def groups(draw, n_groups=3, n_strata=2):
    """Lives of a few groups within a few strata, as they could have been counted at month 12."""
    rows = []
    for _ in range(draw(st.integers(4, 12))):
        cohort = draw(st.integers(0, 11))
        lost = draw(st.one_of(st.none(), st.integers(cohort + 1, 12)))
        place = draw(st.integers(0, n_groups - 1)), draw(st.integers(0, n_strata - 1))
        rows.append((cohort, lost, draw(st.integers(1, 5)), *place))
    table = lives(*[row[:3] for row in rows])
    return table.assign(segment=[f"s{row[4]}" for row in rows], acquisition_source=[f"g{row[3]}" for row in rows])


def unrolled(table: pd.DataFrame, last: int) -> pd.DataFrame:
    """One row an account: its duration, and whether it was lost."""
    each = table.loc[table.index.repeat(table["n_accounts"])]
    until = each["first_lost_no"].fillna(last).astype("int64")
    return each.assign(duration=until - each["cohort_no"], event=each["first_lost_no"].notna().astype(bool))


# Life tables and curves


def test_who_is_at_risk_and_who_is_lost_month_by_month():
    table = observed.life_table(TEN, LAST).set_index("age")
    assert table.index.tolist() == list(range(25))
    at_risk = {0: 10, 2: 10, 3: 9, 8: 9, 9: 7, 12: 7, 13: 4, 15: 4, 16: 3, 24: 3}
    assert table.loc[list(at_risk), "n_at_risk"].tolist() == list(at_risk.values())
    assert table[table["n_lost"] > 0]["n_lost"].to_dict() == {2: 1, 8: 2, 12: 3, 15: 1, 24: 1}


def test_young_cohorts_leave_the_table_at_their_age_and_truncated_ones_never_enter():
    rows = lives((20, None, 5), (0, 3, 7), (10, None, 1), is_left_truncated=[False, True, False])
    table = observed.life_table(rows, LAST)
    assert table["n_at_risk"].tolist() == [6] * 5 + [1] * 10 and table["n_lost"].sum() == 0
    assert observed.life_table(rows.iloc[:0], LAST).empty
    assert observed.life_table(rows[rows["is_left_truncated"]], LAST).empty


def test_a_cohort_of_one_that_leaves_in_its_first_month():
    assert observed.life_table(lives((5, 6, 1)), LAST).to_numpy().tolist() == [[0, 1, 0], [1, 1, 1]]


def test_curves_of_groups_come_after_the_one_of_all():
    curve = observed.by_group(TEN.assign(segment=["L", "L", "S", "S", "S", "S"]), LAST)
    assert curve["segment"].unique().tolist() == ["all", "L", "S"]
    by = curve.set_index(["segment", "age"])["survival"]
    assert by["all", 24] == pytest.approx(0.2) and by["S", 24] == pytest.approx(2 / 7)
    # Of the three of L, who were all lost by month 8, nobody is left to have a curve.
    assert by["L", 2] == pytest.approx(2 / 3) and by["L", 8] == 0 and ("L", 9) not in by.index
    assert curve.columns.tolist() == ["segment", "age", "n_at_risk", "n_lost", "survival", "low", "high"]


@given(groups())
def test_curves_from_counts_are_kaplan_meier_from_rows(table):
    each = unrolled(table, 12)
    expected = survival.kaplan_meier(each["duration"], each["event"]).set_index("time")
    found = observed.by_group(table, 12).query("segment == 'all'").set_index("age")
    pd.testing.assert_frame_equal(
        found.loc[expected.index.astype(int), ["survival", "low", "high"]].reset_index(drop=True),
        expected[["survival", "low", "high"]].reset_index(drop=True),
    )
    assert found["n_lost"].sum() == each["event"].sum()


def test_without_censoring_a_curve_is_the_plain_share():
    table = lives((0, 1, 3), (0, 5, 4), (2, 9, 2), (3, 4, 1))
    curve = observed.by_group(table, LAST).query("segment == 'all'").set_index("age")["survival"]
    assert [curve[age] for age in (0, 1, 4, 5, 7)] == pytest.approx([1, 0.6, 0.6, 0.2, 0])


def test_medians_are_the_first_age_at_which_half_or_fewer_are_left():
    halves = lives((0, 4, 5), (0, None, 5), (0, 3, 1), (0, 5, 1), (0, 6, 1), segment=["S", "S", "L", "L", "L"])
    found = observed.medians(observed.by_group(halves, LAST), "segment").set_index("segment")
    assert found["median_months"].to_dict() == {"all": 5, "L": 5, "S": 4}
    assert found.loc["all", ["n", "n_lost"]].tolist() == [13, 8]
    never = observed.medians(observed.by_group(lives((0, None, 9)), LAST), "segment")
    assert never[["median_months", "low", "high"]].isna().all(axis=None)


# Hazards and stages


def test_a_hazard_is_lost_by_at_risk_where_enough_are():
    table = observed.hazard(observed.life_table(TEN, LAST), at_least=4).set_index("age")
    assert table.index.tolist() == list(range(1, 16))
    assert table.loc[[2, 8, 12, 15], "rate"].tolist() == pytest.approx([1 / 10, 2 / 9, 3 / 7, 1 / 4])
    assert ((table["low"] <= table["rate"]) & (table["rate"] <= table["high"])).all()
    assert observed.hazard(observed.life_table(TEN, LAST), at_least=11).empty


def stage(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    return {row.stage: (row.n_at_risk, row.n_lost) for row in table.itertuples()}


def test_stages_of_a_contract_with_renewals():
    found = observed.stages(TEN, LAST)
    assert stage(found) == {
        "onboarding": (29, 1),
        "before the first renewal": (66, 2),
        "first renewal": (7, 3),
        "between renewals": (36, 1),
        "later renewals": (3, 1),
    }
    assert found["share"].tolist() == [0.125, 0.25, 0.375, 0.125, 0.125]
    assert found["rate"].tolist() == pytest.approx([1 / 29, 2 / 66, 3 / 7, 1 / 36, 1 / 3])
    assert (found["contract"] == "12-month contract").all()


def test_stages_month_to_month():
    found = observed.stages(TEN.assign(term_months=1), LAST)
    assert stage(found) == {"onboarding": (29, 1), "rest of the first year": (73, 5), "after the first year": (39, 2)}
    assert (found["contract"] == "month to month").all()


def test_stages_of_both_share_all_losses():
    both = TEN.assign(term_months=pd.array([1, 1, 12, 12, 12, 12], dtype="Int64"))
    found = observed.stages(both, LAST)
    assert found["contract"].unique().tolist() == ["month to month", "12-month contract"]
    assert found["share"].sum() == pytest.approx(1) and found["n_lost"].sum() == 8


def test_without_a_term_there_are_no_stages_and_without_a_loss_no_share():
    unknown = observed.stages(TEN.assign(term_months=None), LAST)
    assert unknown.empty and {"contract", "stage", "n_at_risk", "n_lost", "rate", "low", "high", "share"} == set(
        unknown
    )
    nobody = observed.stages(lives((0, None, 9)), LAST)
    assert nobody["n_lost"].sum() == 0 and nobody["share"].isna().all() and (nobody["rate"] == 0).all()


# Tests between groups


@pytest.mark.parametrize("strata", ["", "segment"])
def test_the_contrast_of_groups_and_strata_is_that_of_statsmodels(strata):
    from statsmodels.duration.survfunc import survdiff

    rng = np.random.default_rng(1)
    for _ in range(3):
        rows = [(0, int(age), int(n)) for age, n in zip(rng.integers(1, 12, 60), rng.integers(1, 5, 60), strict=True)]
        table = lives(*rows, *[(4, None, 2)] * 20).assign(
            segment=rng.choice(["L", "S"], 80), acquisition_source=rng.choice(["ads", "talks", "web"], 80)
        )
        each = unrolled(table, 12)
        by = {"strata": each[strata].to_numpy()} if strata else {}
        sides = [each[name].to_numpy() for name in ("duration", "event", "acquisition_source")]
        assert observed.contrast(table, 12, "acquisition_source", strata) == pytest.approx(survdiff(*sides, **by))


@given(groups())
def test_any_counts_have_a_contrast_or_none(table):
    chi_squared, p = observed.contrast(table, 12, "acquisition_source", strata="segment")
    assert np.isnan(chi_squared) == np.isnan(p)
    assert np.isnan(p) or (chi_squared >= -1e-12 and 0 <= p <= 1)


def test_two_groups_are_those_of_scipy():
    from scipy import stats

    rng = np.random.default_rng(1)
    for _ in range(5):
        table = lives(*[(0, age, 1) for age in rng.integers(1, 20, 30)], *[(5, None, 3)] * 4)
        table = table.assign(segment=rng.choice(["L", "S"], len(table)))
        each = unrolled(table, LAST)
        parts = [
            stats.CensoredData.right_censored(part["duration"], ~part["event"]) for _, part in each.groupby("segment")
        ]
        expected = stats.logrank(*parts)
        found = observed.contrast(table, LAST, "segment")
        assert found == pytest.approx((expected.statistic**2, expected.pvalue))
        assert found == pytest.approx(survival.logrank(each["duration"], each["event"], each["segment"]))


def test_a_difference_that_the_strata_bring_is_gone_within_them():
    # Everybody of S leaves at the same ages, whatever the source, and of L nobody; web brings S, talks bring L.
    rows = [(0, 3, 40), (0, 9, 40), (0, None, 10), (0, 3, 4), (0, 9, 4), (0, None, 90)]
    table = lives(*rows, segment=["S", "S", "L", "S", "S", "L"], acquisition_source=["web"] * 3 + ["talks"] * 3)
    assert observed.contrast(table, LAST, "acquisition_source")[1] < 0.001
    chi_squared, p = observed.contrast(table, LAST, "acquisition_source", strata="segment")
    assert chi_squared == pytest.approx(0, abs=1e-12) and p == pytest.approx(1)


@pytest.mark.parametrize(
    "table",
    [TEN, lives((0, None, 9), (0, None, 9), segment=["S", "L"]), TEN.assign(is_left_truncated=True), TEN.iloc[:0]],
    ids=["one group", "nobody lost", "left-truncated", "nobody ever paid"],
)
def test_where_there_is_nothing_to_compare_there_is_no_p(table):
    assert np.isnan(observed.contrast(table, LAST, "segment")).all()
