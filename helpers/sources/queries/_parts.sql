-- The lines that bill a part of a period, after _lines, with what they are worth a month: base_cents × times ÷ parts.
-- The rest of a period that is billed already (it ends with a line that began earlier, on another day of the month) is
-- worth its amount × the days of the period ÷ its own. Where the next line says what is paid from its end on, and the two
-- agree within a tenth (months of 30 days, rounding), it is what that line is more; where they do not, it is unlike it.
-- The part before a first full period, of the same price a day within a tenth, is worth what the full one is, a month; it
-- is shorter than a month, or ends on a day of the month that no anchor at its start comes to (31 January, 28 February).
with short as (
    select *
    from _lines
    where line_class = 'recurring' and end_day > from_day
        and extract(day from served_from) <> extract(day from service_ends_on)
),
billed as (
    select
        s.account_id,
        s.product_name,
        s.served_from,
        s.service_ends_on,
        min(s.cents) as cents,
        min(s.end_day - s.from_day) as days,
        min(s.end_day) - min(b.from_day) as full_days,
        min(s.end_no) - min(b.from_no) as full_months,
        case when count(b.cents) = 1 then min(b.cents) end as full_cents
    from short as s
    left join _lines as b on b.line_class = 'recurring' and b.cents > 0 and b.account_id = s.account_id
        and b.product_name = s.product_name and b.service_ends_on = s.service_ends_on and b.from_day < s.from_day
    group by 1, 2, 3, 4
),
followed as (
    select
        b.account_id,
        b.product_name,
        b.served_from,
        b.service_ends_on,
        min(b.cents) as cents,
        min(b.days) as days,
        min(b.full_days) as full_days,
        min(b.full_months) as full_months,
        min(b.full_cents) as full_cents,
        case when count(n.cents) = 1 then min(n.cents) end as next_cents,
        min(n.end_no - n.from_no) as next_months,
        min(n.end_day - n.from_day) as next_days
    from billed as b
    left join _lines as n on n.line_class = 'recurring' and n.cents > 0 and n.account_id = b.account_id
        and n.product_name = b.product_name and n.served_from = b.service_ends_on and n.end_day - n.from_day >= 28
    group by 1, 2, 3, 4
),
compared as (
    select
        *,
        coalesce(full_months = 1 and next_months = 1
            and 10 * abs((next_cents - full_cents) * days - cents * full_days)
            <= abs(next_cents - full_cents) * days + 10 * (full_days + days), false) as is_more
    from followed
)
select
    account_id,
    product_name,
    served_from,
    service_ends_on,
    case when full_days is null then next_cents when is_more then next_cents - full_cents else cents end as base_cents,
    case when full_days is null or is_more then 1 else full_days end as times,
    case when full_days is null then next_months when is_more then 1 else days * full_months end as parts,
    case when full_days is null or is_more or next_cents is null or next_months <> full_months then 'part'
        else 'unlike' end as billed_by
from compared
where full_days is not null and full_months >= 1
    or full_days is null and cents > 0 and next_months >= 1
    and (days < 28 or abs(extract(day from service_ends_on) - extract(day from served_from)) > 3)
    and 10 * abs(cents * next_days - next_cents * days) <= next_cents * days
