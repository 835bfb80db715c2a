-- The accounts whose first month with nine in ten seats in use lies from {first_month} to {last_month}, and that month. Who
-- had them in the first month of the table may have had them before: when, nobody knows.
-- Months are integers: year × 12 + month − 1.
select account_id, min(month_no) as month_no
from (
    select
        account_id,
        cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1 as month_no
    from usage
    where n_licensed_seats > 0 and 10 * n_active_users >= 9 * n_licensed_seats
) as adopted
group by account_id
having min(month_no) between {first_month} and {last_month} and min(month_no) > (
    select min(cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1) from usage
)
order by account_id
