-- table: invoices
-- column: product
-- columns: product
-- says: a credit without a product, at an account whose lines all have one
-- why: a credit is set against lines of its own product, so this one takes nothing from MRR
-- fix: fill in the product of the credit; or take out the line that maps `product`, and all lines of an account are one
select invoice_id, line_id, account_id, amount from _all_invoices as credit
where amount < 0 and product is null and {recurring}
    and exists (select 1 from _all_invoices as o where o.account_id = credit.account_id and o.amount > 0
        and o.product is not null)
    and not exists (select 1 from _all_invoices as o where o.account_id = credit.account_id and o.amount > 0
        and o.product is null)
