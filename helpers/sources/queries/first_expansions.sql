-- The accounts whose first month of expansion lies from {first_month} to {last_month}, and that month.
-- Months are integers: year × 12 + month − 1.
select account_id, min(month_no) as month_no
from _levels
where movement = 'expansion'
group by account_id
having min(month_no) between {first_month} and {last_month}
order by account_id
