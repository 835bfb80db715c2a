-- table: invoices
-- column: service_starts_on
-- columns: service_starts_on, service_ends_on
-- says: a credit and a charge for the rest of a period that is already billed: a change of plan in the middle of it
-- why: in the month of the change MRR holds only a part of the new price, and the rest shows as expansion a month later
-- fix: {leave_out}, and let the change show with the next invoice; or export subscriptions with the day of each change
select credit.invoice_id, credit.line_id, credit.account_id, credit.service_starts_on, credit.service_ends_on, credit.amount
from _all_invoices as credit join _all_invoices as charge on charge.account_id = credit.account_id and charge.amount > 0
    and charge.service_starts_on = credit.service_starts_on and charge.service_ends_on = credit.service_ends_on
join _all_invoices as billed on billed.account_id = credit.account_id and billed.amount > 0
    and billed.service_ends_on = credit.service_ends_on and billed.service_starts_on < credit.service_starts_on
where credit.amount < 0
