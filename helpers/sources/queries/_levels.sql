-- One row an account and month in which its MRR changed: the change, the level after it, and the movement that it is.
-- Every query that names _levels gets this in front of it, after _events. What an account gains and loses within one
-- month is one change; a free trial (0) and a wash are none. Its first month is its cohort.
select
    account_id,
    month_no,
    cohort_no,
    first_cents,
    change_cents,
    closing_cents,
    case
        when month_no = cohort_no then 'new'
        when closing_cents = change_cents then 'reactivation'
        when closing_cents = 0 then 'churn'
        when change_cents > 0 then 'expansion'
        else 'contraction'
    end as movement
from (
    select
        account_id,
        month_no,
        change_cents,
        cast(sum(change_cents) over up_to_now as bigint) as closing_cents,
        min(month_no) over up_to_now as cohort_no,
        first_value(change_cents) over up_to_now as first_cents
    from (
        select account_id, month_no, cast(sum(cents) as bigint) as change_cents
        from _events
        group by account_id, month_no
        having sum(cents) <> 0
    ) as netted
    window up_to_now as (partition by account_id order by month_no rows between unbounded preceding and current row)
) as leveled
