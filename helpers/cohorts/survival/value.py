"""What the accounts in hand are still worth: their revenue to the end of the term, then the expected renewals."""

import numpy as np
import pandas as pd

from helpers.cohorts.survival.projection import Fitted
from helpers.stats.sbg import Sbg

COLUMNS = ["term_months", "n_accounts", "mrr_cents", "residual_terms", "value_cents", "low", "high", "basis"]
INTERVAL, SCENARIO, NO_FIT = "95% interval", "range by scenario", "no interval: the model does not fit"


def base_value(
    lives: pd.DataFrame, models: dict[int, Fitted], margin: float = 1.0, discount_rate: float = 0.10
) -> pd.DataFrame:
    """Expected value of the accounts that pay and never left before, by contract term.

    `models` is `projection.fits` of the same `lives`. An account with r months left in its term and a of its renewals
    behind it is worth MRR × margin × [Σ over m < r of v^m + v^r × DERL(a) × Σ over m < term of v^m], with
    v = (1 + d)^(−1/12), d a year, and DERL(a) the discounted expected residual lifetime just before the next renewal
    (Fader and Hardie 2010), at (1 + d)^(term/12) − 1 a term. MRR is taken to stay as it is. Accounts that were there
    when the data begins count at the age seen since, which is too young, so their value is a lower bound. Accounts that
    were lost before, or whose term has no model, are left out.

    Columns: term_months, n_accounts, mrr_cents, residual_terms (DERL, mean weighted by MRR),
    value_cents, low, high, basis. The chances are those of revenue: an account counts by the MRR it began with
    (`Fitted.revenue`). `basis` says what low and high are: a 95% interval of the model (bootstrap), a range by scenario
    (fewer than three renewals seen), or missing (the observed curve contradicts the model). Undiscounted, a value may
    be infinite: missing.
    """
    here, rows = lives[lives["first_lost_no"].isna() & (lives["n_in_force"] > 0)], []
    for term, fitted in models.items():
        own = here[here["term_months"] == term]
        mrr = own["mrr_cents"].to_numpy(dtype=float)
        age = (fitted.last_month - own["cohort_no"]).to_numpy(dtype="int64")
        if not len(own):
            continue
        model, draws = fitted.revenue or (fitted.model, fitted.draws)
        value, terms = _worth(model, age, mrr, term, margin, discount_rate)
        draws, scenarios = (
            [_worth(one, age, mrr, term, margin, discount_rate)[0] for one in some]
            for some in (draws, fitted.scenarios)
        )
        low, high = fitted.bounds(draws, scenarios)
        low, high = np.minimum(low, value), np.maximum(high, value)
        basis = SCENARIO if fitted.scenarios else INTERVAL if fitted.fits else NO_FIT
        rows.append([term, int(own["n_accounts"].sum()), int(mrr.sum()), terms, value, low, high, basis])
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.round({"residual_terms": 6, "value_cents": 0, "low": 0, "high": 0})


def _worth(model: Sbg, age, mrr, term: int, margin: float, discount_rate: float) -> tuple[float, float]:
    """Value in cents of all, and the renewals expected of them, weighted by MRR."""
    month = (1 + discount_rate) ** (-1 / 12)
    a_term = (1 + discount_rate) ** (term / 12) - 1
    left = term - 1 - age % term
    ages = np.arange(int(age.max(initial=0)) // term + 1)
    residual = np.array([model.residual_lifetime(int(terms), a_term) for terms in ages])[age // term]
    # Terms are paid month by month: v^0 … v^(term − 1).
    paid = np.concatenate([[0.0], np.cumsum(month ** np.arange(term))])
    value = margin * (mrr * (paid[left] + month**left * residual * paid[term])).sum()
    return float(value), float((mrr * residual).sum() / mrr.sum()) if mrr.sum() else 0.0
