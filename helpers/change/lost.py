"""Where lost accounts and lost deals went: to a competitor, to what they did before, to their own make, to nothing."""

import pandas as pd

from helpers import stats

UNKNOWN = "not recorded"
COLUMNS = ["went_to", "n_accounts", "share_accounts", "mrr_cents", "share_mrr", "low", "high"]
FEWEST = 5  # departures below which a share has no interval


def where_accounts_went(levels: pd.DataFrame, went: pd.DataFrame, last: int, n_months: int = 12) -> pd.DataFrame:
    """Accounts lost in the `n_months` that end with `last`, by where they went, largest amount first.

    `levels` is `account_months.History.levels`; `went` has account_id, month_no, went_to (of the subscriptions that
    ended). An account that left and came back in these months counts. Columns: went_to, n_accounts, share_accounts,
    mrr_cents (MRR lost), share_mrr with low and high (0–1, of all MRR lost; Wilson at the
    effective number of accounts).

    >>> levels = pd.DataFrame({"account_id": ["a", "b"], "month_no": [9, 9], "opening_cents": [300, 100],
    ...                        "movement": "churn"})
    >>> where_accounts_went(levels, pd.DataFrame({"account_id": ["a"], "month_no": [9], "went_to": ["budget"]}), 9)[
    ...     ["went_to", "share_mrr"]].values.tolist()
    [['budget', 0.75], ['not recorded', 0.25]]
    """
    lost = levels[(levels["movement"] == "churn") & levels["month_no"].between(last - n_months + 1, last)]
    key = ["account_id", "month_no"]
    lost = lost[[*key, "opening_cents"]].merge(went, on=key, how="left", validate="one_to_one")
    return _shares(lost["went_to"].fillna(UNKNOWN), lost["opening_cents"], "accounts")


def where_deals_went(
    opportunities: pd.DataFrame | None, first_on, last_on, kinds=("expansion", "renewal")
) -> pd.DataFrame:
    """Opportunities with customers lost between two days, by where they went: n_deals, and as `where_accounts_went`."""
    if opportunities is None:
        return _shares(pd.Series(dtype="str"), pd.Series(dtype="float64"), "deals")
    lost = opportunities[
        opportunities["kind"].isin(kinds)
        & (opportunities["status"] == "lost")
        & opportunities["closed_on"].between(pd.Timestamp(first_on), pd.Timestamp(last_on))
    ]
    return _shares(lost["lost_to"].fillna(UNKNOWN), (lost["mrr"] * 100).round(), "deals")


def _shares(where: pd.Series, cents: pd.Series, what: str) -> pd.DataFrame:
    where, cents = where.reset_index(drop=True), cents.reset_index(drop=True)
    rows, total = [], float(cents.sum())
    for name in sorted(where.unique()):
        part, n = cents.where(where == name, 0), int((where == name).sum())
        is_known = len(cents) >= FEWEST and total
        low, high = stats.weighted_share_interval(cents, where == name) if is_known else (None, None)
        share = float(part.sum() / total) if total else None
        rows.append([name, n, n / len(where), int(part.sum()), share, low, high])
    columns = [name.replace("accounts", what) for name in COLUMNS]
    kinds = dict.fromkeys([columns[2], *columns[4:]], "float64") | dict.fromkeys([columns[1], "mrr_cents"], "int64")
    frame = pd.DataFrame(rows, columns=columns).astype(kinds)
    return frame.sort_values(["mrr_cents", "went_to"], ascending=[False, True], ignore_index=True)
