"""Which tables a notebook needs, as a line of its title cell says: `Needs: accounts. Better with: usage.`

The line is in the notebook and nowhere else, so a fork's notebook says it for itself; tests hold it true.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from helpers.commands import notebook_file
from helpers.errors import Refused, did_you_mean
from helpers.sources import schema

_RUN = "Run ▸ Run All Cells"
_LINE = re.compile(r"^ *Needs: (?P<needs>[\w, ]+)\.(?: Better with: (?P<better>[\w, ]+)\.)?\s*$", re.MULTILINE)

# What a report without an optional table cannot say.
WITHOUT = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Needs:
    """The tables without which a notebook says only a sentence, and those without which a part of it is missing."""

    needs: tuple[str, ...]
    better: tuple[str, ...] = ()

    def outlook(self, present: Iterable[str]) -> str:
        """What the notebook will do with these tables.

        >>> wants = Needs(("accounts", "touches"), ("advocacy", "usage"))
        >>> wants.outlook(["accounts", "touches", "advocacy", "usage"]), wants.outlook(["accounts", "touches", "usage"])
        ('runs in full', 'runs in part: without advocacy')
        >>> wants.outlook(["accounts"])
        'says only a sentence: it needs touches'
        """
        there = set(present)
        absent = [name for name in self.needs if name not in there]
        if absent:
            return f"says only a sentence: it needs {' and '.join(absent)}"
        left_out = [name for name in self.better if name not in there]
        return f"runs in part: without {', '.join(left_out)}" if left_out else "runs in full"


def read(notebook: Path) -> Needs | None:
    """What the title cell of a notebook says it needs; None where it says nothing.

    `Refused` for a name that is none of our tables, with the near spelling.
    """
    cells = notebook_file.cells(notebook)
    return parse(notebook.stem, cells[0]["source"]) if cells else None


def parse(name: str, title: str) -> Needs | None:
    r"""The needs in the text of a title cell.

    >>> parse("60_mine", "# Why?\n\nAsked by me.\n\nNeeds: accounts, usage. Better with: tickets.")
    Needs(needs=('accounts', 'usage'), better=('tickets',))
    >>> parse("60_mine", "# Why?") is None
    True
    """
    if not (found := _LINE.search(title)):
        return None
    needs, better = (tuple(re.findall(r"\w[\w ]*\b", found[part] or "")) for part in ("needs", "better"))
    for table in (*needs, *better):
        if table not in schema.TABLES:
            raise Refused(f"{name}: Needs: {table} is not one of our tables; {did_you_mean(table, schema.TABLES)}")
    return Needs(needs, better)


def sentence(absent: list[str]) -> str:
    """What a page says where the source lacks tables that its notebook needs.

    >>> sentence(["advocacy"])
    'This analysis needs advocacy, which the source does not have, so it shows no numbers.'
    """
    return f"This analysis needs {' and '.join(absent)}, which the source does not have, so it shows no numbers."


def for_readers(title: str) -> str:
    r"""A title cell as a reader of the report sees it: without its line of needs, and without how to run it again.

    >>> for_readers("# Why?\n\nAsked by me.\n\nNeeds: accounts.\n\nChange these, then Run ▸ Run All Cells.")
    '# Why?\n\nAsked by me.'
    """
    lines = [line for line in title.splitlines() if not _LINE.match(line) and _RUN not in line]
    return "\n".join(lines).rstrip()
