-- What invoice lines bill, for which months, in whole cents: one row per account, product, class and service period; the
-- lines of one are added up first, then rounded to a cent. Months are integers: year × 12 + month − 1.
-- Service months are whole calendar months, from the month of the first day served up to, not including, that of the
-- first day no longer served, and at least one. monthly_cents is the amount by them, to the nearest cent (half away from
-- zero), in whole numbers throughout: a quotient of decimals is a float on one engine and none on another.
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
dated as (
    select
        account_id,
        product_name,
        line_class,
        served_from,
        service_ends_on,
        cast(extract(year from served_from) as integer) * 12 + cast(extract(month from served_from) as integer) - 1
        as from_no,
        cast(extract(year from service_ends_on) as integer) * 12
        + cast(extract(month from service_ends_on) as integer) - 1 as end_no,
        cents
    from summed
),
counted as (
    select
        account_id,
        product_name,
        line_class,
        served_from,
        case
            when end_no > from_no then service_ends_on
            else make_date(cast((from_no + 1 - mod(from_no + 1, 12)) / 12 as integer), mod(from_no + 1, 12) + 1, 1)
        end as served_until,
        from_no,
        case when end_no > from_no then end_no else from_no + 1 end as until_no,
        case when end_no > from_no then end_no - from_no else 1 end as n_months,
        cents
    from dated
)
select
    account_id,
    product_name,
    line_class,
    served_from,
    served_until,
    from_no,
    until_no,
    cents,
    case
        when n_months = 1 then cents
        else case when cents < 0 then -1 else 1 end * cast(
            (2 * abs(cents) + n_months - mod(2 * abs(cents) + n_months, 2 * n_months)) / (2 * n_months) as bigint
        )
    end as monthly_cents
from counted
