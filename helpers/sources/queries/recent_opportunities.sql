-- The opportunities that were created or closed after the end of {opening_month}, and of each what the deals' tables ask
-- for. Months are integers: year × 12 + month − 1.
select opportunity_id, account_id, kind, created_on, closed_on, status, mrr, lost_to
from opportunities
where cast(extract(year from created_on) as integer) * 12 + cast(extract(month from created_on) as integer) - 1 > {opening_month}
    or cast(extract(year from closed_on) as integer) * 12 + cast(extract(month from closed_on) as integer) - 1 > {opening_month}
order by opportunity_id
