-- table: subscriptions
-- column: ends_on
-- columns: ends_on
-- at_least: 3
-- says: ends on the last day of a month
-- why: `ends_on` is the first day that is no longer paid; a last day paid ends every account a month too early
-- fix: where the last day paid is meant: <ends_on = cast({} as date) + 1>
select subscription_id, starts_on, account_id, ends_on from _all_subscriptions cross join (
    select count(*) as n_ended, sum(case when extract(day from ends_on + interval '1' day) = 1 then 1 else 0 end) as n_last
    from _all_subscriptions where ends_on is not null) as e
where extract(day from ends_on + interval '1' day) = 1 and n_last > 0.8 * n_ended
