"""What the contract allows and an experienced analyst would still ask about, before anybody believes a number.

A doubt is no fault: the report runs. Each is counted, with its first rows, why it matters, and what to do. Those that
SQL can ask are files in `questions/`, their words above the query; a new file there is a new question.
"""

import re
from datetime import date
from pathlib import Path

import pandas as pd

from helpers.commands.check.doubts import everywhere, revenue, states
from helpers.commands.check.doubts.core import Doubt, Question, asked, questions, said
from helpers.sources import Tables, schema

__all__ = ["Doubt", "found", "open_asks"]
_OPEN = re.compile(r"^# \? (\w+)\.(\w+): (.+)$", re.MULTILINE)


def found(tables: Tables, today: date, is_whole: bool = True, cube: pd.DataFrame | None = None) -> list[Doubt]:
    """Every doubt about a source, table by table in the order of the schema.

    `today`: no row can be dated later. `is_whole`: the contract holds, so that its revenue can be added up; `cube`: its
    movements (`movements.cube`), where they have been read already.
    """
    # What the source file asks itself: what an export of its kind cannot tell.
    stated = [Question(**ask) for ask in tables.settings.questions if ask["table"] in tables.names]
    doubts = asked(tables, [*questions(tables, today), *states.questions(tables, today), *stated])
    doubts += everywhere.thin_months(tables, tables.settings.data_until or today)
    doubts += [*everywhere.spellings(tables), *everywhere.date_styles(tables)]
    if is_whole:
        doubts += [*revenue.doubts(tables, cube), *everywhere.later_than_its_rows(tables, today)]
    return sorted(doubts, key=lambda doubt: tables.names.index(doubt.table))


def open_asks(file: Path) -> list[Doubt]:
    """What a source file still asks: its lines `# ? table.column: …`, each a doubt until somebody takes it out."""
    asks = [ask for ask in _OPEN.findall(file.read_text(encoding="utf-8")) if ask[0] in schema.TABLES]
    return [said(file.name, "open_ask", table, column, says=says) for table, column, says in asks]
