{# What MRR by month, months across and movements need in SQL (shapes.py). -#}

{% macro listed(words) -%}
{% for word in words %}{{ word | literal }}{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{# A text without the blanks around it, also those of web pages and spreadsheets, the same everywhere. -#}
{% macro trimmed(text) -%}
trim(both ' ' from replace(replace(replace({{ text }}, '{{ "\u00a0" }}', ' '), '{{ "\u202f" }}', ' '), '{{ "\t" }}', ' '))
{%- endmacro %}

{# The kind of a movement in small letters, with blanks between its words. -#}
{% macro word() -%}
replace(replace(lower({{ trimmed("movement") }}), '_', ' '), '-', ' ')
{%- endmacro %}

{# A movement with its sign: what falls is below 0. -#}
{% macro signed(falls) -%}
case when mrr > 0 and {{ word() }} in ({{ listed(falls) }}) then -mrr else mrr end
{%- endmacro %}

{# Whether a row names totals in one of these columns. -#}
{% macro is_total(columns, totals) -%}
{% for ours in columns %}lower({{ trimmed("replace(raw_" ~ ours ~ ", ':', '')") }}) in ({{ listed(totals) }}){{ " or " if not loop.last }}{% endfor %}
{%- endmacro %}

{# An amount of MRR, where a dash or nothing at all is a month not paying. -#}
{% macro amount(mrr, type) -%}
{% set text = trimmed("cast(" ~ mrr ~ " as " ~ type ~ ")") -%}
case when {{ mrr }} is null or {{ text }} in ('', '-', '–', '—') then '0' else {{ text }} end
{%- endmacro %}

{# A level of a year as one of a month: half a cent upward, in whole numbers, for a quotient of decimals is a float on
   some engines. -#}
{% macro level(is_annual) -%}
{{ "(2 * level_cents + 12 - mod(2 * level_cents + 12, 24)) / 24" if is_annual else "level_cents" }}
{%- endmacro %}

{# A day for each text that names a month. -#}
{% macro labeled(month, days, dialect) -%}
case cast({{ month }} as {{ dialect.text }})
{%- for text, day in days.items() %} when {{ dialect.literal(text) }} then '{{ day }}'{% endfor %} end
{%- endmacro %}

{# A row for each column that names a month (`days`): `month` and `mrr`, those that do not (`beside`), and in `_row` the
   row of the sheet. -#}
{% macro across(relation, days, beside, dialect, quoted) -%}
(select {% for name in beside %}sheet.{{ quoted(name) }}, {% endfor %}sheet._row, named.month, case named._n
{%- for name in days %} when {{ loop.index0 }} then cast(sheet.{{ quoted(name) }} as {{ dialect.text }}){% endfor %} end as mrr
from (select *, {{ dialect.row }} as _row from {{ relation }}) as sheet cross join (
{%- for day in days.values() %}{{ " union all " if not loop.first }}select {{ loop.index0 }} as _n, '{{ day }}' as month{% endfor %}) as named) as across
{%- endmacro %}
