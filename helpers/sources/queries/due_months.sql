-- The months in which a term of each account is up for renewal, the length of the term (stated, or as in lifetimes.sql to
-- the nearest month from the first row with that renewal), the last month of the row, and whether the row has no end. Where
-- only the length is stated, terms count from the subscription's first day. Months are integers: year × 12 + month − 1.
-- Of every {every}th account in order of account_id, the {part}th of them.
with dated as (
    select
        account_id,
        cast(extract(year from renews_on) as integer) * 12 + cast(extract(month from renews_on) as integer) - 1 as due_no,
        cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1
        - case
            when extract(day from renews_on) - extract(day from starts_on) >= 15 then 1
            when extract(day from starts_on) - extract(day from renews_on) >= 15 then -1
            else 0
        end as start_no,
        cast(extract(year from ends_on) as integer) * 12 + cast(extract(month from ends_on) as integer) - 1 as end_no,
        case when ends_on is null then 1 else 0 end as is_open,
        min(cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1)
            over (partition by subscription_id) as first_no,
        term_months
    from subscriptions
    where (renews_on is not null or term_months is not null)
        and account_id in (select account_id from _places where mod(place, {every}) = {part})
),
terms as (
    select account_id, coalesce(due_no, first_no + term_months) as month_no, start_no, end_no, is_open, term_months
    from dated
)
select
    account_id,
    cast(month_no as integer) as month_no,
    cast(coalesce(max(term_months), month_no - min(start_no)) as integer) as n_months,
    cast(max(coalesce(end_no, month_no)) as integer) as until_no,
    max(is_open) as is_open
from terms
group by account_id, month_no
order by account_id, month_no
