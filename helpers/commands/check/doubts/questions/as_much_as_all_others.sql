-- table: subscriptions
-- column: mrr
-- says: one row has as much as all others together
-- why: a total at the end of an export counts every amount twice
-- fix: where it is a total, {leave_out}
select subscription_id, account_id, mrr from (select subscription_id, account_id, mrr, sum(mrr) over () as total,
    count(*) over () as n from _all_subscriptions where mrr > 0) as s where 2 * mrr = total and n > 4
