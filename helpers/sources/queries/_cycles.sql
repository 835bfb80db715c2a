-- The accounts and products that are billed every so many days, after _lines: at least three lines above 0, and four of
-- five, serve 7, 14, 28, 30, 56, 60, 84 or 90 days, or come so many days before the next. Calendar months in a row never
-- have that many days so often; periods from a day to the same day of a month, all of them, are months.
-- One with fewer lines is billed as its product is, where four of five lines of that are of one and the same cycle.
with lined as (
    select
        account_id,
        product_name,
        coalesce(end_day, next_day) - from_day as days,
        case when extract(day from coalesce(service_ends_on, next_from)) <> extract(day from served_from) then 1 end as is_off
    from _lines
    where line_class = 'recurring' and cents > 0
),
counted as (
    select account_id, product_name, case when days in (7, 14, 28, 30, 56, 60, 84, 90) then days end as days,
        count(days) as n, count(is_off) as n_off
    from lined
    group by 1, 2, 3
),
chains as (
    select *, sum(n) over (partition by account_id, product_name) as n_lines
    from counted
),
held as (
    select *, case when n >= 3 and n_off > 0 and 5 * n >= 4 * n_lines then days end as cycle_days
    from chains
),
products as (
    select product_name, max(cycle_days) as days
    from held
    where n_lines >= 3
    group by product_name
    having max(cycle_days) = min(cycle_days)
        and 5 * sum(case when cycle_days is not null then n else 0 end) >= 4 * sum(n)
)
select account_id, product_name, cycle_days as days
from held
where cycle_days is not null
union all
select h.account_id, h.product_name, max(p.days) as days
from held as h
join products as p on p.product_name = h.product_name
where h.n_lines < 3
group by h.account_id, h.product_name
having sum(case when h.n > 0 and coalesce(h.days, 0) <> p.days then 1 else 0 end) = 0
