-- table: subscriptions
-- column: starts_on
-- at_least: 11
-- share: 0.5
-- says: starts on January 1
-- why: dates that were cut to a year put every start and every cohort into one month of it
-- fix: export the day of the start; cohorts and months mean little without it
select subscription_id, starts_on, account_id from _all_subscriptions
where extract(month from starts_on) = 1 and extract(day from starts_on) = 1
