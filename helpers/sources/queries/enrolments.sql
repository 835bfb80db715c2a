-- One row an account and program that has contacted it: the month of the first contact and of the last, and how many.
-- A random offer is no contact. Months are integers: year × 12 + month − 1.
-- Of every {every}th account in order of account_id.
select
    account_id,
    program,
    min(cast(extract(year from touched_on) as integer) * 12 + cast(extract(month from touched_on) as integer) - 1)
        as first_no,
    max(cast(extract(year from touched_on) as integer) * 12 + cast(extract(month from touched_on) as integer) - 1)
        as last_no,
    cast(count(*) as bigint) as n_touches
from touches
where not coalesce(is_randomized, false) and account_id in (select account_id from _places where mod(place, {every}) = 0)
group by account_id, program
order by account_id, program
