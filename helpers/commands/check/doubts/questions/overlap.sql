-- table: subscriptions
-- column: starts_on
-- says: begins before an earlier stretch of the same product or subscription has ended
-- why: both count: the account's MRR is the sum of the two for as long as they overlap
-- fix: end the earlier one (`ends_on`) on the day the later one begins; keep both where the customer pays both
select account_id, subscription_id, product, starts_on, ends_on, mrr from (
    select account_id, subscription_id, product, starts_on, ends_on, mrr,
        max(coalesce(ends_on, date '9999-12-31')) over (
            partition by account_id, coalesce(product, {otherwise}) order by starts_on, subscription_id
            rows between unbounded preceding and 1 preceding) as taken_until,
        lag(subscription_id) over (
            partition by account_id, coalesce(product, {otherwise}) order by starts_on, subscription_id) as id_before,
        lag(starts_on) over (
            partition by account_id, coalesce(product, {otherwise}) order by starts_on, subscription_id) as start_before
    from _all_subscriptions where mrr > 0 and starts_on is not null) as s
where starts_on < taken_until and not (id_before = subscription_id and start_before = starts_on)
