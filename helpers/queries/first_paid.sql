-- One row per account that has ever paid: its first paid day.
select account_id, min(starts_on) as paid_on
from subscriptions
where mrr > 0
group by account_id
order by account_id
