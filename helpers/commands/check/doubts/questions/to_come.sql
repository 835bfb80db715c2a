-- column: every past date
-- says: after {named}, {last}
-- why: no report sees it yet; a wrong year, or day and month exchanged, look like that, too
-- fix: correct the date; {to_come}
select {shown} from _all_{table} where {column} > date '{last}' and {column} < date '2090-01-01'
