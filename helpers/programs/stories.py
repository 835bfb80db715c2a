"""Customers who speak for us: who has a story like the prospect's, who was asked too often, who came by referral."""

import pandas as pd

from helpers import periods, stats
from helpers.ledger.account_months import month_no
from helpers.periods import Period

STORIES = ("case_study", "reference_call", "speaking", "review")
CAP = 4
BY = ["industry", "segment"]
_UNKNOWN = "unknown"


def coverage(advocacy: pd.DataFrame | None, accounts: pd.DataFrame, in_force) -> pd.DataFrame:
    """For each kind of customer, how many stories a prospect of that kind would find.

    `accounts` has account_id, industry and segment; `in_force` the account_ids of today's customers; a story is an
    act done of a kind in STORIES by an account that is still one. Columns: industry, segment, n_accounts (paying),
    n_tellers (of them, with a story), n_stories; sorted by n_stories, then n_accounts (largest gap first).

    >>> base = pd.DataFrame({"account_id": ["a", "b"], "industry": ["Energy", "Retail"], "segment": "SMB"})
    >>> acts = pd.DataFrame({"account_id": ["a"], "kind": ["review"], "done_on": [pd.Timestamp("2026-01-01")]})
    >>> coverage(acts, base, ["a", "b"])["n_stories"].tolist()
    [0, 1]
    """
    own = accounts.loc[accounts["account_id"].isin(set(in_force)), ["account_id", *BY]]
    own = own.astype(dict.fromkeys(BY, "str")).fillna(dict.fromkeys(BY, _UNKNOWN))
    told = pd.Series(dtype="int64")
    if advocacy is not None:
        told = advocacy.loc[advocacy["done_on"].notna() & advocacy["kind"].isin(STORIES), "account_id"].value_counts()
    n = own["account_id"].map(told).fillna(0).astype("int64")
    own = own.assign(n_accounts=1, n_tellers=n.gt(0).astype("int64"), n_stories=n)
    cells = own.groupby(BY, as_index=False)[["n_accounts", "n_tellers", "n_stories"]].sum()
    return cells.sort_values(["n_stories", "n_accounts", *BY], ascending=[True, False, True, True], ignore_index=True)


def asked_too_often(advocacy: pd.DataFrame | None, held: pd.DataFrame, period: Period, cap: int = CAP) -> pd.DataFrame:
    """Accounts asked for more than `cap` acts in the 12 months that end with the period, most asked first.

    `held` has account_id, name, segment and mrr_cents. Columns: account_id, name, segment, n_asks, n_done,
    last_asked_on, mrr_cents.
    """
    columns = ["account_id", "name", "segment", "n_asks", "n_done", "last_asked_on", "mrr_cents"]
    if advocacy is None or advocacy.empty:
        return pd.DataFrame(columns=columns)
    first, until = pd.Timestamp(periods.month_start(period.last - 11)), pd.Timestamp(period.as_of)
    recent = advocacy[advocacy["requested_on"].between(first, until)]
    asks = recent.groupby("account_id", as_index=False).agg(
        n_asks=("act_id", "size"), n_done=("done_on", "count"), last_asked_on=("requested_on", "max")
    )
    many = asks[asks["n_asks"] > cap].merge(held, on="account_id", how="inner", validate="one_to_one")
    return many.sort_values(["n_asks", "account_id"], ascending=[False, True], ignore_index=True)[columns]


def referrals(advocacy: pd.DataFrame | None, levels: pd.DataFrame, last: int) -> dict:
    """How many referrals became customers: n_referrals (done; alone where it is 0), n_customers, share, low, high,
    mrr_cents (today).

    A referral became a customer when the account that it names paid for the first time no earlier than the ask.
    """
    own = advocacy[(advocacy["kind"] == "referral") & advocacy["done_on"].notna()] if advocacy is not None else ()
    if not len(own):
        return {"n_referrals": 0}
    paid = levels[levels["movement"] == "new"].set_index("account_id")["month_no"]
    became = own["referred_account_id"].map(paid) >= month_no(own["requested_on"])
    brought = set(own.loc[became, "referred_account_id"])
    today = levels[(levels["month_no"] <= last) & levels["account_id"].isin(brought)]
    mrr = int(today.drop_duplicates("account_id", keep="last")["closing_cents"].sum())
    low, high = stats.wilson(int(became.sum()), len(own))
    counts = {"n_referrals": len(own), "n_customers": len(brought), "mrr_cents": mrr}
    return counts | {"share": float(became.mean()), "low": low, "high": high}
