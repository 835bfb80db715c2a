{# What currencies are worth, in SQL (rates.py): `it` are the `Rates`. -#}

{# Whether a row's currency is another one and has no rate by the row's `day`. -#}
{% macro is_unknown(it, currency, day) -%}
{{ currency }} <> {{ it.dialect.literal(it.to) }} and coalesce({{ day }} < {# -#}
{% if it.rows -%}
case {{ currency }}{% for code, since in it.first_days().items() %} when {{ it.dialect.literal(code) }} then date '{{ since }}'{% endfor %} end
{%- else -%}
cast(null as date)
{%- endif %}, true)
{%- endmacro %}

{# An amount in the reporting currency, exact: 16 digits before the point, rates to 10 after it. -#}
{% macro amount(it, amount, currency) -%}
{% if it.in_force() -%}
cast({{ amount }} as decimal(20, 4)) * case {{ currency }}
{%- for code, (_, rate) in it.in_force().items() %} when {{ it.dialect.literal(code) }} then cast({{ "{:f}".format(rate) }} as decimal(18, 10)){% endfor %} {# -#}
else cast(1 as decimal(18, 10)) end
{%- else -%}
{{ amount }}
{%- endif %}
{%- endmacro %}

{# The currency that an amount is in, once it is converted. -#}
{% macro code(it, currency) -%}
{% if it.in_force() -%}
case when {{ currency }} in ({% for code in it.in_force() %}{{ it.dialect.literal(code) }}{{ ", " if not loop.last }}{% endfor %}) {# -#}
then {{ it.dialect.literal(it.to) }} else {{ currency }} end
{%- else -%}
{{ currency }}
{%- endif %}
{%- endmacro %}
