-- table: subscriptions
-- column: mrr
-- says: more than 1,000 times the typical amount
-- why: one account would decide net retention alone
-- fix: check the amount and its decimal point
select subscription_id, starts_on, account_id, mrr from _all_subscriptions where mrr > 1000 * {typical:subscriptions}
