-- table: subscriptions
-- column: product
-- columns: product
-- says: a trial or a demo, but with MRR
-- why: what is not paid is no MRR, and a trial that ends looks like a customer who left
-- fix: {leave_out}
select subscription_id, account_id, product, mrr from _all_subscriptions
where mrr > 0 and (' ' || lower(product) || ' ' like '% trial %' or lower(trim(product)) in ('demo', 'sandbox', 'test'))
