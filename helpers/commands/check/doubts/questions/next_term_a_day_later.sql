-- table: subscriptions
-- column: ends_on
-- columns: ends_on
-- says: the next term begins one day after this one ends
-- why: `ends_on` is read as the first day that is no longer paid; where the export means the last day paid, an end on
--   the last day of a month shows as churn, and the renewal as a return
-- fix: map it to the day after, under [tables.subscriptions.columns]: <ends_on = cast({} as date) + 1>
select subscription_id, account_id, starts_on, ends_on, next_start from (
    select subscription_id, account_id, starts_on, ends_on,
        lead(starts_on) over (partition by subscription_id, account_id order by starts_on) as next_start
    from _all_subscriptions where starts_on is not null) as s
where next_start = cast(ends_on + interval '1' day as date)
