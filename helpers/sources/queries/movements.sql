-- The cube of MRR movements: one row per cohort, segment, month and movement, up to {last_month}.
-- Grows with the number of changes, never with account × month. Months are integers: year × 12 + month − 1.
select
    n.cohort_no,
    a.segment,
    n.month_no,
    n.movement,
    cast(count(*) as bigint) as n_accounts,
    cast(sum(n.change_cents) as bigint) as change_cents,
    cast(
        sum(least(n.closing_cents, n.first_cents) - least(n.closing_cents - n.change_cents, n.first_cents)) as bigint
    ) as capped_change_cents,
    cast(sum(n.is_first_loss) as bigint) as n_first_lost
from _movements as n
join accounts as a on a.account_id = n.account_id
where n.month_no <= {last_month}
group by n.cohort_no, a.segment, n.month_no, n.movement
order by n.cohort_no, a.segment, n.month_no, n.movement
