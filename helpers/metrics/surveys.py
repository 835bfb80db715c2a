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
    score = scores
    if not (isinstance(scores, np.ndarray) and scores.dtype == float):
        score = pd.array(list(scores), dtype="Float64").to_numpy("float64", na_value=np.nan)
    answered = np.flatnonzero(~np.isnan(score))
    wrong = [f"row {row}: {score[row]:g}" for row in answered[~np.isin(score[answered], np.arange(11))]]
    if wrong:
        raise Refused(f"a net promoter score is a whole number from 0 to 10, not {'; '.join(wrong[:3])}")
    n, method = len(answered), "promoters − detractors; adjusted Wald"
    side = (score[answered] >= 9) * 1 - (score[answered] <= 6)
    up, down = int((side > 0).sum()), int((side < 0).sum())
    if n == 0:
        return undefined(method, "nobody answered in the period", 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, up - down, n, n, method, "too few")
    clusters = 1.0
    if accounts is not None:
        method += ", clustered by account"
        clusters = design_effect(side, np.asarray(accounts, dtype=object)[answered])
    low, high = stats.adjusted_wald_nps(up / clusters, (n - up - down) / clusters, down / clusters)
    value, verdict = (up - down) / n, "few" if n / clusters < FEW else "ok"
    return Metric(value, min(low, value), max(high, value), up - down, n, n, method, verdict)


def score_of(surveys: pd.DataFrame, period: Period, survey: str, wave_months: int = 0) -> Metric:
    """The net promoter score of one survey, from each contact's latest answer in the period.

    `wave_months`: where nobody answered in the period, the latest wave within as many months before its end, and its
    last day in `method`: who asks twice a year has a score between the waves, too.
    """
    rows = scores(surveys)
    inside, wave = _in_wave(rows, survey, "answered_on", period, 0, wave_months)
    places = _latest(rows, inside & rows["score"].notna().to_numpy())
    found = net_promoter_score(rows["score"].to_numpy()[places], rows["account_id"].iloc[places])
    return replace(found, method=f"{found.method}{wave}")


def scores(surveys: pd.DataFrame) -> pd.DataFrame:
    """The rows of `recommend`, for `score_of`: survey, account_id, contact, answered_on, score; once is enough."""
    if "contact" in surveys:
        return surveys
    columns = ["survey", "account_id", "contact", "answered_on", "score"]
    return _answers(surveys[surveys["item"] == "recommend"])[columns]


def _in_wave(
    rows: pd.DataFrame, survey: str, column: str, period: Period, months: int, wave_months: int
) -> tuple[np.ndarray, str]:
    """The rows dated in the period, or in the `months` to its end; else those of the latest wave, and until when."""
    of_survey = (rows["survey"] == survey).to_numpy()
    inside = of_survey & within(rows[column], period, months)
    if inside.any() or not wave_months:
        return inside, ""
    days = rows.loc[of_survey & within(rows[column], period, wave_months), column]
    if days.empty:
        return inside, ""
    last = days.max()
    wave = of_survey & rows[column].between(last - pd.Timedelta(days=WAVE_DAYS), last).to_numpy()
    return wave, f"; {WAVE}{day_name(last)}"


def latest_answers(surveys: pd.DataFrame, survey: str, item: str, period: Period, months: int = 0) -> pd.DataFrame:
    """The latest answer of each contact to one item, answered in the period or in the `months` that end with it.

    A missing contact_id means the account itself. `surveys` is the as-of table; returns its rows. The surveys of
    different kinds are never mixed.
    """
    of_item = surveys[(surveys["survey"] == survey) & (surveys["item"] == item) & surveys["score"].notna()]
    answers = _answers(of_item[within(of_item["answered_on"], period, months)])
    return answers.iloc[_latest(answers, np.full(len(answers), True))].drop(columns="contact")


def _answers(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order in which they were answered, and who did: a number per contact; without one, per account."""
    ordered = rows.sort_values(["answered_on", "response_id"])
    return ordered.assign(contact=pd.factorize(ordered["contact_id"].fillna("account " + ordered["account_id"]))[0])


def _latest(answers: pd.DataFrame, is_in: np.ndarray) -> np.ndarray:
    """The places of the latest of some answers of each contact, in their order."""
    places = np.flatnonzero(is_in)
    _, from_end = np.unique(answers["contact"].to_numpy()[places[::-1]], return_index=True)
    return np.sort(places[len(places) - 1 - from_end])


def response_rate(surveys: pd.DataFrame, survey: str, period: Period, months: int = 0, wave_months: int = 0) -> Metric:
    """Answered ÷ asked, over the questionnaires sent in the period (or in the `months` that end with it), 0–1; Wilson.

    `wave_months`: as for `score_of`.

    >>> from helpers.periods import parse
    >>> sent = pd.DataFrame({"response_id": list("abcdef"), "account_id": list("abcdef"), "survey": "purchase_regret",
    ...                      "asked_on": pd.Timestamp("2026-10-05"), "score": [3.0] * 3 + [None] * 3})
    >>> response_rate(sent, "purchase_regret", parse("2026-10")).value
    0.5
    """
    sent = questionnaires(surveys)
    inside, wave = _in_wave(sent, survey, "asked_on", period, months, wave_months)
    is_answered = sent["is_answered"].to_numpy()[inside]
    clusters = design_effect(is_answered, sent["account_id"][inside])
    method = f"answered ÷ asked; Wilson, clustered by account{wave}"
    return proportion(int(is_answered.sum()), len(is_answered), method, "nobody was asked", clusters)


def questionnaires(surveys: pd.DataFrame) -> pd.DataFrame:
    """One row a questionnaire, for `response_rate`: survey, account_id, asked_on, is_answered; once is enough."""
    if "is_answered" in surveys:
        return surveys
    rows = surveys[["response_id", "survey", "account_id", "asked_on"]].assign(is_answered=surveys["score"].notna())
    # The answered items first, so that the first row of a questionnaire says whether any was.
    answered_first = rows.iloc[np.argsort(~rows["is_answered"].to_numpy(), kind="stable")]
    return answered_first.drop_duplicates(["response_id", "survey"])


def regret_answers(
    surveys: pd.DataFrame, period: Period, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> pd.DataFrame:
    """The latest purchase_regret answer of each contact that has both items, and whether it regrets.

    Columns: response_id, account_id, contact_id, asked_on, answered_on, regrets (expectations met ≤ 3 and settled for
    less ≥ 5 on 1–7). `surveys` is the as-of table; answers count that came in the `months` that end with the period.

    Raises ValueError for a cut-off outside 1–7.
    """
    answers = regrets(surveys)
    places, is_regret = _regret(answers, period, months, expectations_at_most, settled_at_least)
    columns = ["response_id", "account_id", "contact_id", "asked_on", "answered_on"]
    return answers[columns].iloc[places].reset_index(drop=True).assign(regrets=is_regret)


def _regret(answers: pd.DataFrame, period: Period, months: int, met: int, settled: int) -> tuple:
    """The places of the latest answers of `regrets` with both items, and whether each regrets."""
    low, high = schema.SCALES["purchase_regret"]
    if not (low <= met <= high and low <= settled <= high):
        raise ValueError(f"a cut-off lies on the scale {low}–{high}, not {met}, {settled}")
    scores = [answers[name].to_numpy() for name in ("score", "settled")]
    places = _latest(answers, within(answers["answered_on"], period, months))
    places = places[~np.isnan(scores[1][places])]
    return places, (scores[0][places] <= met) & (scores[1][places] >= settled)


def regrets(surveys: pd.DataFrame) -> pd.DataFrame:
    """The answers to expectations_met, for `regret_answers`, with `settled`, the score of settled_for_less; once."""
    if "settled" in surveys:
        return surveys
    known = surveys[surveys["score"].notna()]
    met = known[(known["survey"] == "purchase_regret") & (known["item"] == "expectations_met")]
    settled = known.loc[known["item"] == "settled_for_less", ["response_id", "score"]]
    settled = settled.rename(columns={"score": "settled"})
    return _answers(met.merge(settled, how="left", on="response_id", validate="one_to_one"))


def remorse_rate(
    surveys: pd.DataFrame, period: Period, months: int = 12, expectations_at_most: int = 3, settled_at_least: int = 5
) -> Metric:
    """Share of surveyed customers who regret the purchase: expectations met ≤ 3 and settled for less ≥ 5 on 1–7.

    Counted over `regret_answers`. Interval: Wilson, clustered by account. Regret among respondents is not regret among
    customers: read it with `response_rate`. Errors as for `regret_answers`.
    """
    answers = regrets(surveys)
    places, is_regret = _regret(answers, period, months, expectations_at_most, settled_at_least)
    method = f"expectations met ≤ {expectations_at_most} and settled for less ≥ {settled_at_least}; Wilson by account"
    clusters = design_effect(is_regret, answers["account_id"].iloc[places])
    return proportion(int(is_regret.sum()), len(places), method, "nobody answered both items", clusters)
