"""Who is in a risky time and has not been talked to, and where attention goes: to new logos or to the existing base."""

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
from helpers.ledger import account_months
from helpers.ledger.account_months import looked_up

STAGNATION = "stagnation"
LIST = [
    "account_id",
    "name",
    "segment",
    "reason",
    "since",
    "reasons",
    "months_since_use_case",
    "last_conversation_on",
    "mrr_cents",
]


def attention_list(
    held: pd.DataFrame,
    changes: pd.DataFrame,
    use_cases: pd.DataFrame | None,
    talked: pd.DataFrame | None,
    last: int,
    window: int = account_months.WINDOW,
) -> pd.DataFrame:
    """Accounts in force inside a risk window at the end of month `last`, without a business conversation since.

    In a window: a change was detected in the `window` months that end with `last`, or the last new use case lies more
    than six months back. `held`: account_id, name, segment, cohort_no, mrr_cents; `changes`: account_id, kind,
    detected_on, month_no; `use_cases`: account_id, month_no, or None where usage is not on record; `talked`:
    account_id, talked_on (the latest business conversation; None = not on record). A conversation counts when it is no
    earlier than `since`. Columns: account_id, name, segment, reason (kind of the latest change, or stagnation), since
    (day of the detection, or first day of stagnation), reasons (all that hold), months_since_use_case,
    last_conversation_on, mrr_cents; one row an account, largest MRR first.
    """
    recent = changes[(changes["month_no"] > last - window) & (changes["month_no"] <= last)]
    recent = recent.sort_values(["detected_on", "kind"], kind="stable")
    latest = recent.drop_duplicates("account_id", keep="last").set_index("account_id")
    own = held.assign(
        changed_on=looked_up(latest["detected_on"], held["account_id"]),
        kind=looked_up(latest["kind"], held["account_id"]),
    )
    own["last_conversation_on"] = pd.Series(pd.NaT, index=own.index, dtype="datetime64[us]")
    if talked is not None:
        own["last_conversation_on"] = looked_up(talked.set_index("account_id")["talked_on"], own["account_id"])
    months = _since_use_case(held, use_cases, last)
    own["months_since_use_case"] = months
    beyond = months - account_months.ENOUGH
    begins = [periods.month_start(int(last - extra + 1)) if extra > 0 else None for extra in beyond.fillna(0)]
    own["stagnates_on"] = pd.to_datetime(pd.Series(begins, index=own.index, dtype="object")).astype("datetime64[us]")
    for column in ("changed_on", "stagnates_on"):
        answered = own["last_conversation_on"] >= own[column]
        own[column] = own[column].where(~answered)
    own["kind"] = own["kind"].where(own["changed_on"].notna())
    found = own[own["changed_on"].notna() | own["stagnates_on"].notna()].copy()
    found["reason"] = found["kind"].fillna(STAGNATION)
    found["since"] = found["changed_on"].fillna(found["stagnates_on"])
    both = found["changed_on"].notna() & found["stagnates_on"].notna()
    found["reasons"] = found["reason"].where(~both, found["reason"] + ", " + STAGNATION)
    return found.sort_values(["mrr_cents", "account_id"], ascending=[False, True], ignore_index=True)[LIST]


def _since_use_case(held: pd.DataFrame, use_cases: pd.DataFrame | None, last: int) -> pd.Series:
    """Months from the latest new use case (or the first month as a customer) to `last`; missing without usage."""
    if use_cases is None or use_cases.empty:
        return pd.Series(np.nan, index=held.index)
    latest = held["account_id"].map(use_cases[use_cases["month_no"] <= last].groupby("account_id")["month_no"].max())
    return last - latest.fillna(0).clip(lower=held["cohort_no"])


def list_total(listed: pd.DataFrame) -> pd.DataFrame:
    """How many accounts are listed and what they pay, one row; a list of very many accounts is saved in part only.

    >>> list_total(pd.DataFrame({"mrr_cents": [5, 7]})).values.tolist()
    [[2, 12]]
    """
    return pd.DataFrame({"n_accounts": [len(listed)], "mrr_cents": [int(listed["mrr_cents"].sum())]})


def list_sentence(listed: pd.DataFrame, held: pd.DataFrame, currency: str = "USD", is_recorded: bool = True) -> str:
    """How many accounts wait for a conversation, and what they pay.

    >>> list_sentence(pd.DataFrame(columns=LIST), pd.DataFrame({"mrr_cents": [5]}))
    'Nobody of 1 account in force is in such a time without a business conversation since.'
    """
    n = formats.plural(len(held), "account")
    if not is_recorded:
        return f"Business conversations are not on record: whom of {n} in force somebody has talked to cannot be told."
    if listed.empty:
        return f"Nobody of {n} in force is in such a time without a business conversation since."
    changed = int((listed["reason"] != STAGNATION).sum())
    total, waiting = int(held["mrr_cents"].sum()), int(listed["mrr_cents"].sum())
    return (
        f"{formats.count(len(listed))} of {n} in force are in such a time and nobody has had a business conversation "
        "with "
        f"them since ({formats.count(changed)} after a change, {formats.count(len(listed) - changed)} for stagnation "
        "alone): "
        f"{formats.money(waiting, currency)} of {formats.money(total, currency)} of MRR."
    )


def sides(
    counts: pd.DataFrame | None, opportunities: pd.DataFrame | None, monthly: pd.DataFrame, period, n_months: int = 12
) -> pd.DataFrame:
    """Attention and revenue at stake, new logos beside the existing base, over the `n_months` that end with the period.

    `counts`: life_year (−1 = before the account paid), is_recent and n_touches; `monthly` is `movements.by_month`.
    Columns: side, n_touches, n_opportunities and pipeline_cents (created: new, or renewal and expansion),
    at_stake_cents (new logos: MRR of the new deals created, which could be won; existing base: MRR in force at the
    opening, which could be lost), gained_cents (new MRR; expansion and reactivation), lost_cents (churn and
    contraction), n_months that the last three rest on: the month with which the data begins says only who was there,
    and is left out. Missing where the table is.
    """
    first, until = periods.month_start(period.last - n_months + 1), period.as_of
    inside = monthly[monthly["month"].between(pd.Timestamp(first), pd.Timestamp(until))]
    begins = len(inside) > 1 and inside.index[0] == monthly.index[0] and inside["opening_cents"].iloc[0] == 0
    inside = inside.iloc[1:] if begins else inside
    opening = int(inside["opening_cents"].iloc[0]) if len(inside) else 0
    total = inside.select_dtypes("number").sum()
    rows = []
    for side, is_new in (("new logos", True), ("existing base", False)):
        row = {
            "side": side,
            "gained_cents": total["new_cents"] if is_new else total[["expansion_cents", "reactivation_cents"]].sum(),
        }
        row["lost_cents"] = 0 if is_new else total[["churn_cents", "contraction_cents"]].sum()
        if counts is not None:
            mine = counts[(counts["is_recent"] == 1) & ((counts["life_year"] < 0) == is_new)]
            row["n_touches"] = int(mine["n_touches"].sum())
        if opportunities is not None:
            made = opportunities[opportunities["created_on"].between(pd.Timestamp(first), pd.Timestamp(until))]
            made = made[(made["kind"] == "new") == is_new]
            row |= {"n_opportunities": len(made), "pipeline_cents": round(float((made["mrr"] * 100).sum()))}
        row |= {"at_stake_cents": row.get("pipeline_cents") if is_new else opening, "n_months": len(inside)}
        rows.append(row)
    columns = [
        "side",
        "n_touches",
        "n_opportunities",
        "pipeline_cents",
        "at_stake_cents",
        "gained_cents",
        "lost_cents",
        "n_months",
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], "Int64"))


def sides_sentence(table: pd.DataFrame, currency: str = "USD") -> str:
    """How attention is split, against what is at stake on each side."""
    new, base = (table.set_index("side").loc[side] for side in ("new logos", "existing base"))
    said = []
    if pd.notna(base["n_touches"]):
        touches = int(new["n_touches"] + base["n_touches"])
        share = (
            f"{formats.percent(base['n_touches'] / touches)} of {formats.plural(touches, 'recorded contact')} went to"
        )
        said.append(f"{share} the existing base" if touches else "no contact is on record in these 12 months")
        if touches and not new["n_touches"]:
            said[-1] += " (contacts before a deal are not on record here, so this share is an upper bound)"
    if pd.notna(base["pipeline_cents"]):
        both = int(new["pipeline_cents"] + base["pipeline_cents"])
        if both:
            said.append(
                f"{formats.percent(base['pipeline_cents'] / both)} of the pipeline created is with the existing base"
            )
    stake = (
        f"the existing base stood for {formats.money(base['at_stake_cents'], currency)} of MRR at the opening and lost "
    )
    stake += f"{formats.money(base['lost_cents'], currency)} to churn and contraction in "
    stake += f"{formats.plural(int(base['n_months']), 'month')}, while new logos brought "
    stake += formats.money(new["gained_cents"], currency)
    text = "; ".join([*said, stake])
    return f"{text[:1].upper()}{text[1:]}."


def by_year_of_life(months: pd.DataFrame, counts: pd.DataFrame | None) -> pd.DataFrame:
    """Risk and contacts by year of the customer's life: does attention end before the risk does?

    `months` is `account_months.History.months` (accounts that were there when the data begins are left out: their age
    is not known); `counts`: program, life_year, n_touches. Columns: life_year (1 = the first), n_accounts, n_months,
    n_events, hazard with low and high (a month, 0–1; Wilson), n_touches (all accounts), and touches_per_account_year.
    """
    own = months[~months["is_left_truncated"]]
    year = (own["age_months"] - 1) // 12 + 1
    every = (months["age_months"] - 1) // 12 + 1
    rows = []
    for number in sorted(year.unique()):
        part = own[year == number]
        n, events = len(part), int(part["has_left"].sum())
        low, high = stats.wilson(events, n)
        row = {
            "life_year": int(number),
            "n_accounts": part["account_id"].nunique(),
            "n_months": n,
            "n_events": events,
            "hazard": events / n,
            "low": low,
            "high": high,
        }
        if counts is not None:
            touches = int(counts.loc[counts["life_year"] == number - 1, "n_touches"].sum())
            row |= {"n_touches": touches, "touches_per_account_year": 12 * touches / int((every == number).sum())}
        rows.append(row)
    columns = [
        "life_year",
        "n_accounts",
        "n_months",
        "n_events",
        "hazard",
        "low",
        "high",
        "n_touches",
        "touches_per_account_year",
    ]
    numbers = dict.fromkeys(["hazard", "low", "high", "touches_per_account_year"], "float64")
    return pd.DataFrame(rows, columns=columns).astype(numbers | {"n_touches": "Int64"})


def nurture_sentence(years: pd.DataFrame, ended: list[str]) -> str:
    """Whether programs end with the first year although the risk does not. `ended`: the names of those that do.

    >>> nurture_sentence(pd.DataFrame({"life_year": [1], "n_events": [0], "n_months": [9]}), [])
    'No account has been followed beyond its first year yet.'
    """
    later = years[years["life_year"] > 1]
    if later.empty or not later["n_months"].sum():
        return "No account has been followed beyond its first year yet."
    first, n, events = years.iloc[0], int(later["n_months"].sum()), int(later["n_events"].sum())
    low, high = stats.wilson(events, n)
    says = ", ".join(ended) + (" ends" if len(ended) == 1 else " end") if ended else "No program ends"
    word = "lower" if high < first["low"] else "higher" if low > first["high"] else "not shown to differ"
    goes_on = f"the risk to leave {'goes on' if events else 'was not seen'} after it"
    return (
        f"{says} with a customer's first year; {goes_on}: {formats.percent(events / n)} a month "
        f"(95% interval {formats.interval(low, high)}, n = {formats.count(n)} account-months) against "
        f"{formats.percent(first['hazard'])} in it ({formats.interval(first['low'], first['high'])}), {word}."
    )
