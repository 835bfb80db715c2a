-- table: subscriptions
-- column: cancelled_on
-- columns: cancelled_on
-- says: notice was given, but there is no end
-- why: an account without an end pays forever, so churn is missed and retention looks better than it is
-- fix: fill in `ends_on`: the day on which the notice takes effect; where it takes effect at once,
--   <ends_on = {cancelled_on}>
select subscription_id, starts_on, account_id, ends_on, cancelled_on from _all_subscriptions
where ends_on is null and cancelled_on <= date '{until}'
