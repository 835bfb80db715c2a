-- table: accounts
-- column: account_id
-- says: ids that differ only in zeros in front, blanks, capitals or points (00123, 123)
-- why: a customer under two ids looks like one that left and one that came, and rows of other tables find only one of
--   them
-- fix: write the id in one form in every table, such as <account_id = lpad(trim({}), 5, '0')>
select same_id, account_id, name from (select account_id, name, same_id,
    min(account_id) over (partition by same_id) as one, max(account_id) over (partition by same_id) as other
from (select account_id, name, trim(leading '0' from trim({spelt:account_id})) as same_id from _all_accounts) as i) as a
where one <> other
