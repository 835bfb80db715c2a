"""How many regret the purchase: by segment, by the customer's age, over time; and what silence hides."""

import numpy as np
import pandas as pd

from helpers import metrics, periods, stats
from helpers.metrics import Metric
from helpers.metrics.core import FEW, TOO_FEW, design_effect, proportion
from helpers.metrics.surveys import regrets
from helpers.periods import Period
from helpers.stats import Z

BANDS = {"months 0–3": (0, 3), "months 4–9": (4, 9), "months 10–18": (10, 18), "month 19 and later": (19, 10_000)}
TRIM = 5.0  # a weight of more than five times the mean is cut to that
QUESTION = "purchase_regret"
ASKED = ["account_id", "asked_on", "answered", "regrets"]
COMPARED = "what respondents non_respondents difference low high n_respondents n_non_respondents".split()


def every_answer(surveys: pd.DataFrame, expectations_at_most: int = 3, settled_at_least: int = 5) -> pd.DataFrame:
    """Every answered purchase questionnaire with both items, not only the latest of a contact; as `regret_answers`."""
    own = regrets(surveys).dropna(subset="settled")
    is_regret = (own["score"] <= expectations_at_most) & (own["settled"] >= settled_at_least)
    return (
        own[["response_id", *ASKED[:2], "contact_id", "answered_on"]].assign(regrets=is_regret).reset_index(drop=True)
    )


def _rate(answers: pd.DataFrame) -> Metric:
    clusters = design_effect(answers["regrets"], answers["account_id"])
    method = "regrets ÷ answers; Wilson, clustered by account"
    return proportion(int(answers["regrets"].sum()), len(answers), method, "nobody answered both items", clusters)


def line(label: str, metric: Metric) -> dict:
    """A metric as a row of a table: segment, value, low, high, numerator, denominator, n, verdict."""
    names = ("value", "low", "high", "numerator", "denominator", "n", "verdict")
    return {"segment": label} | {name: getattr(metric, name) for name in names}


def _lines(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a part; without a row where no part has answers enough for a rate."""
    frame = pd.DataFrame([line(label, _rate(part)) for label, part in parts.items()])
    frame = frame.astype(dict.fromkeys(("value", "low", "high"), "float64"))
    return frame if frame["value"].notna().any() else frame.iloc[:0]


def by_segment(answers: pd.DataFrame, segments: pd.Series) -> pd.DataFrame:
    """The remorse rate of all and of each segment. `answers`: `metrics.regret_answers`; `segments` by account_id.

    Columns: segment, value, low, high (0–1), numerator, denominator, n (answers), verdict.
    """
    own = answers["account_id"].map(segments)
    parts = {"all": answers} | {str(name): answers[own == name] for name in sorted(segments.unique())}
    return _lines(parts)


def _age(answers: pd.DataFrame, first_paid_on: pd.Series) -> pd.Series:
    return (answers["answered_on"] - answers["account_id"].map(first_paid_on)).dt.days // 30.4375


def _contact(rows: pd.DataFrame) -> pd.Series:
    """Who was asked; where the source does not name contacts, the account."""
    return rows["contact_id"].fillna("account " + rows["account_id"])


def by_age(answers: pd.DataFrame, first_paid_on: pd.Series) -> pd.DataFrame:
    """The remorse rate by the customer's age at the answer, in whole months since it first paid.

    `answers` is `every_answer`; each contact's latest in a band counts. Columns as for `by_segment`; `segment` names
    the band.
    """
    age, parts = _age(answers, first_paid_on), {}
    for label, (low, high) in BANDS.items():
        own = answers[age.between(low, high)].sort_values(["answered_on", "response_id"])
        parts[label] = own[~_contact(own).duplicated(keep="last")]
    return _lines(parts)


def _by_quarter(answers: pd.DataFrame, last: int, quarters: int = 8) -> pd.DataFrame:
    """The remorse rate of the answers of each quarter, the last one ending with month number `last`.

    `answers` is `every_answer`. Columns: period (first month of the quarter), and those of `by_segment`.
    """
    parts = {}
    for end in range(last - 3 * (quarters - 1), last + 1, 3):
        period = Period(end - 2, end)
        days = pd.Timestamp(periods.month_start(period.first)), pd.Timestamp(period.as_of)
        parts[periods.month_text(period.first)] = answers[answers["answered_on"].between(*days)]
    return _lines(parts).rename(columns={"segment": "period"})


def asked(surveys: pd.DataFrame, answers: pd.DataFrame, period: Period, months: int = 12) -> pd.DataFrame:
    """One row a contact asked in the `months` that end with the period: who answered (`answers`), and who did not.

    Columns: account_id, asked_on, answered, regrets (missing without an answer).
    """
    sent = surveys[metrics.core.within(surveys["asked_on"], period, months) & (surveys["survey"] == QUESTION)]
    sent = sent.sort_values(["asked_on", "response_id"])
    contact = _contact(sent)
    silent = sent[~contact.duplicated(keep="last") & ~contact.isin(_contact(answers))]
    both = [answers.assign(answered=True), silent.assign(answered=False, regrets=pd.NA)]
    rows = [part[ASKED].astype({"regrets": "boolean"}) for part in both if len(part)] or [both[0][ASKED]]
    return pd.concat(rows, ignore_index=True)


def _known_of_both(contacts: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """What is known of respondents and non-respondents alike, one row a row of `asked`: segment shares and the observed
    part of each driver (`scores.observed`)."""
    of_each = accounts.reindex(contacts["account_id"]).set_index(contacts.index)
    found = {f"segment {name}": (of_each["segment"] == name) * 1.0 for name in sorted(accounts["segment"].unique())}
    observed = of_each[[name for name in accounts.columns if name.startswith("observed ")]]
    return pd.DataFrame(found, index=contacts.index).join(observed)


def compare(contacts: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Respondents against non-respondents on what is known of both.

    Columns: what, respondents, non_respondents (means; a segment's is a share 0–1, an observed driver's is in SD),
    difference, low, high (Welch's 95%, normal), n_respondents, n_non_respondents. Rows where either side has fewer than
    five known are left out.
    """
    sides = [known[contacts["answered"] == side] for side in (True, False)]
    (ours, spread, n), (theirs, other_spread, m) = ((side.mean(), side.var(), side.count()) for side in sides)
    apart, half = ours - theirs, Z * np.sqrt(spread / n + other_spread / m)
    columns = (known.columns, ours, theirs, apart, apart - half, apart + half, n, m)
    table = pd.DataFrame(dict(zip(COMPARED, columns, strict=True)))
    return table[(n >= TOO_FEW) & (m >= TOO_FEW)].reset_index(drop=True)


def estimates(contacts: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rate as answered, weighted for who answered, and its worst-case bounds.

    Weighted: each answer counts 1 ÷ its chance to come, from a logit on what is known of both (missing = average;
    weights over five times the mean are cut); interval linearized, clustered by account, on the logit scale. Weights
    cannot correct non-response that depends on regret itself. Bounds: nobody, or everybody, who was silent regrets.
    Columns: estimate, value, low, high (0–1; missing where there is none), n, how.
    """
    answered = contacts["answered"].to_numpy(dtype=bool)
    regrets = contacts["regrets"].fillna(False).to_numpy(dtype=float)
    raw = _rate(contacts[answered].astype({"regrets": bool}))
    rows = [("as answered", raw.value, raw.low, raw.high, raw.n, "regrets ÷ answers")]
    rows.append(("weighted", *_weighted(contacts, known, answered, regrets)))
    n, k, silent = len(contacts), regrets[answered].sum(), int((~answered).sum())
    bounds = (None, k / n, (k + silent) / n) if n >= TOO_FEW else (None, None, None)
    rows.append(("worst-case bounds", *bounds, n, "silence read as no regret, and as regret"))
    frame = pd.DataFrame(rows, columns=["estimate", "value", "low", "high", "n", "how"])
    return frame.astype(dict.fromkeys(("value", "low", "high"), "float64"))


def _weighted(contacts, known, answered, regrets) -> tuple:
    """Value, low, high, n and how; no value where nobody was silent or nothing tells who answers."""
    n = int(answered.sum())
    if n < FEW or answered.all():
        return None, None, None, n, "nobody was silent" if n and answered.all() else "too few answers"
    x = known.drop(columns=known.columns[known.columns.str.startswith("segment ")][:1])
    x, _ = stats.screen(answered, x.fillna(x.mean()).fillna(0.0))
    try:
        chance = stats.logit(answered, x).predict(x) if len(x.columns) else np.full(len(x), answered.mean())
    except stats.UNESTIMABLE as error:
        return None, None, None, n, f"no weights: {error}"
    weight = 1 / chance[answered]
    weight = np.minimum(weight, TRIM * weight.mean())
    given, account = regrets[answered], contacts.loc[answered, "account_id"].to_numpy()
    value = float(weight @ given / weight.sum())
    pull = pd.Series(weight * (given - value)).groupby(account).sum().to_numpy() / weight.sum()
    error = np.sqrt(len(pull) / max(len(pull) - 1, 1) * float(pull @ pull))
    if not 0 < value < 1:
        return value, None, None, n, "every answer is alike"
    return (
        value,
        *stats.on_logit(value, error),
        n,
        f"weighted by 1 ÷ chance to answer, from {len(x.columns)} known columns",
    )


def measured(
    surveys, period: Period, accounts: pd.DataFrame, months: int, **cutoffs: int
) -> tuple[Metric | None, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The remorse rate in all its views: rate, by segment, by age, by quarter, `compare`, `estimates`; None and empty
    tables without surveys. `accounts`: segment, first_paid_on and what was observed, by account_id; `cutoffs`:
    expectations_at_most and settled_at_least, the answers (1–7) on which a purchase counts as regretted."""
    if surveys is None:
        return None, *(pd.DataFrame() for _ in range(5))
    questions = regrets(surveys)
    answers = metrics.regret_answers(questions, period, months, **cutoffs)
    contacts = asked(surveys, answers, period, months)
    known = _known_of_both(contacts, accounts)
    every = every_answer(questions, **cutoffs)
    return (
        metrics.remorse_rate(questions, period, months, **cutoffs),
        by_segment(answers, accounts["segment"]),
        by_age(every, accounts["first_paid_on"]),
        # Regret depends on age: only answers of the first band can be compared over time.
        _by_quarter(every[_age(every, accounts["first_paid_on"]).between(*BANDS["months 0–3"])], period.last),
        compare(contacts, known),
        estimates(contacts, known),
    )
