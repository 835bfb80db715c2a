-- The visible invoice lines, counted: how many are credits or no MRR, billed late, or seem to name the last day served.
select
    cast(count(*) as bigint) as n_lines,
    cast(count(case when coalesce(kind, '') not in ('one_time', 'tax') and amount < 0 then 1 end) as bigint) as n_credits,
    cast(count(case when kind in ('one_time', 'tax') then 1 end) as bigint) as n_outside,
    cast(count(case when invoiced_on >= service_ends_on then 1 end) as bigint) as n_late,
    cast(count(service_ends_on) as bigint) as n_dated,
    cast(count(
        case
            when extract(day from service_starts_on) = 1
                and extract(day from service_ends_on + interval '1' day) = 1 then 1
        end
    ) as bigint) as n_last_day
from invoices
