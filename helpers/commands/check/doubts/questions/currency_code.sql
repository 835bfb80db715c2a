-- table: subscriptions
-- column: currency
-- says: is not an ISO code such as USD
-- why: amounts are shown with it on every page
-- fix: write the code: currency = "'USD'" under [tables.subscriptions.columns]
select subscription_id, starts_on, currency from _all_subscriptions
where length(currency) <> 3 or currency <> upper(currency)
