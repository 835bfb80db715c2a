-- table: invoices
-- column: invoiced_on
-- at_least: 2
-- says: comes [days] days after the invoice before it, but not often enough to be read as a cycle
-- why: billed every [days] days, some months have two invoices and some have none, so MRR jumps though nothing changed;
--   it is amount × 365 ÷ 12 ÷ [days]
-- fix: map the service period of each line, or the product, so that the lines of one subscription can be seen; or export
--   subscriptions with mrr = amount × 365 ÷ 12 ÷ [days]
select account_id, served_from, line_before, days as _days from (
    select *, count(case when is_odd = 1 and days in (7, 14, 28, 30) then 1 end) over () as n_odd, count(*) over () as n,
        case when days = lag(days) over chain and days = lag(days, 2) over chain and is_odd + lag(is_odd) over chain
            + lag(is_odd, 2) over chain = 3 then 1 end as is_third
    from (
        select *, case when billed_by = 'months' and extract(day from served_from) <> extract(day from line_before)
                and not (extract(day from served_from + interval '1' day) = 1
                    and extract(day from line_before + interval '1' day) = 1) then 1 else 0 end as is_odd
        from (
            select account_id, product_name, served_from, served_until, billed_by,
                from_day - lag(from_day) over chain as days, lag(served_from) over chain as line_before
            from _services where line_class = 'recurring' and cents > 0
            window chain as (partition by account_id, product_name order by served_from, served_until)
        ) as lines
    ) as odd
    window chain as (partition by account_id, product_name order by served_from, served_until)
) as d
where is_odd = 1 and days >= 7 and (mod(days, 7) = 0 or mod(days, 30) = 0)
    and (is_third = 1 or days in (7, 14, 28, 30) and n_odd >= 4 and 5 * n_odd > n)
