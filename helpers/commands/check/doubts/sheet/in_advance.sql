-- Customers who pay an amount in single months, with none before and after: those who do so three, six or twelve months
-- apart, where they are one in twenty; else all of them, where they are one in four.
with beside as (
    select
        account_id,
        month_no,
        closing_cents,
        lag(closing_cents) over (partition by account_id order by month_no) as before_cents,
        lead(closing_cents) over (partition by account_id order by month_no) as next_cents,
        lead(month_no) over (partition by account_id order by month_no) as next_no
    from _levels
    where month_no <= {last}
),

single as (
    select account_id, month_no - lag(month_no) over (partition by account_id order by month_no) as apart
    from beside
    where closing_cents > 0 and coalesce(before_cents, 0) = 0 and next_cents = 0 and next_no = month_no + 1
),

payers as (
    select account_id, max(case when apart in (3, 6, 12) then 1 else 0 end) as is_far
    from single
    group by account_id
),

counted as (
    select
        (select count(*) from payers) as n_payers,
        (select count(*) from payers where is_far = 1) as n_far,
        (select count(distinct account_id) from beside) as n
)

select p.account_id, case when c.n_far >= greatest(3, 0.05 * c.n) then c.n_far else c.n_payers end as n_single, c.n
from payers as p cross join counted as c
where c.n_far >= greatest(3, 0.05 * c.n) and p.is_far = 1
    or c.n_far < greatest(3, 0.05 * c.n) and c.n_payers >= greatest(3, 0.25 * c.n)
order by p.account_id
limit 3
