-- The latest onboarding snapshot of each account that was taken by its cut-off, {cutoff_days} days after it first paid.
-- What a snapshot says of a day after the cut-off was not known then, and reads as empty.
-- Of every {every}th account in order of account_id, the {part}th of them.
with starts as (
    select account_id, first_paid_on + {cutoff_days} as cutoff_on
    from _starts
    where account_id in (select account_id from _places where mod(place, {every}) = {part})
),
snapshots as (
    select
        o.account_id,
        t.cutoff_on,
        o.updated_on,
        o.planned_go_live_on,
        o.went_live_on,
        o.first_value_on,
        o.planned_cost,
        o.actual_cost,
        o.n_steps,
        o.n_steps_done,
        o.n_steps_with_human_contact,
        o.n_change_orders,
        o.has_recorded_use_case,
        row_number() over (partition by o.account_id order by o.updated_on desc) as place
    from onboarding as o
    join starts as t on t.account_id = o.account_id
    where o.updated_on <= t.cutoff_on
)
select
    account_id,
    updated_on,
    planned_go_live_on,
    case when went_live_on <= cutoff_on then went_live_on end as live_on,
    case when first_value_on <= cutoff_on then first_value_on end as value_on,
    planned_cost,
    case when went_live_on is null or went_live_on <= cutoff_on then actual_cost end as cost_so_far,
    n_steps,
    n_steps_done,
    n_steps_with_human_contact,
    n_change_orders,
    has_recorded_use_case
from snapshots
where place = 1
order by account_id
