"""Doubts about invoice lines: service from before the export, and credits that find nothing to be set against."""

from helpers import formats
from helpers.doubts.core import Doubt, Question, doubt, line
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
            "invoices", "product", rows, "a credit without a product, at an account whose lines all have one",
            "a credit is set against lines of its own product, so this one takes nothing from MRR",
            "fill in the product of the credit; or take out the line that maps `product`, and all lines of an account "
            "are one", columns=("product",),
        )
    ]  # fmt: skip


def begins_early(tables: Tables) -> list[Doubt]:
    """A few customers are served in months before the first invoice: there the report begins, and all others are new.

    Where most of them are, lines are invoiced in arrears, and the first month is as whole as any.
    """
    if "invoices" not in tables.names or "service_starts_on" in tables.mapped("invoices").absent:
        return []
    begun, ended = _MONTH.format("coalesce(service_starts_on, invoiced_on)"), _MONTH.format("service_ends_on")
    counts = f"""select min(no) as no, count(distinct case when {begun} < no then account_id end) as n_before,
            count(distinct case when {begun} <= no and ({begun} = no or {ended} > no) then account_id end) as n_then
        from _all_invoices cross join (select {_MONTH.format("min(invoiced_on)")} as no from _all_invoices) as f
        where amount > 0 and {_RECURRING}"""
    row = tables.uncut(counts).iloc[0]
    if not 0 < 2 * row["n_before"] < row["n_then"]:
        return []
    month = _MONTH.format("service_starts_on")
    day = tables.uncut("select min(invoiced_on) as day from _all_invoices")["day"].iloc[0]
    begins = f"{day:%Y-%m}-01"
    later = line(tables, "invoices", "service_starts_on", f"greatest(cast({{}} as date), date '{begins}')")
    question = Question(
        "invoices", "service_starts_on",
        "select invoice_id, line_id, account_id, service_starts_on, invoiced_on from _all_invoices "
        f"where {month} < {row['no']}",
        f"service from before the month of the first invoice, {begins[:7]}",
        f"the report begins there, with {formats.plural(int(row['n_before']), 'account')}; whoever else was a customer "
        "by then is taken for new later",
        f"export earlier invoices, too; or let service begin with the export, under [tables.invoices.columns]: {later}",
    )  # fmt: skip
    n = tables.uncut(f"select count(*) as n from ({question.rows}) as found")["n"].iloc[0]
    return [doubt(tables, question, int(n))]
