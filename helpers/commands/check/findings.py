"""What `check` has seen of a source, and the same in lines of text (`findings.j2`); a page says it, too."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helpers import formats
from helpers.commands import needs
from helpers.commands.check.doubts import Doubt
from helpers.commands.check.guesses import expressions, names
from helpers.commands.check.matched import line
from helpers.sources.contract import Fault
from helpers.sources.dialects import DUCKDB


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
        return _words().answer(self)

    @property
    def verdict(self) -> str:
        """One sentence on the whole."""
        return _words().verdict(self)

    @property
    def next(self) -> str:
        """What to do now."""
        return _words().next(self)


@cache
def _environment():
    import jinja2  # takes a tenth of a second, which whoever only asks for doubts need not wait for

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    made = jinja2.Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    made.filters |= {"toml": expressions.toml_text, "line": line, "quoted": DUCKDB.quoted}
    made.globals |= {"ambiguous": names.AMBIGUOUS, "styles": names.STYLES}
    made.globals |= {"dated": expressions.dated, "plural": formats.plural}
    return made


def template(name: str):
    """A template of this folder, its macros in `module`."""
    return _environment().get_template(name)


def _words():
    return template("findings.j2").module


def lines(seen: Seen) -> list[str]:
    """What is said on a terminal, line by line."""
    return _words().lines(seen).split("\n")
