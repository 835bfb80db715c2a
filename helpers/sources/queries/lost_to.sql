-- One row an account and month in which a subscription of its ended and somebody wrote down where it went.
-- Months are integers: year × 12 + month − 1.
select
    account_id,
    cast(extract(year from ends_on) as integer) * 12 + cast(extract(month from ends_on) as integer) - 1 as month_no,
    max(lost_to) as went_to
from subscriptions
where ends_on is not null and lost_to is not null
group by 1, 2
order by 1, 2
