"""How each engine writes what our SQL needs and standard SQL leaves open; everything else is the same text everywhere.

An engine is whatever `engines.Engine` describes; a dialect is only words. `DUCKDB` reads files, and stands as the
example for the others: how the text or value of a source becomes our type, and what cannot be read becomes empty, which
the contract then names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# The families of the sources' types that a dialect may tell apart; every other type is a family without a name.
_FAMILY = {
    **dict.fromkeys(["DATE"], "date"),
    **dict.fromkeys(["TIMESTAMP", "DATETIME", "TIMESTAMPTZ", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ"], "time"),
    **dict.fromkeys(["BOOLEAN", "BOOL"], "flag"),
    **dict.fromkeys(["DECIMAL", "NUMERIC", "TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT"], "number"),
    **dict.fromkeys(["FLOAT", "REAL", "DOUBLE"], "float"),
    **dict.fromkeys(["VARCHAR", "TEXT", "STRING", "CHAR"], "text"),
}


@dataclass(frozen=True)
class Dialect:
    """The words of one engine.

    `reads`: family of the source's type → kind of our column → the SQL of its value, `{0}` being the source's; the
    family "" holds for every type that has no entry of its own.
    `types`: our kind → the type of its column, where it is not text (`text` is the name of that type).
    `places`: whether a row has a place in its source (row 7 of a file) by which it can be found again.
    """

    name: str
    text: str
    types: Mapping[str, str]
    reads: Mapping[str, Mapping[str, str]]
    quote: str = '"'
    places: bool = False

    def read(self, kind: str, expression: str | None, source: str = "") -> str:
        """The SQL of a column of ours, from an expression of the source and the name of that one's type.

        >>> DUCKDB.read("month", '"ym"'), DUCKDB.read("date", None)
        ('try_cast("ym" as date)', 'cast(null as date)')
        """
        if expression is None:
            return f"cast(null as {self.types.get(kind, self.text)})"
        own = self.reads.get(family(source), {})
        return own.get(kind, self.reads[""][kind]).format(expression)

    def raw(self, expression: str) -> str:
        """The source's own text of a value, empty where it says nothing.

        >>> DUCKDB.raw('"ym"')
        'nullif(cast("ym" as varchar), \\'\\')'
        """
        return f"nullif(cast({expression} as {self.text}), '')"

    def quoted(self, name: str) -> str:
        """A name as SQL writes it.

        >>> print(DUCKDB.quoted('odd "name"'))
        "odd ""name""\"
        """
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote


def family(source: str) -> str:
    """What kind of thing a source's type holds; "" for one that is not known.

    >>> family("DECIMAL(12,2)"), family("timestamp with time zone"), family("varchar(40)"), family("JSON")
    ('number', 'time', 'text', '')
    """
    return _FAMILY.get(re.split(r"[^A-Z_]", source.upper(), maxsplit=1)[0], "")


DUCKDB = Dialect(
    name="duckdb",
    text="varchar",
    types={"date": "date", "month": "date", "money": "decimal(28, 10)", "number": "double", "count": "bigint",
           "flag": "boolean"},
    reads={
        "": {
            "id": "nullif(cast({0} as varchar), '')",
            # What is longer is no name, and a label of ten thousand letters makes a chart a hundred meters wide.
            "text": "case when length(cast({0} as varchar)) > 100 then substr(cast({0} as varchar), 1, 99) || '…' "
            "else nullif(cast({0} as varchar), '') end",
            "choice": "nullif(cast({0} as varchar), '')",
            "date": "try_cast({0} as date)",
            "month": "try_cast({0} as date)",
            "money": "try_cast({0} as decimal(28, 10))",
            "number": "try_cast({0} as double)",
            "count": "cast(try_cast({0} as decimal(28, 10)) as bigint)",
            "flag": "try_cast({0} as boolean)",
        }
    },
    places=True,
)  # fmt: skip
