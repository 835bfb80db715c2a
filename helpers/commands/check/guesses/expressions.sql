{# How the values of a column become ours, in DuckDB's SQL (expressions.py): `it` knows the column (`name` as SQL writes
   it, `theirs` as it is called) and how its values read. What cannot be read that way stays as it is, so that the
   contract names it instead of taking it for empty. -#}

{# The column without its words for nothing. -#}
{% macro or_none(name, nothing) -%}
{% if nothing -%}
case when lower(trim(cast({{ name }} as varchar))) in ({{ nothing | map("literal") | join(", ") }}) then null else {{ name }} end
{%- else -%}
{{ name }}
{%- endif %}
{%- endmacro %}

{# Dates in a style of strptime, also with a time of day in one of these styles; a number is no text to strptime. -#}
{% macro dated(name, style, times) -%}
{% set text = "cast(" ~ name ~ " as varchar)" if style == "%Y%m%d" else name -%}
coalesce(cast(cast(try_strptime({{ text }}, {{ "[" if times }}'{{ style }}'
{%- for time in times %}, '{{ style }}{{ time }}'{% endfor %}{{ "]" if times }}) as date) as varchar), {{ text }})
{%- endmacro %}

{% macro date(it) -%}
{% set reading, name = it.reading, or_none(it.name, it.reading.no_days) -%}
{% if reading.dates == "%Y-%m" -%}
{{ name }} || '-01'
{%- elif reading.dates == "%Y-%m-%d zone" -%}
left(cast({{ name }} as varchar), 10)
{%- elif not reading.dates and reading.day_numbers -%}
coalesce(cast({{ from_numbers[reading.day_numbers] | replace("{}", name) }} as varchar), cast({{ name }} as varchar))
{%- elif reading.dates in ("", "mixed", "%Y-%m-%d") or reading.dates in ambiguous -%}
{{ name if reading.no_days else it.theirs }}
{%- else -%}
{{ dated(name, reading.dates, reading.times) }}
{%- endif %}
{%- endmacro %}

{# The amounts of a column that have its own style, without its dress; 1.200,00 among 1,200.50 stays as it is. -#}
{% macro in_style(name, reading) -%}
{% set point = "." if reading.numbers in ("plain", "1,234.50", "1,20,000.50") else "," -%}
{% set gaps = reading.gaps | replace("'", "''") -%}
{% set number = amounts[reading.numbers] | replace("GAP", gaps) -%}
{% set sign %}{% for letter in reading.symbol %}[{{ letter }}]{% endfor %}{% endset -%}
{% set around = [("[ " ~ gaps ~ "]") if gaps else " ", sign] | select | join("|") -%}
case when regexp_full_match({{ name }}, '([-+ ]{{ "|" ~ sign if sign }})*{{ number }}({{ around }})*-?
{%- if sign %}|{{ sign }}( )*-( )*{% endif %}
{%- if reading.has_brackets %}|[(]({{ around }})*{{ number }}({{ around }})*[)]{% endif -%}
') then translate(regexp_replace({{ name }}, '[^-(0-9{{ point }}]', '', 'g'), '({{ point }}', '-.') else {{ name }} end
{%- endmacro %}

{# `it.times` and `it.by`: what an amount is multiplied with and divided by. -#}
{% macro money(it) -%}
{% set reading, name = it.reading, or_none(it.name, it.nothing) -%}
{% set is_dressed = reading.numbers and (reading.numbers != "plain" or reading.has_brackets) -%}
{% set amount = in_style(name, reading) if is_dressed else name -%}
{% if it.by == it.times -%}
{{ it.theirs if amount == it.name else amount }}
{%- else -%}
coalesce(cast(try_cast({{ amount }} as decimal(28, 10))
{%- for sign, n in (("*", it.times), ("/", it.by)) if n > 1 %} {{ sign }} {{ n }}{% endfor %} as varchar), {# -#}
{% if is_dressed %}{{ name }}{% else %}cast({{ name }} as varchar){% endif %})
{#- A column of whole numbers is no text to DuckDB, and coalesce wants both alike. -#}
{%- endif %}
{%- endmacro %}

{# An amount of one piece, for all `many` of them. -#}
{% macro product(amount, many) -%}
cast(try_cast({{ amount }} as decimal(28, 10)) * try_cast({{ many }} as decimal(18, 4)) as varchar)
{%- endmacro %}

{# An amount brought to a month: `label` says its interval, `months` how many months each is, `count` how many of them. -#}
{% macro per_month(amount, theirs, label, months, count) -%}
{% set number, label = "try_cast(" ~ amount ~ " as decimal(28, 10))", "cast(" ~ label ~ " as varchar)" -%}
{% set share -%}
case lower(trim({{ label }}))
{%- for word, n in months %} when {{ word | lower | literal }} then {{ n.denominator }}.0 / {{ n.numerator }}{% endfor %} end
{%- endset -%}
case when {{ number }} is null then cast({{ theirs }} as varchar) {# -#}
when {{ share }} is null then cast({{ theirs }} as varchar) || ' per ' || coalesce({{ label }}, '?') {# -#}
else cast({{ number }} * {{ share }}{% if count %} / coalesce(try_cast({{ count }} as integer), 1){% endif %} as varchar) end
{%- endmacro %}
