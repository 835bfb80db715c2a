"""How a table is declared: the kinds of column, and what of a row was known when.

Used by `schema` alone, which names the columns.
"""

from dataclasses import dataclass, field

import pandera.pandas as pa

DTYPES = {"id": "str", "text": "str", "choice": "str", "date": "datetime64[us]", "month": "datetime64[us]",
          "money": "float64", "number": "float64", "count": "Int64", "flag": "boolean"}  # fmt: skip


def column(kind: str, about: str, *, optional=False, empty=False, unit="", low=None, high=None, choices=()):
    checks = []
    if low is not None:
        checks.append(pa.Check.ge(low))
    if high is not None:
        checks.append(pa.Check.le(high))
    if choices:
        checks.append(pa.Check.isin(list(choices)))
    if kind == "month":
        checks.append(pa.Check(lambda months: months.dt.day == 1, name="the first day of a month"))
    return pa.Column(
        DTYPES[kind],
        checks,
        nullable=optional or empty,
        required=not optional,
        description=about,
        metadata={"kind": kind, "unit": unit, "low": low, "high": high, "choices": tuple(choices)},
    )


def id_(about, **options):
    return column("id", about, **options)


def date(about, **options):
    return column("date", about, unit="date", **options)


def count(about, **options):
    return column("count", about, unit="count", low=0, **options)


def money(about, **options):
    return column("money", about, low=0, **{"unit": "reporting currency"} | options)


def choice(about, choices, **options):
    return column("choice", about, choices=choices, **options)


def flag(about, **options):
    return column("flag", about, unit="true or false", **options)


def text(about, **options):
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


def table(name, grain, key, columns, cut, in_order=(), checks=()) -> pa.DataFrameSchema:
    ordered = [
        pa.Check(
            lambda frame, first=first, then=then: (
                (frame[then] >= frame[first]) | frame[then].isna() | frame[first].isna()
                if {first, then} <= set(frame.columns)
                else True
            ),
            name=f"{then} is not before {first}",
        )
        for first, then in in_order
    ]
    return pa.DataFrameSchema(
        columns,
        checks=[*checks, *ordered],
        unique=list(key),
        strict=True,
        name=name,
        description=grain,
        metadata={"key": tuple(key), "cut": cut, "in_order": tuple(in_order)},
    )
