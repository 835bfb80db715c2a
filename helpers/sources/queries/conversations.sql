-- One row per account with a business conversation on record: the day of the latest one.
select account_id, max(touched_on) as talked_on
from touches
where is_business_conversation
group by account_id
order by account_id
