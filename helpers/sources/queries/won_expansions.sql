-- The expansion opportunities that were won. Of every {every}th account in order of account_id.
select opportunity_id, account_id, kind, status, closed_on
from opportunities
where kind = 'expansion' and status = 'won'
    and account_id in (select account_id from _places where mod(place, {every}) = 0)
order by opportunity_id
