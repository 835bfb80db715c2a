"""What the contract allows and an experienced analyst would still ask about, before anybody believes a number.

A doubt is no fault: the report runs. Each is counted, with its first rows, why it matters, and what to do. Those that
SQL can ask are files in `questions/`, their words above the query; a new file there is a new question.
"""

from datetime import date

import pandas as pd

from helpers.commands.check.doubts import everywhere, revenue, states
from helpers.commands.check.doubts.core import Doubt, Question, asked, questions
from helpers.sources import Tables

__all__ = ["Doubt", "found"]


def found(tables: Tables, today: date, is_whole: bool = True, cube: pd.DataFrame | None = None) -> list[Doubt]:
    """Every doubt about a source, table by table in the order of the schema.

    `today`: no row can be dated later. `is_whole`: the contract holds, so that its revenue can be added up; `cube`: its
    movements (`movements.cube`), where they have been read already.
    """
    # What the source file asks itself: what an export of its kind cannot tell.
    stated = [
        Question(ask.table, ask.column, ask.rows, ask.says, ask.why, ask.fix)
        for ask in tables.settings.questions
        if ask.table in tables.names
    ]
    doubts = asked(tables, [*questions(tables, today), *states.questions(tables, today), *stated])
    doubts += everywhere.thin_months(tables, tables.settings.data_until or today)
    doubts += [*everywhere.spellings(tables), *everywhere.date_styles(tables)]
    if is_whole:
        doubts += [*revenue.doubts(tables, cube), *everywhere.later_than_its_rows(tables, today)]
    return sorted(doubts, key=lambda doubt: tables.names.index(doubt.table))
