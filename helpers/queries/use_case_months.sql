-- The months in which each account began a new use case. Months are integers: year × 12 + month − 1.
select
    account_id,
    cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1 as month_no
from usage
where n_new_use_cases > 0
order by account_id, month_no
