"""What customers say against what they do: promoters who leave, detractors who stay."""

import pandas as pd

from helpers import metrics
from helpers.ledger.account_months import month_no
from helpers.metrics import Metric
from helpers.metrics.core import proportion
from helpers.periods import Period
from helpers.remorse.outcomes import Outcomes, in_force
from helpers.remorse.regret import line

STANCES = ("promoter", "passive", "detractor")
SURVEY = "nps_relationship"
COLUMNS = ["group", "account_id", "name", "segment", "score", "answered_on", "mrr_cents", "probability"]


def _stances(surveys: pd.DataFrame, until: int, months: int = 12) -> pd.DataFrame:
    """Each account's stance: its latest relationship answer in the `months` that end with month number `until`.

    Several contacts of one account: the latest answer counts. Columns, by account_id: score (0–10), answered_on, stance
    (promoter 9–10, passive 7–8, detractor 0–6).
    """
    answers = metrics.latest_answers(surveys, SURVEY, "recommend", Period(until, until), months)
    last = answers.sort_values(["answered_on", "response_id"]).drop_duplicates("account_id", keep="last")
    found = last.set_index("account_id")[["score", "answered_on"]]
    return found.assign(stance=stance(found["score"]))


def stance(scores: pd.Series) -> pd.Series:
    """Promoter (9–10), passive (7–8) or detractor (0–6).

    >>> stance(pd.Series([9, 8, 6])).tolist()
    ['promoter', 'passive', 'detractor']
    """
    names = scores.map(lambda score: STANCES[0] if score >= 9 else STANCES[1] if score >= 7 else STANCES[2])
    return names.astype("str")


def left_by_stance(surveys: pd.DataFrame, outcomes: Outcomes) -> pd.DataFrame:
    """Of those that paid 12 months ago, by what they had said in the 12 months before: who has left since.

    Columns: segment (the stance, or `said nothing`), value (share that left, 0–1), low, high (Wilson), numerator,
    denominator, n, verdict.
    """
    at = outcomes.last_no - 12
    own = in_force(outcomes, at)
    said = _stances(surveys, at)["stance"].reindex(own.index).fillna("said nothing")
    rows = []
    for name in (*STANCES, "said nothing"):
        part = own[said == name]
        left = proportion(int(part["lost_no"].notna().sum()), len(part), "left ÷ paying 12 months ago", "nobody")
        rows.append(line(name, left))
    return pd.DataFrame(rows).astype(dict.fromkeys(("value", "low", "high"), "float64"))


def churned_promoters(surveys: pd.DataFrame, outcomes: Outcomes, months: int = 12) -> Metric:
    """Of the accounts lost in the last 12 months that had answered in the `months` before: the share that had called
    themselves promoters (9–10) in their latest answer, 0–1; Wilson. An answer of the month of the loss does not count:
    it may have come after notice was given."""
    lost = outcomes.accounts[outcomes.accounts["lost_no"] > outcomes.last_no - 12]
    answers = surveys[(surveys["survey"] == SURVEY) & (surveys["item"] == "recommend") & surveys["score"].notna()]
    answers = answers[answers["account_id"].isin(lost.index)]
    gone = answers["account_id"].map(lost["lost_no"]).astype("float64")  # of no answer, too
    said = month_no(answers["answered_on"])
    before = answers[(said < gone) & (said >= gone - months)].sort_values(["answered_on", "response_id"])
    last = before.drop_duplicates("account_id", keep="last")
    method = "promoters in their last answer before ÷ lost accounts that had answered; Wilson"
    return proportion(int((last["score"] >= 9).sum()), len(last), method, "no lost account had answered")


def _against_behavior(at_risk: pd.DataFrame, said: pd.DataFrame, outcomes: Outcomes) -> pd.DataFrame:
    """The two groups where words and risk disagree: promoters in the top tenth of risk, detractors in the lower half
    who have stayed 12 months and more.

    `at_risk`: `accounts.at_risk` (account_id, name, segment, mrr_cents, probability); `said`: `_stances`. Columns:
    group, account_id, name, segment, score, answered_on, mrr_cents, probability; by group, then MRR.
    """
    rows = at_risk.merge(said.reset_index(), on="account_id", validate="one_to_one")
    rank = at_risk.set_index("account_id")["probability"].rank(pct=True)
    place = rows["account_id"].map(rank)
    age = outcomes.last_no - rows["account_id"].map(outcomes.accounts["start_no"])
    leaving = rows[(rows["stance"] == "promoter") & (place > 0.9)]
    staying = rows[(rows["stance"] == "detractor") & (place <= 0.5) & (age >= 12)]
    parts = [leaving.assign(group="promoters about to leave"), staying.assign(group="detractors who stay")]
    found = pd.concat(parts).sort_values(["group", "mrr_cents", "account_id"], ascending=[False, False, True])
    return found[COLUMNS].reset_index(drop=True)


def said(
    surveys: pd.DataFrame | None, outcomes: Outcomes, at_risk: pd.DataFrame
) -> tuple[pd.DataFrame | None, Metric | None, pd.DataFrame]:
    """Words against behavior: `left_by_stance`, `churned_promoters` (both None without a relationship survey), and the
    accounts where words and risk disagree. `surveys` is the as-of table or None."""
    if surveys is None or not (surveys["survey"] == SURVEY).any():
        return None, None, pd.DataFrame(columns=COLUMNS)
    against = _against_behavior(at_risk, _stances(surveys, outcomes.last_no), outcomes)
    return left_by_stance(surveys, outcomes), churned_promoters(surveys, outcomes), against
