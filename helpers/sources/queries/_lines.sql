-- Invoice lines, those of one account, product, class and service period added up, with the month and the day of each end
-- as whole numbers, and the start of the next line above 0. A day's number counts from March of the year 0.
with summed as (
    select
        account_id,
        coalesce(product, '') as product_name,
        case when kind in ('one_time', 'tax') then kind else 'recurring' end as line_class,
        coalesce(service_starts_on, invoiced_on) as served_from,
        service_ends_on,
        cast(round(sum(amount), 2) * 100 as bigint) as cents
    from {invoices}
    group by 1, 2, 3, 4, 5
),
monthly as (
    select
        *,
        cast(extract(year from served_from) as integer) * 12 + cast(extract(month from served_from) as integer) - 1
        as from_no,
        cast(extract(year from service_ends_on) as integer) * 12
        + cast(extract(month from service_ends_on) as integer) - 1 as end_no
    from summed
),
numbered as (
    select
        *,
        cast(
            365 * floor((from_no - 2) / 12.0) + floor((from_no - 2) / 48.0) - floor((from_no - 2) / 1200.0)
            + floor((from_no - 2) / 4800.0) + floor((153 * mod(from_no - 2, 12) + 2) / 5.0) + extract(day from served_from)
        as integer) as from_day,
        cast(
            365 * floor((end_no - 2) / 12.0) + floor((end_no - 2) / 48.0) - floor((end_no - 2) / 1200.0)
            + floor((end_no - 2) / 4800.0) + floor((153 * mod(end_no - 2, 12) + 2) / 5.0) + extract(day from service_ends_on)
        as integer) as end_day
    from monthly
)
select
    *,
    lead(from_day) over up_from_here as next_day,
    lead(served_from) over up_from_here as next_from
from numbered
window up_from_here as (
    partition by account_id, product_name, line_class, case when cents > 0 then 1 else 0 end
    order by from_day, end_day, cents
)
