{# Rows whose end has passed by `last`, and that a state beside it (`name`) says go on; where another row of the account
   goes on from it, within `near` days, that row explains the state. -#}
{% macro state(it, name) -%}
lower(trim(cast({{ it.dialect.quoted(name) }} as {{ it.dialect.text }})))
{%- endmacro %}

{% macro labels(it, texts) -%}
{% for text in texts %}{{ it.dialect.literal(text) }}{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{% macro goes_on(it, typed, name, texts, last, near) -%}
select account_id, starts_on, ends_on, state from (
    select {% for ours, sql in typed.items() %}{{ sql }} as {{ ours }}, {% endfor %}{{ state(it, name) }} as state
    from _raw_subscriptions) as s
where state in ({{ labels(it, texts) }}) and mrr > 0 and ends_on > starts_on and ends_on <= {{ last }} and not exists (
    select 1 from _all_subscriptions as n where n.account_id = s.account_id
        and (n.ends_on is null or n.ends_on > s.ends_on)
        and ({% if "product" in typed %}n.product = s.product or {% endif -%}
            n.starts_on between s.ends_on - {{ near }} and s.ends_on + {{ near }}))
{%- endmacro %}

{# `ends`, of the others alone. -#}
{% macro open_ended(it, name, texts, ends) -%}
case when {{ state(it, name) }} in ({{ labels(it, texts) }}) then null else {{ ends }} end
{%- endmacro %}
