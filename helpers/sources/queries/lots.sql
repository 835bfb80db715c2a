-- One row an account, program and day on which a random draw decided who is offered the program.
-- Months are integers: year × 12 + month − 1.
-- Of every {every}th account in order of account_id.
select
    account_id,
    program,
    touched_on as drawn_on,
    cast(extract(year from touched_on) as integer) * 12 + cast(extract(month from touched_on) as integer) - 1 as month_no,
    max(case when was_offered then 1 else 0 end) as is_offered
from touches
where is_randomized and was_offered is not null and account_id in (select account_id from _places where mod(place, {every}) = 0)
group by account_id, program, touched_on
order by account_id, program, drawn_on
