-- Changes of MRR after the end of {opening_month} and up to {closing_month}, one row an account and month, with the MRR
-- before and after; and one row, `unchanged`, for every account in force at the end of {opening_month} without a change.
-- Grows with accounts and changes, never with account × month. Months are integers: year × 12 + month − 1.
with netted as (
    select account_id, month_no, cast(sum(cents) as bigint) as change_cents
    from _events
    where month_no <= {closing_month}
    group by account_id, month_no
    having sum(cents) <> 0
),
levels as (
    select
        account_id,
        month_no,
        change_cents,
        cast(sum(change_cents) over up_to_now as bigint) as level_cents,
        min(month_no) over (partition by account_id) as cohort_no,
        max(month_no) over (partition by account_id) as latest_no
    from netted
    window up_to_now as (partition by account_id order by month_no rows between unbounded preceding and current row)
)
select
    l.account_id,
    a.name,
    a.segment,
    case when l.month_no > {opening_month} then l.month_no else {opening_month} end as month_no,
    case when l.month_no > {opening_month} then l.level_cents - l.change_cents else l.level_cents end as opening_cents,
    l.level_cents as closing_cents,
    case
        when l.month_no <= {opening_month} then 'unchanged'
        when l.month_no = l.cohort_no then 'new'
        when l.level_cents = l.change_cents then 'reactivation'
        when l.level_cents = 0 then 'churn'
        when l.change_cents > 0 then 'expansion'
        else 'contraction'
    end as movement
from levels as l
join accounts as a on a.account_id = l.account_id
where l.month_no > {opening_month} or (l.month_no = l.latest_no and l.level_cents > 0)
order by l.account_id, l.month_no
