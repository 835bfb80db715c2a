"""The switchboard as tables: a row a convention, and its difference to ours account by account."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.metrics.conventions.core import Found, Window
from helpers.metrics.conventions.definitions import CONVENTIONS, DOCUMENTED, evaluate


def switchboard(
    changes: pd.DataFrame | None,
    opening_month: int,
    closing_month: int,
    lifetime_value_cents: float | None = None,
    at_least: int = 2,
    subscriptions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Each metric under each convention, over the window after opening_month up to closing_month (12 months).

    `changes` is `movements.changes` (None: too many accounts to fetch), `lifetime_value_cents` our own lifetime value,
    `subscriptions` the query `subscription_ends` (None: Chargebee's and Gainsight's are not given);
    with fewer than `at_least` accounts paying at the opening no rate is given.
    Columns: metric, convention; value and difference_to_ours (rates 0–1, lifetime value in cents);
    explained_by_accounts (how many have a share of the difference); explained_by_cents (their shares × opening MRR;
    empty where accounts are counted); remainder (of the difference, in the metric's unit: with the shares of
    `by_account` it adds up); note (why a value is empty, or how to read it); documented_by and address
    (who publishes it, over which window, and where; or that nobody does). A lifetime value is not taken apart by
    account: ours is a mean of them all.

    >>> moved = pd.DataFrame({"account_id": ["A", "B", "C"], "name": ["Acme", "Bolt", "Cog"], "segment": "S",
    ...     "month_no": [0, 3, 5], "opening_cents": [100, 100, 0], "closing_cents": [100, 0, 50],
    ...     "movement": ["unchanged", "churn", "new"]})
    >>> table = switchboard(moved, 0, 12).set_index("convention")
    >>> table.loc[["cohort, point to point (ours)", "total revenue ratio (wrong)"], "value"].tolist()
    [0.5, 0.75]
    """
    window, found = evaluate(changes, opening_month, closing_month, lifetime_value_cents, at_least, subscriptions)
    rows = []
    for metric, names in CONVENTIONS.items():
        ours = found[metric][0].value
        for name, one in zip(names, found[metric], strict=True):
            difference = None if one.value is None or ours is None else one.value - ours
            explained = _explained(metric, one, difference, window)
            rows.append((metric, name, one.value, difference, *explained, one.note, *DOCUMENTED[metric, name]))
    columns = ["metric", "convention", "value", "difference_to_ours", "explained_by_accounts", "explained_by_cents"]
    counts = dict.fromkeys(columns[4:6], "Int64")
    numbers = dict.fromkeys(["value", "difference_to_ours", "remainder"], "float64")
    return pd.DataFrame(rows, columns=[*columns, "remainder", "note", "documented_by", "address"]).astype(
        counts | numbers
    )


def _explained(metric: str, found: Found, difference: float | None, window: Window | None) -> tuple:
    if difference is None or found.shares is None:
        return None, None, difference
    cents = _cents(metric, found, window)
    remainder = 0.0 if found.is_exact else difference - float(found.shares.sum())
    return np.count_nonzero(found.shares), None if cents is None else int(cents.sum()), remainder


def by_account(
    changes: pd.DataFrame | None,
    opening_month: int,
    closing_month: int,
    limit: int = 1_000,
    at_least: int = 2,
    subscriptions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The difference of each convention to ours, account by account, the largest share first.

    Input as for `switchboard`. Columns: metric, convention, account_id, name, segment, share (in the metric's unit),
    cents (share × opening MRR; empty where accounts are counted). Accounts beyond `limit` are one row without an
    account_id, so that the shares of a convention always add up to its difference less its `remainder`.
    """
    window, found = evaluate(changes, opening_month, closing_month, None, at_least, subscriptions)
    parts = [
        _largest(metric, name, one, window, limit)
        for metric, names in CONVENTIONS.items()
        for name, one in zip(names, found[metric], strict=True)
        if one.shares is not None
    ]
    columns = {"metric": "str", "convention": "str", "account_id": "str", "name": "str", "segment": "str"}
    empty = pd.DataFrame(columns=[*columns, "share", "cents"])
    whole = pd.concat(parts, ignore_index=True) if parts else empty
    return whole.astype(columns | {"share": "float64", "cents": "Int64"})


def _largest(metric: str, name: str, found: Found, window: Window, limit: int) -> pd.DataFrame:
    cents = _cents(metric, found, window)
    table = window.accounts.assign(share=found.shares, cents=pd.NA if cents is None else cents)
    table = table[table["share"] != 0].sort_values("share", key=np.abs, ascending=False, kind="stable")
    rest = table.iloc[limit:]
    if len(rest):
        others = {"account_id": "", "name": f"the other {formats.plural(len(rest), 'account')}", "segment": ""}
        others |= {"share": rest["share"].sum(), "cents": pd.NA if cents is None else rest["cents"].sum()}
        table = pd.concat([table.iloc[:limit].astype({"cents": "Int64"}), pd.DataFrame([others])])
    table.insert(0, "metric", metric)
    table.insert(1, "convention", name)
    return table.astype({"cents": "Int64"})


def _cents(metric: str, found: Found, window: Window) -> np.ndarray | None:
    return None if metric == "logo_churn" else np.rint(found.shares * window.level[:, 0].sum()).astype("int64")
