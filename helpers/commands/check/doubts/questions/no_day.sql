-- column: every date
-- says: a day that means none, such as 1900-01-01 or 9999-12-31, or a year of two digits
-- why: it is taken as it is: a start in 1900 makes the report begin there
-- fix: fill in the day, or make it empty under [tables.{table}.columns]: <{column} = nullif(cast({} as date), date '1900-01-01')>
select {shown} from _all_{table} where {column} < date '1980-01-01' or {column} >= date '2090-01-01'
