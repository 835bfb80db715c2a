"""Shapes of exports that people bring: small, made up after public documents and reports, each right or asked.

A shape is a folder of files, and what is true of it: the MRR of some months, deals, scores, or the column that `check`
names in a question before any number is shown.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

PLAIN = 10  # customers that pay 100 a month since January 2024, beside what a shape is about


@dataclass(frozen=True)
class Shape:
    """`mrr`: month → what all customers pay, in units of the currency. `deals`: id → (kind, MRR). `scores`: id → score.

    `mapping`: the ready one; without a name, `check --start` writes the source file. A file is its text, or the sheets
    of a workbook. `asks`: "table.column" of each question; none for what is read right without a word. `source`: who
    documents it.
    """

    name: str
    mapping: str
    source: str
    files: dict[str, str | dict[str, list]]
    mrr: dict[str, float] = field(default_factory=dict)
    deals: dict[str, tuple[str, float]] | None = None
    scores: dict[str, int] | None = None
    asks: tuple[str, ...] = ()
    currency: str = "USD"


def epoch(day: str) -> int:
    """Noon of a day, in seconds since 1970.

    >>> epoch("2024-01-10")
    1704888000
    """
    return int(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp())


def listed(*pages: list, has_more: bool = False) -> list[str]:
    """Pages of a list as Stripe gives them; the last one says whether there are more."""
    last = len(pages) - 1
    return [
        json.dumps({"object": "list", "has_more": n < last or has_more, "data": page}) for n, page in enumerate(pages)
    ]


def csv(header: str, *rows: str) -> str:
    return "\n".join([header, *rows, ""])


def row(shape: Shape) -> str:
    """The shape's row in README.md.

    >>> row(Shape("Delighted: no account", "delighted", "https://a.test", {}, asks=("surveys.account_id",)))
    '| Delighted: no account | asked: surveys.account_id | <https://a.test> |'
    """
    asked = f"asked: {', '.join(shape.asks)}" if shape.asks else "right"
    return f"| {shape.name} | {asked} | <{shape.source}> |"
