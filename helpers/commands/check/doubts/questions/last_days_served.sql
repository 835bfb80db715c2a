-- table: invoices
-- column: service_ends_on
-- columns: service_starts_on, service_ends_on
-- says: served from a month's first day to a month's last
-- why: `service_ends_on` is the first day no longer served; where the last day served is meant, every line counts a
--   month too few
-- fix: map it to the day after, under [tables.invoices.columns]: <service_ends_on = cast({} as date) + 1>
select invoice_id, line_id, service_starts_on, service_ends_on from _all_invoices cross join (
    select count(*) as n, sum(case when extract(day from service_starts_on) = 1
        and extract(day from service_ends_on + interval '1' day) = 1 then 1 else 0 end) as n_whole
    from _all_invoices where service_ends_on is not null and amount > 0 and {recurring}) as t
where extract(day from service_starts_on) = 1 and extract(day from service_ends_on + interval '1' day) = 1
    and 2 * n_whole > n
