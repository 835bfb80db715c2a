-- The months in which a term of each account is up for renewal, the length of the term (as in lifetimes.sql: to the
-- nearest month, from the first row with that renewal), the last month of the row, and whether the row runs on beyond
-- its renewal without an end. Months are integers: year × 12 + month − 1. Of every {every}th account in order of account_id.
with dated as (
    select
        account_id,
        cast(extract(year from renews_on) as integer) * 12 + cast(extract(month from renews_on) as integer) - 1 as month_no,
        cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1
        - case
            when extract(day from renews_on) - extract(day from starts_on) >= 15 then 1
            when extract(day from starts_on) - extract(day from renews_on) >= 15 then -1
            else 0
        end as start_no,
        cast(extract(year from ends_on) as integer) * 12 + cast(extract(month from ends_on) as integer) - 1 as end_no,
        case when ends_on is null then 1 else 0 end as is_open
    from subscriptions
    where renews_on is not null and account_id in (select account_id from _places where mod(place, {every}) = 0)
)
select
    account_id,
    month_no,
    cast(month_no - min(start_no) as integer) as n_months,
    cast(max(coalesce(end_no, month_no)) as integer) as until_no,
    max(is_open) as is_open
from dated
group by account_id, month_no
order by account_id, month_no
