-- Tickets of each account that has ever paid, opened in the {window_days} days up to its cut-off, {cutoff_days} days
-- after it first paid, and the seats that it paid for at the cut-off. No ticket is a count of 0, known all along.
-- Of every {every}th account in order of account_id, the {part}th of them.
with starts as (
    select account_id, first_paid_on
    from _starts
    where account_id in (select account_id from _places where mod(place, {every}) = {part})
),
seats as (
    select t.account_id, cast(sum(s.n_seats) as bigint) as n_seats
    from starts as t
    join subscriptions as s on s.account_id = t.account_id
    where s.starts_on <= t.first_paid_on + {cutoff_days}
        and (s.ends_on is null or s.ends_on > t.first_paid_on + {cutoff_days})
    group by t.account_id
),
opened as (
    select
        k.account_id,
        cast(sum(case when k.category = 'how_to' then 1 else 0 end) as bigint) as n_how_to,
        cast(sum(case when k.category in ('defect', 'integration') and k.priority <= 2 then 1 else 0 end) as bigint)
            as n_urgent,
        max(k.opened_on) as last_opened_on
    from tickets as k
    join starts as t on t.account_id = k.account_id
    where k.opened_on <= t.first_paid_on + {cutoff_days}
        and k.opened_on >= t.first_paid_on + ({cutoff_days} - {window_days})
    group by k.account_id
)
select
    t.account_id,
    coalesce(o.n_urgent, 0) as urgent_tickets_part,
    s.n_seats as urgent_tickets_whole,
    coalesce(o.n_how_to, 0) as how_to_tickets,
    coalesce(o.last_opened_on, t.first_paid_on) as known_on
from starts as t
left join seats as s on s.account_id = t.account_id
left join opened as o on o.account_id = t.account_id
order by t.account_id
