-- What expansion and contraction are made of, up to {last_month}: one row per segment and month that has either.
-- Of an expansion: cross-sell is a product that the account did not pay for, price a product that it keeps at the same
-- number of seats, upsell the rest. Of a contraction: a product dropped, and downgrade, the rest. One product taken and
-- another dropped in the same month is a change of plan: upsell or downgrade. Months: year × 12 + month − 1.
with product_events as (
    select
        account_id,
        coalesce(product, '') as product_name,
        cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1
        as month_no,
        cast(round(mrr, 2) * 100 as bigint) as cents,
        coalesce(n_seats, 0) as seats,
        case when n_seats is null then 1 else 0 end as unknown
    from subscriptions
    union all
    select
        account_id,
        coalesce(product, '') as product_name,
        cast(extract(year from ends_on) as integer) * 12 + cast(extract(month from ends_on) as integer) - 1 as month_no,
        -cast(round(mrr, 2) * 100 as bigint) as cents,
        -coalesce(n_seats, 0) as seats,
        case when n_seats is null then -1 else 0 end as unknown
    from subscriptions
    where ends_on is not null
),
netted as (
    select account_id, product_name, month_no, sum(cents) as cents, sum(seats) as seats, sum(unknown) as unknown
    from product_events
    group by account_id, product_name, month_no
),
leveled as (
    select
        account_id,
        month_no,
        cents,
        seats,
        unknown,
        sum(cents) over up_to_now as level_cents,
        sum(seats) over up_to_now as level_seats,
        sum(unknown) over up_to_now as n_unknown
    from netted
    window up_to_now as (
        partition by account_id, product_name order by month_no rows between unbounded preceding and current row
    )
),
parts as (
    select
        account_id,
        month_no,
        sum(case when level_cents > 0 and level_cents = cents then cents else 0 end) as added,
        sum(case when level_cents = 0 and cents < 0 then -cents else 0 end) as dropped,
        sum(case
            when cents > 0 and level_cents > cents and seats = 0 and level_seats > 0 and n_unknown = 0 and unknown = 0
                then cents
            else 0
        end) as price
    from leveled
    group by account_id, month_no
),
kinds as (
    select
        a.segment,
        l.month_no,
        l.movement,
        l.change_cents,
        case when p.dropped = 0 and l.movement = 'expansion' then least(p.added, l.change_cents) else 0 end as added,
        case when p.added = 0 and l.movement = 'contraction' then least(p.dropped, -l.change_cents) else 0 end
        as dropped,
        p.price
    from _levels as l
    join parts as p on p.account_id = l.account_id and p.month_no = l.month_no
    join accounts as a on a.account_id = l.account_id
    where l.movement in ('expansion', 'contraction') and l.month_no <= {last_month}
),
priced as (
    select
        *,
        case when movement = 'expansion' then least(price, change_cents - added) else 0 end as raised
    from kinds
)
select
    segment,
    month_no,
    cast(sum(case when movement = 'expansion' then change_cents - added - raised else 0 end) as bigint) as upsell_cents,
    cast(sum(added) as bigint) as cross_sell_cents,
    cast(sum(raised) as bigint) as price_increase_cents,
    cast(sum(case when movement = 'contraction' then -change_cents - dropped else 0 end) as bigint) as downgrade_cents,
    cast(sum(dropped) as bigint) as product_dropped_cents,
    cast(sum(case when movement = 'expansion' and change_cents > added + raised then 1 else 0 end) as bigint)
    as n_upsell,
    cast(sum(case when added > 0 then 1 else 0 end) as bigint) as n_cross_sell,
    cast(sum(case when raised > 0 then 1 else 0 end) as bigint) as n_price_increase,
    cast(sum(case when movement = 'contraction' and -change_cents > dropped then 1 else 0 end) as bigint)
    as n_downgrade,
    cast(sum(case when dropped > 0 then 1 else 0 end) as bigint) as n_product_dropped
from priced
group by segment, month_no
order by segment, month_no
