-- column: every counted
-- at_least: 5
-- share: 0.1
-- says: the same row again, and no id says whether it is another one
-- why: two exports of the same time, put together, count everything twice
-- fix: export each row once, with its id
select {stated} from (select {stated}, row_number() over (partition by {stated} order by {column}) as nth
from _all_{table}) as r where nth > 1
