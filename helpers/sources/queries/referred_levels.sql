-- The ledger of the accounts that an advocate referred, up to {last_month}: one row an account and month in which its MRR
-- changed. Months are integers: year × 12 + month − 1.
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
where l.month_no <= {last_month} and l.account_id in (select referred_account_id from advocacy)
order by l.account_id, l.month_no
