"""Who stays, who renews, who converts, and what is won for what is lost; ratios of revenue with their intervals."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers import stats
from helpers.metrics.core import FEW_EFFECTIVE, TOO_FEW, Metric, design_effect, proportion, undefined, within
from helpers.periods import Period

FEW_MOVED = 60
TRIAL_GRACE_DAYS = 30


def churn_rate(n_lost: int, n_opening: int) -> Metric:
    """Logo churn: accounts that paid at the opening and not at the close ÷ accounts that paid at the opening, 0–1.

    Accounts won in the period are in neither number; an account that left and returned within it was retained. Over a
    year it is the 12-month cohort's rate, never 12 × the monthly one. Interval: Wilson.

    Raises ValueError unless 0 ≤ n_lost ≤ n_opening.

    >>> churn_rate(n_lost=5, n_opening=100).value
    0.05
    >>> churn_rate(0, 0).verdict, churn_rate(1, 3).verdict
    ('undefined', 'too few')
    """
    reason = "the data shows no paying account at the opening"
    return proportion(int(n_lost), int(n_opening), "left ÷ paying at the opening; Wilson", reason)


def revenues(opening, closing) -> tuple[np.ndarray, np.ndarray]:
    """One amount an account at both ends, of the accounts that paid at the opening.

    Raises ValueError on negative or missing amounts or unequal lengths.

    >>> [side.tolist() for side in revenues([5, 0], [0, 7])]
    [[5.0], [0.0]]
    """
    x, y = np.asarray(opening, dtype=float), np.asarray(closing, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"opening and closing need one amount an account each, not {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (x >= 0).all() and (y >= 0).all()):
        raise ValueError("opening and closing must be amounts of 0 or more, with none missing")
    return x[x > 0], y[x > 0]


def revenue_ratio(x: np.ndarray, y: np.ndarray, method: str, ceiling: float | None) -> Metric:
    """Σy ÷ Σx over accounts, x > 0, with its interval; never above `ceiling`, where there is one.

    >>> revenue_ratio(np.array([100.0] * 10), np.array([0.0] + [100.0] * 9), "kept ÷ then", ceiling=1.0).value
    0.9
    """
    return revenue_ratios(x, {"": (y, method, ceiling)})[""]


def revenue_ratios(x: np.ndarray, parts: Mapping[str, tuple]) -> dict[str, Metric]:
    """`revenue_ratio` of several (y, method, ceiling) over the same accounts, from the same draws.

    >>> then = np.array([100.0] * 10)
    >>> revenue_ratios(then, {"half": (then / 2, "half ÷ then", 1.0)})["half"].value
    0.5
    """
    ends = stats.ratio_intervals(x, [y for y, *_ in parts.values()]) if len(x) >= TOO_FEW else [None] * len(parts)
    n, whole = (len(x), stats.effective_n(x)), float(x.sum())
    return {
        name: _ratio(float(y.sum()), whole, *n, interval, method, ceiling, stats.is_linearized(x, y))
        for interval, (name, (y, method, ceiling)) in zip(ends, parts.items(), strict=True)
    }


def revenue_ratio_from_sums(row: Mapping[str, int], gross: bool) -> Metric:
    """NRR or (`gross`) GRR from the sums of `movements.year_on_year`, where the accounts are too many to fetch.

    Linearized interval, so `few` under an effective n of 200; amounts in cents.
    """
    x, y = int(row["opening_cents"]), int(row["kept_cents" if gross else "closing_cents"])
    xy, yy = (int(row[name]) for name in (("xk", "kk") if gross else ("xy", "yy")))
    n, xx = int(row["n_opening"]), int(row["xx"])
    interval = stats.ratio_interval_from_sums(n, x, y, xx, xy, yy) if n >= TOO_FEW else None
    method = "min(today, then) per account ÷ then" if gross else "revenue today ÷ then, same accounts"
    # Linearized, an interval of fewer than an effective 200 covers too little: tests/benchmarks/interval_coverage.py.
    return _ratio(y, x, n, x * x / xx if xx else 0.0, interval, method, 1.0 if gross else None, True, stats.LARGE)


def _ratio(
    numerator, denominator, n, effective, interval, method, ceiling, is_linear: bool, enough: float = FEW_EFFECTIVE
) -> Metric:
    if denominator <= 0:
        return undefined(method, "the data shows no revenue then", numerator, denominator, n)
    if n < TOO_FEW:
        return Metric(None, None, None, numerator, denominator, n, method, "too few")
    value = numerator / denominator
    verdict = "few" if effective < enough else "ok"
    if interval is None and ceiling is not None and value >= ceiling:
        # Nothing was lost, so nothing varies: what n accounts without a loss leave possible (Clopper and Pearson 1934).
        interval, method = (0.025 ** (1 / effective), ceiling), f"{method}; exact bound at no loss"
    elif interval is None:
        return Metric(value, None, None, numerator, denominator, n, f"{method}; no interval: no variation", verdict)
    else:
        method += "; linearized" if is_linear else "; studentized bootstrap"
        if is_linear and ceiling is not None and 0 < value < 1:
            interval = stats.on_logit(value, interval[1] - value)
    low, high = max(0.0, min(interval[0], value)), max(interval[1], value)
    high = high if ceiling is None else min(high, ceiling)
    return Metric(value, low, high, numerator, denominator, n, method, verdict)


def renewal_rate(subscriptions: pd.DataFrame, period: Period) -> Metric:
    """Renewed ÷ up for renewal: subscriptions that ran until their `renews_on` in the period and went on, 0–1.

    `subscriptions` is the as-of table. What ended before its renewal date was not up for renewal: it is churn in its
    own month. Interval: Wilson over subscriptions, for accounts with several of them widened by the design effect.

    >>> from helpers.periods import parse
    >>> row = {"subscription_id": "s", "account_id": "a", "starts_on": "2025-10-05", "ends_on": "2026-10-05",
    ...        "renews_on": "2026-10-05"}
    >>> due = pd.DataFrame([row]).astype({name: "datetime64[us]" for name in ("starts_on", "ends_on", "renews_on")})
    >>> renewal_rate(due, parse("2026-10")).verdict, renewal_rate(due, parse("2026-10")).n
    ('too few', 1)
    """
    renewals = due(subscriptions)
    renewals = renewals[within(renewals["renews_on"], period)]
    clusters = design_effect(renewals["is_renewed"], renewals["account_id"])
    method = "active after renews_on ÷ active until renews_on; Wilson, clustered by account"
    reason = "no subscription was up for renewal"
    return proportion(int(renewals["is_renewed"].sum()), len(renewals), method, reason, clusters)


def due(subscriptions: pd.DataFrame) -> pd.DataFrame:
    """The renewals that subscriptions ran until, for `renewal_rate`: account_id, renews_on, is_renewed; once is enough.

    Renewed is what has a stretch that begins no later than its renewal date and ends after it.
    """
    if "is_renewed" in subscriptions:
        return subscriptions
    until = subscriptions["ends_on"].fillna(pd.Timestamp.max.as_unit("us"))
    dated = subscriptions[
        (until >= subscriptions["renews_on"]) & (subscriptions["starts_on"] < subscriptions["renews_on"])
    ]
    dated = dated[["subscription_id", "account_id", "renews_on"]].drop_duplicates().sort_values("renews_on")
    stretches = subscriptions[["subscription_id", "starts_on"]].assign(until=until).sort_values("starts_on")
    stretches["until"] = stretches.groupby("subscription_id")["until"].cummax()
    keys = {"left_on": "renews_on", "right_on": "starts_on", "by": "subscription_id"}
    latest = pd.merge_asof(dated, stretches, **keys)
    latest["is_renewed"] = latest["until"] > latest["renews_on"]
    return latest[["account_id", "renews_on", "is_renewed"]]


def trial_conversion_rate(subscriptions: pd.DataFrame, period: Period, months: int = 12) -> Metric | None:
    """Free trials that ended in the `months` and were paid for within 30 days ÷ those that ended, 0–1; Wilson.

    A trial is a stretch at 0 of an account that had not paid before it began; of several, the last one that ended. One
    that still runs, or whose 30 days are not over, is in neither number. None where the source has no trial.

    >>> from helpers.periods import parse
    >>> rows = {"account_id": ["a", "a", "b"], "starts_on": ["2026-08-01", "2026-09-01", "2026-08-01"],
    ...         "ends_on": ["2026-09-01", None, "2026-09-01"], "mrr": [0.0, 50.0, 0.0]}
    >>> trials = pd.DataFrame(rows).astype(dict.fromkeys(["starts_on", "ends_on"], "datetime64[us]"))
    >>> found = trial_conversion_rate(trials, parse("2026-10"))
    >>> found.numerator, found.denominator
    (1, 2)
    """
    stretches = trials(subscriptions)
    if stretches.empty:
        return None
    ended = stretches[within(stretches["ends_on"], period, months)]
    ended = ended[~ended["account_id"].duplicated(keep="last")]
    due = ended["ends_on"] + pd.Timedelta(days=TRIAL_GRACE_DAYS)
    converted = ended["first_paid"] <= due
    n_over = int((converted | (due <= pd.Timestamp(period.as_of))).sum())
    method = f"paid for within {TRIAL_GRACE_DAYS} days ÷ trials that ended; Wilson"
    return proportion(int(converted.sum()), n_over, method, "no trial ended")


def trials(subscriptions: pd.DataFrame) -> pd.DataFrame:
    """The stretches at 0 of accounts that had not paid before, for `trial_conversion_rate`, with `first_paid`, in order
    of their ends; once.
    """
    if "first_paid" in subscriptions:
        return subscriptions
    free = subscriptions[subscriptions["mrr"] == 0]
    paid = subscriptions[(subscriptions["mrr"] > 0) & subscriptions["account_id"].isin(free["account_id"])]
    first_paid = paid.groupby("account_id")["starts_on"].min().reindex(free["account_id"]).set_axis(free.index)
    free = free[["account_id", "starts_on", "ends_on"]].assign(first_paid=first_paid)
    return free[first_paid.isna() | (first_paid > free["starts_on"])].sort_values("ends_on")


def quick_ratio(gained, lost) -> Metric:
    """(new + expansion + reactivation) ÷ (contraction + churn), a ratio; above 1 the base grows.

    `gained` and `lost` hold one amount (≥ 0) an account, in the same unit. Interval: `stats.quotient_interval` over
    the accounts that moved; `few` under an effective 60 accounts that gained, or that lost. Undefined when nothing was
    lost.

    >>> quick_ratio([300] + [0] * 9, [0] * 5 + [20] * 5).value
    3.0
    """
    up, down = np.asarray(gained, dtype=float), np.asarray(lost, dtype=float)
    moved = (up > 0) | (down > 0)
    up, down = up[moved], down[moved]
    method = "(new + expansion + reactivation) ÷ (contraction + churn)"
    if down.sum() <= 0:
        return undefined(method, "nothing was lost", float(up.sum()), 0.0, int(moved.sum()))
    interval = stats.quotient_interval(down, up) if moved.sum() >= TOO_FEW else None
    effective = min(stats.effective_n(down), stats.effective_n(up))
    sums = float(up.sum()), float(down.sum()), int(moved.sum())
    return _ratio(*sums, effective, interval, method, None, effective >= stats.LARGE, FEW_MOVED)


def share_of_growth(part, gained) -> Metric:
    """What part of the revenue won (new + expansion + reactivation) comes from one kind of it, such as new logos; 0–1.

    `part` and `gained` hold one amount (≥ 0) an account, part ≤ gained. Interval: studentized bootstrap over the
    accounts that grew. The rest is growth of the existing base.

    >>> share_of_growth([100] * 5 + [0] * 5, [100] * 10).value
    0.5
    """
    x, y = revenues(gained, part)
    method = "revenue won from one kind ÷ all revenue won"
    if not len(x):
        return undefined(method, "no revenue was won", 0.0, 0.0)
    interval = stats.ratio_interval(x, y) if len(x) >= TOO_FEW else None
    sums = float(y.sum()), float(x.sum()), len(x)
    return _ratio(*sums, stats.effective_n(x), interval, method, 1.0, stats.is_linearized(x, y))
