-- How many changes at customers were learned of only when the account had left: those count nowhere.
-- Of every {every}th account in order of account_id, by their MRR up to {last_month}. Months are integers: year × 12 +
-- month − 1.
with spans as (
    select
        account_id,
        month_no as first_no,
        lead(month_no, 1, 999999) over (partition by account_id order by month_no) as until_no,
        closing_cents
    from _levels
    where month_no <= {last_month}
),
learned as (
    select
        c.account_id,
        cast(extract(year from c.detected_on) as integer) * 12 + cast(extract(month from c.detected_on) as integer) - 1
            as month_no
    from changes as c
    join _places as p on p.account_id = c.account_id
    where mod(p.place, {every}) = 0
)
select cast(count(*) as bigint) as n_changes
from learned as c
join spans as s on s.account_id = c.account_id and c.month_no >= s.first_no and c.month_no < s.until_no
where s.closing_cents = 0
