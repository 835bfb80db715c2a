"""How a table is declared, and read from TOML: the kinds of column, and what of a row was known when.

A column says its `kind` and what it is about; `optional` (may be absent or empty) or `empty` (may be empty); and where
they are not those of its kind, `unit`, `low` and `high` (`signed`: no lowest value) and `choices`.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path


def read(name: str) -> dict:
    """What a TOML file of this folder says."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


_KINDS = read("kinds")
DTYPES = {kind: said["dtype"] for kind, said in _KINDS.items()}
# What a value of a kind looks like, where text may not be one.
READ_AS = {kind: said["reads"] for kind, said in _KINDS.items() if "reads" in said}
# The types of a source that hold a kind as it is, so that nothing can fail to be read.
OWN_TYPES = {kind: said["own"] for kind, said in _KINDS.items() if "own" in said}
WORDS = read("words")


@dataclass(frozen=True)
class Column:
    """One declared column; `metadata` holds its kind, unit, lowest and highest value, and choices."""

    description: str
    required: bool
    nullable: bool
    metadata: dict


@dataclass(frozen=True)
class Cut:
    """What was known when. A row is visible once `known_on` has come (`None`: always).

    A date in `later` that lies after the cut-off reads as empty, and so do the columns listed with it; `reads`
    gives what such a column says instead of being empty. `notice` names the date that makes a later end known.
    `prospects` keeps rows of accounts that have no visible subscription yet.
    """

    known_on: str | None = None
    later: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notice: str | None = None
    reads: dict[str, str] = field(default_factory=dict)
    prospects: bool = False

    def clock(self, column: str) -> str | None:
        """The date on which the value of a column came to be known; None where it was known with its row.

        >>> Cut(later={"ends_on": ("lost_to",)}).clock("lost_to")
        'ends_on'
        """
        return next((day for day, also in self.later.items() if column == day or column in also), None)


@dataclass(frozen=True)
class Table:
    """One declared table; `metadata` holds its key, its `Cut` and the pairs of dates that come in order."""

    name: str
    description: str
    columns: dict[str, Column]
    metadata: dict


def tables(*files: str) -> dict[str, Table]:
    """The tables that some files declare, in their order."""
    return {name: _table(name, keys) for file in files for name, keys in read(file).items()}


def _table(name: str, keys: dict) -> Table:
    cut = {each: keys[each] for each in ("known_on", "notice", "reads", "prospects") if each in keys}
    later = {day: tuple(also) for day, also in keys.get("later", {}).items()}
    in_order = tuple((first, then) for first, then in keys.get("in_order", []))
    metadata = {"key": tuple(keys["key"]), "cut": Cut(later=later, **cut), "in_order": in_order}
    return Table(name, keys["grain"], {each: _column(**said) for each, said in keys["columns"].items()}, metadata)


def _column(kind, about, optional=False, empty=False, signed=False, choices=(), **said) -> Column:
    of_kind = {name: value for name, value in _KINDS[kind].items() if name in ("unit", "low")}
    detail = {"kind": kind, "unit": "", "low": None, "high": None, "choices": tuple(choices)} | of_kind
    detail |= said | ({"low": None} if signed else {})
    return Column(about, not optional, optional or empty, detail)
