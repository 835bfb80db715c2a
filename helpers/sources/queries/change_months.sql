-- The months in which a change at each account was detected. Months are integers: year × 12 + month − 1.
-- Of every {every}th account in order of account_id, the {part}th of them.
select distinct
    account_id,
    cast(extract(year from detected_on) as integer) * 12 + cast(extract(month from detected_on) as integer) - 1
        as month_no
from changes
where account_id in (select account_id from _places where mod(place, {every}) = {part})
order by account_id, month_no
