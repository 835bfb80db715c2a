-- The accounts with which a value review was held in the first {days} days after they first paid.
-- Of every {every}th account in order of account_id, the {part}th of them.
select distinct c.account_id
from touches as c
join _starts as t on t.account_id = c.account_id
where c.stage = 'value_review' and c.touched_on >= t.first_paid_on and c.touched_on <= t.first_paid_on + {days}
    and c.account_id in (select account_id from _places where mod(place, {every}) = {part})
order by c.account_id
