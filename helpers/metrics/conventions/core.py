"""What every convention is made of: MRR at month ends, and sums, products and means of it with their shares."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import periods


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
    is_new: np.ndarray
    months: list[str]  # of the columns of `is_new`, and of `before` and `after`

    before = property(lambda self: self.level[:, :-1])
    after = property(lambda self: self.level[:, 1:])


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
    row, _ = pd.factorize(rows["account_id"])
    step = (rows["month_no"] - opening_month).to_numpy(dtype="int64")
    firsts = rows.drop_duplicates("account_id")
    change = np.zeros((len(firsts), closing_month - opening_month + 1), dtype="int64")
    change[row, step] = (rows["closing_cents"] - rows["opening_cents"]).to_numpy()
    change[:, 0] = firsts["opening_cents"]
    is_new = np.zeros(change.shape, dtype=bool)
    is_new[row, step] = rows["movement"] == "new"
    months = [periods.month_text(month) for month in range(opening_month + 1, closing_month + 1)]
    accounts = firsts[["account_id", "name", "segment"]].reset_index(drop=True)
    return Window(accounts, change.cumsum(axis=1), is_new[:, 1:], months)


def added(counted: np.ndarray, ours: np.ndarray, opening: np.ndarray) -> Found:
    """A sum over accounts ÷ the opening's: the shares add up to the difference exactly."""
    whole = opening.sum()
    return Found(float(counted.sum() / whole), (counted - ours) / whole)


def compounded(kept: np.ndarray, base: np.ndarray, ours: np.ndarray, window: Window) -> Found:
    """Π over months of Σ kept ÷ Σ base; `ours` at the month ends gives our number by the same product."""
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
    return Found(value, _nonzero(shares), is_exact=False)


def twelvefold(lost: np.ndarray, base: np.ndarray, ours: np.ndarray, window: Window) -> Found:
    """12 × the mean of the monthly rates: each loss ÷ what there was at its month's start; adds up by account.

    Two months of one account in ten leaving: 12 × 10% a year.

    >>> base, lost = np.array([[100, 0], [900, 900]]), np.array([[100, 0], [0, 90]])
    >>> window = Window(pd.DataFrame(), base, base > 0, ["2026-09", "2026-10"])
    >>> round(twelvefold(lost, base, np.zeros(2), window).value, 6)
    1.2
    """
    denominators = base.sum(0)
    if not denominators.all():
        return _nothing_at_start(denominators, window)
    value = 12 * float((lost.sum(0) / denominators).mean())
    return Found(value, _nonzero(12 * (lost / denominators).mean(1) - ours))


def _nonzero(shares: np.ndarray) -> np.ndarray:
    """Shares without what is only the rounding of a float."""
    return np.where(np.abs(shares) > 1e-13, shares, 0.0)


def _nothing_at_start(denominators: np.ndarray, window: Window) -> Found:
    return Found(
        note=f"the data shows no paying account at the start of {window.months[int(np.argmin(denominators != 0))]}"
    )


def complement(found: Found) -> Found:
    """Churn from retention.

    >>> complement(Found(0.9, np.array([0.1]))).value.__round__(6)
    0.1
    """
    if found.value is None:
        return found
    return Found(1 - found.value, -found.shares, found.is_exact)


def per(arpa: float, rate: float | None, if_none: str) -> Found:
    """A lifetime value: ARPA ÷ monthly rate of loss, never infinite; `if_none` says why the rate is 0."""
    if rate is None:
        return Found(note="the data shows no paying account at the start of a month that it needs")
    if rate == 0:
        return Found(note=f"{if_none}: a division by zero")
    return Found(arpa / rate, note="net retention above 100% makes it negative" if rate < 0 else "")
