"""What a state beside the terms contradicts: a subscription that has ended in every figure and is said to be active."""

from collections.abc import Iterator
from datetime import date

from helpers.commands.check.doubts.core import Question, words
from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.expressions import toml_line
from helpers.sources import Tables, mapping, queries, schema

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
    mapped, until, sql = tables.mapped(table), tables.settings.data_until, queries.macros(__file__)
    latest = f"(select max(starts_on) from _all_{table} where starts_on <= date '{today}')"
    shown = [name for name in ("account_id", "starts_on", "ends_on", "mrr", "product") if name not in mapped.absent]
    ends = mapped.dialect.unquoted(mapped.columns["ends_on"])
    typed = {name: mapping.typed(mapped, name) for name in shown}
    for name, labels in _states(tables):
        rows = sql.goes_on(mapped, typed, name, labels, f"date '{until}'" if until else latest, _NEAR)
        own = {"name": mapped.dialect.named(name), "label": " or ".join(labels.values())}
        says, why, fix = (words()["goes_on"][key].format(**own) for key in ("says", "why", "fix"))
        fix += toml_line("ends_on", sql.open_ended(mapped, name, labels, ends))
        yield Question(table, "ends_on", rows, says, why, fix)


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
