-- The rates that can be read, as whole numbers of {scale}; of the others, and of amounts without one, the contract speaks.
select currency, valid_from, cast(round(rate * {scale}) as decimal(38, 0)) as scaled
from _all_rates
where currency is not null and valid_from is not null and rate > 0
