-- table: subscriptions
-- column: ends_on
-- columns: ends_on
-- at_least: 5
-- says: ends in the one month in which all others end, too
-- why: the day on which a file was cleaned up is no end; nobody left in any other month
-- fix: export the day on which each subscription really ended
select subscription_id, starts_on, account_id, ends_on from _all_subscriptions cross join (
    select min(ends_on) as first_end, max(ends_on) as last_end, min(starts_on) as first_start from _all_subscriptions) as e
where ends_on is not null and extract(year from first_end) = extract(year from last_end)
    and extract(month from first_end) = extract(month from last_end) and first_start < first_end - interval '180' day
