"""Rows that somebody may mean to leave out: what a column of states, which nothing reads, says of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from helpers.commands.check.guesses.expressions import written
from helpers.commands.check.guesses.names import listed, words

_MOST_LABELS = 12  # a column with more of them holds names or remarks


@dataclass(frozen=True)
class LeftOut:
    """Columns with labels that may mean no revenue: each with its labels, and the `where` that leaves them out."""

    labels: dict[str, tuple[str, ...]]
    where: str


def left_out(sample: pd.DataFrame, unused: Iterable[str], has_end: bool = False) -> LeftOut | None:
    """What the columns that are not used say of rows that may not count; None where no label reads so.

    `has_end`: the rows say when they end, so that cancelled ones belong to the history.

    >>> found = left_out(pd.DataFrame({"Status": ["active", "void"], "Note": ["x", "y"]}), ["Status", "Note"])
    >>> print(found.labels, found.where)
    {'Status': ('active', 'void')} Status is distinct from 'void'
    """
    labels, wheres = {}, []
    dead_words = listed("dead") if has_end else listed("dead") | listed("ended")
    for name in unused:
        seen = sorted({text for value in sample[name].dropna() if (text := str(value))})
        if dead := [label for label in seen if dead_words & set(words(label))]:
            if len(seen) > _MOST_LABELS:
                continue
            labels[name] = tuple(seen)
            # `<>` would leave out the rows without a state as well.
            wheres += [f"{written(name)} is distinct from '{label.replace(chr(39), chr(39) * 2)}'" for label in dead]
    return LeftOut(labels, " and ".join(wheres)) if labels else None
