-- One row an account and month that it paid for seats, up to {last_month}: seats in use (never more than are paid for)
-- and seats paid for. Usage of a month at whose end the account paid nothing is left out. Of every {every}th account in
-- order of account_id. Months are integers: year × 12 + month − 1.
with dated as (
    select
        u.account_id,
        a.segment,
        cast(extract(year from u.month) as integer) * 12 + cast(extract(month from u.month) as integer) - 1 as month_no,
        cast(case when u.n_active_users < u.n_licensed_seats then u.n_active_users else u.n_licensed_seats end as bigint)
            as n_used,
        cast(u.n_licensed_seats as bigint) as n_seats
    from usage as u
    join accounts as a on a.account_id = u.account_id
    join _places as p on p.account_id = u.account_id
    where u.n_licensed_seats > 0 and u.n_active_users is not null and mod(p.place, {every}) = 0
),
spans as (
    select
        account_id,
        month_no as first_no,
        lead(month_no, 1, {last_month} + 1) over (partition by account_id order by month_no) as until_no,
        closing_cents
    from _levels
)
select d.account_id, d.segment, d.month_no, d.n_used, d.n_seats
from dated as d
join spans as s on s.account_id = d.account_id and d.month_no >= s.first_no and d.month_no < s.until_no
where d.month_no <= {last_month} and s.closing_cents > 0
order by d.account_id, d.month_no
