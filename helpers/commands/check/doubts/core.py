"""A doubt, and the SQL that asks for it: portable, one statement a table for the counts, and only then first rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from helpers.commands.check import guesses
from helpers.sources import Tables, schema
from helpers.sources.contract import Found

SHOWN = 3
LEAVE_OUT = "leave these rows out with `where` in the source file"


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
    found, and so large a `share` of the rows of the table.
    """

    table: str
    column: str
    rows: str
    says: str
    why: str
    way_out: str
    columns: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    at_least: int = 1
    share: float = 0.0
    order: str = "1, 2"


def where(
    table: str, column: str, condition: str, says: str, why: str, way_out: str, also: tuple[str, ...] = (), **options
) -> Question:
    """The question for rows of one table that meet a condition; shown are its key, the column, and what is named."""
    shown = list(dict.fromkeys([*schema.key(table), *also, *column.split(", ")]))
    rows = f"select {', '.join(shown)} from _all_{table} where {condition}"
    needed = (*(name for name in shown if name not in schema.key(table)), *options.pop("columns", ()))
    order = "1, 2" if len(shown) > 1 else "1"
    return Question(table, column, rows, says, why, way_out, columns=needed, order=order, **options)


def line(tables: Tables, table: str, column: str, sql: str) -> str:
    """A line of the source file that maps a column by `sql`, in which `{}` stands for what it is read from now."""
    theirs = tables.mapped(table).columns.get(column) if table in tables.names else None
    name = (theirs or column).strip('"') if (theirs or "").strip('"').isidentifier() else theirs or column
    return f"{column} = {guesses.toml_text(sql.format(name))}"


def asked(tables: Tables, questions: Iterable[Question]) -> list[Doubt]:
    """The doubts that a source gives rise to, in the order of the questions."""
    can = [question for question in questions if _can_be_asked(tables, question)]
    found = []
    for table in dict.fromkeys(question.table for question in can):
        of_table = [question for question in can if question.table == table]
        counts = [f"(select count(*) from ({question.rows}) as q_{n}) as n_{n}" for n, question in enumerate(of_table)]
        row = tables.uncut(f"select {', '.join(counts)}, (select count(*) from _all_{table}) as n_all").iloc[0]
        for number, question in enumerate(of_table):
            n, n_all = int(row[f"n_{number}"]), int(row["n_all"])
            if n >= question.at_least and n > question.share * n_all:
                found.append(doubt(tables, question, n))
    return found


def _can_be_asked(tables: Tables, question: Question) -> bool:
    if question.table not in tables.names or not tables.has(*question.needs):
        return False
    return not tables.mapped(question.table).absent & set(question.columns)


def doubt(tables: Tables, question: Question, n: int) -> Doubt:
    """The doubt of a question that found `n` rows."""
    rows = tables.uncut(f"select * from ({question.rows}) as found order by {question.order} limit {SHOWN}")
    return Doubt(
        tables.mapped(question.table).place,
        question.table,
        question.column,
        question.says,
        n,
        written(rows),
        question.why,
        question.way_out,
    )


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
        return value.date().isoformat()
    if isinstance(value, Decimal | float):
        return f"{value:.2f}".removesuffix(".00")
    text = str(value).replace("\n", " ")
    # A blank at an end would not be seen.
    return f"'{text}'" if text != text.strip() else text
