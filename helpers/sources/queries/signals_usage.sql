-- Usage of each account in the whole months that end within the {window_days} days up to its cut-off, {cutoff_days} days
-- after it first paid. A month is known on its last day.
-- Of every {every}th account in order of account_id, the {part}th of them.
select
    u.account_id,
    cast(sum(u.n_active_users) as bigint) as unused_seats_part,
    cast(sum(u.n_licensed_seats) as bigint) as unused_seats_whole,
    cast(sum(u.n_failed_help_searches) as bigint) as failed_searches_part,
    cast(sum(u.n_help_searches) as bigint) as failed_searches_whole,
    cast(max(u.month) + interval '1' month as date) - 1 as known_on
from usage as u
join _starts as t on t.account_id = u.account_id
where u.month + interval '1' month <= t.first_paid_on + {cutoff_days} + 1
    and u.month + interval '1' month > t.first_paid_on + ({cutoff_days} - {window_days}) + 1
    and u.account_id in (select account_id from _places where mod(place, {every}) = {part})
group by u.account_id
order by u.account_id
