"""What customers do for us: who takes part, how often the same few are asked, how fast references come, reviews."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.metrics.core import FEW, TOO_FEW, Metric, amount, count, proportion, undefined, within
from helpers.periods import Period
from helpers.stats import curves

ATTRIBUTIONS = ("all", "sourced", "influenced")


def advocacy_participation_rate(advocacy: pd.DataFrame, paying: Collection[str], period: Period) -> Metric:
    """Accounts with at least one act done in the period ÷ accounts that pay (at its close, or as given), 0–1; Wilson.

    Several acts of one account count once; an act of an account that does not pay is not in the numerator.

    >>> from helpers.periods import parse
    >>> acts = pd.DataFrame({"account_id": ["a", "a", "gone"], "done_on": pd.Timestamp("2026-10-05")})
    >>> advocacy_participation_rate(acts, list("abcdefghij"), parse("2026-10")).numerator
    1
    """
    base = _accounts(paying)
    active = base[base.isin(advocacy.loc[within(advocacy["done_on"], period), "account_id"])]
    method = "accounts with an act done ÷ paying accounts; Wilson"
    return proportion(active.nunique(), base.nunique(), method, "no account is paying")


def advocacy_load(advocacy: pd.DataFrame, period: Period, cap: int = 4) -> dict[str, Metric]:
    """How hard the same few are worked, over the 12 months that end with the period.

    Returns `asks_per_advocate` (acts asked ÷ accounts asked, no interval) and `share_over_cap` (accounts asked more
    than `cap` times ÷ accounts asked; Wilson). An ask counts whether or not it was granted.

    >>> from helpers.periods import parse
    >>> asks = pd.DataFrame({"account_id": list("aaaaab"), "requested_on": pd.Timestamp("2026-10-05")})
    >>> advocacy_load(asks, parse("2026-10"))["asks_per_advocate"].value
    3.0
    """
    asks = np.bincount(pd.factorize(advocacy["account_id"][within(advocacy["requested_on"], period, 12)])[0])
    n, total = len(asks), int(asks.sum())
    method = "acts asked ÷ accounts asked, 12 months; no interval"
    per = undefined(method, "nobody was asked", 0, 0)
    if n:
        per = Metric(total / n, None, None, total, n, n, method, "few" if n < FEW else "ok")
    over = f"accounts asked more than {cap} times in 12 months ÷ accounts asked; Wilson"
    return {
        "asks_per_advocate": per,
        "share_over_cap": proportion(int((asks > cap).sum()), n, over, "nobody was asked"),
    }


def asks_per_advocate(advocacy: pd.DataFrame, period: Period) -> Metric:
    """Acts asked ÷ accounts asked, over 12 months; see `advocacy_load`."""
    return advocacy_load(advocacy, period)["asks_per_advocate"]


def share_over_cap(advocacy: pd.DataFrame, period: Period, cap: int = 4) -> Metric:
    """Accounts asked more than `cap` times in 12 months ÷ accounts asked; see `advocacy_load`."""
    return advocacy_load(advocacy, period, cap)["share_over_cap"]


def reference_velocity(advocacy: pd.DataFrame, period: Period, months: int = 12) -> Metric:
    """Median days from the ask for a reference call to its being done, asked in the `months` that end with the period.

    Kaplan–Meier: an ask that is still open at the cut-off is censored, never dropped. The interval is where the log-log
    band crosses one half; `high` is None where the band ends above it: the upper end is not reached yet. Undefined
    while fewer than half are done.

    >>> from helpers.periods import parse
    >>> day = pd.Timestamp("2026-10-01")
    >>> asks = pd.DataFrame({"kind": "reference_call", "requested_on": day,
    ...                      "done_on": [day + pd.Timedelta(days=n) for n in (2, 4, 6, 8, 10, 12)]})
    >>> reference_velocity(asks, parse("2026-10")).value
    6.0
    """
    is_asked = _are(advocacy, "reference_call", "requested_on", period, months)
    asked, until = (advocacy[name].to_numpy("datetime64[us]")[is_asked] for name in ("requested_on", "done_on"))
    is_done = ~np.isnat(until)
    method = "median days from ask to done; Kaplan–Meier, open asks censored"
    n, done = len(asked), int(is_done.sum())
    if n == 0:
        return undefined(method, "no reference was asked for", 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, done, n, n, method, "too few")
    until[~is_done] = np.datetime64(period.as_of)
    middle, low, high = curves.median(curves.kaplan_meier((until - asked) // np.timedelta64(1, "D"), is_done))
    if middle is None:
        return undefined(method, "fewer than half of the references asked for have been done", done, n, n)
    return Metric(middle, low, high, done, n, n, method, "few" if n < FEW else "ok")


def references_per_month(advocacy: pd.DataFrame, period: Period) -> Metric:
    """Reference calls done in the period, per month of it; exact Poisson interval.

    >>> from helpers import periods
    >>> calls = pd.DataFrame({"kind": ["reference_call"] * 6, "done_on": pd.to_datetime(["2026-07-15"] * 6)})
    >>> references_per_month(calls, periods.parse("2026-Q3")).value
    2.0
    """
    done = int(_are(advocacy, "reference_call", "done_on", period).sum())
    return count(done, "reference calls done a month", per=period.n_months, denominator=period.n_months)


def review_volume(advocacy: pd.DataFrame, period: Period, is_incentivized: bool | None = None) -> Metric:
    """Reviews done in the period; exact Poisson interval. `is_incentivized`: only those with (or without) a reward.

    A review of which nobody recorded whether something was given for it counts as without.
    """
    reviews = _are(advocacy, "review", "done_on", period)
    if is_incentivized is not None:
        reviews = reviews & (advocacy["is_incentivized"].fillna(False).to_numpy(bool) == is_incentivized)
    return count(int(reviews.sum()), "reviews done")


def _are(advocacy: pd.DataFrame, kind: str, column: str, period: Period, months: int = 0) -> np.ndarray:
    """Which acts are of a kind, with a day in the period or in the `months` that end with it."""
    return (advocacy["kind"] == kind).to_numpy() & within(advocacy[column], period, months)


def _accounts(paying: Collection[str]) -> pd.Series:
    """The ids as a column, which counts a million without a Python object each."""
    return pd.Series(paying if isinstance(paying, pd.Series) else list(paying), dtype="str")


def reviews_per_100_accounts(advocacy: pd.DataFrame, paying: Collection[str], period: Period) -> Metric:
    """Reviews done in the period per 100 accounts that pay at its close; exact Poisson interval."""
    volume, n = review_volume(advocacy, period), _accounts(paying).nunique()
    if n == 0:
        return undefined(volume.method, "no account is paying", volume.numerator, 0)
    return count(int(volume.numerator), "reviews done per 100 paying accounts", n / 100, n)


def expansion_pipeline(
    opportunities: pd.DataFrame,
    touches: pd.DataFrame,
    period: Period,
    attribution: str = "sourced",
    within_days: int = 90,
) -> Metric:
    """Monthly revenue in expansion opportunities created in the period that programs sourced or influenced, in cents.

    `sourced`: a program touched the account in the `within_days` before (or on) the day of creation, or `sourced_by` is
    marketing. `influenced`: a touch after creation and no later than the close (or the cut-off). An opportunity may be
    both: the two are never added together. `numerator` is the amount, `denominator` that of all expansion opportunities
    created, `n` the opportunities in the amount. Interval: `stats.total_interval` over accounts; `few` where under 10
    opportunities, or accounts, are in the amount.

    Raises ValueError for another attribution.
    """
    if attribution not in ATTRIBUTIONS:
        raise ValueError(f"attribution is sourced, influenced or all, not {attribution!r}")
    return expansion_pipelines(with_touches(opportunities, touches), period, within_days)[attribution]


def expansion_pipelines(touched: pd.DataFrame, period: Period, within_days: int = 90) -> dict[str, Metric]:
    """`expansion_pipeline` by each of ATTRIBUTIONS; `touched` is `with_touches`."""
    created = touched[(touched["kind"] == "expansion").to_numpy() & within(touched["created_on"], period)]
    cents, account = (created["mrr"] * 100).round().to_numpy(), pd.factorize(created["account_id"])[0]
    gap = (created["created_on"] - created["touched_before"]).dt.days
    closed = created["closed_on"].fillna(pd.Timestamp(period.as_of))
    chosen = {
        "all": np.full(len(created), True),
        "sourced": ((gap <= within_days) | (created["sourced_by"] == "marketing")).to_numpy(),
        "influenced": (created["touched_after"] <= closed).to_numpy(),
    }
    return {name: _pipeline(cents, account, chosen[name], name) for name in ATTRIBUTIONS}


def _pipeline(cents: np.ndarray, account: np.ndarray, is_in: np.ndarray, attribution: str) -> Metric:
    method, n = f"expansion opportunities created, {attribution}", int(is_in.sum())
    if not len(cents):
        return undefined(method, "no expansion opportunity was created", 0, 0)
    whole = float(cents.sum())
    if not n:
        return Metric(0.0, 0.0, 0.0, 0.0, whole, 0, f"{method}; none of them", "few")
    accounts, place = np.unique(account[is_in], return_inverse=True)
    found = amount(np.bincount(place, cents[is_in]), method, "")
    few = "few" if min(n, len(accounts)) < FEW else "ok"
    return replace(found, denominator=whole, n=n, verdict=few)


def with_touches(opportunities: pd.DataFrame, touches: pd.DataFrame) -> pd.DataFrame:
    """The opportunities with touched_before, the latest touch up to the day of creation, and touched_after, the first
    one later; missing where there is none. The index is a new one; once is enough.

    >>> day = pd.to_datetime(["2026-10-01"])
    >>> found = with_touches(pd.DataFrame({"account_id": ["a"], "created_on": day}),
    ...                      pd.DataFrame({"account_id": ["a"], "touched_on": day}))
    >>> found["touched_before"].notna().tolist(), found["touched_after"].notna().tolist()
    ([True], [False])
    """
    if "touched_before" in opportunities:
        return opportunities
    opportunities = opportunities.reset_index(drop=True)
    columns = opportunities[["account_id", "created_on"]].assign(row=opportunities.index)
    pairs = columns.merge(touches[["account_id", "touched_on"]], on="account_id")
    is_before = pairs["touched_on"] <= pairs["created_on"]
    return opportunities.assign(
        touched_before=pairs[is_before].groupby("row")["touched_on"].max(),
        touched_after=pairs[~is_before].groupby("row")["touched_on"].min(),
    )
