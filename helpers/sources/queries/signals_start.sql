-- One row per account that has ever paid: when that began, the cut-off {cutoff_days} days later, and what was known of
-- the account from the start. Later changes of price or seats are not in it: seats are those paid for at the cut-off.
-- Of every {every}th account in order of account_id, the {part}th of them.
with seats as (
    select t.account_id, cast(sum(s.n_seats) as bigint) as seats_then
    from _starts as t
    join subscriptions as s on s.account_id = t.account_id
    where s.starts_on <= t.first_paid_on + {cutoff_days}
        and (s.ends_on is null or s.ends_on > t.first_paid_on + {cutoff_days})
    group by t.account_id
)
select
    a.account_id,
    a.name,
    a.segment,
    a.n_buying_group,
    a.first_contact_on,
    t.first_paid_on,
    t.first_paid_on + {cutoff_days} as cutoff_on,
    s.seats_then,
    p.place
from _starts as t
join accounts as a on a.account_id = t.account_id
join _places as p on p.account_id = t.account_id
left join seats as s on s.account_id = t.account_id
where mod(p.place, {every}) = {part}
order by a.account_id
