-- One row an account and month with seats on record, up to {last_month}: seats in use (never more than are paid for) and
-- seats paid for. Of every {every}th account in order of account_id. Months are integers: year × 12 + month − 1.
with dated as (
    select
        u.account_id,
        cast(extract(year from u.month) as integer) * 12 + cast(extract(month from u.month) as integer) - 1 as month_no,
        cast(case when u.n_active_users < u.n_licensed_seats then u.n_active_users else u.n_licensed_seats end as bigint)
            as n_used,
        cast(u.n_licensed_seats as bigint) as n_seats
    from usage as u
    join _places as p on p.account_id = u.account_id
    where u.n_licensed_seats > 0 and u.n_active_users is not null and mod(p.place, {every}) = 0
)
select account_id, month_no, n_used, n_seats
from dated
where month_no <= {last_month}
order by account_id, month_no
