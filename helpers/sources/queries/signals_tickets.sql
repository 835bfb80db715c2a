-- Tickets of each account opened in the {window_days} days up to its cut-off, {cutoff_days} days after it first paid.
-- Of every {every}th account in order of account_id, the {part}th of them.
select
    k.account_id,
    cast(sum(case when k.category = 'how_to' then 1 else 0 end) as bigint) as n_how_to,
    cast(sum(case when k.category in ('defect', 'integration') and k.priority <= 2 then 1 else 0 end) as bigint)
        as n_urgent,
    max(k.opened_on) as last_opened_on
from tickets as k
join _starts as t on t.account_id = k.account_id
where k.opened_on <= t.first_paid_on + {cutoff_days}
    and k.opened_on >= t.first_paid_on + ({cutoff_days} - {window_days})
    and k.account_id in (select account_id from _places where mod(place, {every}) = {part})
group by k.account_id
order by k.account_id
