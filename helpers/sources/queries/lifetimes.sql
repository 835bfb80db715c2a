-- Customer lives, counted: accounts by segment, acquisition source, contract term, cohort and month of first loss, as of
-- {last_month}. Grows with months, not with accounts. Months are integers: year × 12 + month − 1.
-- The term is the one signed first: the longest ever signed would tell who stayed. Only where an account was there when
-- the data begins ({first_month}) is it the longest, since its first term is cut off. Within a month of whole years it is those years.
with stretches as (
    select
        account_id,
        cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1 as start_no,
        cast(extract(year from renews_on) as integer) * 12 + cast(extract(month from renews_on) as integer) - 1
        + case
            when extract(day from renews_on) - extract(day from starts_on) >= 15 then 1
            when extract(day from starts_on) - extract(day from renews_on) >= 15 then -1
            else 0
        end as renewal_no,
        term_months as stated_months
    from subscriptions
    where (renews_on is not null or term_months is not null) and mrr > 0
),
lives as (
    select
        account_id,
        min(cohort_no) as cohort_no,
        min(case when closing_cents = 0 then month_no end) as first_lost_no,
        max(case when movement = 'reactivation' then 1 else 0 end) as is_returned,
        min(first_cents) as first_cents,
        cast(sum(change_cents) as bigint) as mrr_cents
    from _levels
    where month_no <= {last_month}
    group by account_id
),
terms as (
    select
        l.account_id,
        max(coalesce(s.stated_months, s.renewal_no - s.start_no)) as n_months
    from lives as l
    join stretches as s on s.account_id = l.account_id
    where s.start_no = l.cohort_no or l.cohort_no = {first_month}
    group by l.account_id
),
named as (
    select
        a.segment,
        coalesce(a.acquisition_source, 'unknown') as source,
        case when t.n_months >= 11 and mod(t.n_months + 1, 12) <= 2 then (t.n_months + 1) - mod(t.n_months + 1, 12)
            else t.n_months
        end as term_months,
        l.cohort_no,
        l.first_lost_no,
        l.is_returned,
        l.first_cents,
        -- Whole units, so that the sum of their squares stays a whole number that every engine has.
        cast((l.first_cents - mod(l.first_cents, 100)) / 100 as bigint) as first_units,
        l.mrr_cents
    from lives as l
    join accounts as a on a.account_id = l.account_id
    left join terms as t on t.account_id = l.account_id
)
select
    segment,
    source as acquisition_source,
    term_months,
    cohort_no,
    first_lost_no,
    cast(count(*) as bigint) as n_accounts,
    cast(sum(is_returned) as bigint) as n_returned,
    cast(sum(case when mrr_cents > 0 then 1 else 0 end) as bigint) as n_in_force,
    cast(sum(mrr_cents) as bigint) as mrr_cents,
    cast(sum(first_cents) as bigint) as first_cents,
    cast(sum(first_units * first_units) as bigint) as first_squared
from named
group by segment, source, term_months, cohort_no, first_lost_no
order by segment, source, term_months, cohort_no, first_lost_no
