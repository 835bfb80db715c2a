{# The layers that begin every query (mapping.py): `_raw_x`, `_all_x` and `x`; each `it` is a `Mapped`. -#}

{# The rows of the source as they stand, in its own names. -#}
{% macro raw(it) -%}
_raw_{{ it.name }} as ({{ it.rows }})
{%- endmacro %}

{# All rows of a table in our names and types, before any cut. -#}
{% macro all(it) -%}
_all_{{ it.name }} as (select {% for ours, sql in it.values().items() %}{{ sql }} as {{ ours }}{{ ", " if not loop.last }}{% endfor %} from _raw_{{ it.name }})
{%- endmacro %}

{# The rows and values of a table that were known on `day`; what depends on a date that the source does not have at all
   (`absent`) was known when its row was. `joined`: the query joins the accounts to their subscriptions itself. -#}
{% macro known(table, cut, columns, day, absent, joined) -%}
{% set by = "date '" ~ day ~ "'" -%}
{{ table }} as (select
{%- for column in columns %}
  {%- set clock = cut.clock(column) -%}
  {{ ", " if not loop.first else " " }}
  {%- if clock is none or clock in absent -%}
    {{ column }}
  {%- else -%}
    case when {{ clock }} <= {{ by }}{% if cut.notice and clock != cut.notice %} or ({{ cut.notice }} <= {{ by }}){% endif %} then {{ column }}
    {#- An empty date says nothing about when the rest was known, so what depends on it stays unknown. -#}
    {%- if column in cut.reads %} else '{{ cut.reads[column] }}'{% endif %} end as {{ column }}
  {%- endif %}
{%- endfor %} from _all_{{ table }}
{%- set conditions = [
  ("(" ~ cut.known_on ~ " is null or " ~ cut.known_on ~ " <= " ~ by ~ ")" if table == "programs"
    else cut.known_on ~ " <= " ~ by) if cut.known_on,
  "account_id in (select account_id from subscriptions)"
    if "account_id" in columns and not (table in ("invoices", "mrr", "subscriptions") or cut.prospects or joined),
] | select | join(" and ") %}
{%- if conditions %} where {{ conditions }}{% endif %})
{%- endmacro %}
