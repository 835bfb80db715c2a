-- Whether renewals are rows of their own, by the day on which rows start: how many are followed by a row of the account
-- when they are up for renewal, and how many still run beyond {last} with a renewal still to come.
-- Of very many accounts, a part is looked at.
select
    starts_on,
    min(cast(renews_on - starts_on as integer)) as shortest_days,
    count(case when next_on between renews_on - 1 and renews_on + 1 then 1 end) as n_followed,
    count(case when renews_on > {last} and (ends_on is null or ends_on >= renews_on) then 1 end) as n_running
from (
    select
        starts_on,
        ends_on,
        renews_on,
        lead(starts_on) over (partition by account_id order by starts_on) as next_on
    from _all_subscriptions
    where {some}
) as ordered
where renews_on > starts_on
group by starts_on
