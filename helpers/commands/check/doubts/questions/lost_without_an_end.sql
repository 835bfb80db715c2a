-- table: subscriptions
-- column: lost_to
-- columns: lost_to
-- says: says where the customer went, but has no end
-- why: an account without an end pays forever, so churn is missed and retention looks better than it is
-- fix: fill in `ends_on`
select subscription_id, starts_on, account_id, ends_on, lost_to from _all_subscriptions
where lost_to is not null and ends_on is null
