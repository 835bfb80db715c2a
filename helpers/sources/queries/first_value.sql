-- One row per account that has ever paid: the latest onboarding snapshot known by now, and the first days of a use case.
-- Of every {every}th account in order of account_id, the {part}th of them.
with snapshots as (
    select
        account_id,
        updated_on,
        first_value_on,
        has_recorded_use_case,
        row_number() over (partition by account_id order by updated_on desc) as place
    from onboarding
)
select t.account_id, t.first_paid_on, s.updated_on, s.first_value_on, s.has_recorded_use_case
from _starts as t
join snapshots as s on s.account_id = t.account_id
where s.place = 1
    and t.account_id in (select account_id from _places where mod(place, {every}) = {part})
order by t.account_id
