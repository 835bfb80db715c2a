-- column: every customer
-- says: a row of totals, not a customer
-- why: a total counts once more what the rows above it hold
-- fix: {leave_out}
select {shown} from _all_{table}
where lower(trim({column})) in ('total', 'totals', 'grand total', 'subtotal', 'sub-total', 'sum', 'overall', 'all', 'total:',
    'all customers', 'total mrr', 'total arr', 'gesamt', 'summe', 'gesamtsumme', 'insgesamt', 'totaal', 'totale', 'totaux')
