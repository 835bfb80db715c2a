"""The projection by contract term: which renewal a loss falls on, what is refused, and what the curve is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_cohorts import lives, lives_by_survival

from helpers.cohorts import survival, words
from helpers.cohorts.survival import observed, projection
from helpers.errors import Refused
from helpers.stats import sbg

# Everybody has a chance of leaving of their own, evenly spread: after t renewals 1 in t + 1 is left.
EVENLY = [2520, 1260, 840, 630, 504, 420]


def alive(*rows: tuple, term: int = 12, last: int, **columns) -> list[list[float]]:
    table = observed.alive_by_term(lives(*rows, term_months=term, **columns), term, last)
    return table.fillna(-1).astype(int).to_numpy().tolist()


# Alive after 0, 1, 2 … terms


def test_a_loss_falls_on_the_renewal_that_ends_the_term_in_which_it_happens():
    losses = [(0, 1, 1), (0, 11, 1), (0, 12, 1), (0, 13, 1), (0, 24, 1), (0, None, 5)]
    assert alive(*losses, last=36) == [[10, 7, 5, 5]]
    assert alive(*losses, term=1, last=13)[0][:3] == [10, 9, 9]


def test_a_term_that_is_not_over_is_missing_even_where_somebody_left_in_it():
    assert alive((0, 11, 4), (0, None, 6), last=11) == [[10]]
    assert alive((0, 11, 4), (0, None, 6), last=12) == [[10, 6]]
    assert alive((0, None, 6), (5, None, 2), last=16) == [[6, 6], [2, -1]]


def test_what_was_lost_later_and_who_came_later_is_not_seen():
    rows = [(0, 24, 3), (0, None, 7), (20, None, 5)]
    assert alive(*rows, last=23) == [[10, 10], [5, -1]]
    assert alive(*rows, last=19) == [[10, 10]]


def test_other_terms_and_the_left_truncated_cohort_are_left_out():
    rows = lives(
        (0, None, 9), (3, None, 5), (3, None, 4), term_months=[12, 12, 1], is_left_truncated=[True, False, False]
    )
    assert observed.alive_by_term(rows, 12, 15).to_numpy().tolist() == [[5, 5]]
    assert observed.alive_by_term(rows, 6, 15).empty


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(1, 30)), st.integers(1, 9)),
        min_size=1,
        max_size=20,
    )
)
def test_along_a_row_nobody_returns_and_row_order_does_not_matter(rows):
    rows = [(cohort, None if lost is None else cohort + lost, n) for cohort, lost, n in rows]
    table = lives(*rows, term_months=3)
    found = observed.alive_by_term(table, 3, 30)
    assert (found.diff(axis=1).iloc[:, 1:].fillna(0) <= 0).all(axis=None)
    assert found[0].sum() == table["n_accounts"].sum()
    pd.testing.assert_frame_equal(observed.alive_by_term(table.iloc[::-1], 3, 30), found)


# What is refused


@pytest.mark.parametrize(
    ("rows", "last", "why"),
    [
        ([(0, 12, 50), (0, None, 50)], 23, "three ages"),
        ([(0, None, 50), (1, None, 50)], 36, "none of the 100 accounts of a known age had left by Jan 3"),
        ([(0, None, 50)], 23, "none of the 50 accounts of a known age had left"),  # two ages, and still the reason
        ([(0, 3, 50), (0, None, 50)], 11, "three ages"),  # some left within a term that is not over
        ([(0, 12, 5), (0, 35, 4), (0, None, 50)], 35, "only 5 accounts"),  # the third renewal is not due yet
        ([(0, 12, 5), (0, 24, 4), (0, None, 50)], 36, "only 9 accounts .* 10 are needed"),
        ([(30, 31, 9)], 31, "three ages"),
    ],
)
def test_what_cannot_carry_a_projection_is_refused(rows, last, why):
    with pytest.raises(Refused, match=why):
        projection.fit(lives(*rows), 12, last)


def test_accounts_whose_age_nobody_knows_are_said_to_be_that():
    with pytest.raises(Refused, match="there when the data begins, so their age is not known"):
        projection.fit(lives((0, 12, 50), (0, None, 50), is_left_truncated=True), 12, 48)


def test_where_more_than_a_third_of_the_lost_came_back_a_loss_is_no_end():
    rows = [(0, 12, 15), (0, 24, 15), (0, None, 50)]
    with pytest.raises(Refused, match=r"36\.7% of the accounts that were lost came back.*purchases"):
        projection.fit(lives(*rows, n_returned=[6, 5, 0]), 12, 36)
    assert projection.fit(lives(*rows, n_returned=[5, 5, 0]), 12, 36).lost.sum() == 30  # a third and no more


def test_terms_are_fitted_apart_and_each_refusal_keeps_its_reason():
    yearly, last = lives_by_survival(EVENLY, 1, 12)
    both = pd.concat([yearly, lives((0, None, 9000), term_months=1)])
    assert observed.terms_of(both) == [1, 12]
    models, refusals = projection.each_term(projection.fit, both, last)
    assert list(models) == [12] and list(refusals) == [1] and "had left" in refusals[1]
    assert projection.each_term(projection.fit, yearly, last)[1] == {}


@pytest.mark.parametrize("table", [lives((0, 12, 50), (0, None, 50), term_months=None), lives((0, 1, 1)).iloc[:0]])
def test_without_a_renewal_date_nothing_is_projected_and_the_reason_says_what_to_do(table):
    models, refusals = projection.each_term(projection.fit, table, 36)
    assert models == {} and list(refusals) == [0]
    assert "no renewal date" in refusals[0] and "renews_on" in refusals[0] and "term_months" in refusals[0]
    assert projection.stacked({}, projection.PROJECTION).columns.tolist() == list(projection.PROJECTION)


# The curve


def test_one_in_t_plus_one_is_observed_and_projected():
    table, last = lives_by_survival(EVENLY, 1, 12)
    fitted = projection.fit(table, 12, last)
    found = projection.project(fitted, horizon_months=120)
    assert found["age"].tolist() == list(range(11)) and (found["term_months"] == 12).all()
    assert found["observed"][:6].tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6])
    assert found["projected"].tolist() == pytest.approx([1 / (age + 1) for age in range(11)], rel=0.01)
    assert found["n_at_risk"][:6].tolist() == [2520, 2520, 1260, 840, 630, 504]
    assert found.loc[6:, ["observed", "n_at_risk"]].isna().all(axis=None)
    assert ((found["low"] <= found["projected"]) & (found["projected"] <= found["high"])).all()
    width = found["high"] - found["low"]
    assert width[0] == 0 and width[5] > 0


def test_a_constant_chance_is_projected_as_one():
    table, last = lives_by_survival([round(10_000 * 0.9**age) for age in range(9)], 6, 1)
    found = projection.project(projection.fit(table, 1, last), horizon_months=24)
    assert found["projected"].tolist() == pytest.approx([0.9**age for age in range(25)], abs=0.004)


def test_young_cohorts_count_for_the_renewals_they_have():
    rows = [(0, 12, 20), (0, 24, 10), (0, None, 70), (12, 24, 40), (12, None, 60)]
    found = projection.project(projection.fit(lives(*rows), 12, 24))
    assert found["n_at_risk"][:3].tolist() == [200, 200, 80]
    assert found["observed"][:3].tolist() == pytest.approx([1, 140 / 200, 140 / 200 * 70 / 80])


def test_a_horizon_nearer_than_what_was_seen_hides_nothing():
    table, last = lives_by_survival(EVENLY, 1, 12)
    assert projection.project(projection.fit(table, 12, last), horizon_months=12)["age"].tolist() == [0, 1, 2, 3, 4, 5]


@settings(max_examples=3)
@given(st.permutations(range(10)))
def test_the_interval_is_seeded_and_row_order_does_not_matter(order):
    table, last = lives_by_survival([400, 300, 250, 230], 4, 1)
    table = table.iloc[: len(order)]
    found = projection.project(projection.fit(table, 1, last))
    pd.testing.assert_frame_equal(projection.project(projection.fit(table.iloc[list(order)], 1, last)), found)


def test_more_accounts_narrow_the_interval():
    widths = []
    for size in (1, 100):
        table, last = lives_by_survival([n * size for n in (40, 30, 25, 22)], 1, 12)
        row = projection.project(projection.fit(table, 12, last)).iloc[-1]
        widths.append(row["high"] - row["low"])
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.35)  # the root of a hundred


def test_contract_terms_are_stacked_shortest_first():
    table, last = lives_by_survival(EVENLY, 1, 12)
    one = projection.project(projection.fit(table, 12, last))
    found = projection.stacked({12: one, 1: one.assign(term_months=1)}, projection.PROJECTION)
    assert found["term_months"].drop_duplicates().tolist() == [1, 12]
    assert found.columns.tolist() == list(projection.PROJECTION) and len(found) == 2 * len(one)
    assert np.isfinite(found["projected"]).all()


# Held against what was observed


def halves(n: int) -> list[int]:
    """One half leaves at once or nearly (40% a month), the other after a year only: no sBG bends that way."""
    first = [n * 0.6**age for age in range(25)]
    later = [n * (1.0 if age <= 12 else 0.8 ** (age - 12)) for age in range(25)]
    return [round(one + other) for one, other in zip(first, later, strict=True)]


def test_a_curve_that_the_model_cannot_follow_is_said_and_has_no_interval():
    table, last = lives_by_survival(halves(500), 1)
    model = projection.fit(table, 1, last)
    assert sbg.misfit(model.model, model.lost, model.at_risk) < 0.05 and not model.fits
    found = projection.project(model)
    assert found[["low", "high"]].isna().all(axis=None) and found["projected"].notna().all()
    text = words.said("projection", table=found, years=3)
    assert "does not fit what was observed" in text and "no interval" in text and "95%" not in text
    value = projection.base_value(table, {1: model})
    assert value["low"].isna().all() and "no interval" in words.value_sentence(value, table, "USD")


def test_a_curve_that_the_model_made_is_not_called_a_misfit_more_often_than_said():
    rng, flagged = np.random.default_rng(7), 0
    at_risk = np.round(600 * survival.Sbg(0.8, 12.0, 0.0).survival(range(24))).astype(int)
    for _ in range(40):
        lost = rng.binomial(at_risk, 1 - survival.Sbg(0.8, 12.0, 0.0).retention(np.arange(1, 25)))
        ended = at_risk - lost - np.append(at_risk[1:], 0)
        model = sbg.fit_each(np.insert(lost, 0, 0)[None].astype(float), np.insert(ended, 0, 0)[None].astype(float))[0]
        flagged += sbg.misfit(model, lost, at_risk, draws=60) < 0.05
    assert flagged <= 6  # 2 expected


def test_two_renewals_cannot_contradict_two_parameters():
    table, last = lives_by_survival([100, 80, 70], 1, 12)
    model = projection.fit(table, 12, last)
    assert np.isnan(sbg.misfit(model.model, model.lost, model.at_risk)) and model.fits and len(model.scenarios) == 2
    assert "range by scenario" in words.said("projection", table=projection.project(model), years=3)
