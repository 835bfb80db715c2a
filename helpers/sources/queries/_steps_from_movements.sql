-- What a ledger of movements adds and takes: each row is one step, below 0 where revenue falls. Their running sum is the
-- level. Months are integers: year × 12 + month − 1.
select
    account_id,
    coalesce(product, '') as product_name,
    cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1 as month_no,
    month as day,
    cast(round({signed}, 2) * 100 as bigint) as cents
from {mrr}
where mrr <> 0
