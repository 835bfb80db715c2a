-- table: opportunities
-- column: status
-- columns: closed_on
-- says: won or lost, but without the day
-- why: it is read as open, since nobody knows when it closed
-- fix: fill in `closed_on`
select opportunity_id, account_id, closed_on, status from _all_opportunities
where status in ('won', 'lost') and closed_on is null
