-- One row an account and month in which its MRR changed, up to {last_month}: the MRR before and after, and the movement.
-- Of every {every}th account in order of account_id. Grows with changes. Months are integers: year × 12 + month − 1.
select
    l.account_id,
    a.name,
    a.segment,
    l.month_no,
    l.cohort_no,
    l.closing_cents - l.change_cents as opening_cents,
    l.closing_cents,
    l.movement
from _levels as l
join accounts as a on a.account_id = l.account_id
join _places as p on p.account_id = l.account_id
where l.month_no <= {last_month} and mod(p.place, {every}) = 0
order by l.account_id, l.month_no
