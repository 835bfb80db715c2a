-- What recurring invoice lines add to and take from an account's revenue a month, after _services: each is two steps,
-- +monthly_cents in its first month and −monthly_cents in the first month no longer served. What one line takes and the
-- next one adds on the same day is no step.
select
    account_id,
    product_name,
    month_no,
    day,
    cast(sum(cents) as bigint) as cents
from (
    select account_id, product_name, from_no as month_no, served_from as day, monthly_cents as cents
    from _services
    where line_class = 'recurring'
    union all
    select account_id, product_name, until_no as month_no, served_until as day, -monthly_cents as cents
    from _services
    where line_class = 'recurring'
) as ends
group by account_id, product_name, month_no, day
having sum(cents) <> 0
