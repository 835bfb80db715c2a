-- Use cases that each account began in the first {days} days after it first paid.
-- Of every {every}th account in order of account_id, the {part}th of them.
select u.account_id, cast(sum(u.n_new_use_cases) as bigint) as n_begun
from usage as u
join _starts as t on t.account_id = u.account_id
where u.month <= t.first_paid_on + {days} and u.month + interval '1' month > t.first_paid_on
    and u.account_id in (select account_id from _places where mod(place, {every}) = {part})
group by u.account_id
order by u.account_id
