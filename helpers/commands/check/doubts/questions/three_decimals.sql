-- column: every amount
-- at_least: 3
-- share: 0.2
-- says: has three decimals, as 1.234 has: it may mean one thousand two hundred and thirty-four
-- why: where the point parts thousands, these amounts are a thousandth of what they should be
-- fix: where it parts thousands: <{column} = replace(cast({} as varchar), '.', '')>
select {shown} from _all_{table} cross join (
    select count(*) as n, sum(case when {column} * 1000 = floor({column} * 1000) then 1 else 0 end) as n_three
    from _all_{table} where {column} * 100 <> floor({column} * 100)) as c
where {column} * 100 <> floor({column} * 100) and n_three > 0.8 * n
    and currency not in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')
