-- One row per account that pays at the end of {last_month}: its MRR then. Months are integers: year × 12 + month − 1.
select
    l.account_id,
    a.name,
    a.segment,
    min(l.cohort_no) as cohort_no,
    cast(sum(l.change_cents) as bigint) as mrr_cents
from _levels as l
join accounts as a on a.account_id = l.account_id
where l.month_no <= {last_month}
group by l.account_id, a.name, a.segment
having sum(l.change_cents) > 0
order by l.account_id
