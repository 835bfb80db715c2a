-- column: every customer
-- says: a row of totals, counts or averages, not a customer
-- why: it counts once more what the rows above it hold
-- fix: {leave_out}
select {shown} from (select {shown}, lower(trim(replace({column}, ':', ''))) as label from _all_{table}) as labeled
where label in ('total', 'totals', 'grand total', 'subtotal', 'sub-total', 'sum', 'overall', 'all', 'all customers',
        'total mrr', 'total arr', 'gesamt', 'summe', 'gesamtsumme', 'insgesamt', 'totaal', 'totale', 'totaux')
    or label in ('arpa', 'arpu', 'average', 'avg', 'mean', 'median', 'count', 'customers', 'accounts', 'customer count',
        'number of customers', 'total customers', 'growth', 'net new mrr', 'new mrr', 'churned mrr', 'expansion mrr',
        'contraction mrr', 'opening mrr', 'closing mrr', 'mrr', 'arr', 'nrr', 'grr', 'churn', 'check', 'difference')
    or label like '% total' or label like '%subtotal%' or label like 'total for %' or label like 'total (%'
