-- Contacts by program, stage, year of the customer's life (0 = the first; -1 = before it paid) and whether they fall in
-- the 12 months that end with {last_month}. A random offer that the account did not get is no contact.
-- Months are integers: year × 12 + month − 1.
with dated as (
    select
        t.program,
        t.stage,
        t.is_business_conversation,
        cast(extract(year from t.touched_on) as integer) * 12 + cast(extract(month from t.touched_on) as integer) - 1
            as month_no,
        -- Whole months since the first paid day: the day of the month decides.
        (cast(extract(year from t.touched_on) as integer) - cast(extract(year from l.first_paid_on) as integer)) * 12
        + cast(extract(month from t.touched_on) as integer) - cast(extract(month from l.first_paid_on) as integer)
        - case when extract(day from t.touched_on) < extract(day from l.first_paid_on) then 1 else 0 end as age
    from touches as t
    left join _starts as l on l.account_id = t.account_id
    where not coalesce(t.is_randomized, false) or coalesce(t.was_offered, false)
)
select
    program,
    stage,
    case when age is null or age < 0 then -1 else cast(floor(age / 12.0) as integer) end as life_year,
    case when month_no > {last_month} - 12 then 1 else 0 end as is_recent,
    cast(count(*) as bigint) as n_touches,
    cast(sum(case when is_business_conversation then 1 else 0 end) as bigint) as n_conversations
from dated
where month_no <= {last_month}
group by 1, 2, 3, 4
order by 1, 2, 3, 4
