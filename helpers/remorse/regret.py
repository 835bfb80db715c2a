"""How many regret the purchase: by segment, by the customer's age, over time; and what silence hides."""

import numpy as np
import pandas as pd

from helpers import metrics, periods, stats
from helpers.ledger.account_months import month_no
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
NUMBERS = dict.fromkeys(("value", "low", "high"), "float64")


def every_answer(surveys: pd.DataFrame, expectations_at_most: int = 3, settled_at_least: int = 5) -> pd.DataFrame:
    """Every answered purchase questionnaire with both items, not only the latest of a contact, in order of the answers.

    Columns: account_id, contact (a number), answered_on, regrets (as in `metrics.regret_answers`).
    """
    own = regrets(surveys).dropna(subset="settled")
    is_regret = (own["score"] <= expectations_at_most) & (own["settled"] >= settled_at_least)
    return own[["account_id", "contact", "answered_on"]].assign(regrets=is_regret)


def _rate(answers: pd.DataFrame) -> Metric:
    clusters = design_effect(answers["regrets"], answers["account_id"])
    method = "regrets ÷ answers; Wilson, clustered by account"
    return proportion(int(answers["regrets"].sum()), len(answers), method, "nobody answered both items", clusters)


def lines(rates: dict[str, Metric], label: str = "segment") -> pd.DataFrame:
    """A row a rate: its label, value, low, high, numerator, denominator, n, verdict."""
    names = ("value", "low", "high", "numerator", "denominator", "n", "verdict")
    rows = [(name, *(getattr(rate, part) for part in names)) for name, rate in rates.items()]
    return pd.DataFrame(rows, columns=[label, *names]).astype(NUMBERS)


def _rates(parts: dict[str, pd.DataFrame], label: str = "segment") -> pd.DataFrame:
    """A row a part; without a row where no part has answers enough for a rate."""
    frame = lines({name: _rate(part) for name, part in parts.items()}, label)
    return frame if frame["value"].notna().any() else frame.iloc[:0]


def _age(answers: pd.DataFrame, first_paid_on: pd.Series) -> pd.Series:
    return (answers["answered_on"] - answers["account_id"].map(first_paid_on)).dt.days // 30.4375


def by_age(answers: pd.DataFrame, first_paid_on: pd.Series) -> pd.DataFrame:
    """The remorse rate by the customer's age at the answer, in whole months since it first paid.

    `answers` is `every_answer`; each contact's latest in a band counts. Columns as of `lines`; `segment`: the band.
    """
    age = _age(answers, first_paid_on)
    parts = {label: answers[age.between(*band)] for label, band in BANDS.items()}
    return _rates({label: part.drop_duplicates("contact", keep="last") for label, part in parts.items()})


def _contact(rows: pd.DataFrame) -> pd.Series:
    """Who was asked; where the source does not name contacts, the account."""
    return rows["contact_id"].fillna("account " + rows["account_id"])


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
    return pd.DataFrame(found, contacts.index).join(of_each.filter(regex="^observed "))


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
    n, k, n_answers = len(contacts), regrets.sum(), int(answered.sum())
    bounds = (None, k / n, (k + n - n_answers) / n) if n >= TOO_FEW else (None, None, None)
    rows = [
        ("as answered", raw.value, raw.low, raw.high, raw.n, "regrets ÷ answers"),
        ("weighted", *_weighted(contacts["account_id"], known, answered, regrets)),
        ("worst-case bounds", *bounds, n, "silence read as no regret, and as regret"),
    ]
    return pd.DataFrame(rows, columns=["estimate", "value", "low", "high", "n", "how"]).astype(NUMBERS)


def _weighted(account, known, answered, regrets) -> tuple:
    """Value, low, high, n and how; no value where nobody was silent or nothing tells who answers."""
    n = int(answered.sum())
    if n < FEW or answered.all():
        return None, None, None, n, "nobody was silent" if n and answered.all() else "too few answers"
    x = known.drop(columns=known.columns[known.columns.str.startswith("segment ")][:1])
    x, _ = stats.screen(answered, x.fillna(x.mean()).fillna(0.0))
    try:
        chance = stats.logit(answered, x).predict(x)
    except stats.UNESTIMABLE as error:
        return None, None, None, n, f"no weights: {error}"
    weight = 1 / chance[answered]
    weight = np.minimum(weight, TRIM * weight.mean())
    weight, regrets = weight / weight.sum(), regrets[answered]
    if regrets.min() == regrets.max():
        return regrets[0], None, None, n, "every answer is alike"
    value = float(weight @ regrets)
    pull = pd.Series(weight * (regrets - value)).groupby(account[answered].to_numpy()).sum()
    error = np.sqrt(len(pull) / max(len(pull) - 1, 1) * float(pull @ pull))
    how = f"weighted by 1 ÷ chance to answer, from {len(x.columns)} known columns"
    return value, *stats.on_logit(value, Z * error), n, how


def measured(surveys, period: Period, accounts: pd.DataFrame, months: int, *cutoffs: int) -> tuple:
    """The remorse rate in all its views: rate, by segment, by age, by quarter, `compare`, `estimates`; None and empty
    tables without surveys. `accounts`: segment, first_paid_on and what was observed, by account_id; `cutoffs`:
    expectations_at_most and settled_at_least, the answers (1–7) on which a purchase counts as regretted.

    Columns of the rates are those of `lines`, of the quarters `period` (first month) in place of `segment`.
    """
    if surveys is None:
        return None, *(pd.DataFrame() for _ in range(5))
    questions, paid = regrets(surveys), accounts["first_paid_on"]
    answers, every = metrics.regret_answers(questions, period, months, *cutoffs), every_answer(questions, *cutoffs)
    segment = answers["account_id"].map(accounts["segment"])
    segments = {str(name): answers[segment == name] for name in sorted(accounts["segment"].unique())}
    # Regret depends on age: only answers of the first band can be compared over time.
    early = every[_age(every, paid).between(*BANDS["months 0–3"])]
    quarter = (period.last - month_no(early["answered_on"])) // 3
    quarters = {periods.month_text(period.last - 2 - 3 * ago): early[quarter == ago] for ago in reversed(range(8))}
    contacts = asked(surveys, answers, period, months)
    known = _known_of_both(contacts, accounts)
    return (
        metrics.remorse_rate(questions, period, months, *cutoffs),
        _rates({"all": answers} | segments),
        by_age(every, paid),
        _rates(quarters, "period"),
        compare(contacts, known),
        estimates(contacts, known),
    )
