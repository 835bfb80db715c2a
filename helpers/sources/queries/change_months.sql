-- The months in which a change at each account was detected. Months are integers: year × 12 + month − 1.
select distinct
    account_id,
    cast(extract(year from detected_on) as integer) * 12 + cast(extract(month from detected_on) as integer) - 1
        as month_no
from changes
order by account_id, month_no
