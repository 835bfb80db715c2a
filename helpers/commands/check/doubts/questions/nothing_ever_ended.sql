-- table: subscriptions
-- column: ends_on
-- at_least: 20
-- says: has no end: not one subscription ever ended
-- why: an export of active subscriptions alone leaves out everybody who left, so retention would be 100%
-- fix: export ended subscriptions, too, and map their end
select subscription_id, starts_on, account_id, ends_on from _all_subscriptions
where starts_on is not null and (select count(ends_on) from _all_subscriptions) = 0
    and (select max(starts_on) from _all_subscriptions)
        >= (select min(starts_on) + interval '365' day from _all_subscriptions)
