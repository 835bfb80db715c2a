-- One row per account that has ever paid: its first paid day.
-- Of every {every}th account in order of account_id.
select account_id, first_paid_on as paid_on
from _starts
where account_id in (select account_id from _places where mod(place, {every}) = 0)
order by account_id
