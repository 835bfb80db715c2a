-- The paying accounts that use under half of their seats in {last_month}, the largest amount for unused seats first.
-- Months are integers: year × 12 + month − 1.
with paying as (
    select account_id, cast(sum(change_cents) as bigint) as mrr_cents
    from _levels
    where month_no <= {last_month}
    group by account_id
    having sum(change_cents) > 0
)
select
    u.account_id,
    a.name,
    a.segment,
    cast(u.n_active_users as bigint) as n_used,
    cast(u.n_licensed_seats as bigint) as n_seats,
    l.mrr_cents,
    -- In decimals, since some engines divide whole numbers to whole ones.
    cast(floor(l.mrr_cents * (u.n_licensed_seats - u.n_active_users) / (1.0 * u.n_licensed_seats)) as bigint) as unused_cents
from usage as u
join paying as l on l.account_id = u.account_id
join accounts as a on a.account_id = u.account_id
where cast(extract(year from u.month) as integer) * 12 + cast(extract(month from u.month) as integer) - 1 = {last_month}
    and u.n_licensed_seats > 0 and 2 * u.n_active_users < u.n_licensed_seats
order by unused_cents desc, u.account_id
