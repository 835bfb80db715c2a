-- Of all contacts, those that decide what sourced or influenced an expansion opportunity created in the months from
-- {first_month} to {last_month}: of each, the latest by its creation and the first after. The others add nothing.
-- Months are integers: year × 12 + month − 1.
with created as (
    select distinct account_id, created_on
    from opportunities
    where kind = 'expansion'
        and cast(extract(year from created_on) as integer) * 12 + cast(extract(month from created_on) as integer) - 1
            between {first_month} and {last_month}
),
nearest as (
    select
        c.account_id,
        max(case when t.touched_on <= c.created_on then t.touched_on end) as before_on,
        min(case when t.touched_on > c.created_on then t.touched_on end) as after_on
    from created as c
    join touches as t on t.account_id = c.account_id
    group by c.account_id, c.created_on
)
select account_id, before_on as touched_on from nearest where before_on is not null
union
select account_id, after_on as touched_on from nearest where after_on is not null
order by account_id, touched_on
