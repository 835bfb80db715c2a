-- One row per account that has begun a new use case by {last_month}: the month of the latest.
-- Months are integers: year × 12 + month − 1.
select
    account_id,
    max(cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1) as month_no
from usage
where n_new_use_cases > 0
    and cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1 <= {last_month}
group by account_id
order by account_id
