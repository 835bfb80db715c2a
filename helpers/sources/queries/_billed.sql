-- What an account pays a month by product: one row a month in which it changed, after _steps. Steps of a product add up,
-- credits (below 0) are set against the rest month by month. level_cents is what is paid from month_no up to next_no, and
-- may be below 0: what a credit takes beyond that is no MRR, and is reconciled by itself.
select
    account_id,
    product_name,
    month_no,
    lead(month_no) over (partition by account_id, product_name order by month_no) as next_no,
    changed_on,
    lead(changed_on) over (partition by account_id, product_name order by month_no) as next_on,
    cast(sum(cents) over (
        partition by account_id, product_name order by month_no rows between unbounded preceding and current row
    ) as bigint) as level_cents
from (
    select
        account_id,
        product_name,
        month_no,
        coalesce(min(case when cents > 0 then day end), min(day)) as changed_on,
        cast(sum(cents) as bigint) as cents
    from _steps
    group by account_id, product_name, month_no
    having sum(cents) <> 0
) as netted
