-- table: invoices
-- column: service_starts_on
-- columns: service_starts_on, service_ends_on
-- says: a proration whose price per day is not the change that the next invoice shows
-- why: it counts as a month at that price, and the next invoice moves MRR again
-- fix: check whether it is a one-time credit or charge, and map it to kind 'one_time'
select account_id, served_from as service_starts_on, served_until as service_ends_on, cents / 100.0 as amount
from _services where billed_by = 'unlike'
