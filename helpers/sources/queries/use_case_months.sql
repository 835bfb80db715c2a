-- The months in which each account began a new use case. Months are integers: year × 12 + month − 1.
-- Of every {every}th account in order of account_id, the {part}th of them.
select
    account_id,
    cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer) - 1 as month_no
from usage
where n_new_use_cases > 0 and account_id in (select account_id from _places where mod(place, {every}) = {part})
order by account_id, month_no
