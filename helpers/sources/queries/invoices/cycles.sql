-- The accounts that are billed in cycles of days, by the days of the cycle, and those with prorations (0 days).
select
    coalesce(cycle_days, 0) as days,
    cast(count(distinct account_id) as bigint) as n_accounts,
    cast(count(*) as bigint) as n_periods
from _services
where line_class = 'recurring' and billed_by <> 'months'
group by 1
order by 1 desc
