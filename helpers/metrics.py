"""The customer-marketing metrics: counts and revenues in, a `Metric` with its interval out.

Every rate travels with its numerator, denominator and n. A zero denominator is `undefined`, never 0 and never infinity.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import stats
from helpers.errors import Refused

COLUMNS = ["metric", "segment", "period", "value", "low", "high", "numerator", "denominator", "n", "method", "verdict"]
ALL = "all"
FEW, TOO_FEW, FEW_EFFECTIVE = 10, 5, 30


@dataclass(frozen=True)
class Metric:
    """A number and what it rests on.

    `value`, `low`, `high` are in the metric's own unit (a rate is 0–1, NPS −1…1), `low`/`high` a 95% interval or None;
    `n` counts the independent units; `verdict` is ok, few, too few (no rate is given) or undefined (`method` says why).
    """

    value: float | None
    low: float | None
    high: float | None
    numerator: float | None
    denominator: float | None
    n: int
    method: str
    verdict: str


def _undefined(method: str, reason: str, numerator=None, denominator=None, n: int = 0) -> Metric:
    return Metric(None, None, None, numerator, denominator, n, f"{method}; undefined: {reason}", "undefined")


def _proportion(k: int, n: int, method: str, reason: str) -> Metric:
    if k < 0 or n < 0 or k > n:
        raise ValueError(f"{method}: {k} of {n} is not a share")
    if n == 0:
        return _undefined(method, reason, 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, k, n, n, method, "too few")
    low, high = stats.wilson(k, n)
    return Metric(k / n, low, high, k, n, n, method, "few" if n < FEW else "ok")


def churn_rate(n_lost: int, n_opening: int) -> Metric:
    """Logo churn: accounts in force at the opening and not at the close ÷ accounts in force at the opening, 0–1.

    Accounts won in the period are in neither number; an account that left and returned within it was retained. Over a
    year it is the 12-month cohort's rate, never 12 × the monthly one. Interval: Wilson.

    Raises ValueError unless 0 ≤ n_lost ≤ n_opening.

    >>> churn_rate(n_lost=5, n_opening=100).value
    0.05
    >>> churn_rate(0, 0).verdict, churn_rate(1, 3).verdict
    ('undefined', 'too few')
    """
    reason = "no account was in force at the opening"
    return _proportion(int(n_lost), int(n_opening), "lost ÷ in force at the opening; Wilson", reason)


def net_revenue_retention(opening, closing) -> Metric:
    """NRR (NDR): revenue today of the accounts in force then ÷ their revenue then; a ratio, 1 = unchanged.

    `opening` and `closing` hold one amount an account, in the same unit; accounts that were not in force then
    (opening 0) have no say, so new customers never enter; what returns or expands does. Interval: studentized bootstrap
    over accounts, linearized at an effective n of 200 and more.

    Raises ValueError on negative or missing amounts or unequal lengths.

    >>> accounts = [10_000] * 10
    >>> net_revenue_retention(accounts, [0] + [10_000] * 7 + [20_000] * 2).value  # −10,000 churn, +20,000 upsell
    1.1
    """
    x, y = _revenues(opening, closing)
    return _revenue_ratio(x, y, "revenue today ÷ then, same accounts", ceiling=None)


def gross_revenue_retention(opening, closing) -> Metric:
    """GRR: Σ min(revenue today, revenue then) ÷ Σ revenue then, the minimum taken account by account; 0–1.

    Input, interval and errors as for `net_revenue_retention`. Never above 1 and never above NRR: one account's growth
    does not make up for another's loss.

    >>> gross_revenue_retention([100] * 10, [50] + [150] * 9).value
    0.95
    """
    x, y = _revenues(opening, closing)
    return _revenue_ratio(x, np.minimum(x, y), "min(today, then) per account ÷ then", ceiling=1.0)


def _revenues(opening, closing) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(opening, dtype=float), np.asarray(closing, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"opening and closing need one amount an account each, not {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (x >= 0).all() and (y >= 0).all()):
        raise ValueError("opening and closing must be amounts of 0 or more, with none missing")
    return x[x > 0], y[x > 0]


def _revenue_ratio(x: np.ndarray, y: np.ndarray, method: str, ceiling: float | None) -> Metric:
    sums = [float(total) for total in (y.sum(), x.sum())]
    interval = stats.ratio_interval(x, y) if len(x) >= TOO_FEW else None
    return _ratio(*sums, len(x), stats.effective_n(x), interval, method, ceiling)


def revenue_ratio_from_sums(row: pd.Series, gross: bool) -> Metric:
    """NRR or (`gross`) GRR from the sums of `movements.year_on_year`, where the accounts are too many to fetch.

    Linearized interval; amounts in cents.
    """
    x, y = int(row["opening_cents"]), int(row["kept_cents" if gross else "closing_cents"])
    xy, yy = (int(row[name]) for name in (("xk", "kk") if gross else ("xy", "yy")))
    n, xx = int(row["n_opening"]), int(row["xx"])
    interval = stats.ratio_interval_from_sums(n, x, y, xx, xy, yy) if n >= TOO_FEW else None
    method = "min(today, then) per account ÷ then" if gross else "revenue today ÷ then, same accounts"
    return _ratio(y, x, n, x * x / xx if xx else 0.0, interval, method, 1.0 if gross else None)


def _ratio(numerator, denominator, n, effective, interval, method, ceiling) -> Metric:
    if denominator <= 0:
        return _undefined(method, "no revenue was in force then", numerator, denominator, n)
    if n < TOO_FEW:
        return Metric(None, None, None, numerator, denominator, n, method, "too few")
    value = numerator / denominator
    verdict = "few" if effective < FEW_EFFECTIVE else "ok"
    if interval is None and ceiling is not None and value >= ceiling:
        # Nothing was lost, so nothing varies: what n accounts without a loss leave possible (Clopper and Pearson 1934).
        interval, method = (0.025 ** (1 / effective), ceiling), f"{method}; exact bound at no loss"
    elif interval is None:
        return Metric(value, None, None, numerator, denominator, n, f"{method}; no interval: no variation", verdict)
    else:
        method += "; linearized" if effective >= stats.LARGE else "; studentized bootstrap"
    low, high = max(0.0, min(interval[0], value)), max(interval[1], value)
    return Metric(
        value, low, high if ceiling is None else min(high, ceiling), numerator, denominator, n, method, verdict
    )


def net_promoter_score(scores: Iterable[float | None]) -> Metric:
    """NPS: share of 9–10 minus share of 0–6 among the answers, −1…1 (Reichheld 2003 writes it × 100).

    A missing score is an ask without an answer: it counts as non-response, never as a detractor. Interval: adjusted
    Wald (Bonett and Price 2012), clipped to ±1. `denominator` and `n` are the answers.

    Raises Refused on a score that is not a whole number from 0 to 10, naming its position.

    >>> round(net_promoter_score([10] * 70 + [8] * 20 + [3] * 10).value, 12)
    0.6
    >>> net_promoter_score([None, None]).verdict
    'undefined'
    """
    given = [(row, float(score)) for row, score in enumerate(scores) if score is not None and not pd.isna(score)]
    wrong = [f"row {row}: {score:g}" for row, score in given if score not in range(11)]
    if wrong:
        raise Refused(f"a net promoter score is a whole number from 0 to 10, not {'; '.join(wrong[:3])}")
    n, method = len(given), "promoters − detractors; adjusted Wald"
    up, down = sum(score >= 9 for _, score in given), sum(score <= 6 for _, score in given)
    if n == 0:
        return _undefined(method, "nobody answered", 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, up - down, n, n, method, "too few")
    low, high = stats.adjusted_wald_nps(up, n - up - down, down)
    value = (up - down) / n
    return Metric(value, min(low, value), max(high, value), up - down, n, n, method, "few" if n < FEW else "ok")


def customer_lifetime_value_simple(average_purchase: float, purchases_per_year: float, years: float) -> Metric:
    """CLV by the simple method: average purchase × purchases a year × years, in the unit of `average_purchase`.

    Without interval: it is arithmetic on three assumptions. Raises ValueError where one is negative or missing.

    >>> customer_lifetime_value_simple(100, 5, 10).value
    5000.0
    """
    factors = (float(average_purchase), float(purchases_per_year), float(years))
    if not all(factor >= 0 for factor in factors):
        raise ValueError(f"a purchase, a frequency and a life are 0 or more, not {factors}")
    value = factors[0] * factors[1] * factors[2]
    method = "average purchase × purchases a year × years; no interval: three assumptions"
    return Metric(value, None, None, value, 1.0, 0, method, "ok")
