"""What customers say: the net promoter score, the regret of the purchase, and who answered at all."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers import stats
from helpers.errors import Refused
from helpers.metrics.core import FEW, TOO_FEW, WAVE, Metric, design_effect, proportion, undefined, within
from helpers.periods import Period, day_name
from helpers.sources import schema

WAVE_DAYS = 60  # how long the answers of one wave of a survey keep coming


def net_promoter_score(scores: Iterable[float | None], accounts: Sequence | None = None) -> Metric:
    """NPS: share of 9–10 minus share of 0–6 among the answers, −1…1 (Reichheld 2003 writes it × 100).

    A missing score is an ask without an answer: it counts as non-response, never as a detractor. Interval: adjusted
    Wald (Bonett and Price 2012), clipped to ±1; with `accounts` (one a score) it is widened where several contacts of
    one account answer alike. `denominator` and `n` are the answers.

    Raises Refused on a score that is not a whole number from 0 to 10, naming its row.

    >>> round(net_promoter_score([10] * 70 + [8] * 20 + [3] * 10).value, 12)
    0.6
    >>> net_promoter_score([None, None]).verdict
    'undefined'
    """
    asked = list(scores)
    given = [(row, float(score)) for row, score in enumerate(asked) if score is not None and not pd.isna(score)]
    wrong = [f"row {row}: {score:g}" for row, score in given if score not in range(11)]
    if wrong:
        raise Refused(f"a net promoter score is a whole number from 0 to 10, not {'; '.join(wrong[:3])}")
    n, method = len(given), "promoters − detractors; adjusted Wald"
    sides = [(score >= 9) - (score <= 6) for _, score in given]
    up, down = sides.count(1), sides.count(-1)
    if n == 0:
        return undefined(method, "nobody answered in the period", 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, up - down, n, n, method, "too few")
    clusters = 1.0
    if accounts is not None:
        clusters, method = design_effect(sides, [accounts[row] for row, _ in given]), f"{method}, clustered by account"
    low, high = stats.adjusted_wald_nps(up / clusters, (n - up - down) / clusters, down / clusters)
    value, verdict = (up - down) / n, "few" if n / clusters < FEW else "ok"
    return Metric(value, min(low, value), max(high, value), up - down, n, n, method, verdict)


def score_of(surveys: pd.DataFrame, period: Period, survey: str, wave_months: int = 0) -> Metric:
    """The net promoter score of one survey, from each contact's latest answer in the period.

    `wave_months`: where nobody answered in the period, the latest wave within as many months before its end, and its
    last day in `method`: who asks twice a year has a score between the waves, too.
    """
    of_survey = surveys[(surveys["survey"] == survey) & (surveys["item"] == "recommend")]
    of_survey, wave = _in_wave(of_survey, "answered_on", period, 0, wave_months)
    answers = _latest(of_survey[of_survey["score"].notna()])
    found = net_promoter_score(answers["score"], answers["account_id"].to_list())
    return replace(found, method=f"{found.method}{wave}")


def _in_wave(
    surveys: pd.DataFrame, column: str, period: Period, months: int, wave_months: int
) -> tuple[pd.DataFrame, str]:
    """The rows dated in the period, or in the `months` to its end; else those of the latest wave, and until when."""
    inside = surveys[within(surveys[column], period, months)]
    if len(inside) or not wave_months:
        return inside, ""
    days = surveys.loc[within(surveys[column], period, wave_months), column]
    if days.empty:
        return inside, ""
    last = days.max()
    wave = surveys[surveys[column].between(last - pd.Timedelta(days=WAVE_DAYS), last)]
    return wave, f"; {WAVE}{day_name(last)}"


def latest_answers(surveys: pd.DataFrame, survey: str, item: str, period: Period, months: int = 0) -> pd.DataFrame:
    """The latest answer of each contact to one item, answered in the period or in the `months` that end with it.

    A missing contact_id means the account itself. `surveys` is the as-of table; returns its rows. The surveys of
    different kinds are never mixed.
    """
    of_item = surveys[(surveys["survey"] == survey) & (surveys["item"] == item) & surveys["score"].notna()]
    return _latest(of_item[within(of_item["answered_on"], period, months)])


def _latest(answers: pd.DataFrame) -> pd.DataFrame:
    ordered = answers.sort_values(["answered_on", "response_id"])
    contact = ordered["contact_id"].fillna("account " + ordered["account_id"])
    return ordered[~contact.duplicated(keep="last")]


def response_rate(surveys: pd.DataFrame, survey: str, period: Period, months: int = 0, wave_months: int = 0) -> Metric:
    """Answered ÷ asked, over the questionnaires sent in the period (or in the `months` that end with it), 0–1; Wilson.

    `wave_months`: as for `score_of`.

    >>> from helpers.periods import parse
    >>> sent = pd.DataFrame({"response_id": list("abcdef"), "account_id": list("abcdef"), "survey": "purchase_regret",
    ...                      "asked_on": pd.Timestamp("2026-10-05"), "score": [3.0] * 3 + [None] * 3})
    >>> response_rate(sent, "purchase_regret", parse("2026-10")).value
    0.5
    """
    sent, wave = _in_wave(surveys[surveys["survey"] == survey], "asked_on", period, months, wave_months)
    # The answered items first, so that the first row of a questionnaire says whether any was.
    order = np.argsort(sent["score"].isna().to_numpy(), kind="stable")
    asked = sent.iloc[order].drop_duplicates("response_id")
    answered = asked["score"].notna()
    clusters = design_effect(answered, asked["account_id"])
    method = f"answered ÷ asked; Wilson, clustered by account{wave}"
    return proportion(int(answered.sum()), len(asked), method, "nobody was asked", clusters)


def regret_answers(
    surveys: pd.DataFrame, period: Period, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> pd.DataFrame:
    """The latest purchase_regret answer of each contact that has both items, and whether it regrets.

    Columns: response_id, account_id, contact_id, asked_on, answered_on, regrets (expectations met ≤ 3 and settled for
    less ≥ 5 on 1–7). `surveys` is the as-of table; answers count that came in the `months` that end with the period.

    Raises ValueError for a cut-off outside 1–7.
    """
    low, high = schema.SCALES["purchase_regret"]
    if not (low <= expectations_at_most <= high and low <= settled_at_least <= high):
        raise ValueError(f"a cut-off lies on the scale {low}–{high}, not {expectations_at_most}, {settled_at_least}")
    met = latest_answers(surveys, "purchase_regret", "expectations_met", period, months)
    settled = surveys[(surveys["item"] == "settled_for_less") & surveys["score"].notna()]
    settled = settled[settled["response_id"].isin(met["response_id"])]
    both = met.merge(
        settled[["response_id", "score"]], on="response_id", suffixes=("", "_settled"), validate="one_to_one"
    )
    regrets = (both["score"] <= expectations_at_most) & (both["score_settled"] >= settled_at_least)
    columns = ["response_id", "account_id", "contact_id", "asked_on", "answered_on"]
    return both[columns].assign(regrets=regrets)


def remorse_rate(
    surveys: pd.DataFrame, period: Period, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> Metric:
    """Share of surveyed customers who regret the purchase: expectations met ≤ 3 and settled for less ≥ 5 on 1–7.

    Counted over `regret_answers`. Interval: Wilson, clustered by account. Regret among respondents is not regret among
    customers: read it with `response_rate`. Errors as for `regret_answers`.
    """
    both = regret_answers(surveys, period, months, expectations_at_most, settled_at_least)
    method = f"expectations met ≤ {expectations_at_most} and settled for less ≥ {settled_at_least}; Wilson by account"
    clusters = design_effect(both["regrets"], both["account_id"])
    return proportion(int(both["regrets"].sum()), len(both), method, "nobody answered both items", clusters)
