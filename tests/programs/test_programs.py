"""Designs against figures worked out by hand; what fools the simple comparison does not fool them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from helpers import programs, stats
from helpers.errors import Refused
from helpers.programs import contribution, core, hazard, randomized, reading

# What is refused

MANY = {"n_events": 2_000_000_000, "n_events_enrolled": 1_000_000_000}


@pytest.mark.parametrize("design", ["ever member", "ever_member", "Ever-Member", "naive"])
def test_an_ever_member_comparison_is_refused_and_the_error_says_why(design):
    with pytest.raises(Refused, match=r"immortal time.*Give the month of enrollment"):
        programs.refuse_ever_member(design)


def test_so_is_a_table_of_members_without_months():
    months = pd.DataFrame({"account_id": pd.Categorical(["a"]), "month_no": [3]})
    members = pd.DataFrame({"account_id": ["a"], "program": ["club"]})
    with pytest.raises(Refused, match="immortal time"):
        hazard.model(months, members, "churn")


def test_a_design_that_is_none_is_named():
    with pytest.raises(Refused, match="'propensity' is none of the designs"):
        programs.refuse_ever_member("propensity")


# A company in which a program does nothing, and enrollment takes time


def company(
    n: int, seed: int, effect: float = 0.0, with_health: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Account-months, enrolments and one score (health turned round, without noise) of a made-up company."""
    rng = np.random.default_rng(seed)
    trouble = rng.standard_normal(n)
    left_at, joined_at, rows = np.full(n, 99), np.full(n, 99), []
    for month in range(1, 31):
        at_risk = left_at == 99
        odds = -3.2 + with_health * trouble + effect * (joined_at < month)
        leaves = at_risk & (rng.random(n) < 1 / (1 + np.exp(-odds)))
        rows.append(pd.DataFrame({"who": np.flatnonzero(at_risk), "month_no": month, "has_left": leaves[at_risk]}))
        left_at[leaves] = month
        joins = (
            at_risk
            & ~leaves
            & (joined_at == 99)
            & (rng.random(n) < 1 / (1 + np.exp(3 + 1.2 * trouble * (with_health > 0))))
        )
        joined_at[joins] = month
    months = pd.concat(rows, ignore_index=True)
    ids = [f"a{k:05d}" for k in range(n)]
    months = (
        months.assign(
            account_id=pd.Categorical.from_codes(months["who"], categories=ids),
            segment="S",
            age_months=months["month_no"],
            cohort_no=0,
            is_left_truncated=False,
            has_expanded=False,
            opening_cents=100,
            change_cents=0,
            is_renewal=False,
            in_change_window=False,
            months_since_use_case=np.nan,
        )
        .drop(columns="who")
        .sort_values(["account_id", "month_no"], ignore_index=True)
    )
    enrolments = pd.DataFrame({"account_id": ids, "program": "club", "first_no": joined_at})
    scores = pd.DataFrame({"account_id": ids, "known_no": 0, "trouble": trouble})
    return months, enrolments[joined_at < 99].reset_index(drop=True), scores


def effect_of(months, enrolments, scores=None, noise=None) -> pd.Series:
    given = hazard.model(months, enrolments, "churn", scores, noise)
    return core.table(hazard.effects(given, enrolments, "churn", draws=20)).iloc[0]


def test_a_program_that_does_nothing_looks_good_to_the_naive_figure_only():
    months, enrolments, _ = company(1000, seed=1)
    row = effect_of(months, enrolments)
    assert row["naive"] < -0.5
    assert row["low"] < 0 < row["high"] and abs(row["estimate"]) < 0.2


def test_a_program_that_works_is_found():
    row = effect_of(*company(1000, seed=2, effect=-0.8)[:2])
    assert row["low"] < -0.8 < row["high"] < 0
    assert row["e_value"] > row["e_value_low"] > 1


def test_enrolment_that_follows_health_needs_the_score():
    months, enrolments, scores = company(1200, seed=3, with_health=0.8)
    blind, seeing = effect_of(months, enrolments), effect_of(months, enrolments, scores)
    assert hazard.BLIND in blind["note"] and hazard.BLIND not in seeing["note"]
    assert blind["high"] < 0, "healthy accounts enroll, so the blind model credits the program"
    assert seeing["low"] < 0 < seeing["high"]


def test_a_noisy_score_is_corrected_by_simex():
    months, enrolments, scores = company(1200, seed=3, with_health=0.8)
    noisy = scores.assign(trouble=scores["trouble"] + 0.7 * np.random.default_rng(1).standard_normal(len(scores)))
    given = hazard.model(months, enrolments, "churn", noisy, {"trouble": 0.7})
    found = core.table(hazard.effects(given, enrolments, "churn", draws=20)).set_index("design")["estimate"]
    assert found["hazard"] < found["hazard, SIMEX"]
    assert abs(found["hazard, SIMEX"]) < abs(found["hazard"])
    assert contribution.quoted(core.table(hazard.effects(given, enrolments, "churn", draws=5)))["design"].to_list() == [
        "hazard, SIMEX"
    ]


@pytest.mark.slow
def test_simex_on_a_sample_of_the_months_says_what_it_says_on_all():
    months, enrolments, scores = company(600, seed=5, with_health=0.8)
    noisy = scores.assign(trouble=scores["trouble"] + 0.5 * np.random.default_rng(1).standard_normal(len(scores)))
    given = hazard.model(months, enrolments, "churn", noisy, {"trouble": 0.5})
    plain = stats.logit(given.y, given.x, given.cluster)
    all_of_them = stats.simex(given.y, given.x, given.noise, given.cluster, draws=20)
    part = stats.simex_by_samples(plain, given.y, given.x, given.noise, given.cluster, draws=20, rows=3_000)
    assert len(given.y) > 6_000
    assert part.estimate["club"] == pytest.approx(all_of_them.estimate["club"], abs=0.06)
    assert part.error("club") == pytest.approx(all_of_them.error("club"), rel=0.15)


def test_the_months_before_the_score_was_known_are_not_used():
    months, enrolments, scores = company(200, seed=4)
    late = hazard.model(months, enrolments, "churn", scores.assign(known_no=6))
    assert late.months["month_no"].min() == 7


def test_nobody_and_everybody_enrolled_end_in_words():
    months, enrolments, _ = company(200, seed=4)
    nobody = core.table(hazard.effects(hazard.model(months, enrolments.head(0), "churn"), enrolments.head(0), "churn"))
    assert nobody.empty
    ids = months["account_id"].cat.categories
    everybody = pd.DataFrame({"account_id": ids, "program": "club", "first_no": 0})
    row = effect_of(months, everybody)
    assert (row["verdict"], pd.isna(row["estimate"]), pd.isna(row["naive"])) == ("undefined", True, True)
    assert "so there is nobody to compare with" in row["note"]
    late = effect_of(months, everybody.assign(first_no=99))
    assert "nobody was enrolled while at risk" in late["note"]


def test_a_handful_is_too_few():
    months, enrolments, _ = company(12, seed=4)
    row = effect_of(months, enrolments)
    assert row["verdict"] == "too few" and pd.isna(row["estimate"]) and row["note"].startswith("too few")


def test_with_few_events_a_program_is_judged_alone_beside_the_mean_of_all_scores():
    months, enrolments, scores = company(32, seed=4, with_health=0.8)
    rng = np.random.default_rng(1)
    scores = scores.assign(second=rng.standard_normal(len(scores)), third=rng.standard_normal(len(scores)))
    given = hazard.model(months, enrolments, "churn", scores)
    assert given.y.sum() < 5 * given.x.shape[1], "five events a parameter are needed"
    row = core.table(hazard.effects(given, enrolments, "churn")).iloc[0]
    small = given.x[["club", "age"]].assign(health=given.x[["trouble", "second", "third"]].mean(axis=1))
    assert row["estimate"] == pytest.approx(stats.logit(given.y, small, given.cluster).estimate["club"])
    assert row["note"].endswith("few events, so one program at a time and one mean score")


def test_nobody_left_is_said():
    months, enrolments, _ = company(60, seed=4)
    row = effect_of(months.assign(has_left=False), enrolments)
    assert row["verdict"] in ("undefined", "too few") and pd.isna(row["estimate"])


# A lot


def lot(offered: int, lost: int, others: int, lost_others: int, n_months: int = 12) -> pd.DataFrame:
    events = [True] * lost + [False] * (offered - lost) + [True] * lost_others + [False] * (others - lost_others)
    return pd.DataFrame(
        {
            "account_id": [f"a{k}" for k in range(offered + others)],
            "month_no": 0,
            "is_offered": [True] * offered + [False] * others,
            "has_event": events,
            "n_months": n_months,
        }
    )


def test_a_randomized_offer_is_compared_as_it_was_made():
    found, plain = randomized.effect("talk", "churn", lot(100, 10, 100, 20), ["a99"])
    assert found.estimate == pytest.approx(-0.10) and plain.estimate == pytest.approx(-0.10)
    # Two means with unequal variances, .1 × .9 and .2 × .8 (n − 1 below), by hand.
    half = 1.959964 * math.sqrt(0.1 * 0.9 / 99 + 0.2 * 0.8 / 99)
    assert (found.low, found.high) == pytest.approx((-0.1 - half, -0.1 + half), abs=1e-6)
    assert plain.low < plain.estimate < plain.high
    assert found.e_value is None and found.scale == core.RISK


def test_cuped_takes_out_what_was_known_before_and_leaves_the_effect():
    rng = np.random.default_rng(7)
    before = rng.standard_normal(4000)
    offered = rng.random(4000) < 0.5
    y = 2 * before + 0.3 * offered + rng.standard_normal(4000)
    adjusted, explained = randomized.cuped(y, before[:, None])
    plain, better = randomized.mean_difference(y, offered), randomized.mean_difference(adjusted, offered)
    assert explained == pytest.approx(0.8, abs=0.03)
    assert better[1] < 0.3 < better[2]
    assert (better[2] - better[1]) / (plain[2] - plain[1]) == pytest.approx(math.sqrt(1 - explained), abs=0.02)
    assert adjusted.mean() == pytest.approx(y.mean())


def test_those_that_had_left_before_the_lot_are_not_in_it_and_short_horizons_are_said():
    months, _, _ = company(300, seed=8)
    ids = months["account_id"].cat.categories
    drawn = pd.DataFrame({"account_id": ids, "program": "talk", "month_no": 10, "is_offered": np.arange(300) % 2 == 0})
    found = randomized.outcomes(drawn, months, 30, "churn")
    in_force = set(months.loc[months["month_no"] == 11, "account_id"])
    assert set(found["account_id"]) == in_force and len(in_force) < 300
    lost = months[months["has_left"] & months["month_no"].between(11, 22)]["account_id"]
    assert set(found.loc[found["has_event"], "account_id"]) == set(lost)
    short = randomized.outcomes(drawn.assign(month_no=24), months, 30, "churn")
    effect, _ = randomized.effect("talk", "churn", short, [])
    assert effect.note.startswith("6 months")
    just_now, _ = randomized.effect("talk", "churn", short.assign(n_months=0), [])
    assert just_now.verdict == "undefined" and just_now.estimate is None


@pytest.mark.parametrize("lost", [0, 3])
def test_an_offer_with_few_events_has_newcombes_interval_and_a_width(lost):
    found, plain = randomized.effect("talk", "churn", lot(16, lost, 16, 0), [])
    assert (found.low, found.high) == stats.share_difference(lost, 16, 0, 16)[1:] == (plain.low, plain.high)
    assert found.verdict == "too few" and found.high - found.low > 0.2


def test_a_lot_of_four_is_too_few():
    effect, _ = randomized.effect("talk", "churn", lot(4, 1, 50, 3), [])
    assert effect.verdict == "too few" and effect.estimate is None


# What is quoted


def test_the_strongest_design_with_an_estimate_is_quoted():
    one = core.Effect("p", "churn", "randomized offer", estimate=-0.1, low=-0.2, high=-0.05, verdict="ok")
    simex = replace(one, design="hazard, SIMEX", estimate=2.0, low=1.0, high=3.0)
    rows = [replace(one, design="randomized offer, unadjusted"), simex, replace(one, program="q"), simex]
    found = contribution.quoted(core.table([*rows, replace(simex, program="q")])).set_index("program")
    assert found["design"].to_dict() == {"p": "hazard, SIMEX", "q": "randomized offer"}


def test_an_estimate_that_nothing_corrects_is_not_quoted():
    plain = core.Effect("p", "churn", "hazard", naive=-1.0, estimate=-0.5, low=-0.9, high=-0.1, uncorrected=-0.5)
    quoted = contribution.quoted(core.table([replace(plain, verdict="ok", e_value=2.0)]))
    row = quoted.iloc[0]
    assert row[["estimate", "low", "high", "e_value", "p_adjusted"]].isna().all()
    assert (row["verdict"], row["uncorrected"], row["naive"]) == ("undefined", -0.5, -1.0)
    assert (
        reading.sentences(quoted, {})
        .quotable[0]
        .startswith("P: we cannot judge whether it changes who leaves (nothing corrects")
    )


def test_a_standard_error_from_few_events_is_itself_uncertain():
    row = pd.DataFrame({"estimate": [-2.5], "low": [-2.5 - stats.Z], "high": [-2.5 + stats.Z]})
    shares = [programs.holm(row.assign(n_events=500, n_events_enrolled=n)).iloc[0] for n in (6, 31, 250, 470, 494)]
    assert shares == pytest.approx(2 * special.stdtr([5, 30, 249, 29, 5], -2.5))


@pytest.mark.slow
def test_all_programs_and_outcomes_share_one_chance_of_error():
    rng = np.random.default_rng(1)
    companies = 4000
    z = rng.standard_normal((companies, 16))
    rows = pd.DataFrame({"estimate": z.ravel(), "low": z.ravel() - stats.Z, "high": z.ravel() + stats.Z})
    rows = rows.assign(**MANY)
    shown = np.array([(programs.holm(rows.iloc[k * 16 : k * 16 + 16]) < 0.05).any() for k in range(companies)])
    assert shown.mean() == pytest.approx(0.05, abs=3.5 * math.sqrt(0.05 * 0.95 / companies))


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    z = np.array([0.1, 3.2, -2.4, 1.9, -4.0, 2.4])
    rows = pd.DataFrame({"estimate": z, "low": z - stats.Z, "high": z + stats.Z}).assign(**MANY)
    degrees = MANY["n_events"] - MANY["n_events_enrolled"] - 1
    theirs = multipletests(2 * special.stdtr(degrees, -np.abs(z)), method="holm")[1]
    assert programs.holm(rows).to_numpy() == pytest.approx(theirs, rel=1e-12)


def test_no_design_changes_its_input():
    months, enrolments, scores = company(150, seed=6)
    lots = pd.DataFrame(
        {
            "account_id": months["account_id"].cat.categories,
            "program": "club",
            "month_no": 8,
            "is_offered": np.arange(150) % 2 == 0,
        }
    )
    given = [months, enrolments, lots, scores]
    before = [frame.copy() for frame in given]
    for outcome in programs.OUTCOMES:
        found = programs.designs(months, 30, enrolments, lots, outcome, scores, {"trouble": 0.5}, draws=5)
        assert list(found.columns) == programs.COLUMNS
        assert set(found["design"]) >= {"hazard", "randomized offer"}
    for frame, copy in zip(given, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_an_error_is_never_below_that_of_independent_months():
    rng = np.random.default_rng(0)
    x, pairs = pd.DataFrame({"club": rng.random(400) < 0.3}).astype(float), np.arange(400) // 2
    y = rng.random(400) < 0.1
    alone, apart = stats.logit(y, x), stats.logit(y, x, pairs)
    both = hazard.cautious(apart, alone)
    for name in alone.names:
        assert both.error(name) == pytest.approx(max(alone.error(name), apart.error(name)))
    assert (both.estimate == apart.estimate).all()
