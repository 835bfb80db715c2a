"""Doubts about revenue: terms that overlap, ends that are missing or mean another day, amounts in another unit."""

from datetime import date

import pandas as pd

from helpers import formats, movements
from helpers.doubts.core import TRIAL, Doubt, Question, where
from helpers.sources import Tables

_S = "_all_subscriptions"
_NEXT_DAY = "cast(ends_on + interval '1' day as date)"
PATIENCE = 62  # days after a lost renewal in which an end may still be on its way
HIGHEST_NRR = 2.0
_FEW = 20


def questions(tables: Tables, until: date) -> list[Question]:
    """What is asked of the subscriptions; `until` is the last day that the data covers."""
    return [_overlaps(tables), *_open_though_lost(until), _lost_renewals(until), *_odd_ends(), *_odd_amounts()]


def _overlaps(tables: Tables) -> Question:
    has_product = "product" not in tables.mapped("subscriptions").absent
    same = "coalesce(product, '')" if has_product else "subscription_id"
    shown = "product, " if has_product else ""
    rows = f"""select account_id, subscription_id, {shown}starts_on, ends_on, mrr from (
        select account_id, subscription_id, {shown}starts_on, ends_on, mrr,
            max(coalesce(ends_on, date '9999-12-31')) over (partition by account_id, {same}
                order by starts_on, subscription_id rows between unbounded preceding and 1 preceding) as taken_until
        from {_S} where mrr > 0 and starts_on is not null) as s where starts_on < taken_until"""
    thing = "one product of one account" if has_product else "one subscription"
    return Question(
        "subscriptions", "starts_on", rows, f"begins while an earlier stretch of {thing} is still in force",
        "both count: the account's MRR is the sum of the two for as long as they overlap",
        "end the earlier stretch (`ends_on`) on the day the later one begins, or keep both where the customer pays both",
    )  # fmt: skip


def _open_though_lost(until: date) -> list[Question]:
    why = "an account without an end is in force for good, so churn is missed and retention looks better than it is"
    return [
        where("subscriptions", "lost_to", "lost_to is not null and ends_on is null",
              "says where the customer went, but has no end", why, "fill in `ends_on`", ("account_id", "ends_on")),
        where("subscriptions", "cancelled_on", f"ends_on is null and cancelled_on <= date '{until}'",
              "notice was given, but there is no end", why, "fill in `ends_on`: the day on which the notice takes effect",
              ("account_id", "ends_on")),
    ]  # fmt: skip


def _lost_renewals(until: date) -> Question:
    grace = f"interval '{PATIENCE}' day"
    rows = f"""select o.opportunity_id, o.account_id, o.closed_on from _all_opportunities as o join (
            select account_id, max(ends_on) as last_end, max(case when ends_on is null then 1 else 0 end) as is_open
            from {_S} group by account_id) as e on e.account_id = o.account_id
        where o.kind = 'renewal' and o.status = 'lost' and o.closed_on <= date '{until}' - {grace}
            and e.is_open = 1 and (e.last_end is null or e.last_end < o.closed_on - {grace})"""
    return Question(
        "opportunities", "status", rows, "a renewal was lost, but no subscription of the account ended then or later",
        "either the customer left and the billing export does not say so, or the renewal was not lost",
        "ask which of the two is right: fill in `ends_on`, or correct `status`",
        columns=("closed_on",), needs=("subscriptions",),
    )  # fmt: skip


def _odd_ends() -> list[Question]:
    followed = f"""select subscription_id, account_id, starts_on, ends_on, next_start from (
        select subscription_id, account_id, starts_on, ends_on,
            lead(starts_on) over (partition by subscription_id, account_id order by starts_on) as next_start
        from {_S} where starts_on is not null) as s where next_start = {_NEXT_DAY}"""
    return [
        where("subscriptions", "ends_on", "ends_on = starts_on", "ends on the day it starts",
              "`ends_on` is the first day that is no longer in force, so these never count",
              f"where the last day in force is meant, write ends_on = \"valid_to + 1\"; otherwise {TRIAL}",
              ("account_id", "starts_on", "mrr"), columns=("ends_on",)),
        Question(
            "subscriptions", "ends_on", followed, "the next term begins one day after this one ends",
            "`ends_on` is read as the first day no longer in force; where the export means the last day in force, an end "
            "on the last day of a month shows as churn, and the renewal as a return",
            "write ends_on = \"cast(ends_on as date) + 1\" (with your column's name) under [tables.subscriptions.columns]",
            columns=("ends_on",),
        ),
    ]  # fmt: skip


def _odd_amounts() -> list[Question]:
    jumps = f"""select subscription_id, account_id, starts_on, before_it, mrr from (
        select subscription_id, account_id, starts_on, mrr,
            lag(mrr) over (partition by subscription_id order by starts_on) as before_it
        from {_S} where mrr > 0) as s
        where before_it > 0 and (abs(mrr / before_it - 12) < 0.06 or abs(before_it / mrr - 12) < 0.06
            or abs(mrr / before_it - 100) < 0.5 or abs(before_it / mrr - 100) < 0.5)"""
    typical = f"""(select avg(mrr) from (select mrr, row_number() over (order by mrr) as place, count(*) over () as n
        from {_S} where mrr > 0) as ranked where 2 * place between n and n + 2)"""
    unit = "some amounts are a year's (÷ 12) or in cents (÷ 100), and one of them counts as much as twelve or a hundred"
    return [
        Question("subscriptions", "mrr", jumps, "12 or 100 times the term before it, or the reverse", unit,
                 "bring every amount to a month: mrr = \"case when … then amount / 12 else amount end\""),
        where("subscriptions", "mrr", f"mrr > 1000 * {typical}", "more than 1,000 times the typical amount",
              "one account would decide net retention alone", "check the amount and its decimal point", ("account_id",)),
        where("subscriptions", "currency", "length(currency) <> 3 or currency <> upper(currency)",
              "is not an ISO code such as USD", "amounts are shown with it on every page",
              "write the code: currency = \"'USD'\" under [tables.subscriptions.columns]"),
    ]  # fmt: skip


def whole_table(tables: Tables) -> list[Doubt]:
    """Doubts that no single row shows: everything began on one day, nothing ever ended, another unit than the deals'."""
    if not tables.has("subscriptions"):
        return []
    row = tables.uncut(f"""select count(*) as n, count(distinct starts_on) as n_days, count(ends_on) as n_ended,
        sum(case when extract(month from starts_on) = 1 and extract(day from starts_on) = 1 then 1 else 0 end) as january,
        sum(case when extract(day from {_NEXT_DAY}) = 1 then 1 else 0 end) as last_days,
        min(starts_on) as first_on, max(starts_on) as last_on from {_S} where starts_on is not null""").iloc[0]
    found = []
    n, ended = int(row["n"]), int(row["n_ended"])
    if n >= _FEW and row["january"] > n / 2:
        found.append(_whole(tables, "starts_on", "starts on 1 January", int(row["january"]),
            "dates that were cut to a year put every start and every cohort into one month of it",
            "export the day of the start; cohorts and months mean little without it"))  # fmt: skip
    elif n >= _FEW:
        found += _one_day(tables, n)
    years = (pd.Timestamp(row["last_on"]) - pd.Timestamp(row["first_on"])).days / 365.25 if n else 0
    if n >= 50 and not ended and years >= 1 and "ends_on" not in tables.mapped("subscriptions").absent:
        found.append(_whole(tables, "ends_on", "has no end: not one subscription ever ended", n,
            "an export of active subscriptions only leaves out everybody who left, so retention would be 100%",
            "export ended subscriptions, too"))  # fmt: skip
    if ended >= _FEW and row["last_days"] > 0.8 * ended:
        found.append(_whole(tables, "ends_on", "ends on the last day of a month", int(row["last_days"]),
            "`ends_on` is the first day no longer in force; a last day in force ends every account a month too early",
            "where the last day in force is meant: ends_on = \"cast(ends_on as date) + 1\""))  # fmt: skip
    return found + _other_unit(tables)


def _whole(tables: Tables, column: str, says: str, n: int, why: str, way_out: str, table="subscriptions") -> Doubt:
    return Doubt(tables.mapped(table).place, table, column, says, n, (), why, way_out)


def _one_day(tables: Tables, n: int) -> list[Doubt]:
    rows = tables.uncut(f"select starts_on, count(*) as n_starts from {_S} group by starts_on order by 2 desc, 1 limit 1")
    day, most = pd.Timestamp(rows["starts_on"].iloc[0]).date(), int(rows["n_starts"].iloc[0])
    if most <= 0.4 * n or most < 30:
        return []
    return [_whole(tables, "starts_on", f"starts on one day, {day} ({formats.percent(most / n, 0)} of all)", most,
        "the day on which data was moved into a system is no start: cohorts and lifetimes would begin there",
        "export the original start")]  # fmt: skip


def _other_unit(tables: Tables) -> list[Doubt]:
    """Typical MRR against that of opportunities: 12 or 100 times as much is another unit."""
    if not tables.has("opportunities"):
        return []
    ranked = """(select avg(mrr) from (select mrr, row_number() over (order by mrr) as place, count(*) over () as n
        from _all_{} where mrr > 0) as ranked where 2 * place between n and n + 2)"""
    row = tables.uncut(
        f"select {ranked.format('subscriptions')} as ours, {ranked.format('opportunities')} as deals,"
        f" (select count(*) from {_S} where mrr > 0) as n, (select count(*) from _all_opportunities) as n_deals"
    ).iloc[0]
    if min(row["n"], row["n_deals"]) < _FEW or pd.isna(row["ours"]) or pd.isna(row["deals"]):
        return []
    ratio = float(row["ours"]) / float(row["deals"])
    times = ratio if ratio >= 1 else 1 / ratio
    if times < 8:
        return []
    unit = "a year's amount (÷ 12)" if times < 30 else "an amount in cents (÷ 100)"
    table = "subscriptions" if ratio > 1 else "opportunities"
    other = "opportunities" if ratio > 1 else "subscriptions"
    return [_whole(tables, "mrr", f"is typically {times:.0f} times that of {other}: it looks like {unit}",
        int(row["n"] if ratio > 1 else row["n_deals"]), "revenue and pipeline are compared and added as amounts a month",
        f'say so in the source file: mrr = "amount / {12 if times < 30 else 100}" under [tables.{table}.columns]', table)]  # fmt: skip


def retention(tables: Tables) -> list[Doubt]:
    """Net revenue retention above 200% over the last 12 months, with the accounts that carry it."""
    last = tables.period.last
    if not tables.has("subscriptions") or last - 12 < tables.coverage.first_month:
        return []
    sums = movements.year_on_year(tables)
    now = sums[sums["month_no"] == last][["opening_cents", "closing_cents"]].sum()
    if not now["opening_cents"] or now["closing_cents"] <= HIGHEST_NRR * now["opening_cents"]:
        return []
    largest = movements.moved(tables, last - 12, last, limit=3)
    rows = tuple(
        f"account_id={row.account_id}: {formats.money(row.opening_cents, tables.currency)} then, "
        f"{formats.money(row.closing_cents, tables.currency)} now"
        for row in largest[largest["opening_cents"] > 0].itertuples()
    )
    nrr = formats.percent(now["closing_cents"] / now["opening_cents"], 0)
    return [Doubt(tables.mapped("subscriptions").place, "subscriptions", "mrr",
        f"net revenue retention is {nrr} in {tables.period}", 0, rows,
        "a base that more than doubles in a year is rare; amounts in two units or terms counted twice look like that",
        "check the accounts above: unit of the amounts, overlapping terms, ids that changed")]  # fmt: skip
