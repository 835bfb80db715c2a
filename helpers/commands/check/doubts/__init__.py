"""What the contract allows and an experienced analyst would still ask about, before anybody believes a number.

A doubt is no fault: the report runs. Each is counted, with its first rows, why it matters, and what to do. Those that
SQL can ask are files in `questions/`, their words above the query; a new file there is a new question.
"""

from datetime import date

import pandas as pd

from helpers.commands.check.doubts import everywhere, revenue
from helpers.commands.check.doubts.core import Doubt, Question, asked, questions
from helpers.sources import Tables

__all__ = ["Doubt", "found"]


def found(tables: Tables, today: date, is_whole: bool = True, cube: pd.DataFrame | None = None) -> list[Doubt]:
    """Every doubt about a source, table by table in the order of the schema.

    `today`: no row can be dated later. `is_whole`: the contract holds, so that its revenue can be added up; `cube`: its
    movements (`movements.cube`), where they have been read already.
    """
    doubts = asked(tables, [*questions(tables, today), *stated(tables)])
    doubts += everywhere.thin_months(tables, tables.settings.data_until or today)
    doubts += [*everywhere.spellings(tables), *everywhere.date_styles(tables)]
    if is_whole:
        doubts += [*revenue.doubts(tables, cube), *everywhere.later_than_its_rows(tables, today)]
    order = {name: place for place, name in enumerate(tables.names)}
    return sorted(doubts, key=lambda doubt: order[doubt.table])


def stated(tables: Tables) -> list[Question]:
    """The questions that the source file states itself: what an export of its kind cannot tell."""
    asks = [question for question in tables.settings.questions if question.table in tables.names]
    return [Question(ask.table, ask.column, ask.rows, ask.says, ask.why, ask.fix) for ask in asks]
