-- The levels of MRR, and of each whether it is the account's first loss: 1 where it falls to 0 and never did before.
-- Every query that names _movements gets this in front of it, after _levels; a run's snapshot holds it.
select
    *,
    case
        when closing_cents = 0 and 1 = sum(case when closing_cents = 0 then 1 else 0 end) over (
            partition by account_id order by month_no rows between unbounded preceding and current row
        ) then 1
        else 0
    end as is_first_loss
from _levels
