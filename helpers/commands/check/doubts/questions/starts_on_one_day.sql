-- table: subscriptions
-- column: starts_on
-- at_least: 30
-- share: 0.4
-- says: starts on one day, [starts_on]
-- why: the day on which data was moved into a system is no start: every cohort begins there
-- fix: export the original start
select subscription_id, starts_on, account_id from _all_subscriptions where starts_on = (select starts_on from (
    select starts_on, count(*) as n_starts from _all_subscriptions where starts_on is not null
    group by starts_on) as d order by n_starts desc, starts_on limit 1)
    and not (extract(month from starts_on) = 1 and extract(day from starts_on) = 1)
