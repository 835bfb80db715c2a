-- table: invoices
-- column: invoiced_on
-- columns: service_starts_on, service_ends_on
-- says: dated after the service; [n_late] of [n] accounts are mostly billed so
-- why: a line is known from its date on: at the end of a month what is billed in arrears for it is not known, and
--   these customers look gone
-- fix: let a line be known from the day its service was sold, under [tables.invoices.columns]:
--   <invoiced_on = least(cast({} as date), cast({service_starts_on} as date))>
select invoice_id, line_id, account_id, service_ends_on, invoiced_on, n_late as _n_late, n as _n
from _all_invoices cross join (
    select count(*) as n, count(case when 2 * n_late >= n_lines then 1 end) as n_late from (
        select account_id, count(*) as n_lines, count(case when invoiced_on >= service_ends_on then 1 end) as n_late
        from _all_invoices where service_ends_on is not null and amount > 0 and {recurring} group by account_id) as a) as t
where amount > 0 and {recurring} and invoiced_on >= service_ends_on and n_late > {late_share} * n
