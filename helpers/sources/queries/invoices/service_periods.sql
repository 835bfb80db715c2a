-- What all visible invoice lines bill, by class and service period: grows with days, not with lines.
select
    line_class,
    billed_by,
    served_from,
    served_until,
    from_no,
    until_no,
    times,
    parts,
    cast(sum(cents) as bigint) as cents,
    cast(sum(base_cents) as bigint) as base_cents,
    cast(sum(monthly_cents) as bigint) as monthly_cents
from _services
group by line_class, billed_by, served_from, served_until, from_no, until_no, times, parts
order by line_class, billed_by, served_from, served_until, from_no, until_no, times, parts
