-- One row per account that has ever paid and has an onboarding snapshot known by now: the days from its first paid day to
-- first value, or to the latest snapshot where it has none yet; and whether a use case is written down.
-- Of every {every}th account in order of account_id, the {part}th of them.
with snapshots as (
    select
        account_id,
        updated_on,
        first_value_on,
        has_recorded_use_case,
        row_number() over (partition by account_id order by updated_on desc) as place
    from onboarding
),
latest as (
    select
        t.account_id,
        cast(coalesce(s.first_value_on, s.updated_on) - t.first_paid_on as integer) as days,
        s.first_value_on,
        s.has_recorded_use_case
    from _starts as t
    join snapshots as s on s.account_id = t.account_id
    where s.place = 1
        and t.account_id in (select account_id from _places where mod(place, {every}) = {part})
)
select
    account_id,
    case when days < 0 then 0 else days end as days,
    case when first_value_on is null then 0 else 1 end as is_seen,
    case when has_recorded_use_case then 1 when not has_recorded_use_case then 0 end as is_use_case_recorded
from latest
order by account_id
