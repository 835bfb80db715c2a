{# SQL that several questions ask with (core.py), filled into them as {spelt:name}, {typical:subscriptions}. -#}

{# A name without points, commas and legal forms: `Birch, Inc.` and `birch inc` are one, 1.1 and 11 are two. Most ids have
   neither: a million of them are not looked through ten times. -#}
{% macro spelt(column) -%}
{% set padded = "replace(' ' || lower(trim(" ~ column ~ ")) || ' ', ',', ' ')" -%}
{% set has_no_digit = "translate(" ~ column ~ ", '0123456789', '') = " ~ column -%}
{% set pointless = "case when " ~ has_no_digit ~ " then replace(" ~ padded ~ ", '.', '') else replace(" ~ padded ~ ", '. ', ' ') end" -%}
{% set forms = ["inc", "incorporated", "ltd", "limited", "llc", "corp", "corporation", "gmbh", "plc"] -%}
case when {{ column }} like '% %' or {{ column }} like '%.%' then trim(
{%- for _ in forms %}replace({% endfor %}replace({{ pointless }}, '  ', ' ')
{%- for form in forms %}, ' {{ form }} ', ' '){% endfor %}) else lower(trim({{ column }})) end
{%- endmacro %}

{# The median, as any engine computes it. -#}
{% macro typical(table) -%}
(select avg(mrr) from (select mrr, row_number() over (order by mrr) as place, count(*) over () as n
    from _all_{{ table }} where mrr > 0) as ranked where 2 * place between n and n + 2)
{%- endmacro %}
