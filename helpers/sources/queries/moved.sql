-- Accounts that pay at the end of {opening_month} or of {closing_month}, with their MRR at both, most changed first.
-- Months are integers: year × 12 + month − 1.
with levels as (
    select
        account_id,
        min(cohort_no) as cohort_no,
        cast(sum(case when month_no <= {opening_month} then change_cents else 0 end) as bigint) as opening_cents,
        cast(sum(change_cents) as bigint) as closing_cents
    from _levels
    where month_no <= {closing_month}
    group by account_id
)
select
    l.account_id,
    a.name,
    a.segment,
    l.opening_cents,
    l.closing_cents,
    l.closing_cents - l.opening_cents as change_cents,
    case
        when l.closing_cents = l.opening_cents then 'unchanged'
        when l.opening_cents = 0 and l.cohort_no > {opening_month} then 'new'
        when l.opening_cents = 0 then 'reactivation'
        when l.closing_cents = 0 then 'churn'
        when l.closing_cents > l.opening_cents then 'expansion'
        else 'contraction'
    end as movement
from levels as l
join accounts as a on a.account_id = l.account_id
where l.opening_cents > 0 or l.closing_cents > 0
order by abs(l.closing_cents - l.opening_cents) desc, l.account_id
limit {limit}
