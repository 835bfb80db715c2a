"""The named conventions of each metric, ours first, in terms of MRR at month ends; names are in conventions.toml."""

import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd

from helpers import periods
from helpers.metrics.conventions.core import Found, Window, added, complement, compounded, per, twelvefold, window_of

_ROWS = tomllib.loads(files(__package__).joinpath("conventions.toml").read_text(encoding="utf-8"))
CONVENTIONS = {metric: tuple(row["name"] for row in rows) for metric, rows in _ROWS.items()}
# Metric and convention → who documents it, over which window, and where.
DOCUMENTED = {(metric, row["name"]): (row["who"], row["address"]) for metric, rows in _ROWS.items() for row in rows}
OURS, WRONG = " (ours)", " (wrong)"
CHARTMOGUL, BAREMETRICS = CONVENTIONS["net_revenue_retention"][3:5]
COMPOUNDED, TWELVEFOLD = "monthly rates compounded", "12 × monthly average"
NOT_GIVEN = "needs the subscriptions, which were not given"
AWAY = 3  # month ends without MRR after which Maxio takes a return for new business: 90 days


def evaluate(
    changes, opening_month, closing_month, lifetime, at_least, subscriptions=None
) -> tuple[Window | None, dict[str, list[Found]]]:
    """The window, and what each definition of each metric finds in it, or why every value of it is undefined."""

    def undefined(reason: str) -> dict[str, list[Found]]:
        return {metric: [Found(note=reason)] * len(names) for metric, names in CONVENTIONS.items()}

    if changes is None:
        return None, undefined("too many accounts to fetch one by one")
    window = window_of(changes, opening_month, closing_month)
    found = {"lifetime_value": _lifetime_value(window, lifetime)}
    n_opening = np.count_nonzero(window.level[:, 0])
    if n_opening < at_least:
        few = {0: "no account", 1: "only one account"}.get(n_opening, f"only {n_opening} accounts")
        when = f"paying at the end of {periods.month_text(opening_month)}"
        return window, undefined(f"the data shows {few} {when}") | found
    ends = None if subscriptions is None else _of_accounts(subscriptions, window)
    found |= {"net_revenue_retention": _net(window, ends), "gross_revenue_retention": _gross(window, ends)}
    return window, found | {"logo_churn": _logo_churn(window), "revenue_churn": _revenue_churn(window)}


def _of_accounts(subscriptions: pd.DataFrame, window: Window) -> pd.DataFrame:
    """The amounts of `subscription_ends` in the order of the window's accounts; 0 where one has none."""
    amounts = subscriptions.set_index("account_id").reindex(window.accounts["account_id"].astype("str"))
    return amounts.fillna(0).astype("int64")


def _by_subscription(ends: pd.DataFrame | None, column: str, ours: np.ndarray, opening: np.ndarray) -> Found:
    """Chargebee's: one subscription ended is lost, whatever the account's others gained."""
    if ends is None:
        return Found(note=NOT_GIVEN)
    return added(ends[column].to_numpy(), ours, opening)


def _of_renewals(ends: pd.DataFrame | None) -> Found:
    """Gainsight's: what was not up for renewal is in neither number, so it is not taken apart by account."""
    if ends is None or not ends["due_cents"].sum():
        return Found(note=NOT_GIVEN if ends is None else "no subscription was up for renewal")
    return Found(float(ends["renewed_cents"].sum() / ends["due_cents"].sum()))


def _net(window: Window, ends: pd.DataFrame | None) -> list[Found]:
    """NRR: an account that pays at the opening counts with its MRR today; others do not count."""
    level, before, after = window.level, window.before, window.after
    opening, closing = level[:, 0], level[:, -1]
    ours = np.where(opening > 0, closing, 0)
    ours_monthly = np.where(opening[:, None] > 0, level, 0)
    moved = np.where(window.is_new, 0, after - before).sum(1)
    return [
        added(ours, ours, opening),
        added(np.where(level.min(1) > 0, closing, 0), ours, opening),
        added(np.where(_longest_gap(level) <= AWAY, ours, 0), ours, opening),
        compounded(np.where(window.is_new, 0, after), before, ours_monthly, window),
        compounded(np.where(before > 0, after, 0), before, ours_monthly, window),
        added(opening + moved, ours, opening),
        _by_subscription(ends, "closing_cents", ours, opening),
        _of_renewals(ends),
        added(closing, ours, opening),
    ]


def _longest_gap(level: np.ndarray) -> np.ndarray:
    """The most month ends in a row without MRR, by account.

    >>> _longest_gap(np.array([[5, 0, 0, 5, 0], [5, 5, 5, 5, 5]])).tolist()
    [2, 0]
    """
    running, longest = np.zeros(len(level), dtype=int), np.zeros(len(level), dtype=int)
    for month in level.T:
        running = np.where(month > 0, 0, running + 1)
        longest = np.maximum(longest, running)
    return longest


def _gross(window: Window, ends: pd.DataFrame | None) -> list[Found]:
    """GRR: an account counts with the smaller of its MRR today and then, however low it was in between."""
    level, opening = window.level, window.level[:, 0]
    ours_monthly = np.minimum(level, opening[:, None])
    drops = np.clip(window.before - window.after, 0, None).sum(1)
    return [
        added(ours_monthly[:, -1], ours_monthly[:, -1], opening),
        added(level.min(1), ours_monthly[:, -1], opening),
        added(opening - np.minimum(drops, opening), ours_monthly[:, -1], opening),
        _by_subscription(ends, "kept_cents", ours_monthly[:, -1], opening),
        compounded(np.minimum(window.before, window.after), window.before, ours_monthly, window),
    ]


def _logo_churn(window: Window) -> list[Found]:
    """Logo churn: accounts that pay at the opening and not at the close ÷ those that pay at the opening."""
    was, stays = window.before > 0, (window.before > 0) & (window.after > 0)
    opening = window.level[:, 0] > 0
    lost = opening & (window.level[:, -1] == 0)
    ours_monthly = opening[:, None] & (window.level > 0)
    ours = added(lost * 1, lost * 1, opening)
    return [
        ours,
        complement(compounded(stays * 1, was * 1, ours_monthly * 1, window)),
        complement(compounded((window.after > 0) * 1, (was | (window.after > 0)) * 1, ours_monthly * 1, window)),
        twelvefold(was & ~stays, was, lost / opening.sum(), window),
    ]


def _revenue_churn(window: Window) -> list[Found]:
    """Revenue churn: revenue then of the accounts that are gone ÷ revenue then; a contraction is no churn."""
    level, before, after = window.level, window.before, window.after
    opening = level[:, 0]
    lost = np.where(level[:, -1] == 0, opening, 0)
    gone = np.where(after == 0, before, 0)
    ours_monthly = np.where(level > 0, opening[:, None], 0)
    return [
        added(lost, lost, opening),
        added(gone.sum(1), lost, opening),
        complement(compounded(before - gone, before, ours_monthly, window)),
        twelvefold(gone, before, lost / opening.sum(), window),
    ]


def _lifetime_value(window: Window, ours: float | None) -> list[Found]:
    """In cents: ARPA (MRR ÷ accounts, at the close) ÷ a monthly rate of loss; ours is given, not computed here.

    The three are revenue without margin, discount or horizon. ChartMogul's rate is the mean of the six months before
    the last one, which is left out.
    """
    before, after = window.before, window.after
    opened, lost = (before > 0).sum(0), ((before > 0) & (after == 0)).sum(0)
    is_given = not pd.isna(ours)
    given = Found(float(ours)) if is_given else Found(note="needs what was observed, which was not given")
    n_closing = int((window.level[:, -1] > 0).sum())
    if n_closing == 0:
        return [given] + [Found(note="no account is paying at the close")] * 3
    arpa = float(window.level[:, -1].sum() / n_closing)
    churn = [gone / n if n else None for gone, n in zip(lost.tolist(), opened.tolist(), strict=True)]
    earlier = churn[-7:-1]
    known = len(earlier) == 6 and None not in earlier
    opening = int(before[:, -1].sum())
    net_loss = (opening - int(np.where(window.is_new, 0, after)[:, -1].sum())) / opening if opening else None
    return [
        given,
        per(arpa, churn[-1], "no account was lost in the last month"),
        per(arpa, sum(earlier) / 6 if known else None, "no account was lost in the 6 months before the last"),
        per(arpa, net_loss, "net retention of the last month is 100%"),
    ]
