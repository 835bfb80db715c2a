"""Metrics that are computed from tables: small tables, answers that a reader can work out by hand."""

import pandas as pd
import pytest

from helpers import metrics
from helpers.metrics import definitions, measures
from helpers.metrics.surveys import score_of
from helpers.periods import parse

OCTOBER = parse("2026-10")


def table(text: str, dates: tuple[str, ...] = ()) -> pd.DataFrame:
    """A frame from lines of `name | name`, then values; an empty value is missing."""
    rows = [[part.strip() or None for part in line.split("|")] for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    for column in frame.columns:
        if column in dates:
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
        elif column in ("score", "mrr"):
            frame[column] = frame[column].astype("float64")
    return frame


def subscriptions(text: str) -> pd.DataFrame:
    return table(
        "subscription_id | account_id | starts_on | ends_on | renews_on\n" + text, ("starts_on", "ends_on", "renews_on")
    )


def test_renewed_over_up_for_renewal():
    frame = subscriptions(
        """
        s1 | a | 2025-10-10 | 2026-10-10 | 2026-10-10
        s1 | a | 2026-10-10 |            | 2027-10-10
        s2 | b | 2025-10-20 | 2026-10-20 | 2026-10-20
        s3 | c | 2025-10-05 |            | 2026-10-05
        s4 | d | 2025-10-05 |            | 2026-10-06
        s5 | e | 2025-10-05 |            | 2026-10-07
        s6 | f | 2025-10-05 | 2026-03-01 | 2026-10-05
        s7 | g | 2025-12-05 |            | 2026-12-05""".strip()
    )
    found = metrics.renewal_rate(frame, OCTOBER)
    # s1 renewed, s2 did not, s3–s5 went on; s6 left before its date and s7 is not due.
    assert (found.numerator, found.denominator, found.value) == (4, 5, 0.8)


def test_nothing_up_for_renewal_is_undefined():
    found = metrics.renewal_rate(subscriptions("s | a | 2026-01-01 | | 2027-01-01"), OCTOBER)
    assert found.verdict == "undefined"
    assert "up for renewal" in found.method


ANSWERS = "response_id | account_id | contact_id | survey | item | asked_on | answered_on | score\n"


def surveys(text: str) -> pd.DataFrame:
    return table(ANSWERS + text, ("asked_on", "answered_on"))


def test_the_latest_answer_of_each_contact_in_the_window_counts():
    frame = surveys(
        """
        r1 | a | p | nps_relationship  | recommend | 2026-10-01 | 2026-10-02 | 3
        r2 | a | p | nps_relationship  | recommend | 2026-10-10 | 2026-10-12 | 9
        r3 | a | q | nps_relationship  | recommend | 2026-10-10 | 2026-10-12 | 6
        r4 | b |   | nps_relationship  | recommend | 2026-10-10 | 2026-10-12 | 8
        r5 | b |   | nps_relationship  | recommend | 2026-08-10 | 2026-09-30 | 0
        r6 | b |   | nps_transactional | recommend | 2026-10-10 | 2026-10-12 | 1
        r7 | c |   | nps_relationship  | recommend | 2026-10-10 |            |""".strip()
    )
    found = metrics.latest_answers(frame, "nps_relationship", "recommend", OCTOBER)
    assert sorted(found["score"]) == [6, 8, 9]


def test_response_rate_counts_questionnaires_not_items():
    sent = [
        f"r{n} | a{n} | | purchase_regret | {item} | 2026-10-05 | {day} | {score}"
        for n, (day, score) in enumerate([("2026-10-08", 3)] * 4 + [("", "")] * 6)
        for item in ("expectations_met", "settled_for_less")
    ]
    found = metrics.response_rate(surveys("\n".join(sent)), "purchase_regret", OCTOBER)
    assert (found.numerator, found.denominator, found.value) == (4, 10, 0.4)


def regrets(scores: list[tuple[int, int]]) -> pd.DataFrame:
    lines = []
    for n, (met, settled) in enumerate(scores):
        start = f"r{n} | a{n} | | purchase_regret |"
        lines += [f"{start} expectations_met | 2026-10-05 | 2026-10-08 | {met}"]
        lines += [f"{start} settled_for_less | 2026-10-05 | 2026-10-08 | {settled}"]
    return surveys("\n".join(lines))


def test_regret_needs_both_expectations_not_met_and_settled_for_less():
    found = metrics.remorse_rate(regrets([(3, 5), (1, 7), (4, 5), (3, 4), (7, 1), (2, 6)]), OCTOBER)
    assert (found.numerator, found.denominator) == (3, 6)


def test_the_cut_offs_of_regret_are_parameters():
    frame = regrets([(3, 5), (1, 7), (4, 5), (3, 4), (7, 1), (2, 6)])
    assert metrics.remorse_rate(frame, OCTOBER, expectations_at_most=4, settled_at_least=4).numerator == 5
    with pytest.raises(ValueError, match="scale 1–7"):
        metrics.remorse_rate(frame, OCTOBER, settled_at_least=8)


def acts(text: str) -> pd.DataFrame:
    frame = table("account_id | kind | requested_on | done_on | is_incentivized\n" + text, ("requested_on", "done_on"))
    return frame.assign(is_incentivized=frame["is_incentivized"].map({"true": True, "false": False}).astype("boolean"))


ACTS = acts(
    """
    a | reference_call | 2026-10-01 | 2026-10-03 |
    a | review         | 2026-10-01 | 2026-10-04 | true
    b | review         | 2026-10-01 | 2026-10-05 | false
    b | review         | 2026-10-01 | 2026-09-30 |
    x | review         | 2026-10-01 | 2026-10-06 |
    c | case_study     | 2026-10-01 |            |""".strip()
)


def test_participation_counts_accounts_once_and_only_those_in_force():
    found = metrics.advocacy_participation_rate(ACTS, list("abcdefghij"), OCTOBER)
    for paying in (set("abcdefghij"), pd.Series(list("aabcdefghij")), "abcdefghij"):
        assert metrics.advocacy_participation_rate(ACTS, paying, OCTOBER) == found, "an account counts once"
    assert (found.numerator, found.denominator, found.value) == (2, 10, 0.2)


def test_reviews_are_counted_by_the_day_they_were_done_and_rewarded_ones_apart():
    volume = metrics.review_volume(ACTS, OCTOBER)
    assert (volume.value, metrics.review_volume(ACTS, OCTOBER, is_incentivized=True).value) == (3, 1)
    assert metrics.review_volume(ACTS, OCTOBER, is_incentivized=False).value == 2
    assert metrics.reviews_per_100_accounts(ACTS, range(50), OCTOBER).value == 6
    # Garwood's exact interval of a count of 3.
    assert (volume.low, volume.high) == pytest.approx((0.619, 8.767), abs=0.001)


def test_a_metric_that_the_source_cannot_have_has_no_row_among_paying_accounts_either(monkeypatch):
    monkeypatch.setattr(definitions, "measure", lambda name: lambda acts, paying, period: None)
    paying = {OCTOBER: pd.DataFrame({"account_id": ["a"], "segment": "S"})}
    assert measures.paying_rows("advocacy", ACTS, paying) == []


def test_an_open_ask_for_a_reference_is_not_dropped():
    done = "\n".join(f"a{n} | reference_call | 2026-10-01 | 2026-10-{1 + n:02d} |" for n in range(1, 7))
    open_asks = "\n".join(f"b{n} | reference_call | 2026-10-01 | |" for n in range(5))
    assert metrics.reference_velocity(acts(done), OCTOBER).value == 3
    assert metrics.reference_velocity(acts(f"{done}\n{open_asks}"), OCTOBER).value == 6
    mostly_open = metrics.reference_velocity(acts(f"{done}\n{open_asks}\n{open_asks.replace('b', 'c')}"), OCTOBER)
    assert mostly_open.verdict == "undefined"


def test_the_load_counts_asks_granted_or_not_and_names_the_share_asked_too_often():
    asks = acts("\n".join(["a | review | 2026-05-01 | |"] * 5 + [f"b{n} | review | 2026-05-01 | |" for n in range(9)]))
    found = metrics.advocacy_load(asks, OCTOBER, cap=4)
    assert found["asks_per_advocate"].value == pytest.approx(1.4)
    assert (found["share_over_cap"].numerator, found["share_over_cap"].denominator) == (1, 10)


OPPORTUNITIES = table(
    """
    account_id | kind      | sourced_by | created_on | closed_on  | mrr
    a          | expansion | sales      | 2026-10-10 |            | 100
    b          | expansion | marketing  | 2026-10-10 |            | 200
    c          | expansion | sales      | 2026-10-10 | 2026-10-20 | 400
    d          | expansion | sales      | 2026-10-10 |            | 800
    e          | renewal   | marketing  | 2026-10-10 |            | 1600
    f          | expansion | marketing  | 2026-09-30 |            | 3200""",
    ("created_on", "closed_on"),
)
TOUCHES = table(
    """
    account_id | touched_on
    a          | 2026-07-12
    c          | 2026-10-15
    d          | 2026-07-11
    c          | 2026-10-25""",
    ("touched_on",),
)


@pytest.mark.parametrize(
    ("attribution", "amount", "n"), [("all", 1500, 4), ("sourced", 300, 2), ("influenced", 400, 1)]
)
def test_pipeline_by_hand(attribution, amount, n):
    # a was touched 90 days before, d 91; b is marketing's own; c was touched while it was open; e and f do not count.
    found = metrics.expansion_pipeline(OPPORTUNITIES, TOUCHES, OCTOBER, attribution)
    assert (found.value, found.denominator, found.n) == (amount * 100, 150_000, n)
    assert found.low <= found.value <= found.high


def test_the_days_before_an_opportunity_are_a_parameter():
    found = metrics.expansion_pipeline(OPPORTUNITIES, TOUCHES, OCTOBER, "sourced", within_days=91)
    assert found.value == 110_000


def test_lifetime_by_margin_over_churn_is_the_billing_formula_where_accounts_are_alike():
    # 100 accounts pay 50 a month for 12 months and 24 are lost: ARPA 50, monthly churn 2%.
    revenue, losses = [600.0] * 100, [1] * 24 + [0] * 76
    found = metrics.customer_lifetime_value_margin_over_churn(revenue, losses, margin=0.8)
    assert found.value == pytest.approx(0.8 * 50 / (24 / 1200))
    nobody = metrics.customer_lifetime_value_margin_over_churn(revenue, [0] * 100)
    assert nobody.verdict == "undefined" and "nobody was lost" in nobody.method


def test_the_quick_ratio_by_hand():
    found = metrics.quick_ratio([100, 0, 50, 0, 30, 0], [0, 20, 0, 10, 0, 0])
    assert (found.value, found.n) == (6.0, 5)
    assert metrics.quick_ratio([10] * 9, [0] * 9).verdict == "undefined"


def test_repeated_answers_of_one_account_widen_the_interval():
    scores = [10] * 20 + [0] * 20
    alone = metrics.net_promoter_score(scores, [f"a{n}" for n in range(40)])
    together = metrics.net_promoter_score(scores, [f"a{n // 10}" for n in range(40)])
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert (alone.low, alone.high) == pytest.approx((metrics.net_promoter_score(scores).low, alone.high))


WAVE = "r{n} | a{n} | c{n} | nps_relationship | recommend | 2026-07-{day} | 2026-07-{day} | {score}"


def test_between_two_waves_the_score_is_that_of_the_latest_one_with_its_day():
    july = surveys("\n".join(WAVE.format(n=n, day=10 + n, score=10 if n < 6 else 3) for n in range(8)))
    found = score_of(july, OCTOBER, "nps_relationship", wave_months=12)
    assert (found.value, found.n) == (0.5, 8) and found.method.endswith("latest wave, to Jul 17, 2026")
    assert metrics.response_rate(july, "nps_relationship", OCTOBER, wave_months=12).value == 1
    # Without a wave to look back on, and before any, there is no score.
    assert score_of(july, OCTOBER, "nps_relationship").verdict == "undefined"
    assert score_of(july, parse("2026-06"), "nps_relationship", wave_months=12).verdict == "undefined"
    # In the month of the wave it is the month's own.
    assert "wave" not in score_of(july, parse("2026-07"), "nps_relationship", wave_months=12).method


def trials(text: str) -> pd.DataFrame:
    return table("account_id | starts_on | ends_on | mrr\n" + text, ("starts_on", "ends_on"))


def test_a_trial_converts_when_it_is_paid_for_within_30_days_of_its_end():
    lines = [f"t{n} | 2026-08-01 | 2026-09-01 | 0" for n in range(6)]
    lines += ["t0 | 2026-09-01 | | 50", "t1 | 2026-09-30 | | 50", "t2 | 2026-10-15 | | 50"]
    found = metrics.trial_conversion_rate(trials("\n".join(lines)), OCTOBER)
    assert (found.numerator, found.denominator) == (2, 6)


def test_a_trial_that_still_runs_or_has_just_ended_or_of_a_customer_is_in_neither_number():
    lines = [
        "runs | 2026-10-01 | | 0",
        "ended | 2026-10-01 | 2026-10-20 | 0",  # its 30 days are not over
        "customer | 2025-01-01 | | 50",
        "customer | 2026-08-01 | 2026-09-01 | 0",  # an add-on on trial
    ]
    found = metrics.trial_conversion_rate(trials("\n".join(lines)), OCTOBER)
    assert found.verdict == "undefined" and found.denominator == 0
    assert metrics.trial_conversion_rate(trials("a | 2026-01-01 | | 50"), OCTOBER) is None
