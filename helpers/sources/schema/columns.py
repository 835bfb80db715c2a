"""How a table is declared: the kinds of column, and what of a row was known when.

Used by `schema` alone, which names the columns. The rules are pandera's, which is imported only where a frame is
validated: it takes half a second, and a report needs only to know what is declared.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Column:
    """One declared column; `metadata` holds its kind, unit, lowest and highest value, and choices."""

    description: str
    required: bool
    nullable: bool
    metadata: dict


def column(kind: str, about: str, *, optional=False, empty=False, unit="", low=None, high=None, choices=()) -> Column:
    """A column of a kind: what it says (`about`), whether it may be absent or empty, and what its values must be."""
    detail = {"kind": kind, "unit": unit, "low": low, "high": high, "choices": tuple(choices)}
    return Column(about, not optional, optional or empty, detail)


def _as_pandera(declared: Column):
    from helpers.sources.schema.rules import pa

    detail = declared.metadata
    checks = [pa.Check.ge(detail["low"])] if detail["low"] is not None else []
    checks += [pa.Check.le(detail["high"])] if detail["high"] is not None else []
    checks += [pa.Check.isin(list(detail["choices"]))] if detail["choices"] else []
    if detail["kind"] == "month":
        checks.append(pa.Check(lambda months: months.dt.day == 1, name="the first day of a month"))
    return pa.Column(DTYPES[detail["kind"]], checks, nullable=declared.nullable, required=declared.required)


def id_(about, **options):
    """An opaque string, kept as text.

    >>> id_("the customer").metadata["kind"]
    'id'
    """
    return column("id", about, **options)


def date(about, **options):
    """A calendar date."""
    return column("date", about, unit="date", **options)


def count(about, **options):
    """A whole number from 0 on."""
    return column("count", about, unit="count", low=0, **options)


def money(about, **options):
    """An amount from 0 on, in the reporting currency unless `unit` says otherwise."""
    return column("money", about, low=0, **{"unit": "reporting currency"} | options)


def choice(about, choices, **options):
    """One of the values that are listed."""
    return column("choice", about, choices=choices, **options)


def flag(about, **options):
    """True or false."""
    return column("flag", about, unit="true or false", **options)


def text(about, **options):
    """Any text."""
    return column("text", about, **options)


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
    """One declared table; `metadata` holds its key, its `Cut` and the pairs of dates that stand in order."""

    name: str
    description: str
    columns: dict[str, Column]
    metadata: dict
    checks: dict[str, Callable]

    def validate(self, frame):
        """The frame itself; raises pandera's SchemaError where it breaks a rule of the declaration."""
        from helpers.sources.schema.rules import pa

        in_order = {
            f"{then} is not before {first}": lambda frame, first=first, then=then: _in_order(frame, first, then)
            for first, then in self.metadata["in_order"]
        }
        return pa.DataFrameSchema(
            {name: _as_pandera(declared) for name, declared in self.columns.items()},
            checks=[pa.Check(check, name=name) for name, check in (self.checks | in_order).items()],
            unique=list(self.metadata["key"]),
            strict=True,
            name=self.name,
        ).validate(frame)


def _in_order(frame, first: str, then: str):
    if not {first, then} <= set(frame.columns):
        return True
    return (frame[then] >= frame[first]) | frame[then].isna() | frame[first].isna()


def table(name, grain, key, columns, cut, in_order=(), checks=()) -> Table:
    """A table: one row per `grain`, unique by `key`; `cut` says what is known when, `in_order` which date is first."""
    metadata = {"key": tuple(key), "cut": cut, "in_order": tuple(in_order)}
    return Table(name, grain, columns, metadata, dict(checks))
