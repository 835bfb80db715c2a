-- table: opportunities
-- column: mrr
-- needs: subscriptions, opportunities
-- at_least: 20
-- says: is typically [times] times that of subscriptions: it looks like [unit]
-- why: revenue and pipeline are compared and added up as amounts a month
-- fix: bring it to a month's amount under [tables.opportunities.columns]: <mrr = cast({} as decimal(18, 4)) / [divisor]>
select opportunity_id, account_id, mrr, cast(round(t.times) as integer) as _times,
    case when t.times < 30 then 'a year''s amount' else 'an amount in cents' end as _unit,
    case when t.times < 30 then 12 else 100 end as _divisor
from _all_opportunities cross join (select {typical:opportunities} / {typical:subscriptions} as times,
    (select count(*) from _all_subscriptions where mrr > 0) as n_others) as t
where mrr > 0 and t.times >= 8 and n_others >= 20
