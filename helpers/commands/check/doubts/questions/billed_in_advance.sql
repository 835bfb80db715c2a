-- table: invoices
-- column: invoiced_on
-- at_least: 3
-- says: is billed every [months] months, without a service period
-- why: a line without one counts for one month: MRR is [months] times too high in it, and then the customer looks gone
-- fix: map the service period; where each of these lines serves until the next, under [tables.invoices.columns]:
--   <service_starts_on = {invoiced_on}> and <service_ends_on = cast({invoiced_on} as date) + interval [months] month>
-- All lines of a customer come as many months apart, on the same day, at much the same price.
select account_id, last_invoice, amount, months as _months from (
    select account_id, product_name, max(invoiced_on) as last_invoice, max(amount) as amount, min(apart) as months,
        count(*) over () as n_chains
    from (
        select account_id, product_name, invoiced_on, amount,
            month_no - lag(month_no) over chain as apart,
            case when lag(amount) over chain between 0.8 * amount and 1.25 * amount
                and abs(day_no - lag(day_no) over chain) <= 3 then 1 else 0 end as is_alike
        from (
            select account_id, coalesce(product, '') as product_name, invoiced_on, amount,
                extract(year from invoiced_on) * 12 + extract(month from invoiced_on) as month_no,
                extract(day from invoiced_on) as day_no
            from _all_invoices where amount > 0 and {recurring} and service_ends_on is null
        ) as lines
        window chain as (partition by account_id, product_name order by invoiced_on)
    ) as followed
    group by account_id, product_name
    having count(*) > 1 and min(apart) = max(apart) and min(apart) in (3, 6, 12) and sum(is_alike) = count(*) - 1
) as chains
where 20 * n_chains >= (select count(distinct account_id) from _all_invoices)
