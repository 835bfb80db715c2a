-- Use cases that each account began in the first {days} days after it first paid.
with starts as (
    select account_id, min(starts_on) as first_paid_on
    from subscriptions
    where mrr > 0
    group by account_id
)
select u.account_id, cast(sum(u.n_new_use_cases) as bigint) as n_begun
from usage as u
join starts as t on t.account_id = u.account_id
where u.month <= t.first_paid_on + {days} and u.month + interval '1' month > t.first_paid_on
group by u.account_id
order by u.account_id
