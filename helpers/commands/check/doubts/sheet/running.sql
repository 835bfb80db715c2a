-- How often amounts grow from one month to the next, as those of a year to date do: a dozen times and more, and in three
-- of five months that customers could pay in.
with beside as (
    select
        account_id,
        month_no,
        closing_cents,
        lag(closing_cents) over (partition by account_id order by month_no) as before_cents,
        lag(month_no) over (partition by account_id order by month_no) as before_no
    from _levels
    where month_no <= {last}
),

counted as (
    select
        sum(case when before_no = month_no - 1 and before_cents > 0 and closing_cents > before_cents then 1 else 0 end) as rises,
        count(distinct account_id) * ({last} - min(month_no)) as n_months
    from beside
)

select 1.0 * rises / n_months as share
from counted
where rises >= 12 and rises >= 0.6 * n_months
