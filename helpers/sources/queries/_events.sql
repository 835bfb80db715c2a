-- Each stretch of a subscription is two events: +MRR in its first month, −MRR in the month of its end.
-- Every query that names _events gets this in front of it. Months are integers: year × 12 + month − 1.
select
    account_id,
    cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1 as month_no,
    cast(round(mrr, 2) * 100 as bigint) as cents
from subscriptions
union all
select
    account_id,
    cast(extract(year from ends_on) as integer) * 12 + cast(extract(month from ends_on) as integer) - 1 as month_no,
    -cast(round(mrr, 2) * 100 as bigint) as cents
from subscriptions
where ends_on is not null
