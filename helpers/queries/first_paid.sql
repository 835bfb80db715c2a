-- One row per account that has ever paid: its first paid day.
select account_id, first_paid_on as paid_on
from _starts
order by account_id
