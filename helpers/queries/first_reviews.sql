-- The first value review held with each account, in the days after it first paid.
with starts as (
    select account_id, min(starts_on) as first_paid_on
    from subscriptions
    where mrr > 0
    group by account_id
)
select c.account_id, min(c.touched_on) as first_review_on
from touches as c
join starts as t on t.account_id = c.account_id
where c.stage = 'value_review' and c.touched_on >= t.first_paid_on
group by c.account_id
order by c.account_id
