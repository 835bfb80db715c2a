-- table: mrr
-- column: mrr
-- at_least: 5
-- share: 0.1
-- says: the same movement again: customer, product, month, kind and amount
-- why: two exports of the same months, put together, double what customers pay
-- fix: export each month once, or leave the repeated rows out
select account_id, month, mrr from (select account_id, month, mrr,
    row_number() over (partition by account_id, product, month, movement, mrr order by account_id) as nth
from _all_mrr where mrr <> 0) as m where nth > 1
