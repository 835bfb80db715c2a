-- table: subscriptions
-- column: ends_on
-- columns: ends_on
-- says: ends on the day it starts
-- why: `ends_on` is the first day that is no longer paid, so these never count
-- fix: where the last day paid is meant: <ends_on = cast({} as date) + 1>; otherwise {leave_out}
select subscription_id, starts_on, account_id, mrr, ends_on from _all_subscriptions where ends_on = starts_on
