-- table: subscriptions
-- column: ends_on
-- columns: ends_on
-- at_least: 3
-- share: 0.05
-- says: another subscription of the account begins one day after this one ends
-- why: `ends_on` is read as the first day that is no longer paid; where the export means the last day paid, an end on
--   the last day of a month shows as churn, and the renewal as a return
-- fix: map it to the day after, under [tables.subscriptions.columns]: <ends_on = cast({} as date) + 1>
-- Two that have nothing to do with each other may follow by chance: one in thirty does.
select s.subscription_id, s.account_id, s.starts_on, s.ends_on, n.subscription_id as next_id
from _all_subscriptions as s join _all_subscriptions as n on n.account_id = s.account_id
    and n.subscription_id <> s.subscription_id and coalesce(n.product, '') = coalesce(s.product, '')
    and n.starts_on = cast(s.ends_on + interval '1' day as date)
