-- table: subscriptions
-- column: subscription_id
-- columns: product
-- says: begins with another product before the same subscription_id has ended
-- why: both count: where the customer changed the product, MRR is too high by the old one
-- fix: end the old product (`ends_on`) on the day the new one begins; keep both where the customer pays both
select subscription_id, account_id, product, starts_on, product_before, mrr from (
    select subscription_id, account_id, product, starts_on, mrr,
        lag(product) over (partition by subscription_id order by starts_on, product) as product_before,
        lag(starts_on) over (partition by subscription_id order by starts_on, product) as start_before,
        lag(coalesce(ends_on, date '9999-12-31')) over (
            partition by subscription_id order by starts_on, product) as end_before
    from _all_subscriptions where mrr > 0 and starts_on is not null) as s
where product <> product_before and start_before < starts_on and starts_on < end_before
