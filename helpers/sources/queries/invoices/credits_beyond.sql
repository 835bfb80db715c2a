-- By month, the change of what credits take beyond the lines that they are set against: the part of each account's and
-- product's level below 0. Months are integers: year × 12 + month − 1.
select
    month_no,
    cast(sum(least(level_cents, 0) - least(level_before, 0)) as bigint) as change_cents,
    cast(sum(case when level_cents < 0 then 1 else 0 end) as bigint) as n_below
from (
    select
        month_no,
        level_cents,
        coalesce(lag(level_cents) over (partition by account_id, product_name order by month_no), 0) as level_before
    from _billed
) as stepped
where level_cents < 0 or level_before < 0
group by month_no
order by month_no
