-- table: subscriptions
-- column: mrr
-- says: 12 or 100 times the term before it, or the reverse
-- why: some amounts are a year's (÷ 12) or in cents (÷ 100), and one of them counts as much as twelve or a hundred
-- fix: bring every amount to a month: mrr = "case when … then amount / 12 else amount end"
select subscription_id, account_id, starts_on, before_it, mrr from (
    select subscription_id, account_id, starts_on, mrr,
        lag(mrr) over (partition by subscription_id order by starts_on) as before_it
    from _all_subscriptions where mrr > 0) as s
where before_it > 0 and (abs(mrr / before_it - 12) < 0.06 or abs(before_it / mrr - 12) < 0.06
    or abs(mrr / before_it - 100) < 0.5 or abs(before_it / mrr - 100) < 0.5)
