"""Rows that somebody may mean to leave out: what a column of states, which nothing reads, says of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from helpers.commands.check.guesses.expressions import written
from helpers.commands.check.guesses.names import listed, plain, words
from helpers.commands.check.guesses.readings import read
from helpers.sources import shapes
from helpers.sources.dialects import literal

_NO, _YES = ("false", "no", "n", "f", "0"), ("true", "yes", "y", "t", "1")
_MOST_LABELS = 12  # a column with more of them holds names or remarks


@dataclass(frozen=True)
class LeftOut:
    """Columns with labels that may mean no revenue: each with its labels, and the `where` that leaves them out."""

    labels: dict[str, tuple[str, ...]]
    where: str


def left_out(sample: pd.DataFrame, unused: Iterable[str], end: str = "") -> LeftOut | None:
    """What the columns that are not used say of rows that may not count; None where no label reads so.

    `end`: the column that says when a row ends; one that is over and says when belongs to the history.

    >>> found = left_out(pd.DataFrame({"Status": ["active", "void"], "Note": ["x", "y"]}), ["Status", "Note"])
    >>> print(found.labels, found.where)
    {'Status': ('active', 'void')} Status is distinct from 'void'
    >>> rows = pd.DataFrame({"state": ["churned", "churned"], "until": ["2026-01-01", None]})
    >>> print(left_out(rows, ["state"], "until").where, left_out(rows[:1], ["state"], "until"))
    (state is distinct from 'churned' or until is not null) None
    """
    labels, wheres = {}, []
    lasting = sample[[not _is_day(value) for value in sample[end]]] if end else sample
    for name in unused:
        seen, open_ended = _labels(sample[name]), set(_labels(lasting[name]))
        dead = {label for label in seen if listed("dead") & set(words(label))}
        over = {label for label in open_ended - dead if _is_over(name, label)}
        if not dead | over or len(seen) > _MOST_LABELS:
            continue
        labels[name] = tuple(seen)
        wheres += [_unlike(name, label, end if label in over else "") for label in seen if label in dead | over]
    return LeftOut(labels, " and ".join(wheres)) if labels else None


def goes_on(sample: pd.DataFrame, unused: Iterable[str], starts: str, ends: str) -> dict[str, tuple[str, ...]]:
    """Columns that say of rows whose end has passed that they go on: a state (`active`), or `yes` for renewing itself.

    What is over by the latest start of the export has passed; three rows and a twentieth of all are needed.

    >>> rows = {"from": ["2024-01-01"] * 3 + ["2026-01-01"], "to": ["2025-01-01"] * 3 + [None], "state": ["Active"] * 4}
    >>> goes_on(pd.DataFrame(rows), ["state"], "from", "to")
    {'state': ('Active',)}
    """
    first, last = (_days(sample[name]) for name in (starts, ends))
    over = sample[last <= first.max()]
    found = {}
    for name in unused:
        is_flag = plain(name) in listed("alive") | {"auto_renew", "auto_renewal", "auto_renews", "autorenew"}
        on = [
            label for label in _labels(over[name]) if label.strip().lower() in (_YES if is_flag else listed("goes_on"))
        ]
        if over[name].isin(on).sum() >= max(3, len(sample) / 20):
            found[name] = tuple(on)
    return found


def once(sample: pd.DataFrame, unused: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Columns of texts that say of some rows that they are paid once, each with the texts: `Setup fee`.

    >>> once(pd.DataFrame({"description": ["Pro, monthly", "Setup fee"]}), ["description"])
    [('description', ('Setup fee',))]
    """
    found = {
        name: tuple(text for text in map(str, sample[name].dropna().unique()) if listed("once") & set(words(text)))[:3]
        for name in unused
    }
    return [(name, texts) for name, texts in found.items() if texts]


def _days(values: pd.Series) -> pd.Series:
    style = read(values).dates
    is_iso = not style.startswith("%") or style == "%Y-%m-%d"
    texts = values.map(lambda value: str(value)[:10]) if is_iso else values
    return pd.to_datetime(texts, format="%Y-%m-%d" if is_iso else style, errors="coerce")


def without_totals(sample: pd.DataFrame, name: str) -> str:
    """The `where` that leaves out the rows of totals, which would count every customer twice; none without such a row.

    >>> print(without_totals(pd.DataFrame({"Customer": ["Total Wine", "Total:"]}), "Customer"))
    Customer is distinct from 'Total:'
    """
    totals = [each for each in _labels(sample[name]) if each.replace(":", "").strip().lower() in shapes.TOTALS]
    return " and ".join(_unlike(name, each) for each in totals)


def _labels(values: pd.Series) -> list[str]:
    return sorted({text for value in values.dropna() if (text := str(value))})


def _is_day(value: object) -> bool:
    reading = read([value])
    return bool(reading.dates or reading.day_numbers)


def _is_over(name: str, label: str) -> bool:
    """Whether a label says that a subscription is over: `churned`, `no` of `is_active`, `yes` of `deleted`."""
    said = plain(name)
    if said in listed("alive") | listed("gone"):
        return label.strip().lower() in (_NO if said in listed("alive") else _YES)
    return bool(listed("ended") & set(words(label)))


def _unlike(name: str, label: str, end: str = "") -> str:
    # `<>` would leave out the rows without a state as well.
    said = f"{written(name)} is distinct from {literal(label)}"
    return f"({said} or {written(end)} is not null)" if end else said
