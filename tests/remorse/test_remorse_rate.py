"""The remorse rate and what silence hides, counted by hand; and words against deeds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.periods import parse
from helpers.remorse import Voice, regret, scores
from helpers.remorse import voice as voices
from helpers.remorse.outcomes import Outcomes

PERIOD = parse("2026-10")
SEGMENTS = pd.Series({f"A{k}": "S" if k < 12 else "L" for k in range(30)})


def voice(*regrets, left=None, churned=None) -> Voice:
    """What customers say, of which a test looks at a part."""
    none = pd.DataFrame()
    return Voice(12, 1, *(regrets or (None, *[none] * 5)), left, churned, none, none, none)


def survey(account, answered, met=None, settled=None, asked="2026-09-01", name="purchase_regret"):
    """The two rows of one questionnaire."""
    rows = [("expectations_met", met), ("settled_for_less", settled)]
    return [
        {
            "response_id": f"r{account}{asked}",
            "account_id": account,
            "contact_id": f"c{account}",
            "survey": name,
            "item": item,
            "asked_on": pd.Timestamp(asked),
            "answered_on": pd.Timestamp(answered),
            "score": score,
        }
        for item, score in rows
    ]


def frame(*questionnaires):
    rows = pd.DataFrame([row for each in questionnaires for row in each])
    return rows.astype({"answered_on": "datetime64[us]", "asked_on": "datetime64[us]", "score": "float64"})


@pytest.fixture(scope="module")
def surveys():
    """30 asked: A0–A9 regret, A10–A19 do not, A20–A29 are silent. A0 had answered otherwise before."""
    regret = [survey(f"A{k}", "2026-09-05", 2, 6) for k in range(10)]
    content = [survey(f"A{k}", "2026-09-05", 6, 6) for k in range(10, 20)]
    silent = [survey(f"A{k}", None) for k in range(20, 30)]
    return frame(*regret, *content, *silent, survey("A0", "2026-03-05", 7, 1, asked="2026-03-01"))


@pytest.fixture(scope="module")
def measured(surveys):
    accounts = pd.DataFrame({"segment": SEGMENTS, "first_paid_on": pd.Timestamp("2026-07-01")})
    z = pd.DataFrame({"unused_seats": np.tile([0.0, 1.0, 2.0], 10)}, index=SEGMENTS.index)
    return voice(*regret.measured(surveys, PERIOD, accounts.join(scores.observed(z)), 12))


def test_the_rate_counts_the_latest_answer_of_each_contact(measured):
    assert (measured.rate.numerator, measured.rate.denominator) == (10, 20)
    assert measured.says.rate.endswith("20 of the 30 people we asked in the last 12 months answered.")
    assert measured.segments.set_index("segment")["numerator"].to_dict() == {"all": 10, "L": 0, "S": 10}


def test_the_worst_case_bounds_read_silence_both_ways(measured):
    rows = measured.estimates.set_index("estimate")
    assert rows.loc["as answered", "value"] == 0.5
    assert rows.loc["worst-case bounds", ["low", "high"]].tolist() == pytest.approx([10 / 30, 20 / 30])
    assert (
        rows.loc["worst-case bounds", "low"] <= rows.loc["weighted", "value"] <= rows.loc["worst-case bounds", "high"]
    )


def test_weights_mend_what_is_known_of_both():
    # Large customers regret half as often and answer half as often: 40% and 20% regret, 30% of all.
    rng = np.random.default_rng(0)
    is_large = np.arange(4000) % 2 == 1
    answered = rng.random(4000) < np.where(is_large, 0.3, 0.6)
    regrets = pd.array(rng.random(4000) < np.where(is_large, 0.2, 0.4), dtype="boolean")
    account = [f"A{k}" for k in range(4000)]
    contacts = pd.DataFrame({"account_id": account, "answered": answered, "regrets": regrets})
    contacts.loc[~answered, "regrets"] = pd.NA
    known = pd.DataFrame({"segment L": is_large * 1.0, "segment S": ~is_large * 1.0})
    rows = regret.estimates(contacts, known).set_index("estimate")
    assert rows.loc["as answered", "low"] > 0.3
    assert rows.loc["weighted", "low"] < 0.3 < rows.loc["weighted", "high"]
    told = regret.compare(contacts, known).set_index("what")
    assert told.loc["segment L", "high"] < 0 < told.loc["segment S", "low"]
    assert "segment L lower" in replace(voice(), comparison=told.reset_index()).says.difference


def test_where_all_answer_or_nobody_does_there_are_no_weights():
    known = pd.DataFrame({"segment S": [1.0] * 12})
    account = [f"A{k}" for k in range(12)]
    all_in = pd.DataFrame({"account_id": account, "answered": True, "regrets": pd.array([True] * 12, dtype="boolean")})
    rows = regret.estimates(all_in, known).set_index("estimate")
    assert np.isnan(rows.loc["weighted", "value"]) and rows.loc["worst-case bounds", ["low", "high"]].tolist() == [1, 1]
    nobody = all_in.assign(answered=False, regrets=pd.array([pd.NA] * 12, dtype="boolean"))
    rows = regret.estimates(nobody, known).set_index("estimate")
    assert np.isnan(rows.loc["as answered", "value"])
    assert rows.loc["worst-case bounds", ["low", "high"]].tolist() == [0, 1]


@pytest.mark.parametrize("n", range(60, 100, 5))
def test_where_everyone_who_answers_regrets_weights_claim_no_certainty(n):
    rng = np.random.default_rng(n)
    observed, answered = rng.normal(size=n), np.arange(n) % 3 > 0
    regrets = pd.array([True if one else pd.NA for one in answered], dtype="boolean")
    contacts = pd.DataFrame({"account_id": [f"A{k}" for k in range(n)], "answered": answered, "regrets": regrets})
    row = regret.estimates(contacts, pd.DataFrame({"observed": observed})).set_index("estimate").loc["weighted"]
    assert row["value"] == 1 and np.isnan(row["low"]) and row["how"] == "every answer is alike"


def test_regret_by_age_takes_the_latest_answer_in_each_band(surveys):
    paid = pd.Series(pd.Timestamp("2026-02-01"), index=SEGMENTS.index)
    ages = regret.by_age(regret.every_answer(surveys), paid).set_index("segment")
    assert ages.loc["months 0–3", "n"] == 1 and ages.loc["months 4–9", "n"] == 20
    assert ages.loc["months 0–3", "verdict"] == "too few" and ages.loc["month 19 and later", "verdict"] == "undefined"


@pytest.mark.parametrize(
    "early, late, says",
    [
        ((40, 80), (20, 80), "Regret is higher in"),
        ((20, 80), (40, 80), "Regret is lower in"),
        ((20, 80), (21, 80), "Regret shows no clear difference between"),
    ],
)
def test_a_peak_is_claimed_only_where_the_interval_shows_it(early, late, says):
    lines = pd.DataFrame(
        [
            {"segment": name, "value": k / n, "verdict": "ok", "numerator": k, "denominator": n, "n": n}
            for name, (k, n) in {"months 0–3": early, "months 10–18": late}.items()
        ]
    )
    assert replace(voice(), ages=lines).says.age.startswith(says)


def test_a_trend_names_its_quarters_in_the_order_of_its_shares():
    shares = {"2025-05": (32, 64), "2025-08": (9, 18), "2026-05": (7, 18)}
    lines = pd.DataFrame([{"period": first, "numerator": k, "denominator": n} for first, (k, n) in shares.items()])
    says = replace(voice(), quarters=lines.assign(verdict="ok", value=0.4)).says.trend
    assert says.startswith(
        "Early regret in May–Jul 2026 shows no clear difference from May–Jul 2025: 38.9% compared with 50.0%"
    )


def test_without_a_survey_the_page_says_so():
    none = voice(*regret.measured(None, PERIOD, pd.DataFrame(), 12))
    assert none.rate is None and "nobody can say" in none.says.rate
    assert none.segments.empty and none.says.silence.startswith("We asked nobody")
    assert none.says.trend == "There are too few answers for a trend."


# Words against behavior

LAST = PERIOD.last


@pytest.fixture(scope="module")
def lives():
    """A0–A9 lost five months ago, all others paying; all came three years ago."""
    lost = pd.Series(np.nan, index=SEGMENTS.index)
    lost.iloc[:10] = LAST - 5
    accounts = pd.DataFrame(
        {
            "name": SEGMENTS.index,
            "segment": SEGMENTS,
            "start_no": LAST - 36,
            "cutoff_no": LAST - 33,
            "lost_no": lost,
            "mrr_cents": 100,
        }
    )
    due = pd.DataFrame({"account_id": pd.Series(dtype="str"), "month_no": pd.Series(dtype="int64")})
    return Outcomes(accounts, due, due, due, due, due, 0, LAST)


def nps(account, answered, score):
    return {
        "response_id": f"n{account}{answered}",
        "account_id": account,
        "contact_id": None,
        "survey": "nps_relationship",
        "item": "recommend",
        "asked_on": pd.Timestamp(answered),
        "answered_on": pd.Timestamp(answered),
        "score": float(score),
    }


def test_who_had_called_themselves_promoters_before_they_left(lives):
    # Lost in 2026-05. A0–A5 were promoters by then, A6 and A7 were not; A8 praises in the month of the loss.
    rows = [nps(f"A{k}", "2026-03-01", 9) for k in range(6)] + [
        nps("A6", "2026-03-01", 8),
        nps("A7", "2026-01-01", 10),
        nps("A7", "2026-04-30", 3),
        nps("A8", "2026-05-01", 10),
        nps("A20", "2026-03-01", 10),
    ]
    found = voices.churned_promoters(pd.DataFrame(rows).astype({"contact_id": "str"}), lives)
    assert (found.numerator, found.denominator) == (6, 8)
    assert "75.0%" in voice(churned=found).says.promoters


def test_leaving_by_stance_looks_forward_from_a_year_ago(lives):
    rows = [nps(f"A{k}", "2025-09-01", 10 if k < 15 else 2) for k in range(5, 25)]
    rows += [nps("A5", "2026-02-01", 0)]  # said since, so it does not count
    left = voices.left_by_stance(pd.DataFrame(rows).astype({"contact_id": "str"}), lives).set_index("segment")
    assert left.loc["promoter", ["numerator", "n"]].tolist() == [5, 10]
    assert left.loc["detractor", ["numerator", "n"]].tolist() == [0, 10]
    assert left.loc["said nothing", ["numerator", "n"]].tolist() == [5, 10]
    says = voice(left=left.reset_index()).says.stance
    assert says.startswith("Promoters left more often than detractors: 0.0% compared with 50.0%")
