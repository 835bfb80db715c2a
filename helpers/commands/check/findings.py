"""What `check` has seen of a source, and the same in lines of text; a page says it, too (`pages.check_page`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers import formats
from helpers.commands import needs
from helpers.commands.check.doubts import Doubt
from helpers.sources.contract import Fault


@dataclass(frozen=True)
class TableSeen:
    """One of our tables in a source.

    `state`: `read`, `broken` (its contract), `unmatched` (it cannot be read as the source file stands) or `absent`.
    `rows`: how many, in words. `problem`: why it cannot be matched. `paste`: lines of the source file that would map
    it, or columns that are there under another name, suggested by names and contents.
    """

    name: str
    state: str
    rows: str = ""
    problem: str = ""
    paste: tuple[str, ...] = ()

    @property
    def loses(self) -> str:
        """What a report without the table cannot say."""
        return needs.WITHOUT.get(self.name, "") if self.state == "absent" else ""


@dataclass(frozen=True)
class Suspicions:
    """What is doubtful about a source whose contract holds, the gravest first: a report says it beside its numbers."""

    doubts: tuple[Doubt, ...]

    @property
    def n(self) -> int:
        """How many doubts there are."""
        return len(self.doubts)

    @property
    def gravest(self) -> str:
        """The first of them in words, empty where there is none."""
        return next((f"{doubt.table}, column {doubt.column}: {doubt.says}" for doubt in self.doubts), "")


@dataclass(frozen=True)
class Seen:
    """Everything that is said of a source.

    `billing`: how MRR that is read from invoice lines reconciles with them. `identities`: those that do not hold, None
    where they were not asked. `is_first`: nobody has written a source file yet, all of it is a guess.
    """

    source: Path
    company: str
    tables: tuple[TableSeen, ...]
    faults: tuple[Fault, ...]
    doubts: tuple[Doubt, ...]
    covers: str
    billing: tuple[str, ...]
    identities: tuple[str, ...] | None
    notebooks: tuple[tuple[str, str], ...]
    is_first: bool = False

    @property
    def unmatched(self) -> tuple[TableSeen, ...]:
        """The tables that cannot be read as the source file stands."""
        return tuple(table for table in self.tables if table.state == "unmatched")

    @property
    def is_good(self) -> bool:
        """Whether a report can be made of it."""
        return not (self.unmatched or self.faults or self.identities)

    @property
    def answer(self) -> str:
        """Whether a report can be made, in a word or two: never a plain yes while a question is open."""
        return ("Yes." if not self.doubts else "Yes, but decide first.") if self.is_good else "Not yet."

    @property
    def verdict(self) -> str:
        """One sentence on the whole."""
        parts = []
        if self.unmatched:
            names = ", ".join(table.name for table in self.unmatched)
            parts.append(
                f"{formats.plural(len(self.unmatched), 'table')} cannot be read as the source file stands ({names})"
            )
        if self.faults:
            parts.append(f"{formats.plural(len(self.faults), 'rule')} of the data contract broken")
        if self.identities:
            parts.append(f"{formats.plural(len(self.identities), 'identity', 'identities')} broken")
        if self.doubts:
            n = formats.plural(len(self.doubts), "thing")
            parts.append(f"{n} that {'is' if len(self.doubts) == 1 else 'are'} legal but suspicious")
        said = "; ".join(parts) if parts else "nothing to correct, and nothing suspicious"
        return f"{said[0].upper()}{said[1:]}."

    @property
    def next(self) -> str:
        """What to do now."""
        if self.is_first:
            return (
                "This is a first look; nothing was written. Write the source file, decide what is asked, and check it: "
                f"`python -m helpers check --start {self.source}`"
            )
        again = f"`python -m helpers check --source {self.source}`"
        if self.unmatched or self.faults:
            return f"Correct what is named above, in the export or in the source file, and run {again} again."
        if self.identities:
            return "Please report this: it is a mistake of the helpers, not of your data."
        first = (
            "Read the warnings and decide which of them are true; the report runs with them. " if self.doubts else ""
        )
        return f"{first}Make the report: `python -m helpers report --source {self.source}`"


_SIGNS = {"read": "✓", "broken": "•", "unmatched": "✗", "absent": "·"}
_HOLDS = "Every identity holds: the movements add up to MRR, by month, by account and by cohort, to the cent."


def lines(seen: Seen) -> Iterator[str]:
    """What is said on a terminal, line by line."""
    yield f"Source {seen.source}"
    for table in seen.tables:
        yield from _table(table)
    for fault in seen.faults:
        yield f"✗ {fault}"
    if seen.faults:
        yield f"{formats.plural(len(seen.faults), 'rule')} of the data contract broken."
    if seen.covers:
        yield seen.covers
    yield from seen.billing
    if seen.identities is not None:
        yield from [f"✗ {text}" for text in seen.identities] or [f"✓ {_HOLDS}"]
    for doubt in seen.doubts:
        yield f"! {doubt}"
    if seen.notebooks and not seen.is_good:
        yield "Once that is corrected:"
    for name, outlook in seen.notebooks:
        yield f"  {name} {outlook}"
    yield seen.verdict
    yield seen.next


def _table(table: TableSeen) -> Iterator[str]:
    sign = _SIGNS[table.state]
    if table.state == "absent":
        yield f"{sign} {table.name}: not in this source" + (f" ({table.loses})" if table.loses else "")
    elif table.state == "unmatched":
        yield f"{sign} {table.problem}"
    else:
        yield f"{sign} {table.name}: {table.rows}"
    if table.paste:
        said = "to paste into the source file" if table.state == "unmatched" else "perhaps also there, as"
        yield f"    Suggested by names and contents, {said}:"
        yield from (f"    {line}" for line in table.paste)
    if table.state == "unmatched" and table.rows:
        yield f"    What follows reads it as if these lines were there: {table.rows}."
