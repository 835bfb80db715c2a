-- What recurring invoice lines add to and take from an account's revenue a month, after _services: each is two steps,
-- +monthly_cents in its first month and −monthly_cents in the first month no longer served.
select account_id, product_name, from_no as month_no, served_from as day, monthly_cents as cents
from _services
where line_class = 'recurring'
union all
select account_id, product_name, until_no as month_no, served_until as day, -monthly_cents as cents
from _services
where line_class = 'recurring'
