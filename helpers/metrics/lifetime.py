"""What a customer is worth: four named methods, never mixed. What was observed comes first."""

from collections.abc import Sequence

import numpy as np

from helpers import stats
from helpers.errors import Refused
from helpers.metrics.core import FEW_EFFECTIVE, TOO_FEW, Metric, undefined
from helpers.stats import sbg

AT_RISK = 30  # accounts that an age must have been reached by
DRAWS, MANY = 1000, 10_000  # draws of the bootstrap, and accounts above which a mean is as good as normal
RECENT = 12  # the last months observed, from which the extrapolation goes on
MOST_RETURNED = 1 / 3  # of the lost, above which a loss is no end


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
    n, total, n_lost = len(paid), float(paid.sum()), float(lost.sum())
    if n_lost <= 0:
        return undefined(method, "nobody was lost, so no life can be computed", total * margin, 0.0, n)
    if n < TOO_FEW:
        return Metric(None, None, None, total, n_lost, n, method, "too few")
    value = total / n_lost * margin
    interval = stats.ratio_interval(lost, paid)
    low, high = (None, None) if interval is None else (max(0.0, min(interval[0] * margin, value)), interval[1] * margin)
    verdict = "few" if n_lost < FEW_EFFECTIVE else "ok"
    return Metric(value, low, high, total * margin, n_lost, n, method, verdict)


def customer_lifetime_value_observed(
    paid, margin: float = 1.0, discount_rate: float = 0.10, months: int | None = None
) -> Metric:
    """CLV as observed: Σ over ages t < `months` of margin × mean revenue at age t ÷ (1 + d)^(t ÷ 12), a new account.

    `paid`: one row an account, one column a month of age from 0; missing where an account has not reached that age yet.
    The mean at an age is over all accounts that have reached it, those that left with 0: returns, growth, and large
    accounts that stay longer come in by themselves, and who came lately counts at the ages seen (the mean cumulative
    function; Nelson 2003). `months`: by default as far as 30 accounts reach, at most the columns. Interval: studentized
    bootstrap over accounts, of what each brought ÷ what accounts seen as long bring on average.

    >>> paid = [[100, 100, 0]] * 30 + [[200, 200, 200]] * 30 + [[300, np.nan, np.nan]] * 30
    >>> customer_lifetime_value_observed(paid, discount_rate=0).value  # 200 + 150 + 100
    450.0
    """
    table = np.asarray(paid, dtype=float)
    months = months_observed(table) if months is None else min(months, table.shape[1])
    table = table[:, :months]
    seen = ~np.isnan(table)
    n = seen.sum(axis=0)
    method = (
        f"first {months} months: {margin:.0%} margin × mean revenue by age, {discount_rate:.0%} a year off; "
        "studentized bootstrap over accounts"
    )
    if not months or n[-1] < TOO_FEW:
        return undefined(method, "too few accounts have been seen for so long", None, None, len(table))
    weights = _discounts(months, margin, discount_rate)
    mean = np.nansum(table, axis=0) / n
    value = float(weights @ mean)
    # Row by row: two accounts alike have the same sum to the last digit, in whatever row.
    brought = np.nansum(table * (weights / n), axis=1)
    low, high = _interval(brought, np.cumsum(weights * mean / n)[seen.sum(axis=1) - 1])
    is_few = min(int(n[-1]), stats.effective_n(brought)) < FEW_EFFECTIVE
    return Metric(value, low, high, value, 1.0, len(table), method, "few" if is_few else "ok")


def customer_lifetime_value_survival(
    paid, margin: float = 1.0, discount_rate: float = 0.10, horizon_months: int = 60, months: int | None = None
) -> Metric:
    """CLV extrapolated: `customer_lifetime_value_observed`, and beyond it the revenue of its last 12 months × S(t).

    `paid` and `months` as there. S is the sBG model (`sbg.fit_sbg`) of the ages at which accounts are first at 0; from
    the last 12 months observed, revenue goes on in proportion to it. It counts every later account alike and no growth
    beyond what was seen: an extrapolation, so without an interval. Undefined where more than a third of the lost came
    back: there a loss is no end.

    >>> paid = [[100.0] * 12] * 40 + [[100.0] * 6 + [0.0] * 6] * 20
    >>> round(customer_lifetime_value_survival(paid, discount_rate=0, horizon_months=12).value)
    1000
    """
    table = np.asarray(paid, dtype=float)
    observed = customer_lifetime_value_observed(table, margin, discount_rate, months)
    months = months_observed(table) if months is None else min(months, table.shape[1])
    method = f"first {months} months as observed, then revenue × sBG survival to {horizon_months} months; no interval"
    if observed.value is None or len(table) < AT_RISK:
        return undefined(method, "too few accounts have been seen for long enough", None, None, len(table))
    later = np.arange(months, horizon_months)
    if not len(later):
        return Metric(observed.value, None, None, observed.value, 1.0, len(table), method, observed.verdict)
    try:
        model = _model(table[:, :months])
    except Refused as error:
        return undefined(method, str(error), None, None, len(table))
    recent = np.arange(max(months - RECENT, 0), months)
    seen = (~np.isnan(table[:, recent])).sum(axis=0)
    level = np.nansum(table[:, recent]) / (seen @ model.survival(recent))
    beyond = level * model.survival(later) @ _discounts(horizon_months, margin, discount_rate)[later]
    value = float(observed.value + beyond)
    return Metric(value, None, None, value, 1.0, len(table), method, observed.verdict)


def months_observed(paid) -> int:
    """How many months of age 30 accounts or more have reached; `paid` as for `customer_lifetime_value_observed`.

    >>> months_observed([[1.0, 1.0]] * 29 + [[1.0, np.nan]])
    1
    """
    return int(((~np.isnan(np.asarray(paid, dtype=float))).sum(axis=0) >= AT_RISK).sum())


def _discounts(months: int, margin: float, discount_rate: float) -> np.ndarray:
    return margin / (1 + discount_rate) ** (np.arange(months) / 12)


def _interval(brought: np.ndarray, expected: np.ndarray, seed: int = 1) -> tuple[float | None, float | None]:
    """Of Σ brought, in cents; all draws at once. Rows are sorted first, so that their order does not matter."""
    order = np.lexsort((brought, expected))
    brought, expected, n = brought[order], expected[order], len(brought)
    value, apart = float(brought.sum()), brought - expected
    error = float(np.sqrt((apart**2).sum()))
    if error <= 1e-12 * value:
        return None, None
    t = np.array([-stats.Z, stats.Z])
    if n <= MANY:
        rng, parts = np.random.default_rng(seed), []
        for _ in range(0, DRAWS, 100):
            rows = rng.integers(0, n, (100, n))
            paid, due = brought[rows], expected[rows]
            ratio = paid.sum(axis=1) / due.sum(axis=1)
            spread = np.sqrt(((paid - ratio[:, None] * due) ** 2).sum(axis=1)) / due.sum(axis=1)
            parts.append((ratio - 1)[spread > 0] / spread[spread > 0])
        t = np.concatenate(parts)
    first, last = np.quantile(t, [0.025, 0.975]) if n <= MANY else t
    return max(0.0, min(value - float(last) * error, value)), max(value - float(first) * error, value)


def _model(paid: np.ndarray) -> sbg.Sbg:
    """The sBG model of first losses by month of age. `Refused` where losses are no end, or too few."""
    ages = np.arange(paid.shape[1])
    last = (~np.isnan(paid)).sum(axis=1) - 1
    gone = (paid == 0) & (ages > 0)
    is_lost = gone.any(axis=1)
    age = np.where(is_lost, gone.argmax(axis=1), last)
    returned = is_lost & ((paid > 0) & (ages > age[:, None])).any(axis=1)
    if returned.sum() > MOST_RETURNED * is_lost.sum():
        raise Refused("more than a third of the lost accounts came back, so a month without revenue is no end")
    counts = [np.bincount(age[side], minlength=len(ages)) for side in (is_lost, ~is_lost)]
    return sbg.fit_sbg_counts(*counts, 0)
