-- table: accounts
-- column: name
-- says: the same name under more than one id
-- why: a customer under two ids looks like one that left and one that came
-- fix: where they are one customer, map both ids to one; where they are two, leave them
select name, account_id, segment from (select name, account_id, segment,
    min(account_id) over (partition by spelt) as one, max(account_id) over (partition by spelt) as other
from (select name, account_id, segment, {spelt:name} as spelt from _all_accounts
    where name <> account_id) as s) as a where one <> other
