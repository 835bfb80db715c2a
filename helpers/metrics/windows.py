"""The named conventions of each metric, ours first, in terms of MRR at month ends; names are in conventions.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import periods

_ROWS = tomllib.loads(Path(__file__).with_name("conventions.toml").read_text(encoding="utf-8"))
CONVENTIONS = {metric: tuple(row["name"] for row in rows) for metric, rows in _ROWS.items()}
# Metric and convention → who documents it, over which window, and where.
DOCUMENTED = {(metric, row["name"]): (row["who"], row["address"]) for metric, rows in _ROWS.items() for row in rows}
NOT_GIVEN = "needs the subscriptions, which were not given"
AWAY = 3  # month ends without MRR after which Maxio takes a return for new business: 90 days


@dataclass(frozen=True)
class Found:
    """A convention's value, or why there is none (`note`); `shares` of the difference to ours, one an account."""

    value: float | None = None
    shares: np.ndarray | None = None
    is_exact: bool = True
    note: str = ""


@dataclass(frozen=True)
class Window:
    """Accounts and their MRR at the month ends of a window, one row an account; `is_new`: a first payment ever."""

    accounts: pd.DataFrame
    level: np.ndarray  # cents; column 0 is the opening
    is_new: np.ndarray  # in the months after it
    opening_month: int

    before = property(lambda self: self.level[:, :-1])
    after = property(lambda self: self.level[:, 1:])
    opening = property(lambda self: self.level[:, 0])
    closing = property(lambda self: self.level[:, -1])


def window_of(changes: pd.DataFrame, opening_month: int, closing_month: int) -> Window:
    """`movements.changes` as MRR at month ends: a dozen columns, and rows only for the accounts fetched.

    >>> changes = pd.DataFrame({"account_id": ["a"], "name": ["A"], "segment": ["S"], "month_no": [24311],
    ...                         "opening_cents": [100], "closing_cents": [150], "movement": ["expansion"]})
    >>> window_of(changes, 24309, 24312).level.tolist()
    [[100, 100, 150, 150]]
    """
    if not changes["month_no"].between(opening_month, closing_month).all():
        raise ValueError("the changes are of another window than the months asked for")
    rows = changes.sort_values(["account_id", "month_no"], kind="stable")
    place = pd.factorize(rows["account_id"])[0], (rows["month_no"] - opening_month).to_numpy(dtype="int64")
    firsts = rows.drop_duplicates("account_id")
    change = np.zeros((len(firsts), closing_month - opening_month + 1), dtype="int64")
    change[place] = (rows["closing_cents"] - rows["opening_cents"]).to_numpy()
    change[:, 0] = firsts["opening_cents"]
    is_new = np.zeros(change.shape, dtype=bool)
    is_new[place] = rows["movement"] == "new"
    accounts = firsts[["account_id", "name", "segment"]].reset_index(drop=True)
    return Window(accounts, change.cumsum(axis=1), is_new[:, 1:], opening_month)


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
    n_opening = np.count_nonzero(window.opening)
    if n_opening < at_least:
        few = {0: "no account", 1: "only one account"}.get(n_opening, f"only {n_opening} accounts")
        when = f"paying at the end of {periods.month_text(opening_month)}"
        return window, undefined(f"the data shows {few} {when}") | found
    ends = subscriptions
    if ends is not None:  # in the order of the window's accounts; 0 where one has none
        ends = ends.set_index("account_id").reindex(window.accounts["account_id"].astype("str")).fillna(0)
    measured = {"net_revenue_retention": _net(window, ends), "gross_revenue_retention": _gross(window, ends)}
    return window, measured | {"logo_churn": _logo_churn(window), "revenue_churn": _revenue_churn(window)} | found


def added(counted: np.ndarray, ours: np.ndarray, opening: np.ndarray) -> Found:
    """A sum over accounts ÷ the opening's: the shares add up to the difference exactly."""
    whole = opening.sum()
    return Found(float(counted.sum() / whole), (counted - ours) / whole)


def compounded(kept: np.ndarray, base: np.ndarray, ours: np.ndarray, window: Window, is_churn: bool = False) -> Found:
    """Π over months of Σ kept ÷ Σ base, or 1 less it; `ours` at the month ends gives our number by the same product."""
    numerators, denominators = kept.sum(0), base.sum(0)
    if not denominators.all():
        return _nothing_at_start(denominators, window)
    value = float((numerators / denominators).prod())
    differs = ((kept != ours[:, 1:]) | (base != ours[:, :-1])).any(1)
    counted_as_ours = numerators - kept[differs] + ours[differs, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        without = (counted_as_ours / (denominators - base[differs] + ours[differs, :-1])).prod(1)
    shares = np.zeros(len(kept))
    # Where a month would be left with nobody, the account's part stays in the remainder.
    shares[differs] = np.where(np.isfinite(without), value - without, 0.0)
    shares = _nonzero(shares)
    return Found(1 - value, -shares, False) if is_churn else Found(value, shares, False)


def twelvefold(lost: np.ndarray, base: np.ndarray, ours: np.ndarray, window: Window) -> Found:
    """12 × the mean of the monthly rates: each loss ÷ what there was at its month's start; adds up by account.

    Two months of one account in ten leaving: 12 × 10% a year.

    >>> base, lost = np.array([[100, 0], [900, 900]]), np.array([[100, 0], [0, 90]])
    >>> window = Window(pd.DataFrame(), base, base > 0, 24319)
    >>> round(twelvefold(lost, base, np.zeros(2), window).value, 6)
    1.2
    """
    denominators = base.sum(0)
    if not denominators.all():
        return _nothing_at_start(denominators, window)
    return Found(12 * float((lost.sum(0) / denominators).mean()), _nonzero(12 * (lost / denominators).mean(1) - ours))


def _nonzero(shares: np.ndarray) -> np.ndarray:
    """Shares without what is only the rounding of a float."""
    return np.where(np.abs(shares) > 1e-13, shares, 0.0)


def _nothing_at_start(denominators: np.ndarray, window: Window) -> Found:
    month = periods.month_text(window.opening_month + 1 + int(np.argmin(denominators != 0)))
    return Found(note=f"the data shows no paying account at the start of {month}")


def _by_subscription(ends: pd.DataFrame | None, column: str, ours: np.ndarray, opening: np.ndarray) -> Found:
    """Chargebee's: one subscription ended is lost, whatever the account's others gained."""
    return Found(note=NOT_GIVEN) if ends is None else added(ends[column].to_numpy("int64"), ours, opening)


def _of_renewals(ends: pd.DataFrame | None) -> Found:
    """Gainsight's: what was not up for renewal is in neither number, so it is not taken apart by account."""
    if ends is None or not ends["due_cents"].sum():
        return Found(note=NOT_GIVEN if ends is None else "no subscription was up for renewal")
    return Found(float(ends["renewed_cents"].sum() / ends["due_cents"].sum()))


def _net(window: Window, ends: pd.DataFrame | None) -> list[Found]:
    """NRR: an account that pays at the opening counts with its MRR today; others do not count."""
    level, before, after, opening = window.level, window.before, window.after, window.opening
    ours = np.where(opening > 0, window.closing, 0)
    ours_monthly = np.where(opening[:, None] > 0, level, 0)
    moved = np.where(window.is_new, 0, after - before).sum(1)
    months = min(AWAY + 1, level.shape[1])
    is_away = np.lib.stride_tricks.sliding_window_view(level == 0, months, axis=1).all(2).any(1)
    return [
        added(ours, ours, opening),
        added(np.where(level.min(1) > 0, window.closing, 0), ours, opening),
        added(np.where(is_away, 0, ours), ours, opening),
        compounded(np.where(window.is_new, 0, after), before, ours_monthly, window),
        compounded(np.where(before > 0, after, 0), before, ours_monthly, window),
        added(opening + moved, ours, opening),
        _by_subscription(ends, "closing_cents", ours, opening),
        _of_renewals(ends),
        added(window.closing, ours, opening),
    ]


def _gross(window: Window, ends: pd.DataFrame | None) -> list[Found]:
    """GRR: an account counts with the smaller of its MRR today and then, however low it was in between."""
    level, opening = window.level, window.opening
    ours_monthly = np.minimum(level, opening[:, None])
    ours, drops = ours_monthly[:, -1], np.clip(window.before - window.after, 0, None).sum(1)
    return [
        added(ours, ours, opening),
        added(level.min(1), ours, opening),
        added(opening - np.minimum(drops, opening), ours, opening),
        _by_subscription(ends, "kept_cents", ours, opening),
        compounded(np.minimum(window.before, window.after), window.before, ours_monthly, window),
    ]


def _logo_churn(window: Window) -> list[Found]:
    """Logo churn: accounts that pay at the opening and not at the close ÷ those that pay at the opening."""
    was, stays, opening = window.before > 0, (window.before > 0) & (window.after > 0), window.opening > 0
    lost, pays = opening & (window.closing == 0), window.after > 0
    ours_monthly = (opening[:, None] & (window.level > 0)) * 1
    return [
        added(lost * 1, lost * 1, opening),
        compounded(stays * 1, was * 1, ours_monthly, window, is_churn=True),
        compounded(pays * 1, (was | pays) * 1, ours_monthly, window, is_churn=True),
        twelvefold(was & ~stays, was, lost / opening.sum(), window),
    ]


def _revenue_churn(window: Window) -> list[Found]:
    """Revenue churn: revenue then of the accounts that are gone ÷ revenue then; a contraction is no churn."""
    before, opening = window.before, window.opening
    lost, gone = np.where(window.closing == 0, opening, 0), np.where(window.after == 0, before, 0)
    ours_monthly = np.where(window.level > 0, opening[:, None], 0)
    return [
        added(lost, lost, opening),
        added(gone.sum(1), lost, opening),
        compounded(before - gone, before, ours_monthly, window, is_churn=True),
        twelvefold(gone, before, lost / opening.sum(), window),
    ]


def _lifetime_value(window: Window, ours: float | None) -> list[Found]:
    """In cents: ARPA (MRR ÷ accounts, at the close) ÷ a monthly rate of loss; ours is given, not computed here.

    The three are revenue without margin, discount or horizon. ChartMogul's rate is the mean of the six months before
    the last one, which is left out.
    """
    before, after = window.before, window.after
    given = Found(note="needs what was observed, which was not given") if pd.isna(ours) else Found(float(ours))
    n_closing = int((window.closing > 0).sum())
    if n_closing == 0:
        return [given] + [Found(note="no account is paying at the close")] * 3
    with np.errstate(divide="ignore", invalid="ignore"):  # nan where nobody paid at a month's start
        churn = ((before > 0) & (after == 0)).sum(0) / (before > 0).sum(0)
        opening = before[:, -1].sum()
        net_loss = (opening - np.where(window.is_new, 0, after)[:, -1].sum()) / opening
    # Added up from the first month on, as one would by hand: the last digit is in a table.
    earlier = sum(churn[-7:-1].tolist()) / 6 if len(churn) > 6 else np.nan
    rates = {
        "no account was lost in the last month": churn[-1],
        "no account was lost in the 6 months before the last": earlier,
        "net retention of the last month is 100%": net_loss,
    }
    arpa = float(window.closing.sum() / n_closing)
    return [given, *(_per(arpa, float(rate), if_none) for if_none, rate in rates.items())]


def _per(arpa: float, rate: float, if_none: str) -> Found:
    """A lifetime value: ARPA ÷ monthly rate of loss, never infinite; `if_none` says why the rate is 0."""
    if np.isnan(rate):
        return Found(note="the data shows no paying account at the start of a month that it needs")
    if rate == 0:
        return Found(note=f"{if_none}: a division by zero")
    return Found(arpa / rate, note="net retention above 100% makes it negative" if rate < 0 else "")
