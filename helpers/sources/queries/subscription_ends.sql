-- By account, what its subscriptions pay at the end of {opening_month} and of {closing_month}, and what was up for renewal
-- between them. closing_cents and kept_cents are of the subscriptions that were active at the opening; due_cents is what
-- contracts paid up to a renewal date in the window, renewed_cents what the same subscriptions paid after it. Where a
-- renewal has an id of its own (another one begins as the last one ends, to a day, of the same account and product), they
-- are one subscription: that account's of the product. Months are integers: year × 12 + month − 1.
with stretches as (
    select
        subscription_id,
        account_id,
        coalesce(product, '') as product_name,
        starts_on,
        ends_on,
        renews_on,
        min(starts_on) over (partition by subscription_id) as first_on,
        cast(round(mrr, 2) * 100 as bigint) as cents,
        cast(extract(year from starts_on) as integer) * 12 + cast(extract(month from starts_on) as integer) - 1 as start_no,
        cast(extract(year from ends_on) as integer) * 12 + cast(extract(month from ends_on) as integer) - 1 as end_no,
        cast(extract(year from renews_on) as integer) * 12 + cast(extract(month from renews_on) as integer) - 1 as due_no
    from subscriptions
),
handed as (
    select distinct s.account_id, s.product_name
    from stretches as s
    join stretches as n on n.account_id = s.account_id and n.product_name = s.product_name
        and n.subscription_id <> s.subscription_id and n.starts_on = n.first_on
        and n.starts_on between s.ends_on - 1 and s.ends_on + 1
),
named as (
    select s.*, case when h.account_id is not null then s.product_name else s.subscription_id end as unit,
        case when h.account_id is not null then 1 else 0 end as is_handed
    from stretches as s
    left join handed as h on h.account_id = s.account_id and h.product_name = s.product_name
),
ends as (
    select
        unit,
        is_handed,
        account_id,
        sum(case when start_no <= {opening_month} and (end_no is null or end_no > {opening_month}) then cents else 0 end)
        as opening_cents,
        sum(case when start_no <= {closing_month} and (end_no is null or end_no > {closing_month}) then cents else 0 end)
        as closing_cents
    from named
    group by unit, is_handed, account_id
),
due as (
    select distinct subscription_id, account_id, product_name, is_handed, renews_on, cents
    from named
    where due_no > {opening_month} and due_no <= {closing_month} and starts_on < renews_on
        and (ends_on is null or ends_on >= renews_on)
),
renewed as (
    select d.subscription_id, d.renews_on, sum(s.cents) as cents
    from due as d
    join named as s on s.account_id = d.account_id
    where (s.subscription_id = d.subscription_id and s.starts_on <= d.renews_on
        or d.is_handed = 1 and s.product_name = d.product_name and s.subscription_id <> d.subscription_id
            and s.starts_on = s.first_on and s.starts_on between d.renews_on - 1 and d.renews_on + 1)
        and (s.ends_on is null or s.ends_on > d.renews_on)
    group by d.subscription_id, d.renews_on
),
up_for_renewal as (
    select d.account_id, sum(d.cents) as due_cents, sum(coalesce(r.cents, 0)) as renewed_cents
    from due as d
    left join renewed as r on r.subscription_id = d.subscription_id and r.renews_on = d.renews_on
    group by d.account_id
)
select
    e.account_id,
    cast(sum(case when e.opening_cents > 0 then e.closing_cents else 0 end) as bigint) as closing_cents,
    cast(sum(least(e.opening_cents, e.closing_cents)) as bigint) as kept_cents,
    cast(coalesce(max(u.due_cents), 0) as bigint) as due_cents,
    cast(coalesce(max(u.renewed_cents), 0) as bigint) as renewed_cents
from ends as e
left join up_for_renewal as u on u.account_id = e.account_id
group by e.account_id
order by e.account_id
