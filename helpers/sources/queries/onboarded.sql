-- One row per account with an onboarding snapshot: the dates of the latest one.
select account_id, went_live_on, first_value_on
from (
    select
        account_id,
        went_live_on,
        first_value_on,
        row_number() over (partition by account_id order by updated_on desc) as nth
    from onboarding
) as latest
where nth = 1
order by account_id
