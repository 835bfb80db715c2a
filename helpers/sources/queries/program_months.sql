-- The month in which each account was first touched by each program. Months are integers: year × 12 + month − 1.
-- An account that the random draw left out was not touched by it.
-- Of every {every}th account in order of account_id, the {part}th of them.
select
    account_id,
    program,
    cast(extract(year from min(touched_on)) as integer) * 12 + cast(extract(month from min(touched_on)) as integer) - 1
        as month_no
from touches
where (was_offered is null or was_offered)
    and account_id in (select account_id from _places where mod(place, {every}) = {part})
group by account_id, program
order by account_id, program
