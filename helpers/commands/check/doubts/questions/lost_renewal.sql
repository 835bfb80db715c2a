-- table: opportunities
-- column: status
-- columns: closed_on
-- needs: subscriptions
-- says: a renewal was lost, but no subscription of the account ended then or later
-- why: either the customer left and the billing export does not say so, or the renewal was not lost
-- fix: ask which of the two is right: fill in `ends_on`, or correct `status`
-- For 62 days after a lost renewal an end may still be on its way.
select o.opportunity_id, o.account_id, o.closed_on from _all_opportunities as o join (
    select account_id, max(ends_on) as last_end, max(case when ends_on is null then 1 else 0 end) as is_open
    from _all_subscriptions group by account_id) as e on e.account_id = o.account_id
where o.kind = 'renewal' and o.status = 'lost' and o.closed_on <= date '{until}' - interval '62' day
    and e.is_open = 1 and (e.last_end is null or e.last_end < o.closed_on - interval '62' day)
