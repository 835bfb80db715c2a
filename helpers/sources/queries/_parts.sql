-- The lines that bill a part of a period, after _lines, with what they are worth a month: base_cents × times ÷ parts.
-- The rest of a period that is billed already (it ends with a line that began earlier, on another day of the month) is
-- worth its amount × the days of the period ÷ its own. That makes up to a month of the half cent by which an amount was
-- rounded. So where the parts of a period come, by no more than that, to what the next line is more, to nothing, or to
-- all that the period's own line is worth, they are worth that to the cent: the last of them takes what is left.
-- The rest that begins on the same day of the month is billed by months, unless the parts agree so only by days.
-- One part of a month also is what the next line is more where the two agree within a tenth (months of 30 days).
-- Where the next line says what is paid from then on, and the parts agree with none of it, or come to nothing though it
-- goes on, they are unlike it.
-- The part before a first full period, of the same price a day within a tenth, is worth what the full one is, a month; it
-- is shorter than a month, or ends on a day of the month that no anchor at its start comes to (31 January, 28 February).
with served as (
    select *, end_day - from_day as days, end_no - from_no as n_months
    from _lines
    where line_class = 'recurring' and end_day > from_day
),
-- Each period's own line: the first above 0 of those that end with it.
begun as (
    select account_id, product_name, service_ends_on, min(from_day) as from_day
    from served
    where cents > 0
    group by 1, 2, 3
),
nexts as (
    select account_id, product_name, served_from, min(n_months) as next_months, min(days) as next_days,
        case when count(*) = 1 then min(cents) end as next_cents
    from served
    where cents > 0 and days >= 28
    group by 1, 2, 3
),
short as (
    select s.account_id, s.product_name, s.served_from, s.service_ends_on, s.from_day, s.cents, s.days,
        o.days as full_days, o.n_months as full_months, o.cents as full_cents,
        n.next_cents, n.next_months, n.next_days,
        extract(day from s.served_from) = extract(day from s.service_ends_on) as is_of_months,
        cast(o.days as bigint) as times, cast(s.days as bigint) * o.n_months as parts
    from served as s
    left join begun as b on b.account_id = s.account_id and b.product_name = s.product_name
        and b.service_ends_on = s.service_ends_on and b.from_day < s.from_day
    left join served as o on o.account_id = b.account_id and o.product_name = b.product_name
        and o.service_ends_on = b.service_ends_on and o.from_day = b.from_day
    left join nexts as n on n.account_id = s.account_id and n.product_name = s.product_name
        and n.served_from = s.service_ends_on
    where o.n_months >= 1
        or o.days is null and s.cents > 0 and n.next_months >= 1
        and extract(day from s.served_from) <> extract(day from s.service_ends_on)
        and (s.days < 28 or abs(extract(day from s.service_ends_on) - extract(day from s.served_from)) > 3)
        and 10 * abs(s.cents * n.next_days - n.next_cents * s.days) <= n.next_cents * s.days
),
-- By the month, in whole cents: a part, at most how far it is off, the period's own line, and the change to the next.
monthly as (
    select *,
        case when cents < 0 then -1 else 1 end
        * cast((2 * abs(cents) * times + parts - mod(2 * abs(cents) * times + parts, 2 * parts)) / (2 * parts) as bigint)
        as part_cents,
        cast((times + parts - 1 - mod(times + parts - 1, parts)) / parts as bigint) as off_cents,
        cast((2 * full_cents + full_months - mod(2 * full_cents + full_months, 2 * full_months)) / (2 * full_months)
            as bigint) as own_cents,
        case when next_months = full_months then
            cast((2 * next_cents + full_months - mod(2 * next_cents + full_months, 2 * full_months)) / (2 * full_months)
                as bigint) end as then_cents
    from short
),
added as (
    select *,
        cast(sum(part_cents) over period as bigint) as sum_cents,
        cast(sum(off_cents) over period as bigint) as most_off,
        count(*) over period as n_parts,
        lead(from_day) over (partition by account_id, product_name, service_ends_on order by from_day) as later_day
    from monthly
    window period as (partition by account_id, product_name, service_ends_on)
),
agreed as (
    select *,
        case
            when abs(sum_cents - (then_cents - own_cents)) <= most_off
                or n_parts = 1 and full_months = 1 and 10 * abs((then_cents - own_cents) * days - cents * full_days)
                <= abs(then_cents - own_cents) * days + 10 * (full_days + days) then then_cents - own_cents
            when abs(sum_cents + own_cents) <= most_off then -own_cents
            when n_parts > 1 and abs(sum_cents) <= most_off then 0
        end as all_cents
    from added
)
select
    account_id,
    product_name,
    served_from,
    service_ends_on,
    case
        when full_days is null then next_cents
        when all_cents is not null and later_day is null then all_cents - (sum_cents - part_cents)
        else cents
    end as base_cents,
    case when full_days is null or all_cents is not null and later_day is null then 1 else times end as times,
    case when full_days is null then next_months when all_cents is not null and later_day is null then 1 else parts end
    as parts,
    case when full_days is null or then_cents is null or all_cents is not null and all_cents <> -own_cents then 'part'
        else 'unlike' end as billed_by
from agreed
where not is_of_months or all_cents is not null
