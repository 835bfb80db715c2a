-- table: subscriptions
-- column: ends_on
-- at_least: 2
-- share: 0.05
-- says: begins a year (or, at the same price, some months) after another subscription of the account that has no end
-- why: where renewals are rows of their own, the old and the new term both count, and nobody ever leaves: NRR is too
--   high and churn is 0
-- fix: map the end of each term to `ends_on`; where the export has none, a term of a year reads as
--   <ends_on = cast(starts_on as date) + interval 1 year>
select distinct s.account_id, s.subscription_id, s.starts_on, n.subscription_id as next_id, n.starts_on as next_start
from _all_subscriptions as s join _all_subscriptions as n on n.account_id = s.account_id
    and n.subscription_id <> s.subscription_id and n.starts_on > s.starts_on
    and extract(day from n.starts_on) = extract(day from s.starts_on)
    and (extract(month from n.starts_on) = extract(month from s.starts_on) or n.mrr = s.mrr)
where s.ends_on is null and s.product is null and n.product is null and s.mrr > 0 and n.mrr > 0
