"""What a customer is worth: three named methods, never mixed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helpers import stats
from helpers.errors import Refused
from helpers.metrics.core import FEW_EFFECTIVE, TOO_FEW, Metric, undefined
from helpers.stats import sbg

AT_RISK, DRAWS = 30, 100


def customer_lifetime_value_simple(average_purchase: float, purchases_per_year: float, years: float) -> Metric:
    """CLV by the simple method: average purchase × purchases a year × years, in the unit of `average_purchase`.

    Without interval: it is arithmetic on three assumptions. Raises ValueError where one is negative or missing.

    >>> customer_lifetime_value_simple(100, 5, 10).value
    5000.0
    """
    factors = (float(average_purchase), float(purchases_per_year), float(years))
    if not all(0 <= factor < float("inf") for factor in factors):
        raise ValueError(f"a purchase, a frequency and a life are 0 or more, not {factors}")
    value = factors[0] * factors[1] * factors[2]
    method = "average purchase × purchases a year × years; no interval: three assumptions"
    return Metric(value, None, None, value, 1.0, 0, method, "ok")


def customer_lifetime_value_margin_over_churn(revenue: Sequence, losses: Sequence, margin: float = 1.0) -> Metric:
    """CLV = margin × monthly revenue an account ÷ monthly churn, in the unit of `revenue`.

    Over a window, `revenue` is what each account paid a month, added up over the months it was there, `losses` how
    often it was lost: the months cancel, and CLV is margin × Σ revenue ÷ Σ losses. Interval: studentized bootstrap over
    accounts. It assumes a churn that stays as it is for ever. Undefined while nobody is lost.

    >>> customer_lifetime_value_margin_over_churn([1200] * 9 + [100], [0] * 9 + [1]).value
    10900.0
    """
    paid, lost = np.asarray(revenue, dtype=float), np.asarray(losses, dtype=float)
    method = f"{margin:.0%} margin × revenue ÷ losses over 12 months; studentized bootstrap"
    if lost.sum() <= 0:
        return undefined(
            method, "nobody was lost, so no life can be computed", float(paid.sum() * margin), 0.0, len(paid)
        )
    if len(paid) < TOO_FEW:
        return Metric(None, None, None, float(paid.sum()), float(lost.sum()), len(paid), method, "too few")
    value = float(paid.sum() / lost.sum()) * margin
    interval = stats.ratio_interval(lost, paid)
    low, high = (None, None) if interval is None else (max(0.0, min(interval[0] * margin, value)), interval[1] * margin)
    verdict = "few" if lost.sum() < FEW_EFFECTIVE else "ok"
    return Metric(value, low, high, float(paid.sum() * margin), float(lost.sum()), len(paid), method, verdict)


def customer_lifetime_value_survival(
    ages: Sequence[int],
    is_lost: Sequence[bool],
    monthly_revenue: Sequence[float],
    margin: float = 1.0,
    discount_rate: float = 0.10,
    horizon_months: int = 60,
) -> Metric:
    """CLV of a new account: Σ over months t < horizon of margin × S(t) ÷ (1 + d)^(t ÷ 12), in the unit of the revenue.

    `ages` in months at loss or at the cut-off and `is_lost` describe the accounts of a known age, `monthly_revenue` the
    accounts in force. S is Kaplan–Meier up to T, the last age with 30 at risk, and from there
    S_KM(T) × S_sBG(t) ÷ S_sBG(T) (`sbg.fit_sbg`). Interval: bootstrap over accounts, percentiles of 100 draws.

    >>> ages, is_lost = [24] * 40 + [6] * 10 + [12] * 10, [False] * 40 + [True] * 20
    >>> round(customer_lifetime_value_survival(ages, is_lost, [100] * 60, discount_rate=0, horizon_months=6).value)
    600
    """
    age, lost = np.asarray(ages, dtype="int64"), np.asarray(is_lost, dtype=bool)
    paid = np.asarray(monthly_revenue, dtype=float)
    method = (
        f"{margin:.0%} margin × revenue × survival over {horizon_months} months, {discount_rate:.0%} a year off; "
        "Kaplan–Meier, then sBG; bootstrap over accounts"
    )
    if len(age) < AT_RISK or len(paid) < TOO_FEW:
        return undefined(method, f"fewer than {AT_RISK} accounts of a known age", None, None, len(age))
    weights = margin / (1 + discount_rate) ** (np.arange(horizon_months) / 12)
    seen = _seen(age, lost, int(age.max()) + 1)
    model = None
    if len(seen.curve) < horizon_months:
        try:
            model = sbg.fit_sbg_counts(seen.lost, seen.ended, 0)
        except Refused as error:
            return undefined(method, str(error), None, None, len(age))
    value = float(paid.mean() * (weights @ _curve(seen, model, horizon_months)))
    low, high = np.quantile(_draws(age, lost, paid, weights, model), [0.025, 0.975])
    verdict = "few" if lost.sum() < FEW_EFFECTIVE else "ok"
    return Metric(value, min(float(low), value), max(float(high), value), value, 1.0, len(age), method, verdict)


class _Seen(NamedTuple):
    """S_KM(0) … S_KM(T), and by age 0…: how many were lost, and how many last seen alive, up to T."""

    curve: np.ndarray
    lost: np.ndarray
    ended: np.ndarray


def _seen(age: np.ndarray, lost: np.ndarray, length: int) -> _Seen:
    gone, seen = np.bincount(age[lost], minlength=length), np.bincount(age, minlength=length)
    at_risk = len(age) - np.concatenate([[0], np.cumsum(seen)[:-1]])
    last = int(np.flatnonzero(at_risk >= AT_RISK)[-1])
    inside = np.arange(length) <= last
    ended = (seen - gone) * inside
    ended[last] += at_risk[last] - seen[last]
    curve = np.cumprod(1 - gone / np.maximum(at_risk, 1))[: last + 1]
    return _Seen(curve, (gone * inside).astype(float), ended.astype(float))


def _curve(seen: _Seen, model: sbg.Sbg | None, horizon: int) -> np.ndarray:
    """S(0), S(1), … S(horizon − 1): as seen, then as the model goes on; without one, nobody is lost any more."""
    last = len(seen.curve) - 1
    later = np.arange(last + 1, horizon)
    tail = np.ones(len(later)) if model is None else model.survival(later) / model.survival(last)
    return np.concatenate([seen.curve, seen.curve[-1] * tail])[:horizon]


def _draws(age, lost, paid, weights, near, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    order = np.lexsort((lost, age))
    age, lost, paid = age[order], lost[order], np.sort(paid)
    drawn, revenue = [], []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(age), len(age))
        revenue.append(paid[rng.integers(0, len(paid), len(paid))].mean())
        drawn.append(_seen(age[rows], lost[rows], int(age.max()) + 1))
    # A draw in which nobody was lost keeps everybody.
    fitted = [place for place, seen in enumerate(drawn) if near is not None and seen.lost.any()]
    models: list = [None] * DRAWS
    if fitted:
        found = sbg.fit_each(*(np.array([drawn[place][side] for place in fitted]) for side in (1, 2)), near)
        for place, model in zip(fitted, found, strict=True):
            models[place] = model
    return np.array(
        [
            mean * (weights @ _curve(seen, model, len(weights)))
            for mean, seen, model in zip(revenue, drawn, models, strict=True)
        ]
    )
