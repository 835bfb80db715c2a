-- The months in which a term of each account is up for renewal. Months are integers: year × 12 + month − 1.
select distinct
    account_id,
    cast(extract(year from renews_on) as integer) * 12 + cast(extract(month from renews_on) as integer) - 1 as month_no
from subscriptions
where renews_on is not null
order by account_id, month_no
