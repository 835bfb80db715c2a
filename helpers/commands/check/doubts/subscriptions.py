"""Doubts about revenue: terms that overlap, ends that are missing or mean another day, amounts in another unit."""

from datetime import date

import pandas as pd

from helpers import formats
from helpers.commands.check.doubts.core import LEAVE_OUT, Doubt, Question, line, where
from helpers.ledger import movements
from helpers.sources import Tables

_S = "_all_subscriptions"
_NEXT_DAY = "cast(ends_on + interval '1' day as date)"
# The median, as any engine computes it.
_TYPICAL = """(select avg(mrr) from (select mrr, row_number() over (order by mrr) as place, count(*) over () as n
    from {} where mrr > 0) as ranked where 2 * place between n and n + 2)"""
PATIENCE = 62  # days after a lost renewal in which an end may still be on its way
HIGHEST_NRR = 2.0
_FEW = 20


def questions(tables: Tables, until: date) -> list[Question]:
    """What is asked of the subscriptions; `until` is the last day that the data covers."""
    return [_overlaps(tables), *_open_though_lost(until), _lost_renewals(until), *_odd_ends(tables), *_odd_amounts()]


def _overlaps(tables: Tables) -> Question:
    has_product = "product" not in tables.mapped("subscriptions").absent
    same = "coalesce(product, '')" if has_product else "subscription_id"
    shown = "product, " if has_product else ""
    order = f"partition by account_id, {same} order by starts_on, subscription_id"
    rows = f"""select account_id, subscription_id, {shown}starts_on, ends_on, mrr from (
        select account_id, subscription_id, {shown}starts_on, ends_on, mrr,
            max(coalesce(ends_on, date '9999-12-31')) over (
                {order} rows between unbounded preceding and 1 preceding) as taken_until,
            lag(subscription_id) over ({order}) as id_before, lag(starts_on) over ({order}) as start_before
        from {_S} where mrr > 0 and starts_on is not null) as s where starts_on < taken_until
            and not (id_before = subscription_id and start_before = starts_on)"""
    thing = "one product of one account" if has_product else "one subscription"
    return Question(
        "subscriptions",
        "starts_on",
        rows,
        f"begins while an earlier stretch of {thing} is still in force",
        "both count: the account's MRR is the sum of the two for as long as they overlap",
        "end the earlier one (`ends_on`) on the day the later one begins; keep both where the customer pays both",
    )


def _open_though_lost(until: date) -> list[Question]:
    why = "an account without an end is in force for good, so churn is missed and retention looks better than it is"
    return [
        where(
            "subscriptions",
            "lost_to",
            "lost_to is not null and ends_on is null",
            "says where the customer went, but has no end",
            why,
            "fill in `ends_on`",
            ("account_id", "ends_on"),
        ),
        where(
            "subscriptions",
            "cancelled_on",
            f"ends_on is null and cancelled_on <= date '{until}'",
            "notice was given, but there is no end",
            why,
            "fill in `ends_on`: the day on which the notice takes effect",
            ("account_id", "ends_on"),
        ),
    ]


def _lost_renewals(until: date) -> Question:
    grace = f"interval '{PATIENCE}' day"
    rows = f"""select o.opportunity_id, o.account_id, o.closed_on from _all_opportunities as o join (
            select account_id, max(ends_on) as last_end, max(case when ends_on is null then 1 else 0 end) as is_open
            from {_S} group by account_id) as e on e.account_id = o.account_id
        where o.kind = 'renewal' and o.status = 'lost' and o.closed_on <= date '{until}' - {grace}
            and e.is_open = 1 and (e.last_end is null or e.last_end < o.closed_on - {grace})"""
    return Question(
        "opportunities",
        "status",
        rows,
        "a renewal was lost, but no subscription of the account ended then or later",
        "either the customer left and the billing export does not say so, or the renewal was not lost",
        "ask which of the two is right: fill in `ends_on`, or correct `status`",
        columns=("closed_on",),
        needs=("subscriptions",),
    )


def _odd_ends(tables: Tables) -> list[Question]:
    followed = f"""select subscription_id, account_id, starts_on, ends_on, next_start from (
        select subscription_id, account_id, starts_on, ends_on,
            lead(starts_on) over (partition by subscription_id, account_id order by starts_on) as next_start
        from {_S} where starts_on is not null) as s where next_start = {_NEXT_DAY}"""
    has_product = "product" not in tables.mapped("subscriptions").absent
    same = " and coalesce(n.product, '') = coalesce(s.product, '')" if has_product else ""
    renewed = f"""select s.subscription_id, s.account_id, s.starts_on, s.ends_on, n.subscription_id as next_id
        from {_S} as s join {_S} as n on n.account_id = s.account_id and n.subscription_id <> s.subscription_id{same}
            and n.starts_on = cast(s.ends_on + interval '1' day as date)"""
    one_later = line(tables, "subscriptions", "ends_on", "cast({} as date) + 1")
    meant = (
        "`ends_on` is read as the first day no longer in force; where the export means the last day in force, an "
        "end on the last day of a month shows as churn, and the renewal as a return",
        f"map it to the day after, under [tables.subscriptions.columns]: {one_later}",
    )
    return [
        where(
            "subscriptions",
            "ends_on",
            "ends_on = starts_on",
            "ends on the day it starts",
            "`ends_on` is the first day that is no longer in force, so these never count",
            f"where the last day in force is meant: {one_later}; otherwise {LEAVE_OUT}",
            ("account_id", "starts_on", "mrr"),
            columns=("ends_on",),
        ),
        Question(
            "subscriptions",
            "ends_on",
            followed,
            "the next term begins one day after this one ends",
            *meant,
            columns=("ends_on",),
        ),
        # Two that have nothing to do with each other may follow by chance: one in thirty does.
        Question(
            "subscriptions",
            "ends_on",
            renewed,
            "another subscription of the account begins one day after this one ends",
            *meant,
            columns=("ends_on",),
            at_least=3,
            share=0.05,
        ),
    ]


def _odd_amounts() -> list[Question]:
    jumps = f"""select subscription_id, account_id, starts_on, before_it, mrr from (
        select subscription_id, account_id, starts_on, mrr,
            lag(mrr) over (partition by subscription_id order by starts_on) as before_it
        from {_S} where mrr > 0) as s
        where before_it > 0 and (abs(mrr / before_it - 12) < 0.06 or abs(before_it / mrr - 12) < 0.06
            or abs(mrr / before_it - 100) < 0.5 or abs(before_it / mrr - 100) < 0.5)"""
    unit = "some amounts are a year's (÷ 12) or in cents (÷ 100), and one of them counts as much as twelve or a hundred"
    return [
        Question(
            "subscriptions",
            "mrr",
            jumps,
            "12 or 100 times the term before it, or the reverse",
            unit,
            'bring every amount to a month: mrr = "case when … then amount / 12 else amount end"',
        ),
        where(
            "subscriptions",
            "mrr",
            f"mrr > 1000 * {_TYPICAL.format(_S)}",
            "more than 1,000 times the typical amount",
            "one account would decide net retention alone",
            "check the amount and its decimal point",
            ("account_id",),
        ),
        where(
            "subscriptions",
            "currency",
            "length(currency) <> 3 or currency <> upper(currency)",
            "is not an ISO code such as USD",
            "amounts are shown with it on every page",
            "write the code: currency = \"'USD'\" under [tables.subscriptions.columns]",
        ),
    ]


def whole_table(tables: Tables) -> list[Doubt]:
    """Doubts that no single row shows: all began on one day, nothing ever ended, another unit than the deals have."""
    if "subscriptions" not in tables.names:
        return []
    row = tables.uncut(f"""select count(*) as n, count(ends_on) as n_ended,
        sum(case when extract(month from starts_on) = 1 and extract(day from starts_on) = 1 then 1 else 0 end)
            as january,
        sum(case when extract(day from {_NEXT_DAY}) = 1 then 1 else 0 end) as last_days,
        min(starts_on) as first_on, max(starts_on) as last_on
        from {_S} where starts_on is not null""").iloc[0]
    return [*_starts(tables, row), *_ends(tables, row), *_other_unit(tables)]


def _whole(tables: Tables, column: str, says: str, n: int, why: str, way_out: str, table="subscriptions") -> Doubt:
    return Doubt(tables.mapped(table).place, table, column, says, n, (), why, way_out)


def _starts(tables: Tables, row: pd.Series) -> list[Doubt]:
    n = int(row["n"])
    if n < _FEW:
        return []
    if row["january"] > n / 2:
        return [
            _whole(
                tables,
                "starts_on",
                "starts on 1 January",
                int(row["january"]),
                "dates that were cut to a year put every start and every cohort into one month of it",
                "export the day of the start; cohorts and months mean little without it",
            )
        ]
    starts = f"select starts_on, count(*) as n_starts from {_S} group by starts_on order by 2 desc, 1 limit 1"
    most = tables.uncut(starts).iloc[0]
    if most["n_starts"] <= 0.4 * n or most["n_starts"] < 30:
        return []
    share = formats.percent(most["n_starts"] / n, 0)
    return [
        _whole(
            tables,
            "starts_on",
            f"starts on one day, {pd.Timestamp(most['starts_on']):%Y-%m-%d} ({share} of all)",
            int(most["n_starts"]),
            "the day on which data was moved into a system is no start: every cohort begins there",
            "export the original start",
        )
    ]


def _ends(tables: Tables, row: pd.Series) -> list[Doubt]:
    n, n_ended = int(row["n"]), int(row["n_ended"])
    n_days = (pd.Timestamp(row["last_on"]) - pd.Timestamp(row["first_on"])).days if n else 0
    if n >= 50 and not n_ended and n_days >= 365:
        return [
            _whole(
                tables,
                "ends_on",
                "has no end: not one subscription ever ended",
                n,
                "an export of active subscriptions alone leaves out everybody who left, so retention would be 100%",
                "export ended subscriptions, too, and map their end",
            )
        ]
    if n_ended < _FEW or row["last_days"] <= 0.8 * n_ended:
        return []
    one_later = line(tables, "subscriptions", "ends_on", "cast({} as date) + 1")
    return [
        _whole(
            tables,
            "ends_on",
            "ends on the last day of a month",
            int(row["last_days"]),
            "`ends_on` is the first day no longer in force; a last day in force ends every account a month too early",
            f"where the last day in force is meant: {one_later}",
        )
    ]


def _other_unit(tables: Tables) -> list[Doubt]:
    """Typical MRR against that of opportunities: 12 or 100 times as much is another unit."""
    if not tables.has("opportunities"):
        return []
    names = ("subscriptions", "opportunities")
    parts = ", ".join(
        f"{_TYPICAL.format(f'_all_{name}')} as {name}_mrr, (select count(*) from _all_{name} where mrr > 0) as {name}_n"
        for name in names
    )
    row = tables.uncut(f"select {parts}").iloc[0]
    if min(row[f"{name}_n"] for name in names) < _FEW:
        return []
    low, high = sorted(names, key=lambda name: float(row[f"{name}_mrr"]))
    times = float(row[f"{high}_mrr"]) / float(row[f"{low}_mrr"])
    if times < 8:
        return []
    by, unit = (12, "a year's amount") if times < 30 else (100, "an amount in cents")
    divided = line(tables, high, "mrr", f"cast({{}} as decimal(18, 4)) / {by}")
    return [
        _whole(
            tables,
            "mrr",
            f"is typically {times:.0f} times that of {low}: it looks like {unit}",
            int(row[f"{high}_n"]),
            "revenue and pipeline are compared and added up as amounts a month",
            f"bring it to a month's amount under [tables.{high}.columns]: {divided}",
            high,
        )
    ]


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
    name, column = ("subscriptions", "mrr") if "subscriptions" in tables.names else ("invoices", "amount")
    return [
        Doubt(
            tables.mapped(name).place,
            name,
            column,
            f"net revenue retention is {nrr} in {tables.period}",
            0,
            rows,
            "a base that more than doubles in a year is rare; amounts in two units or terms counted twice look like that",
            "check the accounts above: unit of the amounts, overlapping terms, ids that changed",
        )
    ]
