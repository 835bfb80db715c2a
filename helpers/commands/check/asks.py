"""What a first source file leaves for a person to decide, since the numbers depend on it: its lines `# ?`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.commands.check.doubts.core import Doubt, said
from helpers.commands.check.matched import Match, Matched, line
from helpers.formats.sentences import Sentences
from helpers.sources import schema

_OPEN = re.compile(r"^# \? (\w+)\.(\w+): (.+)$", re.MULTILINE)
_WORDS = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Ask:
    """Something that a person has to decide about a column of ours, since the numbers depend on it."""

    table: str
    column: str
    says: str

    def __str__(self) -> str:
        return f"# ? {self.table}.{self.column}: {line(self.says)}"


def open_asks(file: Path) -> list[Doubt]:
    """What a source file still asks: its lines `# ? table.column: …`, each a doubt until somebody takes it out."""
    return [
        said(name="open_ask", table=table, column=column, place=file.name, says=says)
        for table, column, says in _OPEN.findall(file.read_text(encoding="utf-8"))
        if table in schema.TABLES
    ]


def asked_of(matched: Matched) -> list[Ask]:
    """What has to be decided, table by table."""
    return [ask for match in matched.values() for ask in _of_table(match)]


def _of_table(match: Match) -> Iterator[Ask]:
    words = Sentences(_WORDS, match)
    yield from _each(match.table, words.files)
    for ours, guess in match.columns.items():
        yield from (Ask(match.table, ours, says) for says in guess.asks)
    if match.is_revenue:
        yield from _each(match.table, words.revenue)


def _each(table: str, told: list[str]) -> Iterator[Ask]:
    for text in told:
        yield Ask(table, *text.split(": ", maxsplit=1))
