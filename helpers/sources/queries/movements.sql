-- The cube of MRR movements: one row per cohort, segment, month and movement, up to {last_month}.
-- Grows with the number of changes, never with account × month. Months are integers: year × 12 + month − 1.
with named as (
    select
        account_id,
        cohort_no,
        month_no,
        movement,
        change_cents,
        least(closing_cents, first_cents) - least(closing_cents - change_cents, first_cents) as capped_change_cents,
        case
            when closing_cents = 0 and 1 = sum(case when closing_cents = 0 then 1 else 0 end) over (
                partition by account_id order by month_no rows between unbounded preceding and current row
            ) then 1
            else 0
        end as is_first_loss
    from _levels
    where month_no <= {last_month}
)
select
    n.cohort_no,
    a.segment,
    n.month_no,
    n.movement,
    cast(count(*) as bigint) as n_accounts,
    cast(sum(n.change_cents) as bigint) as change_cents,
    cast(sum(n.capped_change_cents) as bigint) as capped_change_cents,
    cast(sum(n.is_first_loss) as bigint) as n_first_lost
from named as n
join accounts as a on a.account_id = n.account_id
group by n.cohort_no, a.segment, n.month_no, n.movement
order by n.cohort_no, a.segment, n.month_no, n.movement
