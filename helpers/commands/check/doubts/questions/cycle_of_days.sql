-- table: invoices
-- column: invoiced_on
-- at_least: 4
-- share: 0.4
-- says: comes [days] days after the invoice before it, not on the same day of a month
-- why: billed every [days] days, some months have two invoices and some have none, so MRR jumps though nothing changed;
--   it is amount × 365 ÷ 12 ÷ [days]
-- fix: export subscriptions instead, one row per price, with starts_on, ends_on and mrr = amount × 365 ÷ 12 ÷ [days]
select account_id, invoice_id, invoiced_on, day_before as invoice_before, days as _days from (
    select account_id, invoice_id, invoiced_on, day_before,
        case when day_before + interval '7' day = invoiced_on then 7 when day_before + interval '14' day = invoiced_on then 14
            when day_before + interval '28' day = invoiced_on then 28
            when day_before + interval '30' day = invoiced_on then 30 end as days
    from (select account_id, invoice_id, invoiced_on, lag(invoiced_on) over (
            partition by account_id, product order by invoiced_on, invoice_id, line_id) as day_before
        from _all_invoices where amount > 0 and {recurring}) as l) as d
where days is not null and extract(day from day_before) <> extract(day from invoiced_on)
    and not (extract(day from day_before + interval '1' day) = 1 and extract(day from invoiced_on + interval '1' day) = 1)
