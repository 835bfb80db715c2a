-- One row an account and month in which its MRR changed, up to {last_month}: the least from which both ends of any period
-- follow. Grows with changes. Months are integers: year × 12 + month − 1.
select
    l.account_id,
    a.segment,
    l.cohort_no,
    l.month_no,
    l.change_cents
from _levels as l
join accounts as a on a.account_id = l.account_id
where l.month_no <= {last_month}
order by l.account_id, l.month_no
