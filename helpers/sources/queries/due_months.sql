-- The months in which a term of each account is up for renewal. Months are integers: year × 12 + month − 1.
-- Of every {every}th account in order of account_id.
select distinct
    account_id,
    cast(extract(year from renews_on) as integer) * 12 + cast(extract(month from renews_on) as integer) - 1 as month_no
from subscriptions
where renews_on is not null and account_id in (select account_id from _places where mod(place, {every}) = 0)
order by account_id, month_no
