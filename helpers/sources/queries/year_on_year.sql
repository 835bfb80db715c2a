-- Opening cohorts {lag} months apart, by month and segment: x is an account's MRR {lag} months ago, y its MRR now.
-- Every change is counted twice, in its month (y) and {lag} months later (x), so that nothing is joined to itself.
-- The rows are changes of the sums from one month to the next; add them up over the months.
with both_streams as (
    select account_id, month_no, cents as y_change, 0 as x_change from _events
    union all
    select account_id, month_no + {lag} as month_no, 0 as y_change, cents as x_change from _events
),
netted as (
    select
        account_id,
        month_no,
        cast(sum(y_change) as bigint) as y_change,
        cast(sum(x_change) as bigint) as x_change
    from both_streams
    where month_no <= {last_month}
    group by account_id, month_no
    having sum(y_change) <> 0 or sum(x_change) <> 0
),
levels as (
    select
        account_id,
        month_no,
        cast(sum(x_change) over up_to_now as bigint) as x,
        cast(sum(y_change) over up_to_now as bigint) as y_any
    from netted
    window up_to_now as (partition by account_id order by month_no rows between unbounded preceding and current row)
),
-- Only accounts that paid then (x > 0) count in what is retained now.
opened as (
    select
        account_id,
        month_no,
        x,
        case when x > 0 then y_any else 0 end as y,
        case when x > 0 then least(x, y_any) else 0 end as kept,
        case when x > 0 then 1 else 0 end as is_opening,
        case when x > 0 and y_any > 0 then 1 else 0 end as is_retained
    from levels
),
with_before as (
    select
        account_id,
        month_no,
        x, y, kept, is_opening, is_retained,
        coalesce(lag(x) over in_order, 0) as x0,
        coalesce(lag(y) over in_order, 0) as y0,
        coalesce(lag(kept) over in_order, 0) as kept0,
        coalesce(lag(is_opening) over in_order, 0) as is_opening0,
        coalesce(lag(is_retained) over in_order, 0) as is_retained0
    from opened
    window in_order as (partition by account_id order by month_no)
)
select
    a.segment,
    w.month_no,
    cast(sum(w.is_opening - w.is_opening0) as bigint) as n_opening,
    cast(sum(w.is_retained - w.is_retained0) as bigint) as n_retained,
    cast(sum(w.x - w.x0) as bigint) as opening_cents,
    cast(sum(w.y - w.y0) as bigint) as closing_cents,
    cast(sum(w.kept - w.kept0) as bigint) as kept_cents,
    cast(sum(cast(w.x as decimal(19, 0)) * w.x - cast(w.x0 as decimal(19, 0)) * w.x0) as decimal(38, 0)) as xx,
    cast(sum(cast(w.x as decimal(19, 0)) * w.y - cast(w.x0 as decimal(19, 0)) * w.y0) as decimal(38, 0)) as xy,
    cast(sum(cast(w.y as decimal(19, 0)) * w.y - cast(w.y0 as decimal(19, 0)) * w.y0) as decimal(38, 0)) as yy,
    cast(sum(cast(w.x as decimal(19, 0)) * w.kept - cast(w.x0 as decimal(19, 0)) * w.kept0) as decimal(38, 0)) as xk,
    cast(sum(cast(w.kept as decimal(19, 0)) * w.kept - cast(w.kept0 as decimal(19, 0)) * w.kept0) as decimal(38, 0)) as kk
from with_before as w
join accounts as a on a.account_id = w.account_id
group by a.segment, w.month_no
order by a.segment, w.month_no
