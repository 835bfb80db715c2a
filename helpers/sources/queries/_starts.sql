-- One row per account that has ever paid: its first paid day; a free trial (0) is not paid.
-- Every query that names _starts gets this in front of it.
select account_id, min(starts_on) as first_paid_on
from subscriptions
where mrr > 0
group by account_id
