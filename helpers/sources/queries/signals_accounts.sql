-- One row per account that has ever paid: when that began, the cut-off {cutoff_days} days later, and the signals of the
-- purchase, which were known from the start.
-- Of every {every}th account in order of account_id, the {part}th of them.
select
    a.account_id,
    a.name,
    a.segment,
    a.n_buying_group,
    case when t.first_paid_on >= a.first_contact_on then cast(t.first_paid_on - a.first_contact_on as integer) end
        as days_to_signature,
    t.first_paid_on,
    t.first_paid_on as known_on,
    t.first_paid_on + {cutoff_days} as cutoff_on,
    p.place
from _starts as t
join accounts as a on a.account_id = t.account_id
join _places as p on p.account_id = t.account_id
where mod(p.place, {every}) = {part}
order by a.account_id
