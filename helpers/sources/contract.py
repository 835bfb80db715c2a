"""The data contract: what `schema` declares, asked of a source by one aggregate query a table.

Only when a rule is broken are the first bad rows fetched, to be named. Nothing is repaired silently.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from helpers import formats
from helpers.errors import NoRoom, Refused
from helpers.sources import mapping, queries, schema, shapes
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refused, text
from helpers.sources.schema.columns import READ_AS, read

SHOWN = 3
_CORRECT = "correct the rows in the export, or leave them out with `where` in the source file"
_RULES = read("rules")
Run = Callable[..., pd.DataFrame]


@dataclass(frozen=True)
class Rule:
    """`broken` is SQL over `_contract`: our columns, and `raw_<column>`, the source's text of each.

    `counted`: SQL that counts the rows of a rule that looks rows up in a table, as `n`: PostgreSQL compares every row
    with every other where a lookup is asked in an aggregate's filter. In a large table each is a query of its own:
    DuckDB holds the tables of all lookups of a query at once.
    """

    column: str
    broken: str
    says: str
    fix: str
    counted: str = ""


@dataclass(frozen=True)
class Found:
    """Something to say of a column: how many rows it is true of, and the first of them."""

    place: str
    table: str
    column: str
    says: str
    n_rows: int
    first_rows: tuple[str, ...]

    def __str__(self) -> str:
        where = f"{self.place} (table {self.table})" + (f", column {self.column}" if self.column else "")
        count = f"{formats.plural(self.n_rows, 'row')}: " if self.n_rows else ""
        return f"{where}: {count}{self.says}" + "".join(f"\n    {row}" for row in self.first_rows)


@dataclass(frozen=True)
class Fault(Found):
    """A broken rule, and how to fix what breaks it."""

    way_out: str

    def __str__(self) -> str:
        return f"{super().__str__()}\n    Fix: {self.way_out}"


def check(tables: dict[str, Mapped], run: Run, only: tuple[str, ...] = ()) -> list[Fault]:
    """Every broken rule of every table, or of some, in the order of the schema; none when the contract holds."""
    asked = [mapped for name, mapped in tables.items() if name in (only or tables)]
    return [fault for mapped in asked for fault in _table_faults(mapped, tables, run)]


def refuse_faults(faults: list[Fault]) -> None:
    """Raise `Refused` with all faults in plain words, if there is any."""
    if faults:
        raise Refused("The data breaks the contract (data/README.md):\n- " + "\n- ".join(map(str, faults)))


def _table_faults(mapped: Mapped, tables: dict[str, Mapped], run: Run) -> list[Fault]:
    def ask(select: str, numbered: bool = False) -> pd.DataFrame:
        return run(_contract_query(mapped, tables, select, numbered))

    place, rules = (mapped.place, mapped.name), list(_rules(mapped, tables))
    try:
        n_rows, broken = _counted(rules, mapped, ask)
    except NoRoom:
        raise
    except Refused as error:
        raise refused("unreadable", place=mapped.place, table=mapped, why=error) from None
    if n_rows == 0 and mapped.name in (*schema.REQUIRED_TABLES, *schema.IN_PLACE_OF["subscriptions"]):
        return [Fault(*place, "", "the table is empty", 0, (), text("table_empty"))]
    return [
        Fault(*place, rule.column, rule.says, n, _first_rows(rule, mapped, ask), _fix(rule, mapped, ask))
        for rule, n in zip(rules, broken, strict=True)
        if n
    ]


def _fix(rule: Rule, mapped: Mapped, ask: Run) -> str:
    """How to fix it, with the labels of the rows that a line of the source file leaves out."""
    if shapes.LABELED not in rule.fix:
        return rule.fix
    columns = [ours for ours in ("account_id", "name") if mapped.columns[ours]]
    raw = ", ".join(f"raw_{ours}" for ours in columns)
    rows = ask(f"select distinct {raw} from _contract where {rule.broken} order by {raw} limit 50")
    # A row of totals may have a name and no id.
    by = next((ours for ours in columns if rows[f"raw_{ours}"].notna().all()), columns[0])
    key = mapped.dialect.unquoted(mapped.columns[by])
    labels = ", ".join(map(mapped.dialect.literal, dict.fromkeys(rows[f"raw_{by}"].dropna())))
    # What has no label is left to its own rule, and not left out with the others in silence.
    where = f"{key} not in ({labels}) or {key} is null"
    return rule.fix.replace(shapes.LABELED, f"where = {json.dumps(where, ensure_ascii=False)}")


def _counted(rules: list[Rule], mapped: Mapped, ask: Run) -> tuple[int, list[int]]:
    """The rows of a table, and how many of them break each rule."""
    # Of a sheet with months across, a row is broken once, in however many months.
    count = "count(distinct _row)" if mapped.is_across else "count(*)"
    alone = {n for n, rule in enumerate(rules) if rule.counted and mapped.is_large}
    counts = [
        f"({rule.counted}) as rule_{n}" if rule.counted else f"{count} filter (where {rule.broken}) as rule_{n}"
        for n, rule in enumerate(rules)
        if n not in alone
    ]
    found = ask(f"select {', '.join(['count(*) as n_rows', *counts])} from _contract").iloc[0]
    lookups = {f"rule_{n}": ask(rules[n].counted)["n"].iloc[0] for n in sorted(alone)}
    broken = found.to_dict() | lookups
    return int(found["n_rows"]), [int(broken[f"rule_{n}"]) for n in range(len(rules))]


def _contract_query(mapped: Mapped, tables: dict[str, Mapped], select: str, numbered: bool = False) -> str:
    """`select` over `_contract`; `numbered` adds `_row`, the row's place in the source before `where` is applied."""
    columns = [f"{mapping.typed(mapped, ours)} as {ours}" for ours in mapped.columns]
    columns += [f"{mapped.dialect.raw(theirs)} as raw_{ours}" for ours, theirs in mapped.columns.items() if theirs]
    columns += ["_row"] * (numbered or mapped.is_across)
    rows, sql = mapped, queries.macros(mapping.__file__)
    if numbered and not mapped.is_across:
        rows = replace(mapped, relation=f"(select *, row_number() over () as _row from {mapped.relation}) as numbered")
    others = [tables[name] for name in ("programs", "accounts") if name in tables and name != mapped.name]
    layers = [layer(other) for other in others for layer in (sql.raw, sql.all)]
    layers += [sql.raw(rows), f"_contract as (select {', '.join(columns)} from _raw_{mapped.name})"]
    return f"with {', '.join(layers)} {select}"


def _rules(mapped: Mapped, tables: dict[str, Mapped]) -> Iterator[Rule]:
    for section, words in _sections(mapped, tables):
        for said in _RULES.get(section, ()):
            left_out = ("if", *words.get("without", ()))
            if "if" not in said or words[said["if"]]:
                yield Rule(**{name: sql.format(**words) for name, sql in said.items() if name not in left_out})


def _sections(mapped: Mapped, tables: dict[str, Mapped]) -> Iterator[tuple[str, dict]]:
    """The sections of `schema/rules.toml` that hold for a table, each with what fills in its rules."""
    name, table, rates, words = mapped.name, schema.TABLES[mapped.name], mapped.rates, {"correct": _CORRECT}
    for column, declared in table.columns.items():
        if mapped.columns[column] is not None:
            yield "column", words | _column_words(mapped, column, declared)
    for first, then in table.metadata["in_order"]:
        says = "the end is before the start" if first == "starts_on" else f"{then} is before {first}"
        yield "in_order", words | {"first": first, "then": then, "says": says}
    if not (mapped.shape and mapped.shape.movements):
        yield "key", _key_words(mapped, table)
    if rates:
        day = schema.cut(name).known_on
        words |= {"to": rates.to, "code": rates.dialect.literal(rates.to), "day": day}
        words["unknown"] = rates.is_unknown("currency", day)
    if name in ("subscriptions", *schema.IN_PLACE_OF["subscriptions"]):
        yield "currencies" if rates else "one_currency", words
    words |= shapes.words(mapped.columns) if mapped.shape else {}
    yield name, words
    if mapped.shape:
        yield "movements" if mapped.shape.movements else "levels", words
    for survey, (low, high) in schema.SCALES.items() if name == "surveys" else ():
        yield "survey", words | {"survey": survey, "low": low, "high": high}
    for column, other in (("account_id", "accounts"), ("program", "programs")):
        if column in mapped.columns and other in tables and other != name:
            things, thing = re.sub("(?<=ch)es$|s$", "", name), column.split("_")[0]
            yield "unknown", {"column": column, "other": other, "things": things, "thing": thing}


def _key_words(mapped: Mapped, table) -> dict:
    columns = schema.key(mapped.name)
    # Without a product, a row is the customer as a whole.
    key = ", ".join(f"coalesce({each}, '')" if table.columns[each].nullable else each for each in columns)
    filled = " and ".join(f"{each} is not null" for each in columns if not table.columns[each].nullable)
    grain = table.description.split(" (")[0].split(";")[0]
    # Of a sheet with months across, the rows of the sheet are counted.
    without = ["counted"] if mapped.is_across else []
    return {"columns": ", ".join(columns), "key": key, "filled": filled, "grain": grain, "without": without}


def _column_words(mapped: Mapped, column: str, declared) -> dict:
    """What the rules of every column are filled in with, and by `if` which of them hold for this one."""
    detail, theirs, is_own = declared.metadata, mapped.columns[column], mapping.is_own_type(mapped, column)
    kind = detail["kind"]
    # A total or an empty line at the end of an export lacks what every row has.
    as_in = f", as in where = '{theirs} is not null'" if theirs.startswith('"') and "'" not in theirs else ""
    return detail | {
        "column": column,
        "table": mapped.name,
        "source": column if is_own else f"raw_{column}",
        "as_in": as_in,
        "strict": mapped.dialect.strict.get(kind, "true").replace("{0}", f"raw_{column}"),
        "as_amount": mapped.dialect.read("money", f"raw_{column}", mapped.dialect.text),
        "reads_as": READ_AS.get(kind),
        "choices": ", ".join(map(mapped.dialect.literal, detail["choices"])),
        "is_needed": not declared.nullable,
        "is_read": kind in READ_AS and not is_own,
        "is_counted": kind == "count" and not is_own,
        "is_month": kind == "month",
        "is_from_zero": detail["low"] == 0,
    }


def _first_rows(rule: Rule, mapped: Mapped, ask: Run) -> tuple[str, ...]:
    columns = [*schema.key(mapped.name), *rule.column.split(", ")]
    columns += [first for first, then in schema.TABLES[mapped.name].metadata["in_order"] if rule.column == then]
    shown = ", ".join(f"raw_{column}" for column in dict.fromkeys(columns) if mapped.columns[column] is not None)
    # A spreadsheet counts the header of a CSV file as row 1.
    places, first = mapped.dialect.places, mapped.first_row
    order, rows = "_row" if places else shown, f"_contract where {rule.broken}"
    if mapped.is_across:
        # The first month of each row in which it is broken.
        by_month = f"row_number() over (partition by _row order by {order}, raw_month)"
        rows = f"(select *, {by_month} as _nth from {rows}) as ranked where _nth = 1"
    found = ask(f"select {'_row, ' * places}{shown} from {rows} order by {order} limit {SHOWN}", numbered=places)
    rows = [
        {name: "(empty)" if pd.isna(value) else value for name, value in row.items()}
        for row in found.to_dict("records")
    ]
    starts = [f"row {row.pop('_row') + first}: " if places else "" for row in rows]
    texts = [", ".join(f"{name.removeprefix('raw_')}={value}" for name, value in row.items()) for row in rows]
    return tuple(map("".join, zip(starts, texts, strict=True)))
