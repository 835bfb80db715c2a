-- table: opportunities
-- column: status
-- columns: closed_on
-- says: open, but with the day it closed
-- why: an expected close date is no close; it is counted as open
-- fix: map closed_on to the actual day only
select opportunity_id, account_id, closed_on, status from _all_opportunities
where status = 'open' and closed_on is not null
