-- Whether renewals are rows of their own: how many rows begin where another of the account was up for renewal, and how
-- many are in force beyond the shortest term although no row tells of a renewal (one row a subscription, with the end of
-- its current period as renews_on).
with dated as (
    select account_id, starts_on, ends_on, renews_on, cast(renews_on - starts_on as integer) as n_days
    from _all_subscriptions
    where renews_on > starts_on
)
select
    (
        select cast(count(*) as bigint)
        from dated as d
        join _all_subscriptions as s on s.account_id = d.account_id
        where s.starts_on between d.renews_on - 1 and d.renews_on + 1
    ) as n_followed,
    (
        select cast(count(*) as bigint)
        from dated
        where (ends_on is null or ends_on >= renews_on) and renews_on > {last}
            and starts_on + (select greatest(min(n_days), 27) from dated) < {last}
    ) as n_beyond
