-- table: mrr
-- column: account_id
-- says: customers that differ only in capitals, blanks, points or their legal form (Birch, BIRCH Inc.)
-- why: a customer under two names looks like one that left and one that came
-- fix: where they are one, write it in one way, such as <account_id = lower(trim({}))>
select same_id, account_id from (select account_id, same_id,
    min(account_id) over (partition by same_id) as one, max(account_id) over (partition by same_id) as other
from (select distinct account_id, {spelt:account_id} as same_id from _all_mrr) as i) as a
where one <> other
