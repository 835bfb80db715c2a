"""The projection's test in hindsight: what it knows ends at the cut-off, and what it is measured by does not."""

import numpy as np
import pandas as pd
import pytest
from small_cohorts import lives, lives_by_survival

from helpers.cohorts import words
from helpers.cohorts.survival import projection
from helpers.errors import Refused

MODELS = ["projected", "low", "high", "constant_churn"]
# One in t + 1 stays t renewals; two cohorts half a year apart, seen for five and a half years.
EVENLY = [(0, 12 * t, round(2520 / t - 2520 / (t + 1))) for t in range(1, 6)]
TWO = lives(*EVENLY, (0, None, 420), *[(6 + c, 6 + lost, n) for c, lost, n in EVENLY], (6, None, 420))
LAST = 66


def test_the_shares_observed_are_those_never_lost_since_the_cut():
    found = projection.backtest(TWO, 12, LAST).set_index("month_no")
    assert found.index.tolist() == list(range(55, 67))
    # At month 54 both had four renewals: 504 each. The one's fifth is at 60, the other's at 66.
    assert (found["n_at_cut"] == 1008).all()
    expected = [1.0] * 5 + [924 / 1008] * 6 + [840 / 1008]
    assert found["observed"].tolist() == pytest.approx(expected)
    assert found["projected"].tolist() == pytest.approx(expected, abs=0.005)


def test_a_constant_churn_is_one_rate_of_what_was_lost_until_the_cut():
    found = projection.backtest(TWO, 12, LAST).set_index("month_no")
    lost, due = 2 * (2520 - 504), 2 * (2520 + 1260 + 840 + 630)
    stays = 1 - lost / due
    assert found.loc[55, "constant_churn"] == 1
    assert found.loc[60, "constant_churn"] == pytest.approx((1 + stays) / 2)
    assert found.loc[66, "constant_churn"] == pytest.approx(stays)
    ours, constant = projection.errors(found)
    assert ours < 0.005 < 0.05 < constant


@pytest.mark.parametrize("term", [1, 12])
def test_nothing_after_the_cut_off_is_known_to_either_model(term):
    table, last = lives_by_survival([900, 700, 600, 550, 520, 500], 5, term)
    hidden = term + (term == 1)
    cut = last - hidden
    before = projection.backtest(table, term, last, hidden)
    late = table["first_lost_no"] > cut
    assert late.any()
    for other in (
        table.assign(first_lost_no=table["first_lost_no"].mask(late)),
        table.assign(first_lost_no=table["first_lost_no"].fillna(cut + 1)),
        pd.concat([table, lives((cut + 1, None, 5000), term_months=term)]),
    ):
        after = projection.backtest(other, term, last, hidden)
        pd.testing.assert_frame_equal(after[MODELS], before[MODELS])
        assert (after["n_at_cut"] == before["n_at_cut"]).all()
    nobody = projection.backtest(table.assign(first_lost_no=table["first_lost_no"].mask(late)), term, last, hidden)
    assert nobody["observed"].tolist() == [1.0] * hidden


def test_who_leaves_within_a_term_leaves_at_its_end():
    # Thirty left in the middle of the second year, before the cut-off: they count until the renewal in month 24.
    rows = [
        (0, 12, 20),
        (0, 15, 30),
        (0, None, 50),
        *[(-24 + c, None if t is None else -24 + t, n) for c, t, n in [(0, 12, 20), (0, 24, 15), (0, None, 65)]],
    ]
    found = projection.backtest(lives(*rows), 12, 30)
    assert (found["n_at_cut"] == 80 + 65).all()
    before = found["month_no"] < 24
    assert (found["observed"][before] == 1).all()
    assert found["observed"][~before].tolist() == pytest.approx([115 / 145] * 7)


def test_the_interval_holds_both_and_widens():
    found = projection.backtest(TWO, 12, LAST)
    assert ((found["low"] <= found["projected"]) & (found["projected"] <= found["high"])).all()
    width = found["high"] - found["low"]
    assert width.iloc[0] == 0 and width.iloc[-1] > width.iloc[6] > 0
    assert found.columns.tolist() == list(projection.BACKTEST)


@pytest.mark.slow
def test_the_interval_holds_what_is_counted_about_as_often_as_it_says():
    # Companies drawn from the model: 300 accounts, ten months known, five hidden.
    rng, inside = np.random.default_rng(1), []
    for _ in range(12):
        life = rng.geometric(rng.beta(0.8, 3.0, 300))
        lost = np.bincount(np.minimum(life, 16), minlength=17)
        rows = [(0, month, int(lost[month])) for month in range(1, 16) if lost[month]]
        last = projection.backtest(lives(*rows, (0, None, int(lost[16])), term_months=1), 1, 15, 5).iloc[-1]
        inside.append(last["low"] <= last["observed"] <= last["high"])
    assert np.mean(inside) >= 0.75


def test_what_was_not_known_at_the_cut_off_is_refused():
    with pytest.raises(Refused, match="three ages"):
        projection.backtest(TWO, 12, 30)
    late = lives((0, 30, 50), (0, None, 50))
    with pytest.raises(Refused, match=r"none of the 100 accounts .* had left by Jan 2$"):  # the cut-off, not today
        projection.backtest(late, 12, 36)
    tables, refusals = projection.each_term(projection.backtest, pd.concat([TWO, late.assign(term_months=6)]), 36)
    assert tables == {} or 6 not in tables
    assert "had left by" in refusals[6]


def test_without_a_term_there_is_one_refusal_and_no_table():
    tables, refusals = projection.each_term(projection.backtest, TWO.assign(term_months=None), LAST)
    assert tables == {} and list(refusals) == [0] and "no renewal date" in refusals[0]


# Sentences


def a_test(observed: float, projected: float, constant: float) -> str:
    row = {
        "term_months": 1,
        "n_at_cut": 200,
        "observed": observed,
        "projected": projected,
        "low": 0.7,
        "high": 0.8,
        "constant_churn": constant,
    }
    table = pd.DataFrame([row] * 12)
    return words.said("backtest", table=table, errors=projection.errors(table))


def test_a_test_is_said_with_both_errors_and_whether_the_truth_was_inside():
    text = a_test(0.75, 0.76, 0.6)
    assert text.startswith("75.0% of 200 accounts were still there 12 months later, compared with a projection of 76")
    assert "the truth is inside" in text and text.endswith(
        "The mean error is 1.0 points, closer than the 15.0 points of a constant churn."
    )
    assert "the truth is outside" in a_test(0.85, 0.76, 0.6)
    assert "no closer than the 1.0 points" in a_test(0.75, 0.7, 0.74)


def test_errors_are_means_of_absolute_differences():
    table = pd.DataFrame({"observed": [0.8, 0.6], "projected": [0.7, 0.7], "constant_churn": [0.8, 0.6]})
    assert projection.errors(table) == (0.1, 0.0)
