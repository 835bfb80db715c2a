"""A doubt, and the SQL that asks for it: portable, one statement a table for the counts, and only then first rows."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd

from helpers.commands.check.guesses import expressions
from helpers.ledger.invoices import LATE_SHARE
from helpers.sources import Tables, queries, schema
from helpers.sources.contract import Found
from helpers.sources.mapping import Mapped

QUESTIONS = Path(__file__).parent / "questions"
SHOWN = 3


@cache
def words() -> dict[str, dict[str, str]]:
    """What doubts say that no single query asks for, why it matters and what to do (`said.toml`), by name."""
    return tomllib.loads(Path(__file__).with_name("said.toml").read_text(encoding="utf-8"))


@cache
def _fixed() -> dict[str, str]:
    """What fills `{…}` in a question, whatever the source."""
    sql, surveys = queries.macros(__file__), ", ".join(map(repr, schema.NPS_SURVEYS))
    made = {f"typical:{name}": sql.typical(name) for name in ("subscriptions", "opportunities")}
    made |= {f"spelt:{column}": sql.spelt(column) for column in ("name", "account_id")}
    return words()["filled"] | made | {"nps_surveys": surveys, "late_share": str(LATE_SHARE)}


@dataclass(frozen=True)
class Doubt(Found):
    """Something legal but suspicious, why it matters and what to do."""

    why: str
    way_out: str

    def __str__(self) -> str:
        return f"{super().__str__()}\n    Why it matters: {self.why}\n    What to do: {self.way_out}"


@dataclass(frozen=True)
class Question:
    """A question to a source. `rows` is SQL over `_all_<table>` that selects the suspicious rows, as they are shown.

    `columns` of the table and other tables (`needs`) must be there for it to be asked; `at_least` so many rows must be
    found, and so large a `share` of the rows of the table. A result column `_n` is not shown, but fills in an `[n]` of
    the texts, as the first row has it.
    """

    table: str
    column: str
    rows: str
    says: str
    why: str
    fix: str
    columns: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    at_least: int = 1
    share: float = 0.0


def said(place: str, name: str, table: str, column: str, rows: Iterable[str] = (), n_rows: int = 0, **values) -> Doubt:
    """A doubt in the words of `said.toml`, filled with `values`."""
    values |= {"table": table, "column": column}
    says, why, fix = (words()[name][key].format(**values) for key in ("says", "why", "fix"))
    return Doubt(place, table, column, says, n_rows, tuple(rows), why, fix)


@cache
def _files() -> tuple[tuple[dict[str, str], str], ...]:
    """The head and the SQL of each question in `questions/`, by name."""
    return tuple(parsed(path.read_text(encoding="utf-8")) for path in sorted(QUESTIONS.glob("*.sql")))


def parsed(text: str) -> tuple[dict[str, str], str]:
    """The head of a question, `-- key: text` with lines that go on indented, and the SQL below it.

    >>> parsed("-- says: too\\n--   late\\nselect 1")
    ({'says': 'too late'}, 'select 1')
    """
    comments, sql = re.match(r"((?:--[^\n]*\n)*)(.*)", text, re.DOTALL).groups()
    head = re.sub(r"\n--   +", " ", comments)
    return dict(re.findall(r"^-- (\w+): (.+)$", head, re.MULTILINE)), sql.rstrip()


def questions(tables: Tables, today: date) -> Iterator[Question]:
    """Every question that can be asked of these tables; one about `every` column of a kind is asked of each."""
    for head, sql in _files():
        for table, column in _columns(head, tables):
            asked = _filled(head, sql, table, column, tables, today)
            if tables.has(*asked.needs) and not tables.mapped(table).absent & set(asked.columns):
                yield asked


def _columns(head: dict[str, str], tables: Tables) -> list[tuple[str, str]]:
    if "table" in head:
        return [(head["table"], head["column"])] if head["table"] in tables.names else []
    every = words()["every"][head["column"].removeprefix("every ")]

    def fits(table: str, column: str, kind: str) -> bool:
        # No key says that a row stands there twice where rows are counted since there is no id, or are movements.
        is_counted = "is_counted" not in every or column == _unkeyed(tables.mapped(table))
        here = {"kinds": kind, "columns": column, "tables": table}
        is_planned = column in every.get("but", ())
        return is_counted and not is_planned and all(each in every.get(name, [each]) for name, each in here.items())

    return columns(tables, fits)


def columns(tables: Tables, fits: Callable[[str, str, str], bool]) -> list[tuple[str, str]]:
    """Each table and column of ours that a source has, where they and the column's kind fit."""
    return [
        (table, column)
        for table in tables.names
        for column in schema.TABLES[table].columns
        if column not in tables.mapped(table).absent and fits(table, column, schema.kind(table, column))
    ]


def _unkeyed(mapped: Mapped) -> str:
    """The column under which repeated rows of a table are named, where no key refuses them; else empty."""
    if mapped.shape and mapped.shape.movements:
        return "mrr"
    first = schema.key(mapped.name)[0]
    return first if "row_number()" in (mapped.columns[first] or "") else ""


def _filled(head: dict[str, str], sql: str, table: str, column: str, tables: Tables, today: date) -> Question:
    until, mapped = tables.settings.data_until, tables.mapped(table)
    is_known = column == schema.cut(table).known_on
    is_stated = is_known and until
    values = _fixed() | {
        "table": table,
        "column": column,
        "shown": ", ".join(dict.fromkeys(name for name in (*schema.key(table), column) if name not in mapped.absent)),
        "stated": ", ".join(name for name, text in mapped.columns.items() if text and "row_number()" not in text),
        "until": str(until or today),
        "last": str(until if is_stated else max(today, until or today)),
        "named": "the last day that the data covers" if is_stated else "today",
        "to_come": _fixed()["dated_to_come" if is_known else "planned_to_come"],
        "otherwise": "subscription_id" if "product" in mapped.absent else "''",
    }

    def fill(text: str) -> str:
        return re.sub(r"\{([\w:]+)\}", lambda hit: values.get(hit[1], hit[0]), text)

    fix = re.sub(r"<(\w+) = (.+?)>(?![=])", lambda hit: _line(mapped, hit[1], hit[2]), fill(head["fix"]))
    needed, needs = (tuple(re.findall(r"\w+", head.get(name, ""))) for name in ("columns", "needs"))
    least = {"at_least": int(head.get("at_least", 1)), "share": float(head.get("share", 0))}
    return Question(table, column, fill(sql), fill(head["says"]), fill(head["why"]), fix, needed, needs, **least)


def _line(mapped: Mapped, column: str, sql: str) -> str:
    """A line of the source file that maps a column by `sql`, in which `{}` is what it is read from now."""

    def theirs(hit: re.Match) -> str:
        ours = hit[1] or column
        return mapped.dialect.unquoted(mapped.columns.get(ours) or ours)

    return expressions.toml_line(column, re.sub(r"\{(\w*)\}", theirs, sql))


def asked(tables: Tables, questions: Iterable[Question]) -> list[Doubt]:
    """The doubts that a source gives rise to, in the order of the questions."""
    of_table, found = {}, []
    for question in questions:
        of_table.setdefault(question.table, []).append(question)
    for table, asks in of_table.items():
        counts = [f"(select count(*) from ({ask.rows}) as q_{n}) as n_{n}" for n, ask in enumerate(asks)]
        row = tables.uncut(f"select {', '.join(counts)}, (select count(*) from _all_{table}) as n_all").iloc[0]
        for ask, n in zip(asks, row[:-1].astype(int), strict=True):
            if n >= ask.at_least and n > ask.share * int(row["n_all"]):
                order = "1, 2" if "," in ask.rows.split(" from ")[0] else "1"
                first = tables.uncut(f"select * from ({ask.rows}) as found order by {order} limit {SHOWN}")
                found.append(doubt(tables, ask, n, first))
    return found


def doubt(tables: Tables, question: Question, n: int, rows: pd.DataFrame) -> Doubt:
    """The doubt of a question that found `n` rows; these are the first of them."""
    gaps = {f"[{str(name).removeprefix('_')}]": _value(value) for name, value in rows.iloc[0].items()}
    texts = (question.says, question.why, question.fix)
    says, why, fix = (re.sub(r"\[\w+\]", lambda gap: gaps.get(gap[0], gap[0]), text) for text in texts)
    shown = written(rows[[name for name in rows.columns if not str(name).startswith("_")]])
    return Doubt(tables.mapped(question.table).place, question.table, question.column, says, n, shown, why, fix)


def written(rows: pd.DataFrame) -> tuple[str, ...]:
    """Rows as people read them, a text a row.

    >>> written(pd.DataFrame({"account_id": ["A1"], "ends_on": [pd.Timestamp("2026-10-31")], "mrr": [None]}))
    ('account_id=A1, ends_on=2026-10-31, mrr=(empty)',)
    """
    return tuple(", ".join(f"{name}={_value(value)}" for name, value in row.items()) for row in rows.to_dict("records"))


def _value(value: object) -> str:
    if pd.isna(value):
        return "(empty)"
    if hasattr(value, "date") and callable(value.date):
        # Years before 1 and after 9999 are no dates of Python's.
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    if isinstance(value, Decimal | float):
        return f"{value:.2f}".removesuffix(".00")
    text = str(value).replace("\n", " ")
    # A blank at an end would not be seen.
    return f"'{text}'" if text != text.strip() else text
