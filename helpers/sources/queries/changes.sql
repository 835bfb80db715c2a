-- Changes of MRR after the end of {opening_month} and up to {closing_month}, one row an account and month, with the MRR
-- before and after; and one row, `unchanged`, for every account that pays at the end of {opening_month} without a change.
-- Grows with accounts and changes, never with account × month. Months are integers: year × 12 + month − 1.
with known as (
    select
        account_id,
        month_no,
        change_cents,
        closing_cents,
        movement,
        max(month_no) over (partition by account_id) as latest_no
    from _levels
    where month_no <= {closing_month}
)
select
    k.account_id,
    a.name,
    a.segment,
    case when k.month_no > {opening_month} then k.month_no else {opening_month} end as month_no,
    case when k.month_no > {opening_month} then k.closing_cents - k.change_cents else k.closing_cents end as opening_cents,
    k.closing_cents,
    case when k.month_no > {opening_month} then k.movement else 'unchanged' end as movement
from known as k
join accounts as a on a.account_id = k.account_id
where k.month_no > {opening_month} or (k.month_no = k.latest_no and k.closing_cents > 0)
order by k.account_id, k.month_no
