-- One row an account and month in which it was lost, after {opening_month} and up to {last_month}: its MRR before.
-- Months are integers: year × 12 + month − 1.
select account_id, month_no, closing_cents - change_cents as opening_cents, movement
from _levels
where movement = 'churn' and month_no > {opening_month} and month_no <= {last_month}
order by account_id, month_no
