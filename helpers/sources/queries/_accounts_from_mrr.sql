-- The accounts that a table of MRR tells of, where the source has no other: their name and segment in its latest month.
select
    account_id,
    coalesce(account_name, account_id) as name,
    coalesce(account_segment, '{no_segment}') as segment,
    {absent}
from (
    select
        account_id,
        name as account_name,
        segment as account_segment,
        row_number() over (partition by account_id order by month desc, product, mrr desc) as place
    from {mrr}
) as latest
where place = 1
