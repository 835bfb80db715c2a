"""Lifecycle, stories, costs, power and the sentences: small tables that one can work out by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import ledger, metrics, periods, programs, sources
from helpers.ledger import account_months
from helpers.metrics import measures
from helpers.programs import contribution, core, lifecycle, randomized, reading

DAY = pd.Timestamp


def quoted_rows(*effects: core.Effect) -> pd.DataFrame:
    rows = core.table(effects)
    many = rows.assign(n_events=2 * 10**9, n_events_enrolled=10**9)
    return rows.assign(p_adjusted=contribution.holm(many))


def said(quoted=None, names=None, **facts) -> reading.Sentences:
    """The sentences of the page of no effects, milestones, asks or stories, but those given."""
    nothing = {"milestones": pd.DataFrame(columns=["owner", "milestone"]), "asked_too_often": pd.DataFrame()}
    nothing["stories"] = pd.DataFrame(columns=["n_stories"])
    quoted = pd.DataFrame(columns=["program", "p_adjusted"]) if quoted is None else quoted
    return reading.sentences(quoted, names or {}, **nothing | facts)


def quotable(row: pd.Series, **facts) -> str:
    (sentence,) = said(pd.DataFrame([row]), **facts).quotable
    return sentence


def levels(*rows) -> pd.DataFrame:
    columns = ["account_id", "month_no", "opening_cents", "closing_cents", "movement"]
    frame = pd.DataFrame(rows, columns=columns)
    first = frame.groupby("account_id")["month_no"].transform("min")
    return frame.assign(name=frame["account_id"], segment="S", cohort_no=first)


JAN = 2024 * 12
LEVELS = levels(
    ("a", JAN, 0, 100, "new"),
    ("a", JAN + 6, 100, 150, "expansion"),
    ("b", JAN, 0, 200, "new"),
    ("b", JAN + 3, 200, 0, "churn"),
    ("c", JAN + 1, 0, 300, "new"),
)
PAID = pd.DataFrame(
    {"account_id": ["a", "b", "c"], "paid_on": pd.to_datetime(["2024-01-10", "2024-01-20", "2024-02-01"])}
)
ONBOARDED = pd.DataFrame(
    {
        "account_id": ["a", "b"],
        "went_live_on": pd.to_datetime(["2024-01-30", "2024-03-01"]),
        "first_value_on": pd.to_datetime(["2024-03-10", None]),
    }
)


def test_milestones_are_the_days_on_record():
    found = lifecycle.milestones(PAID, ONBOARDED, LEVELS).set_index("account_id")
    assert found.loc["a"].to_list() == [
        DAY("2024-01-10"),
        DAY("2024-01-30"),
        DAY("2024-03-10"),
        DAY("2024-07-01"),
        pd.NaT,
    ]
    assert found.loc["b", "left_on"] == DAY("2024-04-30") and pd.isna(found.loc["b", "value realized"])
    assert lifecycle.stages_of(found.reset_index()) == ["onboarding", "adoption", "value realized", "expansion"]


def test_a_stage_that_the_source_cannot_show_is_left_out():
    nothing = pd.DataFrame({"account_id": [], "kind": [], "requested_on": [], "done_on": pd.to_datetime([])})
    found = lifecycle.milestones(PAID, None, LEVELS, advocacy=nothing)
    assert lifecycle.stages_of(found) == ["onboarding", "expansion"]


def test_everybody_in_force_stands_somewhere_and_steps_add_up():
    milestones = lifecycle.milestones(PAID, ONBOARDED, LEVELS)
    held = account_months.level_at(LEVELS, JAN + 8)
    standing = lifecycle.standing(milestones, held)
    assert standing.set_index("account_id")["stage"].to_dict() == {"a": "expansion", "c": "onboarding"}
    steps = lifecycle.transitions(milestones, standing, "2024-09-30").set_index("stage")
    # Of three that came, two went live, none left before, one waits.
    assert steps.loc["onboarding", ["n_entered", "n_reached", "n_left", "n_waiting"]].to_list() == [3, 2, 0, 1]
    assert steps.loc["adoption", ["n_entered", "n_reached", "n_left", "n_waiting"]].to_list() == [2, 1, 1, 0]
    assert steps["n_standing"].sum() == len(held) and steps["mrr_cents"].sum() == held["mrr_cents"].sum()
    assert (steps["verdict"].iloc[:3] == "too few").all() and steps["share_12_months"].isna().all()


def test_the_time_to_the_next_stage_is_kaplan_meier_with_the_lost_censored():
    n = 10
    milestones = pd.DataFrame(
        {
            "account_id": [f"a{k}" for k in range(n)],
            "onboarding": DAY("2023-01-01"),
            "adoption": [DAY("2023-01-11")] * 5 + [DAY("2023-01-31")] * 3 + [pd.NaT] * 2,
            "left_on": [pd.NaT] * 8 + [DAY("2023-01-21"), pd.NaT],
        }
    ).astype({"left_on": "datetime64[us]"})
    standing = pd.DataFrame({"stage": ["adoption"] * 8, "mrr_cents": 1})
    row = lifecycle.transitions(milestones, standing, "2024-06-01").iloc[0]
    # After 10 days 5 of 10 are through; one is lost after 20; after 30 three of the four left: S = ½ × ¼.
    assert row["share_12_months"] == pytest.approx(1 - 0.5 * 0.25)
    assert row["median_days"] == 10
    assert row["low"] < row["share_12_months"] < row["high"]


def test_where_most_stand_and_which_step_is_the_hardest():
    steps = {"stage": ["onboarding", "adoption"], "next_stage": ["adoption", "advocacy"], "n_standing": [3, 1]}
    steps = pd.DataFrame(steps | {"share_12_months": [0.9, 0.25], "low": [0.8, None], "high": 0.9, "n_entered": [9, 8]})
    assert said(steps=steps, sampling="Of every 3rd account.").steps.startswith("The largest group of these 4 accounts")
    assert said(steps=steps, sampling="").steps == (
        "The largest group of our 4 accounts is at onboarding (75.0%). The hardest step is from adoption to advocacy: "
        "25.0% make it within a year if no one leaves (n = 8)."
    )
    assert said(steps=steps.head(0)).steps == "No account is active, so none has reached a stage."


def test_nobody_through_is_no_certainty():
    n = 20
    milestones = pd.DataFrame(
        {
            "account_id": [f"a{k}" for k in range(n)],
            "onboarding": DAY("2023-01-01"),
            "adoption": pd.NaT,
            "left_on": pd.NaT,
        }
    ).astype({"adoption": "datetime64[us]", "left_on": "datetime64[us]"})
    row = lifecycle.transitions(milestones, pd.DataFrame({"stage": [], "mrr_cents": []}), "2024-06-01").iloc[0]
    assert row["share_12_months"] == 0 and row["high"] > 0.1


def test_a_program_that_ends_with_the_first_year_stands_out():
    counts = pd.DataFrame(
        {
            "program": ["nurture", "nurture", "review"],
            "stage": ["onboarding", "renewal", "renewal"],
            "life_year": [0, 0, 2],
            "n_touches": [30, 10, 40],
        }
    )
    assert account_months.only_first_year(counts) == ["nurture"]
    assert said(touches=counts, ended=["nurture"]).first_year == (
        "Only in a customer's first year: Nurture (1 of 2 programs, 50.0% of all contacts)."
    )
    assert said(touches=counts, ended=[]).first_year == "None of 2 programs ends with a customer's first year."
    assert said(touches=None).first_year == "No contact is on record."
    assert lifecycle.touched(counts).columns.to_list() == ["program", "onboarding", "renewal", "all"]


# Stories and advocates


def acts(**columns) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    return frame.assign(act_id=[f"v{k}" for k in range(len(frame))])


def test_who_was_asked_too_often():
    asks = acts(
        account_id=["a"] * 5 + ["b"] * 4 + ["gone"] * 6, kind="review", done_on=pd.NaT, requested_on=DAY("2024-05-01")
    )
    held = pd.DataFrame({"account_id": ["a", "b"], "name": ["Acme", "Bolt"], "segment": "S", "mrr_cents": [1, 2]})
    found = lifecycle.asked_too_often(asks, held, periods.parse("2024-06"), cap=4)
    assert found["account_id"].to_list() == ["a"] and found["n_asks"].to_list() == [5]
    assert said(asked_too_often=found, cap=4).asked_too_often == (
        "We asked 1 account more than 4 times in 12 months, Acme the most (5 times)."
    )
    early = lifecycle.asked_too_often(asks, held, periods.parse("2025-05"), cap=4)
    assert early.empty, "the asks lie more than 12 months back"
    assert said(asked_too_often=early, cap=4).asked_too_often == "We asked no account more than 4 times in 12 months."


def test_a_referral_counts_when_the_account_paid_after_the_ask():
    found = lifecycle.referrals(
        acts(
            account_id="a",
            kind="referral",
            referred_account_id=["b", "c", None],
            done_on=DAY("2024-02-01"),
            requested_on=pd.to_datetime(["2023-12-01", "2024-03-01", "2024-01-01"]),
        ),
        LEVELS,
        JAN + 2,
    )
    # b paid first in January, after the ask; c in February, before it; the third named nobody.
    assert (found["n_referrals"], found["n_customers"], found["mrr_cents"]) == (3, 1, 200)
    assert found["share"] == pytest.approx(1 / 3) and found["low"] < 1 / 3 < found["high"]
    assert said(referrals=found, currency="USD").referrals == (
        "33.3% of referrals brought a new customer (95% interval 6–79%, n = 3): 1 account, $2 per month now."
    )
    assert said(referrals={"n_referrals": 0}).referrals == "No completed referral is on record."


def test_where_no_story_exists():
    base = pd.DataFrame({"account_id": list("abcd"), "industry": ["Energy", "Energy", "Retail", None], "segment": "S"})
    told = acts(account_id=["a", "a", "c"], kind=["review", "case_study", "referral"], done_on=DAY("2024-02-01"))
    cells = lifecycle.coverage(told, base, list("abcd")).set_index("industry")
    assert cells.loc["Energy", ["n_accounts", "n_tellers", "n_stories"]].to_list() == [2, 1, 2]
    # A referral is no story, and an unknown industry is one of its own.
    assert cells.loc[["Retail", "unknown"], "n_stories"].to_list() == [0, 0]
    assert said(stories=cells.reset_index(), is_recorded=True).stories == (
        "2 of 3 kinds of customers have no story to show yet (2 of 4 accounts). The largest is Retail, S (1 account)."
    )
    assert "does not record" in said(stories=cells.reset_index(), is_recorded=False).stories


# Costs


def test_what_a_retained_dollar_cost():
    quoted = quoted_rows(
        core.Effect(
            "p", "churn", "hazard, SIMEX", estimate=np.log(0.5), low=np.log(0.4), high=np.log(0.8), verdict="ok"
        ),
        core.Effect("p", "expansion", "hazard, SIMEX", estimate=0.0, low=-0.1, high=0.1, verdict="ok"),
    )
    months = pd.DataFrame(
        {
            "account_id": pd.Categorical(["a", "b"]),
            "month_no": [10, 10],
            "has_left": [True, True],
            "has_expanded": False,
            "change_cents": [-1000, -9000],
            "opening_cents": [1000, 9000],
        }
    )
    enrolments = pd.DataFrame({"account_id": ["a"], "program": ["p"], "first_no": [3], "n_touches": [4]})
    listed = pd.DataFrame({"program": ["p"], "owner": ["success"], "cost_per_touch": [2.5]})
    touches = pd.DataFrame({"program": ["p"], "n_touches": [4]})
    no_lot = pd.DataFrame({"account_id": [], "program": [], "month_no": [], "is_offered": []})
    found = contribution.costs(quoted, months, enrolments, listed, no_lot, touches, 12).set_index("outcome")
    # $10 lost at odds of a half: $20 would have been lost, so $10 were kept, for $10.
    assert found.loc["churn", ["cost_cents", "moved_cents"]].to_list() == [1000, 1000]
    assert found.loc["churn", "effect_cents"] == pytest.approx(1000)
    assert found.loc["churn", "cost_per_dollar"] == pytest.approx(1.0)
    assert (found.loc["churn", "low"], found.loc["churn", "high"]) == pytest.approx((250, 1500))
    assert pd.isna(found.loc["expansion", "cost_per_dollar"]) and found.loc["expansion", "verdict"] == "no effect shown"
    third = contribution.costs(quoted, months, enrolments, listed, no_lot, touches, 12, every=3).set_index("outcome")
    amounts = ["moved_cents", "effect_cents", "low", "high"]
    # Each account of the months is one of three, all of whom got the contacts.
    assert third.loc["churn", amounts].to_list() == pytest.approx((3 * found.loc["churn", amounts]).to_list())
    assert third.loc["churn", "cost_cents"] == 1000 and third.loc["churn", "cost_per_dollar"] == pytest.approx(1 / 3)
    costs = said(quoted, {"p": "P"}, costs=found.reset_index(), currency="USD").costs
    assert costs == "P cost $1 for $1 of monthly revenue retained."
    assert said(costs=found.reset_index().head(0)).costs == "The cost of a contact is not on record."
    chance = contribution.costs(quoted.assign(p_adjusted=0.2), months, enrolments, listed, no_lot, touches, 12)
    assert chance["cost_per_dollar"].isna().all(), "an effect that many comparisons can explain has no price"


def test_a_random_offer_of_too_few_is_not_said_to_show_no_effect():
    few = core.Effect("p", "churn", "randomized offer", scale=core.RISK, verdict="too few", note="2 offered and 3 not")
    month = {"account_id": ["a"], "month_no": [5], "has_left": True, "change_cents": -100, "opening_cents": 100}
    lots = pd.DataFrame({"account_id": ["a"], "program": ["p"], "month_no": [4], "is_offered": [True]})
    enrolments = pd.DataFrame({"account_id": ["a"], "program": ["p"], "first_no": [4], "n_touches": [1]})
    quoted = contribution.quoted(core.table([few]))
    found = contribution.costs(quoted, pd.DataFrame(month), enrolments, None, lots, None, 6).iloc[0]
    assert found["verdict"] == "undefined" and pd.isna(found["effect_cents"])


# Power


@pytest.mark.parametrize("without, with_offer, asked, n", [(0.50, 0.75, 0.90, 77), (0.05, 0.10, 0.80, 435)])
def test_the_accounts_of_an_arm_are_those_of_published_figures(without, with_offer, asked, n):
    # R's power.prop.test: p .50 and .75 with power .90 gives 76.7; .05 and .10 with .80 gives 434.4.
    assert randomized.accounts_per_arm(without, with_offer, asked) == n


def test_so_many_accounts_show_the_difference_as_often_as_they_should():
    arm, rng = randomized.accounts_per_arm(0.2, 0.13), np.random.default_rng(1)
    lost = rng.binomial(arm, [0.2, 0.13], size=(4000, 2)) / arm
    middle = lost.mean(axis=1)
    z = (lost[:, 0] - lost[:, 1]) / np.sqrt(2 * middle * (1 - middle) / arm)
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.8, abs=0.02)


@given(st.floats(0.05, 0.5), st.integers(200, 20_000))
def test_what_can_be_shown_is_shown_by_so_many(risk, n):
    smallest = randomized.detectable(risk, n)
    if smallest is not None:
        assert randomized.accounts_per_arm(risk, risk - smallest) <= n // 2
        assert randomized.accounts_per_arm(risk, risk - smallest * 0.98) >= n // 2 * 0.98


def test_a_plan_waits_for_the_accounts_that_are_missing():
    plan = randomized.plan(0.2, 1000, 50, smallest=(0.05, 0.3), horizons=(12,))
    # 1,812 accounts needed, 812 missing, 50 a month: 17 months, and 12 to see the last through.
    assert plan.loc[0, ["n_accounts", "n_months"]].to_list() == [1812, 29] and not plan.loc[0, "is_enough_now"]
    assert pd.isna(plan.loc[1, "n_per_arm"]), "a risk of 20% cannot be 30 points lower"
    assert pd.isna(randomized.plan(0.2, 1000, 0, smallest=(0.05,), horizons=(12,)).loc[0, "n_months"])


def test_what_the_next_offer_could_show_is_said():
    found = said(risk=0.2, n_eligible=1812, detectable=0.05).power
    assert found == (
        "Offer the next program to a random half of our 1,812 accounts. After 12 months we could detect a drop in "
        "churn of 5.0 points or more (from 20.0%, 80% power)."
    )
    assert "are too few for a random offer" in said(risk=0.2, n_eligible=10, detectable=None).power
    assert "cannot be planned yet" in said(risk=None).power


# Sentences


def quoted_row(**changes) -> pd.Series:
    sizes = {"n_accounts": 900, "n_events": 100, "verdict": "ok", "naive": -1.5}
    values = {"design": "hazard, SIMEX", "estimate": -0.4, "low": -0.8, "high": 0.1} | sizes
    return quoted_rows(core.Effect(**({"program": "value_coaching", "outcome": "churn"} | values | changes))).iloc[0]


def test_a_difference_is_claimed_only_where_it_is_more_than_chance():
    unsure, sure = quotable(quoted_row()), quotable(quoted_row(high=-0.1))
    assert "no clear effect on whether accounts leave" in unsure and "less likely" not in unsure
    assert "enrolled accounts are less likely to leave" in sure
    for sentence in (unsure, sure):
        assert "95% interval" in sentence and "n = 900 accounts, 100 events" in sentence
    among_many = quoted_row(high=-0.1).copy()
    among_many["p_adjusted"] = 0.3
    sentence = quotable(among_many, n_compared=14)
    assert "no clear effect" in sentence and "one of 14 comparisons, so this can be chance" in sentence
    assert said(pd.DataFrame([quoted_row()])).simple == [
        "Value coaching: the odds of leaving are 78% lower among accounts that ever took part. An account must stay to "
        "take part, so this is not an effect of the program."
    ]


def test_the_scale_decides_the_words():
    risk = {"design": "randomized offer", "scale": core.RISK, "estimate": -0.05, "low": -0.09, "high": -0.01}
    sentence = quotable(quoted_row(**risk))
    assert "accounts offered it at random are less likely to leave (risk −5.0 points, 95% interval −9 to −1" in sentence


def effects() -> pd.DataFrame:
    names = ("a", "b", "d")
    strong = {"a": (-1.1, -2, -0.2), "b": (-1, -2, 0.5), "d": (-2, -2.5, -1.5)}
    rows = [
        core.Effect(name, "churn", "hazard, SIMEX", None, *strong[name], e_value=3, e_value_low=2, verdict="ok")
        for name in names
    ]
    return quoted_rows(*rows, core.Effect("c", "churn", "hazard", note="why"))


def test_the_headline_names_the_strongest_evidence_and_counts_the_rest():
    called = reading.called(pd.DataFrame({"program": ["d"], "name": ["<b>Delta</b>"]}), set("abcd"))
    assert called == {"a": "A", "b": "B", "c": "C", "d": "<b>Delta</b>"}
    first, second = said(effects(), called).headline
    assert first.startswith("<b>Delta</b>: enrolled accounts are less likely to leave")
    assert second == (
        "2 of 4 programs clearly change who leaves or expands: 1 shows no clear effect and 1 cannot be judged "
        "(allowing for 3 comparisons)."
    )
    assert len(said(effects(), called, n_compared=3).quotable) == 4
    assert said(effects(), called).hidden_causes == [
        f"{name} and who leaves: a hidden cause could explain all of it if it raised both taking part and the outcome "
        "3.0 times (2.0 times to reach the end of the interval)."
        for name in ("A", "<b>Delta</b>")
    ]
    assert (
        said(effects(), called, outcome="churn").title
        == "A and <b>Delta</b> clearly lower churn; 1 other shows no clear effect"
    )


def test_the_headline_of_one_program_of_twelve_and_of_none_that_can_be_judged():
    unclear = core.Effect("p", "churn", "hazard, SIMEX", None, -0.4, -0.8, 0.1, verdict="ok", n_accounts=9, n_events=8)
    club = said(quoted_rows(unclear), {"p": "Club"}, outcome="churn")
    (one,) = club.headline
    assert one.startswith("Club: no clear effect on whether accounts leave (odds 33% lower")
    assert club.title == "Club does not clearly change churn"
    names = {f"p{n}": f"P{n}" for n in range(12)}
    many = quoted_rows(*(replace(unclear, program=name) for name in names))
    assert said(many, names).headline == [
        "None of 12 programs clearly changes who leaves or expands: 12 show no clear effect "
        "(allowing for 12 comparisons)."
    ]
    assert said(many, names, outcome="churn").title == "None of 12 programs clearly changes churn"
    (action,) = (line for line in said(many, names).actions if "random" in line)
    assert action.endswith("next: P0, P1, P2 and 9 others.")
    few = [core.Effect(name, "churn", "hazard", note=f"too few: {n} accounts") for n, name in enumerate("ab")]
    assert said(quoted_rows(*few)).headline == ["We cannot judge any of 2 programs (too few)."]


def test_a_random_offer_that_is_drawn_is_not_offered_again():
    offer = core.Effect("z", "churn", "randomized offer", None, 0.0, -0.1, 0.1, verdict="ok", scale=core.RISK)
    assert not any("random half" in line for line in said(quoted_rows(offer)).actions)


def test_a_random_offer_comes_before_stronger_evidence_of_another_kind():
    offer = core.Effect(
        "z", "expansion", "randomized offer", None, 0.1, 0.05, 0.15, verdict="ok", scale=core.RISK, n_accounts=400
    )
    rows = quoted_rows(offer, core.Effect("a", "churn", "hazard, SIMEX", None, -2, -2.2, -1.8, verdict="ok"))
    assert said(rows).headline[0].startswith("Z: accounts offered it at random are more likely")
    assert said(rows, {"z": "The offer"}).randomize.startswith("Offered at random: The offer.")


def test_e_values_are_announced_only_where_one_follows():
    clear, unclear = effects(), effects().assign(p_adjusted=0.5)
    assert "The E-values below" in said(clear).randomize and said(clear).hidden_causes
    assert "E-value" not in said(unclear).randomize and not said(unclear).hidden_causes
    assert "Offer the next program to a random half" in said(unclear).randomize


def test_what_to_do_names_the_owner_the_program_and_the_accounts():
    too_often = pd.DataFrame({"name": ["Acme", "Bolt", "Cog", "Dyn"]})
    cells = pd.DataFrame({"industry": ["Energy"], "segment": "SMB", "n_accounts": 9, "n_stories": 0})
    called = dict(zip("abcd", "ABCD", strict=True))
    reached = pd.DataFrame({"owner": ["sales", "marketing", "sales"], "name": ["Eg", "Fo", "Gu"]})
    reached = reached.assign(milestone=["full adoption", "anniversary", "full adoption"])
    facts = {"asked_too_often": too_often, "stories": cells, "milestones": reached}
    assert said(effects(), called, **facts).actions == [
        "Marketing: quote the effect of A on churn (67% lower) and D on churn (86% lower), always with its interval.",
        "Marketing and customer success: offer one of these to a random half next: B and C.",
        "Sales: celebrate 2 milestones, first with Eg (full adoption) and Gu (full adoption).",
        "Marketing: celebrate 1 milestone, first with Fo (anniversary).",
        "Customer success: do not ask Acme, Bolt, Cog and 1 other for anything more.",
        "Marketing: ask the 9 accounts in Energy, SMB for a first story.",
    ]


@pytest.fixture(scope="module")
def tables():
    return sources.open("data/sample/source.toml", "2026-10")


@pytest.fixture(scope="module")
def page(tables):
    """The page of the sample company, as if it had no driver scores."""
    return programs.read(tables, SimpleNamespace(latent=None, noise=None, known_on=None, basis=""))


def test_without_driver_scores_only_the_random_offer_is_judged(page):
    judged = page.quoted[page.quoted["estimate"].notna()]
    assert set(judged["program"]) == {"outcome_workshop"} and set(judged["design"]) == {"randomized offer"}
    assert "only random offers can be judged" in page.sentences.basis
    assert page.title("churn") == "Outcome workshop does not clearly change churn; we cannot judge 7"
    assert page.said("churn")["what_may_be_quoted"].str.contains("we cannot judge").sum() == 7


def test_the_face_on_the_sample_company_adds_up(page):
    assert page.steps["n_standing"].sum() == page.stories["n_accounts"].sum() == len(page.active) == len(page.standing)
    assert page.steps["mrr_cents"].sum() == page.active["mrr_cents"].sum() and not page.is_sampled
    assert set(page.quoted["program"]) == set(page.names) == set(page.costs["program"])
    assert set(page.next_offer.columns) == set(randomized.PLAN) and len(page.stories_on_record) == len(page.stories)
    shown = page._repr_html_()
    assert ".next_offer" in shown and ".active" not in shown and "one row per stage" in shown


@pytest.mark.slow
def test_a_metric_has_the_value_that_the_page_of_metrics_shows(page, tables):
    card = metrics.card(tables, ledger.read(tables)).table
    card = card[card["segment"] == "all"].set_index(["metric", "period"])
    ours = pd.concat([page.growth, page.advocacy]).set_index(["metric", "period"])
    assert len(ours) == 14
    pd.testing.assert_frame_equal(card.loc[ours.index, ours.columns], ours)
    assert measures.pipeline_rows(None, None, page.active, []) == measures.paying_rows("advocacy", None, {}) == []


def test_the_lot_of_the_sample_company_is_even(tables):
    drawn = account_months.lots(tables)
    assert set(drawn["program"]) == {"outcome_workshop"} and drawn["is_offered"].mean() == pytest.approx(0.5, abs=0.06)
