"""Who is in a risky time and has not been talked to, and where attention goes: to new logos or to the existing base."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.ledger.account_months import ENOUGH, WINDOW, looked_up
from helpers.periods import Period

STAGNATION = "stagnation"
PLAYS = tomllib.loads((Path(__file__).parent / "plays.toml").read_text(encoding="utf-8"))
LIST = "account_id name segment reason since reasons months_since_use_case last_conversation_on mrr_cents".split()
SIDES = "side n_touches n_opportunities pipeline_cents at_stake_cents gained_cents lost_cents n_months".split()
YEARS = "life_year n_accounts n_months n_events hazard low high n_touches touches_per_account_year".split()
UNKNOWN = "not recorded"
DESTINATIONS = ["went_to", "n_accounts", "share_accounts", "mrr_cents", "share_mrr", "low", "high"]
Recorded = pd.DataFrame | None  # None where the source does not have the table
FEWEST = 5  # departures below which a share has no interval


def attention_list(
    held: pd.DataFrame, changes: pd.DataFrame, use_cases: Recorded, talked: Recorded, last: int, window: int = WINDOW
) -> pd.DataFrame:
    """Paying accounts inside a risk window at the end of month `last`, without a business conversation since.

    In a window: a change was detected in the `window` months that end with `last`, or the last new use case lies more
    than six months back. `held`: account_id, name, segment, cohort_no, mrr_cents; `changes`: account_id, kind,
    detected_on, month_no; `use_cases`: account_id, month_no (the latest new use; without one on record, an account's
    first month counts), or None where usage is not on record; `talked`: account_id, talked_on (the latest business
    conversation; None = not on record). A conversation counts when it is no
    earlier than `since`. Columns: account_id, name, segment, reason (kind of the latest change, or stagnation), since
    (day of the detection, or first day of stagnation), reasons (all that hold), months_since_use_case,
    last_conversation_on, mrr_cents; one row an account, largest MRR first.
    """
    recent = changes[changes["month_no"].between(last - window + 1, last)].sort_values(["detected_on", "kind"])
    latest = recent.drop_duplicates("account_id", keep="last").set_index("account_id")
    ids, months = held["account_id"], pd.Series(np.nan, held.index)
    if use_cases is not None and len(use_cases):
        latest_use = looked_up(use_cases.set_index("account_id")["month_no"], ids)
        months = last - latest_use.fillna(0).clip(lower=held["cohort_no"])
    talks = pd.Series(dtype="datetime64[us]") if talked is None else talked.set_index("account_id")["talked_on"]
    talked_on, kind = looked_up(talks, ids), looked_up(latest["kind"], ids)
    # The first day on which an account had gone too long without a new use case.
    stagnates = (last + 1 + ENOUGH - months).where(months > ENOUGH)
    stagnates_on = stagnates.map(lambda month: periods.month_start(int(month)), na_action="ignore")
    days = {"change": looked_up(latest["detected_on"], ids), STAGNATION: stagnates_on.astype("datetime64[us]")}
    open_since = pd.DataFrame({name: day.mask(talked_on >= day) for name, day in days.items()})
    reason = kind.where(open_since["change"].notna()).fillna(STAGNATION)
    waiting = held.assign(
        reason=reason,
        since=open_since["change"].fillna(open_since[STAGNATION]),
        reasons=reason.mask(open_since.notna().all(axis=1), reason + ", " + STAGNATION),
        months_since_use_case=months,
        last_conversation_on=talked_on,
    )
    waiting = waiting[waiting["since"].notna()]
    return waiting.sort_values(["mrr_cents", "account_id"], ascending=[False, True], ignore_index=True)[LIST]


def with_plays(waiting: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """The call list with what to do: hazard with low and high, play and owner (plays.toml; empty where none fits).

    hazard is the monthly risk of all accounts after a change, or while stagnating (`hazards.by_state`, 0–1): of one
    kind of change alone there are too few.
    """
    state = np.where(waiting["reason"] == STAGNATION, "stagnating", "any change")
    risk = states.set_index("state")[["hazard", "low", "high"]].reindex(state).set_index(waiting.index)
    plays = pd.DataFrame.from_dict(PLAYS, orient="index").reindex(waiting["reason"]).set_index(waiting.index)
    return waiting.join(risk).join(plays.fillna(""))


def sides(counts: Recorded, opportunities: Recorded, monthly: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Attention and revenue at stake, new logos beside the existing base, over the 12 months that end with the period.

    `counts`: life_year (−1 = before the account paid), is_recent and n_touches; `monthly` is `movements.by_month`.
    Columns: side, n_touches, n_opportunities and pipeline_cents (created: new, or renewal and expansion),
    at_stake_cents (new logos: MRR of the new deals created, which could be won; existing base: MRR paid at the
    opening, which could be lost), gained_cents (new MRR; expansion and reactivation), lost_cents (churn and
    contraction), n_months that the last three rest on: the month with which the data begins says only who was there,
    and is left out. Missing where the table is.
    """
    year = pd.Timestamp(periods.month_start(period.last - 11)), pd.Timestamp(period.as_of)
    inside = monthly[monthly["month"].between(*year)]
    begins = len(inside) > 1 and inside.index[0] == monthly.index[0] and inside["opening_cents"].iloc[0] == 0
    inside, is_base = inside.iloc[int(begins) :], [False, True]
    total = inside.sum(numeric_only=True)
    found = pd.DataFrame({"side": ["new logos", "existing base"], "n_months": len(inside)})
    found["gained_cents"] = [total["new_cents"], total["expansion_cents"] + total["reactivation_cents"]]
    found["lost_cents"] = [0, total["churn_cents"] + total["contraction_cents"]]
    found["at_stake_cents"] = [None, inside["opening_cents"].head(1).sum()]
    if counts is not None:
        recent = counts[counts["is_recent"] == 1]
        n_touches = recent["n_touches"].groupby(recent["life_year"] >= 0).sum()
        found["n_touches"] = n_touches.reindex(is_base, fill_value=0).to_numpy()
    if opportunities is not None:
        made = opportunities[opportunities["created_on"].between(*year)]
        cents = (made["mrr"] * 100).groupby(made["kind"] != "new")
        found["n_opportunities"] = cents.size().reindex(is_base, fill_value=0).to_numpy()
        found["pipeline_cents"] = cents.sum().round().reindex(is_base, fill_value=0).to_numpy()
        found.loc[0, "at_stake_cents"] = found.loc[0, "pipeline_cents"]
    return found.reindex(columns=SIDES).astype(dict.fromkeys(SIDES[1:], "Int64"))


def by_year_of_life(months: pd.DataFrame, counts: Recorded) -> pd.DataFrame:
    """Risk and contacts by year of the customer's life: does attention end before the risk does?

    `months` is `account_months.History.months` (accounts that were there when the data begins are left out: their age
    is not known); `counts`: program, life_year, n_touches. Columns: life_year (1 = the first), n_accounts, n_months,
    n_events, hazard with low and high (a month, 0–1; Wilson), n_touches (all accounts), and touches_per_account_year.
    """
    of_life = (months["age_months"] - 1) // 12 + 1
    known = months[~months["is_left_truncated"]].groupby(of_life.rename("life_year"))
    found = known["has_left"].agg(n_months="size", n_events="sum").astype("int64")
    found = found.assign(n_accounts=known["account_id"].nunique(), hazard=found["n_events"] / found["n_months"])
    ends = [stats.wilson(k, n) for k, n in zip(found["n_events"], found["n_months"], strict=True)]
    found[["low", "high"]] = np.array(ends).reshape(-1, 2)
    if counts is not None:
        n_touches = counts["n_touches"].groupby(counts["life_year"] + 1).sum().reindex(found.index, fill_value=0)
        found["n_touches"] = n_touches
        found["touches_per_account_year"] = 12 * n_touches / of_life.value_counts().reindex(found.index)
    numbers = dict.fromkeys(["hazard", "low", "high", "touches_per_account_year"], "float64")
    return found.reset_index().reindex(columns=YEARS).astype(numbers | {"n_touches": "Int64"})


# Where lost accounts and lost deals went: to a competitor, to what they did before, to their own make, to nothing.


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


def where_deals_went(opportunities: Recorded, first_on, last_on) -> pd.DataFrame:
    """Expansions and renewals lost between two days, by where they went: n_deals, and as `where_accounts_went`."""
    if opportunities is None:
        return _shares(pd.Series(dtype="str"), pd.Series(dtype="float64"), "deals")
    is_lost = opportunities["kind"].isin(["expansion", "renewal"]) & (opportunities["status"] == "lost")
    lost = opportunities[is_lost & opportunities["closed_on"].between(pd.Timestamp(first_on), pd.Timestamp(last_on))]
    return _shares(lost["lost_to"].fillna(UNKNOWN), (lost["mrr"] * 100).round(), "deals")


def _shares(where: pd.Series, cents: pd.Series, what: str) -> pd.DataFrame:
    rows, n, total = [], len(cents), float(cents.sum())
    for name in sorted(where.unique()):
        is_in = (where == name).to_numpy()
        mrr, share = int(cents[is_in].sum()), float(cents[is_in].sum() / total) if total else None
        ends = stats.weighted_share_interval(cents, is_in) if n >= FEWEST and total else (None, None)
        rows.append((name, int(is_in.sum()), is_in.mean(), mrr, share, *ends))
    columns = [name.replace("accounts", what) for name in DESTINATIONS]
    kinds = dict.fromkeys([columns[2], *columns[4:]], "float64") | dict.fromkeys([columns[1], "mrr_cents"], "int64")
    frame = pd.DataFrame(rows, columns=columns).astype(kinds)
    return frame.sort_values(["mrr_cents", "went_to"], ascending=[False, True], ignore_index=True)
