"""Customers who speak for us: who has a story like the prospect's, who was asked too often, who came by referral."""

import pandas as pd

from helpers import formats, periods, stats
from helpers.periods import Period

STORIES = ("case_study", "reference_call", "speaking", "review")
CAP = 4
_UNKNOWN = "unknown"


def coverage(
    advocacy: pd.DataFrame | None, accounts: pd.DataFrame, in_force, by=("industry", "segment")
) -> pd.DataFrame:
    """For each kind of customer, how many stories a prospect of that kind would find.

    `accounts` has account_id and the columns of `by`; `in_force` the account_ids of today's customers; a story is an
    act done of a kind in STORIES by an account that is still one. Columns: `by`, n_accounts (paying), n_tellers (of
    them, with a story), n_stories; sorted by n_stories, then n_accounts (largest gap first).

    >>> base = pd.DataFrame({"account_id": ["a", "b"], "industry": ["Energy", "Retail"]})
    >>> acts = pd.DataFrame({"account_id": ["a"], "kind": ["review"], "done_on": [pd.Timestamp("2026-01-01")]})
    >>> coverage(acts, base, ["a", "b"], by=("industry",))["n_stories"].tolist()
    [0, 1]
    """
    by = list(by)
    own = accounts[accounts["account_id"].isin(set(in_force))]
    own = own[["account_id", *by]].astype(dict.fromkeys(by, "str")).fillna(dict.fromkeys(by, _UNKNOWN))
    told = pd.Series(dtype="int64")
    if advocacy is not None:
        done = advocacy[advocacy["done_on"].notna() & advocacy["kind"].isin(STORIES)]
        told = done["account_id"].value_counts()
    own = own.assign(n=own["account_id"].map(told).fillna(0).astype("int64"))
    own["teller"] = (own["n"] > 0).astype("int64")
    cells = own.groupby(by, as_index=False).agg(
        n_accounts=("account_id", "size"), n_tellers=("teller", "sum"), n_stories=("n", "sum")
    )
    return cells.sort_values(
        ["n_stories", "n_accounts", *by], ascending=[True, False, *[True] * len(by)], ignore_index=True
    )


def coverage_sentence(cells: pd.DataFrame, by=("industry", "segment"), is_recorded: bool = True) -> str:
    """Where no story exists, named by the largest gap.

    >>> cells = pd.DataFrame({"industry": ["Energy", "Retail"], "n_accounts": [9, 5], "n_stories": [0, 3]})
    >>> coverage_sentence(cells, by=("industry",))
    '1 of 2 kinds of customers has no story to show yet (9 of 14 accounts). The largest is Energy (9 accounts).'
    """
    empty = cells[cells["n_stories"] == 0]
    if not is_recorded:
        return "This source does not record what customers did for us, so we cannot name a story."
    if cells.empty:
        return "No account is active, so no one can tell a story."
    if empty.empty:
        return f"Each of {formats.plural(len(cells), 'kind')} of customers has at least one story to show a prospect."
    first = empty.iloc[0]
    named = ", ".join(str(first[name]) for name in by)
    kinds, accounts = formats.plural(len(cells), "kind"), formats.plural(cells["n_accounts"].sum(), "account")
    return (
        f"{len(empty)} of {kinds} of customers {'has' if len(empty) == 1 else 'have'} no story to show yet "
        f"({formats.count(empty['n_accounts'].sum())} of {accounts}). The largest is {named} "
        f"({formats.plural(int(first['n_accounts']), 'account')})."
    )


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
    found = asks[asks["n_asks"] > cap].merge(held, on="account_id", how="inner", validate="one_to_one")
    return found.sort_values(["n_asks", "account_id"], ascending=[False, True], ignore_index=True)[columns]


def too_often_sentence(accounts: pd.DataFrame, cap: int = CAP) -> str:
    """Who was asked too often, in one sentence.

    >>> too_often_sentence(pd.DataFrame({"n_asks": [], "name": []}))
    'We asked no account more than 4 times in 12 months.'
    """
    if accounts.empty:
        return f"We asked no account more than {cap} times in 12 months."
    first, n = accounts.iloc[0], formats.plural(len(accounts), "account")
    return f"We asked {n} more than {cap} times in 12 months, {first['name']} the most ({int(first['n_asks'])} times)."


def referrals(advocacy: pd.DataFrame | None, levels: pd.DataFrame, last: int) -> dict:
    """How many referrals became customers: n_referrals (done), n_customers, share, low, high, mrr_cents (today).

    A referral became a customer when the account that it names paid for the first time no earlier than the ask.
    """
    none = {"n_referrals": 0, "n_customers": 0, "share": None, "low": None, "high": None, "mrr_cents": 0}
    if advocacy is None:
        return none
    own = advocacy[(advocacy["kind"] == "referral") & advocacy["done_on"].notna()]
    if own.empty:
        return none
    paid = levels[levels["movement"] == "new"].set_index("account_id")["month_no"]
    asked = own["requested_on"].dt.year * 12 + own["requested_on"].dt.month - 1
    became = own["referred_account_id"].map(paid) >= asked
    brought = set(own.loc[became, "referred_account_id"])
    today = levels[(levels["month_no"] <= last) & levels["account_id"].isin(brought)]
    mrr = int(today.drop_duplicates("account_id", keep="last")["closing_cents"].sum())
    low, high = stats.wilson(int(became.sum()), len(own))
    counts = {"n_referrals": len(own), "n_customers": len(brought), "mrr_cents": mrr}
    return none | counts | {"share": float(became.mean()), "low": low, "high": high}


def referral_sentence(referrals: dict, currency: str = "USD") -> str:
    """What referrals brought.

    >>> referral_sentence({"n_referrals": 0})
    'No completed referral is on record.'
    """
    if not referrals["n_referrals"]:
        return "No completed referral is on record."
    n, interval = referrals["n_referrals"], formats.interval(*(referrals[name] for name in ("low", "high", "share")))
    share, mrr = formats.percent(referrals["share"]), formats.money(referrals["mrr_cents"], currency)
    now = f"{formats.plural(referrals['n_customers'], 'account')}, {mrr} per month now"
    return f"{share} of referrals brought a new customer (95% interval {interval}, n = {n}): {now}."
