-- The subscriptions that invoice lines, or MRR by month, tell of, after _billed: a stretch is an account's product at an
-- unchanged amount. What begins where the last one ended, at the same amount a month, goes on with the same stretch.
select
    account_id || case when product_name = '' then '' else ' ' || product_name end as subscription_id,
    account_id,
    nullif(product_name, '') as product,
    changed_on as starts_on,
    next_on as ends_on,
    cast(cast({level} as decimal(20, 0)) * 0.01 as decimal(28, 2)) as mrr,
    (select min(currency) from {source}) as currency,
    cast(null as bigint) as n_seats,
    cast(null as date) as renews_on,
    cast(null as bigint) as term_months,
    cast(null as date) as cancelled_on,
    nullif('', '') as lost_to
from _billed
where level_cents > 0
