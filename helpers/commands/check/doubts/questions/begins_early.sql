-- table: invoices
-- column: service_starts_on
-- columns: service_starts_on, service_ends_on
-- says: service from before the month of the first invoice, [begins]
-- why: the report begins there, with [n_before] of the accounts; whoever else was a customer by then is taken for new
--   later
-- fix: export earlier invoices, too; or let service begin with the export, under [tables.invoices.columns]:
--   <service_starts_on = greatest(cast({} as date), date '[begins]')>
-- Where most are served before the first invoice, lines are invoiced in arrears: the first month is as whole as any.
select invoice_id, line_id, account_id, service_starts_on, invoiced_on, begins as _begins, n_before as _n_before
from _all_invoices cross join (
    select begins, count(distinct case when first_day < begins then account_id end) as n_before,
        count(distinct case when first_day >= begins and first_day < next_month
            or first_day >= begins and service_ends_on >= next_month then account_id end) as n_then
    from (select account_id, service_ends_on, coalesce(service_starts_on, invoiced_on) as first_day, begins,
            cast(begins + interval '1' month as date) as next_month
        from _all_invoices cross join (
            select cast(date_trunc('month', min(invoiced_on)) as date) as begins from _all_invoices) as f
        where amount > 0 and {recurring}) as s
    group by begins) as t
where service_starts_on < begins and n_before > 0 and 2 * n_before < n_then
