-- What invoice lines bill, for which months, in whole cents: one row per account, product, class and service period; the
-- lines of one are added up first, then rounded to a cent. Months are integers: year × 12 + month − 1.
-- Service months are whole calendar months, from the month of the first day served up to, not including, that of the
-- first day no longer served, and at least one. A cycle of days (_cycles) and a part of a period count in the months at
-- whose end they are served, which may be none.
-- monthly_cents = base_cents × times ÷ parts, to the nearest cent (half away from zero), in whole numbers throughout: a
-- quotient of decimals is a float on one engine and none on another. By months it is the amount ÷ its months; of a cycle
-- the amount × 365 ÷ (12 × its days); of the rest of a period the amount × the days of the period ÷ its own.
with priced as (
    select
        l.account_id,
        l.product_name,
        l.line_class,
        l.served_from,
        l.service_ends_on,
        l.from_day,
        l.from_no,
        l.end_no,
        l.cents,
        case when c.days is not null then 'cycle' else coalesce(p.billed_by, 'months') end as billed_by,
        c.days as cycle_days,
        case when l.end_no > l.from_no then l.end_no - l.from_no else 1 end as n_months,
        case when l.next_day < l.from_day + 1.5 * c.days then l.next_from
            else cast(l.served_from + c.days * interval '1' day as date) end as cycle_until,
        p.base_cents,
        p.times,
        p.parts
    from _lines as l
    left join _cycles as c on l.line_class = 'recurring' and l.cents > 0 and c.account_id = l.account_id
        and c.product_name = l.product_name and c.days = coalesce(l.end_day - l.from_day, c.days)
    left join _parts as p on l.line_class = 'recurring' and p.account_id = l.account_id
        and p.product_name = l.product_name and p.served_from = l.served_from
        and p.service_ends_on = l.service_ends_on
),
ended as (
    select
        *,
        case
            when billed_by in ('part', 'unlike') then service_ends_on
            when billed_by = 'cycle' then coalesce(service_ends_on, cycle_until)
            else case when end_no > from_no then service_ends_on
                else make_date(cast((from_no + 1 - mod(from_no + 1, 12)) / 12 as integer), mod(from_no + 1, 12) + 1, 1) end
        end as served_until
    from priced
),
rated as (
    select
        account_id,
        product_name,
        line_class,
        billed_by,
        cycle_days,
        served_from,
        served_until,
        from_day,
        from_no,
        cast(extract(year from served_until) as integer) * 12
        + cast(extract(month from served_until) as integer) - 1 as until_no,
        cents,
        case when billed_by in ('part', 'unlike') then base_cents else cents end as base_cents,
        case when billed_by = 'cycle' then 365 when billed_by = 'months' then 1 else times end as times,
        case when billed_by = 'cycle' then 12 * cycle_days when billed_by = 'months' then n_months else parts end as parts
    from ended
)
select
    *,
    case when base_cents < 0 then -1 else 1 end * cast(
        (2 * abs(base_cents) * times + parts - mod(2 * abs(base_cents) * times + parts, 2 * parts)) / (2 * parts) as bigint
    ) as monthly_cents
from rated
