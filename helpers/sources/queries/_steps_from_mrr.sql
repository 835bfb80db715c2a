-- What MRR by month adds and takes: each row is two steps, +MRR in its month and −MRR in the month of the next reading,
-- where there is one. So two months alike are no change, a month without a row is churn, and what is paid in the last
-- month that is known goes on. Months are integers: year × 12 + month − 1.
with numbered as (
    select
        account_id,
        coalesce(product, '') as product_name,
        month,
        cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1 as month_no,
        cast(round(mrr, 2) * 100 as bigint) as cents
    from {mrr}
)
select account_id, product_name, month_no, month as day, cents
from numbered
where cents <> 0
union all
select
    account_id,
    product_name,
    month_no + {step} as month_no,
    make_date(
        cast((month_no + {step} - mod(month_no + {step}, 12)) / 12 as integer), mod(month_no + {step}, 12) + 1, 1
    ) as day,
    -cents as cents
from numbered
where cents <> 0 and month_no + {step} <= (select max(month_no) from numbered)
