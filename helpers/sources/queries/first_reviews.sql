-- The first value review held with each account, in the days after it first paid.
-- Of every {every}th account in order of account_id, the {part}th of them.
select c.account_id, min(c.touched_on) as first_review_on
from touches as c
join _starts as t on t.account_id = c.account_id
where c.stage = 'value_review' and c.touched_on >= t.first_paid_on
    and c.account_id in (select account_id from _places where mod(place, {every}) = {part})
group by c.account_id
order by c.account_id
