-- What all visible invoice lines bill, by class and service period: grows with days, not with lines.
select
    line_class,
    served_from,
    served_until,
    from_no,
    until_no,
    cast(sum(cents) as bigint) as cents,
    cast(sum(monthly_cents) as bigint) as monthly_cents
from _services
group by line_class, served_from, served_until, from_no, until_no
order by line_class, served_from, served_until, from_no, until_no
