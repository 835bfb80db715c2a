-- column: every id
-- says: a blank at an end of the id
-- why: 'A1 ' and 'A1' are two ids: rows do not find one another
-- fix: map it: <{column} = trim({})>
select {shown} from _all_{table} where {column} <> trim(both from {column})
