-- The visible invoice lines, counted: how many are credits or no MRR, whose accounts are
-- mostly billed after the service (in arrears), or seem to name the last day served.
select
    cast(count(*) as bigint) as n_lines,
    cast(count(case when coalesce(kind, '') not in ('one_time', 'tax') and amount < 0 then 1 end) as bigint) as n_credits,
    cast(count(case when kind in ('one_time', 'tax') then 1 end) as bigint) as n_outside,
    (
        select cast(count(*) as bigint)
        from (
            select account_id
            from invoices
            where amount > 0 and coalesce(kind, '') not in ('one_time', 'tax') and service_ends_on is not null
            group by account_id
            having 2 * count(case when invoiced_on >= service_ends_on then 1 end) >= count(*)
        ) as late
    ) as n_late_accounts,
    cast(count(distinct case when service_ends_on is not null then account_id end) as bigint) as n_dated_accounts,
    cast(count(service_ends_on) as bigint) as n_dated,
    cast(count(
        case
            when extract(day from service_starts_on) = 1
                and extract(day from service_ends_on + interval '1' day) = 1 then 1
        end
    ) as bigint) as n_last_day
from invoices
