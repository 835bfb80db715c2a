-- The accounts and products that are billed every so many days, after _lines: at least three lines above 0, and four of
-- five, serve whole weeks or 30 days, 60, …, or come so many days before the next. Calendar months in a row never have
-- that many days so often; periods from a day to the same day of a month, all of them, are months. Where a customer
-- changes from days to months or back, those lines are of a cycle that follow one another with the same days, twice and
-- more, from another day of the month to another: no two calendar months do.
-- One with fewer lines is billed as its product is, where four of five lines of that are of one and the same cycle.
with lined as (
    select
        account_id,
        product_name,
        from_day,
        end_day,
        coalesce(end_day, next_day) - from_day as days,
        case when extract(day from coalesce(service_ends_on, next_from)) <> extract(day from served_from) then 1 end as is_off
    from _lines
    where line_class = 'recurring' and cents > 0
),
followed as (
    select *, case when is_off = 1 and lag(is_off) over chain = 1 and days = lag(days) over chain then 1 end
        as is_again
    from lined
    window chain as (partition by account_id, product_name order by from_day, end_day)
),
counted as (
    select account_id, product_name,
        case when days > 0 and (mod(days, 7) = 0 or mod(days, 30) = 0) then days end as days,
        count(days) as n, count(is_off) as n_off, count(is_again) as n_again,
        sum(case when end_day is null then 1 else 0 end) as n_open
    from followed
    group by 1, 2, 3
),
chains as (
    select *, sum(n) over by_product as n_lines, sum(n_open) over by_product as n_unended
    from counted
    window by_product as (partition by account_id, product_name)
),
held as (
    select *, case when n >= 3 and n_off > 0 and 5 * n >= 4 * n_lines or n_again >= 2 and n_unended = 0 then days end
        as cycle_days
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
