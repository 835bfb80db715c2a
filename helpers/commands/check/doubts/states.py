"""What a state beside the terms contradicts: a subscription that has ended in every figure and is said to be active."""

from collections.abc import Iterator
from datetime import date

from helpers.commands.check.doubts.core import Question, line, words
from helpers.commands.check.guesses import names
from helpers.sources import Tables, mapping, schema

_SAMPLE, _MOST_LABELS = 1_000, 12  # a column with more labels holds names or remarks
_NEAR = 31  # days from an end within which another row of the account goes on from it


def questions(tables: Tables, today: date) -> Iterator[Question]:
    """One question a column that nothing reads and that says of rows whose end has passed that they go on.

    An end has passed by `data_until`; where the source file does not state it, by the latest start on record, since an
    old export says nothing of today. Where another row of the account goes on from it, that row explains the state.
    """
    table = "subscriptions"
    if table not in tables.names or "ends_on" in tables.mapped(table).absent:
        return
    mapped, until = tables.mapped(table), tables.settings.data_until
    shown = ("account_id", "starts_on", "ends_on", "mrr", "product")
    ours = ", ".join(f"{mapping.typed(mapped, name)} as {name}" for name in shown if name not in mapped.absent)
    last = (
        f"date '{until}'" if until else f"(select max(starts_on) from _all_{table} where starts_on <= date '{today}')"
    )
    same = "n.product = s.product or " if "product" not in mapped.absent else ""
    for name, labels in _states(tables):
        state = f"lower(trim(cast({mapped.dialect.quoted(name)} as {mapped.dialect.text})))"
        said = ", ".join(map(mapped.dialect.literal, labels))
        rows = f"""select account_id, starts_on, ends_on, state from (
                select {ours}, {state} as state from _raw_{table}) as s
            where state in ({said}) and mrr > 0 and ends_on > starts_on and ends_on <= {last} and not exists (
                select 1 from _all_{table} as n where n.account_id = s.account_id
                    and (n.ends_on is null or n.ends_on > s.ends_on)
                    and ({same}n.starts_on between s.ends_on - {_NEAR} and s.ends_on + {_NEAR}))"""
        own = {"name": mapped.dialect.named(name), "label": " or ".join(labels.values())}
        open_ended = f"case when {state} in ({said}) then null else {{}} end"
        says, why, fix = (words()["goes_on"][key].format(**own) for key in ("says", "why", "fix"))
        yield Question(table, "ends_on", rows, says, why, fix + line(tables, table, "ends_on", open_ended))


def _states(tables: Tables) -> Iterator[tuple[str, dict[str, str]]]:
    """The columns of subscriptions that nothing reads, each with its labels that mean `active`: plain → as written."""
    mapped = tables.mapped("subscriptions")
    read = " ".join(filter(None, mapped.columns.values()))
    sample = tables.uncut(f"select * from _raw_subscriptions limit {_SAMPLE}")
    for name in sample.columns:
        labels = sample[name].dropna().astype(str).str.strip().unique()
        if name in schema.TABLES["subscriptions"].columns or name in read or len(labels) > _MOST_LABELS:
            continue
        is_flag = names.plain(name) in names.listed("alive")
        going_on = ("true", "yes", "y", "t", "1") if is_flag else names.listed("goes_on")
        if found := {label.lower(): label for label in sorted(labels, reverse=True) if label.lower() in going_on}:
            yield name, found
