"""The customer's way: onboarding → adoption → value realized → expansion → advocacy. Who is where, who stops, who has
reached a milestone to celebrate, with the play to run and who runs it. And customers who speak for us: who has a story
like the prospect's, who was asked too often, who came by referral.
"""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.ledger import movements
from helpers.ledger.account_months import looked_up, month_no
from helpers.periods import Period
from helpers.programs.core import verdict
from helpers.sources import Tables
from helpers.stats import curves

# What opens them: the first paid day; the day it went live, and the first result that it was bought for, both of the
# latest onboarding snapshot; the first month with more MRR or the first expansion won; the first act done.
STAGES = ("onboarding", "adoption", "value realized", "expansion", "advocacy")
TOUCH_STAGES = ("onboarding", "adoption", "value_review", "renewal", "expansion", "advocacy")
YEAR = 365
COUNTS = ["n_entered", "n_reached", "n_left", "n_waiting"]
TIMES = ["share_12_months", "low", "high", "median_days", "median_low", "median_high"]
COLUMNS = ["stage", "next_stage", *COUNTS, *TIMES, "n_standing", "mrr_cents", "verdict"]
STORIES = ("case_study", "reference_call", "speaking", "review")
CAP = 4
BY = ["industry", "segment"]
MILESTONES = tomllib.loads((Path(__file__).parent / "milestones.toml").read_text(encoding="utf-8"))
CELEBRATED = ["account_id", "name", "segment", "milestone", "month", "years", "mrr_cents", "play", "owner"]


def milestones(
    paid: pd.DataFrame,
    onboarded: pd.DataFrame | None,
    levels: pd.DataFrame,
    opportunities: pd.DataFrame | None = None,
    advocacy: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The day on which each account reached each stage; missing = not reached, or not on record.

    `paid`: account_id, paid_on; `onboarded`: account_id, went_live_on, first_value_on; `levels` is
    `account_months.History.levels`. Columns: account_id, a day for every stage of STAGES that the source can show, and
    left_on (end of the month of the first loss). An account's expansion counts from the first day of its month.
    """
    ids = paid["account_id"]
    acts = pd.DataFrame(columns=["account_id", "done_on"]) if advocacy is None else advocacy
    days = {"onboarding": paid["paid_on"]}
    if onboarded is not None:
        by_account = onboarded.set_index("account_id").dropna(axis=1, how="all")
        opened = {"adoption": "went_live_on", "value realized": "first_value_on"}
        days |= {stage: looked_up(by_account[day], ids) for stage, day in opened.items() if day in by_account}
    days["expansion"] = _first_month_with(levels, "expansion", ids)
    if opportunities is not None:
        won = opportunities[(opportunities["kind"] == "expansion") & (opportunities["status"] == "won")]
        closed = looked_up(won.groupby("account_id")["closed_on"].min(), ids)
        days["expansion"] = pd.concat([days["expansion"], closed], axis=1).min(axis=1)
    if acts["done_on"].notna().any():
        days["advocacy"] = looked_up(acts.groupby("account_id")["done_on"].min(), ids)
    days["left_on"] = _first_month_with(levels, "churn", ids) + pd.offsets.MonthEnd(0)
    dates = {name: pd.to_datetime(day).astype("datetime64[us]") for name, day in days.items()}
    return pd.DataFrame({"account_id": ids} | dates)


def _first_month_with(levels: pd.DataFrame, movement: str, ids: pd.Series) -> pd.Series:
    """The first day of the month of each account's first movement of a kind."""
    first = levels[levels["movement"] == movement].drop_duplicates("account_id").set_index("account_id")["month_no"]
    return looked_up(pd.Series(movements.month_of(first), first.index), ids)


def stages_of(milestones: pd.DataFrame) -> list[str]:
    """The stages that the source can show, in order."""
    return [stage for stage in STAGES if stage in milestones.columns]


def standing(milestones: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Where each paying account is: the furthest stage that it has reached.

    `held`: account_id, name, segment, mrr_cents. Columns: account_id, name, segment, stage, since (the day), mrr_cents.
    """
    stages = stages_of(milestones)
    own = held.merge(milestones[["account_id", *stages]], on="account_id", how="inner", validate="one_to_one")
    furthest = len(stages) - 1 - np.argmax(own[stages].notna().to_numpy()[:, ::-1], axis=1)
    stage = pd.Series(np.array(stages)[furthest], own.index, dtype="str")
    since = pd.Series(own[stages].to_numpy()[np.arange(len(own)), furthest], own.index)
    return own[["account_id", "name", "segment"]].assign(stage=stage, since=since, mrr_cents=own["mrr_cents"])


def transitions(milestones: pd.DataFrame, standing: pd.DataFrame, as_of, truncated=()) -> pd.DataFrame:
    """How long it takes from each stage to the next, by Kaplan–Meier, and how many stop there.

    An account enters a stage on its day and goes on when it reaches the next one (at once, where it was there before);
    one that has left, or is still waiting on `as_of`, is censored. `truncated`: accounts that were there when the data
    begins, whose first day is unknown; they count only for where accounts stand. Columns: stage, next_stage, n_entered,
    n_reached, n_left (before the next stage), n_waiting, share_12_months with low and high (0–1: share that goes on
    within a year, were nobody to leave), median_days with median_low and median_high, n_standing and mrr_cents
    (paying accounts whose furthest stage it is), verdict.
    """
    stages = stages_of(milestones)
    known = milestones[~milestones["account_id"].isin(set(truncated))]
    now = standing.groupby("stage").agg(n_standing=("mrr_cents", "size"), mrr_cents=("mrr_cents", "sum"))
    now = now.reindex(stages, fill_value=0).astype("int64").to_dict("index")
    rows = [
        {"stage": stage, "next_stage": following, "verdict": ""}
        | now[stage]
        | (_transition(known, stage, following, pd.Timestamp(as_of)) if following else {})
        for stage, following in zip(stages, [*stages[1:], ""], strict=True)
    ]
    kinds = dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(TIMES, "float64")
    return pd.DataFrame(rows, columns=COLUMNS).astype(kinds)


def _transition(known: pd.DataFrame, stage: str, following: str, as_of: pd.Timestamp) -> dict:
    own = known[known[stage].notna()]
    end = own[following].fillna(own["left_on"]).fillna(as_of)
    days = (end - own[stage]).dt.days.clip(lower=0)
    reached = own[following].notna()
    n_reached, n_left = int(reached.sum()), int((~reached & own["left_on"].notna()).sum())
    counts = len(own), n_reached, n_left, len(own) - n_reached - n_left
    found = dict(zip(COUNTS, counts, strict=True)) | {"verdict": verdict(len(own), len(own))}
    if found["verdict"] == "too few":
        return found
    curve = curves.kaplan_meier(days, reached)
    # Without a high end the band ends above one half: the upper end is not reached yet.
    return found | dict(zip(TIMES[3:], curves.median(curve), strict=True)) | _within_a_year(curve)


def _within_a_year(curve: pd.DataFrame) -> dict:
    """The share that has gone on after a year, from a curve of those still waiting; nothing where it does not say."""
    within = curve[curve["time"] <= YEAR]
    waiting = float(within["survival"].iloc[-1]) if len(within) else 1.0
    # Beyond the longest wait that the data shows, a share within a year would be a guess, unless hardly any is left.
    if curve["time"].max() < YEAR and waiting >= 0.05:
        return {}
    found = {"share_12_months": 1 - waiting}
    if waiting == 1:
        # Nobody has gone on yet, which Greenwood's formula takes for certainty.
        at_risk = int((within if len(within) else curve)["n_at_risk"].iloc[-1 if len(within) else 0])
        found |= {"low": 0.0, "high": stats.wilson(0, at_risk)[1]}
    elif waiting > 0:
        found |= {"low": 1 - within["high"].iloc[-1], "high": 1 - within["low"].iloc[-1]}
    return found


def touched(counts: pd.DataFrame) -> pd.DataFrame:
    """Contacts by program and stage as a wide table: program, one column a stage met in its order, and all of them."""
    wide = counts.pivot_table(index="program", columns="stage", values="n_touches", aggfunc="sum", fill_value=0)
    stages = [stage for stage in TOUCH_STAGES if stage in wide.columns]
    wide = wide[stages].rename_axis(columns=None)
    return wide.assign(all=wide.sum(axis=1)).astype("int64").reset_index()


def celebrated(
    tables: Tables, active: pd.DataFrame, onboarded: pd.DataFrame | None, acts: pd.DataFrame | None
) -> pd.DataFrame:
    """`reached` of a source in its period. `active`: `account_months.held`; `onboarded`, `acts`: None where absent."""
    span = {"first_month": tables.period.first, "last_month": tables.period.last}
    months = {
        "first_value": None if onboarded is None else _first_month(onboarded, "first_value_on"),
        "full_adoption": tables.run("full_adoptions", **span) if tables.has("usage") else None,
        "first_reference": None if acts is None else _first_month(acts[acts["kind"] == "reference_call"], "done_on"),
        "first_expansion": tables.run("first_expansions", **span),
    }
    return reached(months, active, tables.period, tables.coverage.first_month)


def _first_month(frame: pd.DataFrame, day: str) -> pd.DataFrame:
    """The month of each account's first day."""
    first = frame.dropna(subset=[day]).groupby("account_id", as_index=False)[day].min()
    return pd.DataFrame({"account_id": first["account_id"], "month_no": month_no(first[day])})


def reached(
    months: dict[str, pd.DataFrame | None], active: pd.DataFrame, period: Period, data_begins: int
) -> pd.DataFrame:
    """Paying accounts that reached a milestone in the period, in the order of milestones.toml, largest MRR first.

    first_value: the first result that the customer bought it for; full_adoption: the first month with nine in ten seats
    in use; anniversary: 12, 24, … months after the first paid month; first_reference: the first reference call done;
    first_expansion: the first month with more MRR. `months`: milestone → account_id and month_no of it, None where the
    source lacks the table; `active`: account_id, name, segment, cohort_no, mrr_cents. Accounts that were there in month
    `data_begins` have an unknown history: no anniversary and no first expansion. Columns: CELEBRATED (month as its
    first day; years of an anniversary, else missing).
    """
    known = active[active["cohort_no"] > data_begins]
    years = (period.last - known["cohort_no"]) // 12
    day = known["cohort_no"] + 12 * years
    months = months | {"anniversary": known[["account_id"]].assign(month_no=day, years=years)[years > 0]}
    parts = []
    for name, milestone in MILESTONES.items():
        if months.get(name) is not None:
            own = months[name][months[name]["month_no"].between(period.first, period.last)]
            base = known if name == "first_expansion" else active
            rows = base.merge(own, on="account_id", how="inner", validate="one_to_one")
            rows = rows.assign(milestone=milestone["what"], play=milestone["play"], owner=milestone["owner"])
            parts.append(rows.sort_values(["mrr_cents", "account_id"], ascending=[False, True]))
    rows = pd.concat(parts, ignore_index=True)
    rows["month"] = movements.month_of(rows["month_no"])
    return rows.reindex(columns=CELEBRATED).astype({"years": "Int64", "mrr_cents": "int64"})


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
    own = own.astype(dict.fromkeys(BY, "str")).fillna(dict.fromkeys(BY, "unknown"))
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
