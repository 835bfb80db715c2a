{# What `everywhere.py` counts of a table's rows, by table (`what`) and column (`which`). -#}

{# Rows by month; the items of one questionnaire come together, so they count as one. -#}
{% macro by_month(table, column, until) -%}
{% set month = "cast(extract(year from " ~ column ~ ") * 12 + extract(month from " ~ column ~ ") - 1 as integer)" -%}
select '{{ table }}' as what, '{{ column }}' as which, {{ month }} as month_no,
    count({{ "distinct response_id" if table == "surveys" else "*" }}) as n_rows
from _all_{{ table }} where {{ column }} between date '1980-01-01' and date '{{ until }}' group by {{ month }}
{%- endmacro %}

{% macro by_label(table, column) -%}
select '{{ table }}' as what, '{{ column }}' as which, {{ column }} as label, count(*) as n_rows
from _all_{{ table }} where {{ column }} is not null group by {{ column }}
{%- endmacro %}

{# Texts of days by their style: `like`, a condition of each. -#}
{% macro by_style(place, table, column, likes) -%}
select {{ place }} as place, '{{ table }}' as what, '{{ column }}' as which
{%- for like in likes %}, coalesce(sum(case when {{ like }} then 1 else 0 end), 0) as s_{{ loop.index0 }}{% endfor %}
from _raw_{{ table }}
{%- endmacro %}
