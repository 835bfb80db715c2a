-- The expansion opportunities created in the months from {first_month} to {last_month}, and no other column than the
-- pipeline asks for. Months are integers: year × 12 + month − 1.
select opportunity_id, account_id, kind, sourced_by, created_on, closed_on, mrr
from opportunities
where kind = 'expansion'
    and cast(extract(year from created_on) as integer) * 12 + cast(extract(month from created_on) as integer) - 1
        between {first_month} and {last_month}
order by opportunity_id
