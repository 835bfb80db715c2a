-- column: every id
-- says: an id that a spreadsheet has rounded, such as 1.23457E+11
-- why: a spreadsheet keeps 15 digits of a long number and shows six, so different ids become one
-- fix: export the ids again as text, without opening the file in a spreadsheet in between
select {shown} from _all_{table} where {column} like '_%E+__' or {column} like '_%e+__'
