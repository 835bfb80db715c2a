-- One row per account that has ever paid, as of {last_month}: when it came, when it was first lost, what it pays, and
-- what it paid and how often it was lost in the 12 months that end then. Months are integers: year × 12 + month − 1.
select
    a.account_id,
    a.segment,
    a.acquisition_source,
    min(l.cohort_no) as cohort_no,
    min(case when l.closing_cents = 0 then l.month_no end) as first_lost_no,
    cast(sum(l.change_cents) as bigint) as mrr_cents,
    -- A change counts in each of the 12 opening months that it is part of.
    cast(sum(l.change_cents * ({last_month} - greatest(l.month_no, {last_month} - 12))) as bigint) as window_cents,
    cast(sum(case when l.closing_cents = 0 and l.month_no > {last_month} - 12 then 1 else 0 end) as bigint) as n_losses
from _levels as l
join accounts as a on a.account_id = l.account_id
where l.month_no <= {last_month}
group by a.account_id, a.segment, a.acquisition_source
order by a.account_id
