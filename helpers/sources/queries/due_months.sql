-- The months in which a term of each account is up for renewal, as known at the end of {last_month}; the length of the term
-- (stated, or as in lifetimes.sql to the nearest month from the first row with that renewal; 0 = not known); and the month up
-- to which it is renewed for the same term. That is one term after {until} where the row has no end or the renewal is still to
-- come, as long as nobody says otherwise; else the row's last month. A row that ended before its renewal was never up for it.
-- Where only the length is stated, terms count from the subscription's first day. Months are integers: year × 12 + month − 1.
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
),
due as (
    select
        account_id,
        month_no,
        greatest(coalesce(max(term_months), month_no - min(start_no)), 0) as n_months,
        max(coalesce(end_no, month_no)) as end_no,
        case when month_no > {last_month} then 1 else max(is_open) end as is_open
    from terms
    group by account_id, month_no
),
-- A term of 11 or 13 months is a year whose ends were counted differently.
rounded as (
    select
        account_id,
        month_no,
        case when n_months >= 11 and mod(n_months + 1, 12) <= 2 then n_months + 1 - mod(n_months + 1, 12) else n_months
        end as term,
        end_no,
        is_open
    from due
    where is_open = 1 or end_no >= month_no
)
select
    account_id,
    cast(month_no as bigint) as month_no,
    cast(term as bigint) as term,
    cast(case when is_open = 1 then {until} + term else end_no end as bigint) as until_no
from rounded
order by account_id, month_no
