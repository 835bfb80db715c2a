"""How a table is declared, and read from TOML: the kinds of column, and what of a row was known when.

A column says its `kind` and what it is about; `optional` (may be absent or empty) or `empty` (may be empty); and where
they are not those of its kind, `unit`, `low` and `high` (`signed`: no lowest value) and `choices`.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

DTYPES = {
    "id": "str",
    "text": "str",
    "choice": "str",
    "date": "datetime64[us]",
    "month": "datetime64[us]",
    "money": "float64",
    "number": "float64",
    "count": "Int64",
    "flag": "boolean",
}
_OF_KIND = {
    "date": {"unit": "date"},
    "count": {"unit": "count", "low": 0},
    "money": {"unit": "reporting currency", "low": 0},
    "flag": {"unit": "true or false"},
}


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


@dataclass(frozen=True)
class Table:
    """One declared table; `metadata` holds its key, its `Cut` and the pairs of dates that come in order."""

    name: str
    description: str
    columns: dict[str, Column]
    metadata: dict


def read(name: str) -> dict:
    """What a TOML file of this folder says."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


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
    detail = {"kind": kind, "unit": "", "low": None, "high": None, "choices": tuple(choices)} | _OF_KIND.get(kind, {})
    detail |= said | ({"low": None} if signed else {})
    return Column(about, not optional, optional or empty, detail)
