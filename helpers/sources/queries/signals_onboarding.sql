-- The latest onboarding snapshot of each account that was taken by its cut-off, {cutoff_days} days after it first paid.
-- What a snapshot says of a day after the cut-off was not known then, and reads as empty.
-- Of every {every}th account in order of account_id, the {part}th of them.
with starts as (
    select account_id, first_paid_on, first_paid_on + {cutoff_days} as cutoff_on
    from _starts
    where account_id in (select account_id from _places where mod(place, {every}) = {part})
),
snapshots as (
    select
        t.first_paid_on,
        t.cutoff_on,
        o.*,
        row_number() over (partition by o.account_id order by o.updated_on desc) as place
    from onboarding as o
    join starts as t on t.account_id = o.account_id
    where o.updated_on <= t.cutoff_on
),
-- Nothing yet in a snapshot of the last month before the cut-off: it took at least until then.
latest as (
    select
        s.*,
        case when went_live_on <= cutoff_on then went_live_on end as live_on,
        case when first_value_on <= cutoff_on then first_value_on end as value_on,
        case when updated_on + 31 >= cutoff_on then updated_on end as until_on
    from snapshots as s
    where place = 1
),
timed as (
    select
        l.*,
        cast(coalesce(value_on, until_on) - first_paid_on as integer) as value_days,
        cast(coalesce(live_on, until_on) - planned_go_live_on as integer) as slip_days
    from latest as l
)
select
    account_id,
    updated_on as known_on,
    n_change_orders as change_orders,
    case when value_days < 0 then 0 else value_days end as days_to_first_value,
    case when value_on > updated_on then value_on else updated_on end as days_to_first_value_known_on,
    case when has_recorded_use_case then 0 when not has_recorded_use_case then 1 end as no_use_case,
    -- Not live yet, and not due yet either: there is no slip so far.
    case when live_on is not null or slip_days > 0 then slip_days end as go_live_slip,
    case when live_on > updated_on then live_on else updated_on end as go_live_slip_known_on,
    case when went_live_on is null or went_live_on <= cutoff_on then actual_cost end as cost_overrun_part,
    planned_cost as cost_overrun_whole,
    n_steps_done as abandoned_steps_part,
    n_steps as abandoned_steps_whole,
    n_steps_with_human_contact as little_contact_part,
    n_steps as little_contact_whole
from timed
order by account_id
