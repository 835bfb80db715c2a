-- One row per account that has ever paid, as of {last_month}: when it came, when it was first lost, and what it pays.
-- Months are integers: year × 12 + month − 1. Of every {every}th account in order of account_id, the {part}th of them.
select
    account_id,
    min(cohort_no) as start_no,
    min(case when closing_cents = 0 then month_no end) as lost_no,
    cast(sum(change_cents) as bigint) as mrr_cents
from _levels
where month_no <= {last_month}
    and account_id in (select account_id from _places where mod(place, {every}) = {part})
group by account_id
order by account_id
