-- One row per account of the source: its place in the order of account_id, by which every kth account is taken.
-- Every query that names _places gets this in front of it. All accounts have one, so that all queries take the same.
select account_id, row_number() over (order by account_id) as place
from _all_accounts
