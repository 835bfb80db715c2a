"""How each engine writes what our SQL needs and standard SQL leaves open; everything else is the same text everywhere.

An engine is whatever `engines.Engine` describes; a dialect is only words, those of `dialects.toml`. `DUCKDB` reads
files, and stands as the example for the others.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Dialect:
    """The words of one engine.

    `reads`: family of the source's type → kind of our column → the SQL of its value, `{0}` being the source's; the
    family "any" holds for every type that has no entry of its own.
    `types`: our kind → the type of its column, where it is not text (`text` is the name of that type).
    `strict`: kind → what the text of a value has to be besides, `{0}` being it, where the engine itself reads more than
    all do. The contract asks it once, so that no query pays for it.
    `places`: whether a row has a place in its source (row 7 of a file) by which it can be found again.
    `row`: the number of a row within one query.
    `folds`: whether a name without quotes is one in small letters.
    `backslash`: how a text has a backslash.
    """

    name: str
    text: str
    types: Mapping[str, str]
    reads: Mapping[str, Mapping[str, str]]
    quote: str = '"'
    places: bool = False
    row: str = "row_number() over ()"
    folds: bool = False
    backslash: str = "\\"
    strict: Mapping[str, str] = field(default_factory=dict)

    def read(self, kind: str, expression: str | None, source: str = "") -> str:
        """The SQL of a column of ours, from an expression of the source and the name of that one's type.

        >>> DUCKDB.read("month", '"ym"'), DUCKDB.read("date", None)
        ('try_cast("ym" as date)', 'cast(null as date)')
        """
        if expression is None:
            return f"cast(null as {self.types.get(kind, self.text)})"
        own = self.reads.get(family(source), {})
        return own.get(kind, self.reads["any"][kind]).replace("{0}", expression)

    def raw(self, expression: str) -> str:
        """The source's own text of a value, empty where it says nothing.

        >>> DUCKDB.raw('"ym"')
        'nullif(cast("ym" as varchar), \\'\\')'
        """
        return f"nullif(cast({expression} as {self.text}), '')"

    def literal(self, value: str) -> str:
        """A text as SQL writes it.

        >>> print(DUCKDB.literal("O'Hara"), DUCKDB.literal("a\\\\b"), SPARK.literal("a\\\\b"))
        'O''Hara' 'a\\b' 'a\\\\b'
        """
        return literal(value.replace("\\", self.backslash))

    def quoted(self, name: str) -> str:
        """A name as SQL writes it.

        >>> print(DUCKDB.quoted('odd "name"'))
        "odd ""name""\"
        """
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def named(self, name: str) -> str:
        """A name as a person writes it: quoted where it has to be.

        >>> print(DUCKDB.named("Status"), DUCKDB.named("Order"), POSTGRESQL.named("Status"), SPARK.named("a b"))
        Status "Order" "Status" `a b`
        """
        is_plain = _NAME.fullmatch(name) and name.lower() not in RESERVED and not (self.folds and name != name.lower())
        return name if is_plain else self.quoted(name)

    def unquoted(self, expression: str) -> str:
        """An expression as a person writes it: a column without the quotes that it does not need.

        >>> print(DUCKDB.unquoted('"Status"'), DUCKDB.unquoted('"My Status"'), DUCKDB.unquoted('(upper(Status))'))
        Status "My Status" (upper(Status))
        """
        name = expression[1:-1].replace(self.quote * 2, self.quote)
        return self.named(name) if expression == self.quoted(name) else expression


def literal(value: str) -> str:
    """A text as standard SQL writes it; `Dialect.literal` also knows where a backslash is more than a letter.

    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


def family(source: str) -> str:
    """What kind of thing a source's type holds; "" for one that is not known.

    >>> family("DECIMAL(12,2)"), family("timestamp with time zone"), family("varchar(40)"), family("JSON")
    ('number', 'time', 'text', '')
    """
    name = re.split(r"[^A-Z_]", source.upper(), maxsplit=1)[0]
    return next((family for family, names in _WORDS["families"].items() if name in names.split()), "")


def _filled(sql: str, patterns: Mapping[str, str], slash: str = "\\") -> str:
    return re.sub(r"<(\w+)>", lambda found: patterns[found[1]].replace("\\", slash), sql)


def _patterns(words: Mapping[str, str]) -> dict[str, str]:
    patterns: dict[str, str] = {}
    for name, pattern in words.items():
        patterns[name] = _filled(pattern, patterns)
    return patterns


def _dialect(name: str) -> Dialect:
    words = dict(_WORDS[name])
    slash = words.get("backslash", "\\")

    def each(entries: dict[str, str]) -> dict[str, str]:
        """An entry for each of the kinds that a key names, with the patterns filled in."""
        return {kind: _filled(sql, PATTERNS, slash) for kinds, sql in entries.items() for kind in kinds.split()}

    reads = {of: each(entries) for families, entries in words.pop("reads").items() for of in families.split()}
    types, strict = each(words.pop("types")), each(words.pop("strict", {}))
    return Dialect(name, types=types, reads=reads, strict=strict, **words)


_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
RESERVED = frozenset(_WORDS["words"]["reserved"].split())
PATTERNS = _patterns(_WORDS["patterns"])  # what a date, a day of the calendar and a number may look like
DUCKDB, POSTGRESQL, SPARK = map(_dialect, ("duckdb", "postgresql", "spark"))
