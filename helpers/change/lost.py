"""Where lost accounts and lost deals went: to a competitor, to what they did before, to their own make, to nothing."""

import pandas as pd

from helpers import formats, stats

UNKNOWN = "not recorded"
COLUMNS = ["went_to", "n_accounts", "share_accounts", "mrr_cents", "share_mrr", "low", "high"]


def where_accounts_went(levels: pd.DataFrame, went: pd.DataFrame, last: int, n_months: int = 12) -> pd.DataFrame:
    """Accounts lost in the `n_months` that end with `last`, by where they went, largest amount first.

    `levels` is `account_months.History.levels`; `went` has account_id, month_no, went_to (of the subscriptions that
    ended). An account that left and came back in these months counts. Columns: went_to, n_accounts, share_accounts,
    mrr_cents (MRR lost), share_mrr with low and high (0–1, of all MRR lost; bootstrap over accounts).

    >>> levels = pd.DataFrame({"account_id": ["a", "b"], "month_no": [9, 9], "opening_cents": [300, 100],
    ...                        "movement": "churn"})
    >>> where_accounts_went(levels, pd.DataFrame({"account_id": ["a"], "month_no": [9], "went_to": ["budget"]}), 9)[
    ...     ["went_to", "share_mrr"]].values.tolist()
    [['budget', 0.75], ['not recorded', 0.25]]
    """
    lost = levels[(levels["movement"] == "churn") & levels["month_no"].between(last - n_months + 1, last)]
    own = lost[["account_id", "month_no", "opening_cents"]].merge(
        went, on=["account_id", "month_no"], how="left", validate="one_to_one"
    )
    return _shares(own["went_to"].fillna(UNKNOWN), own["opening_cents"], "n_accounts", "share_accounts")


def where_deals_went(
    opportunities: pd.DataFrame | None, first_on, last_on, kinds=("expansion", "renewal")
) -> pd.DataFrame:
    """Opportunities with customers lost between two days, by where they went: n_deals, and as `where_accounts_went`."""
    if opportunities is None:
        return _shares(pd.Series(dtype="str"), pd.Series(dtype="float64"), "n_deals", "share_deals")
    own = opportunities[
        opportunities["kind"].isin(kinds)
        & (opportunities["status"] == "lost")
        & opportunities["closed_on"].between(pd.Timestamp(first_on), pd.Timestamp(last_on))
    ]
    return _shares(own["lost_to"].fillna(UNKNOWN), (own["mrr"] * 100).round(), "n_deals", "share_deals")


def _shares(where: pd.Series, cents: pd.Series, counted: str, share: str) -> pd.DataFrame:
    where, cents = where.reset_index(drop=True), cents.reset_index(drop=True)
    rows, total = [], float(cents.sum())
    for name in sorted(where.unique()):
        part = cents.where(where == name, 0)
        bounds = stats.ratio_interval(cents, part) if len(cents) >= 5 and total else None
        low, high = bounds or (None, None)
        rows.append(
            {
                "went_to": name,
                counted: int((where == name).sum()),
                share: float((where == name).mean()),
                "mrr_cents": int(part.sum()),
                "share_mrr": float(part.sum() / total) if total else None,
                "low": None if low is None else max(0.0, low),
                "high": None if high is None else min(1.0, high),
            }
        )
    columns = [counted if name == "n_accounts" else share if name == "share_accounts" else name for name in COLUMNS]
    numbers = dict.fromkeys([share, "share_mrr", "low", "high"], "float64")
    frame = pd.DataFrame(rows, columns=columns).astype(numbers | {counted: "int64", "mrr_cents": "int64"})
    return frame.sort_values(["mrr_cents", "went_to"], ascending=[False, True], ignore_index=True)


def plain(word: str | None) -> str:
    """A word of the data as people write it.

    >>> plain("status_quo"), plain(None)
    ('status quo', '')
    """
    return "" if word is None else str(word).replace("_", " ")


def lost_sentence(table: pd.DataFrame, currency: str = "USD", when: str = "the last 12 months") -> str:
    """Where the most revenue of lost accounts went, and whether it lies apart from the next.

    >>> lost_sentence(pd.DataFrame(columns=COLUMNS))
    'No account was lost in the last 12 months.'
    """
    if table.empty:
        return f"No account was lost in {when}."
    n, cents = int(table["n_accounts"].sum()), int(table["mrr_cents"].sum())
    known = table[table["went_to"] != UNKNOWN]
    if known.empty:
        return (
            f"In {when} {formats.money(cents, currency)} of MRR was lost in {formats.plural(n, 'departure')}; where "
            "they went is not recorded."
        )
    first = known.iloc[0]
    bounds = (
        "" if pd.isna(first["low"]) else f" (95% interval {formats.interval(first['low'], first['high'])}, n = {n})"
    )
    said = (
        f"Of {formats.money(cents, currency)} of MRR lost in {formats.plural(n, 'departure')} in {when}, "
        f"{formats.percent(first['share_mrr'])} is put down to {plain(first['went_to'])}{bounds}"
    )
    if len(known) < 2 or pd.isna(first["low"]):
        return f"{said}."
    second = known.iloc[1]
    apart = first["low"] > second["high"]
    other = f"{plain(second['went_to'])} with {formats.percent(second['share_mrr'])}"
    return f"{said}, {'ahead of' if apart else 'not told apart from'} {other}."
