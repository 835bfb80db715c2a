"""Doubts about invoice lines: service from before the export, and credits that find nothing to be set against."""

from helpers import formats, periods
from helpers.commands.check.doubts.core import Doubt, Question, asked, line
from helpers.ledger import invoices
from helpers.sources import Tables

_MONTH = "cast(extract(year from {0}) as integer) * 12 + cast(extract(month from {0}) as integer)"
_RECURRING = "(kind is null or kind not in ('one_time', 'tax'))"


def questions() -> list[Question]:
    """What is asked of the lines, one by one."""
    rows = f"""select invoice_id, line_id, account_id, amount from _all_invoices as credit
        where amount < 0 and product is null and {_RECURRING}
            and exists (select 1 from _all_invoices as o where o.account_id = credit.account_id and o.amount > 0
                and o.product is not null)
            and not exists (select 1 from _all_invoices as o where o.account_id = credit.account_id and o.amount > 0
                and o.product is null)"""
    return [
        Question(
            "invoices",
            "product",
            rows,
            "a credit without a product, at an account whose lines all have one",
            "a credit is set against lines of its own product, so this one takes nothing from MRR",
            "fill in the product of the credit; or take out the line that maps `product`, and all lines of an account "
            "are one",
            columns=("product",),
        )
    ]


def whole_table(tables: Tables) -> list[Doubt]:
    """Doubts that no single line shows: billed in arrears, a last day served as a first day not, an early beginning."""
    if "invoices" not in tables.names or {"service_starts_on", "service_ends_on"} & tables.mapped("invoices").absent:
        return []
    late = f"amount > 0 and {_RECURRING} and invoiced_on >= service_ends_on"
    to_month = "extract(day from service_starts_on) = 1 and extract(day from service_ends_on + interval '1' day) = 1"
    row = tables.uncut(f"""select count(*) as n, count(case when 2 * n_late >= n_lines then 1 end) as n_late,
        sum(n_lines) as n_lines, sum(n_to_month) as n_to_month
        from (select account_id, count(*) as n_lines, count(case when {late} then 1 end) as n_late,
            count(case when {to_month} then 1 end) as n_to_month
            from _all_invoices where service_ends_on is not null and amount > 0 and {_RECURRING} group by account_id
        ) as a""").iloc[0]
    found = []
    if row["n_late"] > invoices.LATE_SHARE * row["n"]:
        found.append(_late(tables, late, int(row["n_late"]), int(row["n"])))
    if row["n_to_month"] > row["n_lines"] / 2:
        found.append(_last_days(tables, to_month))
    return asked(tables, found) + _begins_early(tables)


def _late(tables: Tables, late: str, n_late: int, n: int) -> Question:
    served = tables.mapped("invoices").columns["service_starts_on"]
    sold = line(tables, "invoices", "invoiced_on", f"least(cast({{}} as date), cast({served} as date))")
    return Question(
        "invoices",
        "invoiced_on",
        f"select invoice_id, line_id, account_id, service_ends_on, invoiced_on from _all_invoices where {late}",
        f"dated after the service; {n_late:,} of {formats.plural(n, 'account')} are mostly billed so",
        "a line is known from its date on: at the end of a month what is billed in arrears for it is not known, and "
        "these customers look gone",
        f"let a line be known from the day its service was sold, under [tables.invoices.columns]: {sold}",
    )


def _last_days(tables: Tables, to_month: str) -> Question:
    after = line(tables, "invoices", "service_ends_on", "cast({} as date) + 1")
    return Question(
        "invoices",
        "service_ends_on",
        f"select invoice_id, line_id, service_starts_on, service_ends_on from _all_invoices where {to_month}",
        "served from a month's first day to a month's last",
        "`service_ends_on` is the first day no longer served; where the last day served is meant, every line counts a "
        "month too few",
        f"map it to the day after, under [tables.invoices.columns]: {after}",
    )


def _begins_early(tables: Tables) -> list[Doubt]:
    """A few customers are served in months before the first invoice: there the report begins, and all others are new.

    Where most of them are, lines are invoiced in arrears, and the first month is as whole as any.
    """
    begun, ended = _MONTH.format("coalesce(service_starts_on, invoiced_on)"), _MONTH.format("service_ends_on")
    counts = f"""select min(no) as no, count(distinct case when {begun} < no then account_id end) as n_before,
            count(distinct case when {begun} <= no and ({begun} = no or {ended} > no) then account_id end) as n_then
        from _all_invoices cross join (select {_MONTH.format("min(invoiced_on)")} as no from _all_invoices) as f
        where amount > 0 and {_RECURRING}"""
    row = tables.uncut(counts).iloc[0]
    if not 0 < 2 * row["n_before"] < row["n_then"]:
        return []
    month, begins = _MONTH.format("service_starts_on"), periods.month_start(int(row["no"]) - 1).isoformat()
    later = line(tables, "invoices", "service_starts_on", f"greatest(cast({{}} as date), date '{begins}')")
    question = Question(
        "invoices",
        "service_starts_on",
        "select invoice_id, line_id, account_id, service_starts_on, invoiced_on from _all_invoices "
        f"where {month} < {row['no']}",
        f"service from before the month of the first invoice, {begins[:7]}",
        f"the report begins there, with {formats.plural(int(row['n_before']), 'account')}; whoever else was a customer "
        "by then is taken for new later",
        f"export earlier invoices, too; or let service begin with the export, under [tables.invoices.columns]: {later}",
    )
    return asked(tables, [question])
