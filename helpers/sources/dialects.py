"""How each engine writes what our SQL needs and standard SQL leaves open; everything else is the same text everywhere.

An engine is whatever `engines.Engine` describes; a dialect is only words. `DUCKDB` reads files, and stands as the
example for the others: how the text or value of a source becomes our type, and what cannot be read becomes empty, which
the contract then names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# The families of the sources' types that a dialect may tell apart; every other type is a family without a name.
_FAMILY = {
    **dict.fromkeys(["DATE"], "date"),
    **dict.fromkeys(["TIMESTAMP", "DATETIME", "TIMESTAMPTZ", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ"], "time"),
    **dict.fromkeys(["BOOLEAN", "BOOL"], "flag"),
    **dict.fromkeys(["DECIMAL", "NUMERIC", "TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT"], "number"),
    **dict.fromkeys(["FLOAT", "REAL", "DOUBLE"], "float"),
    **dict.fromkeys(["VARCHAR", "TEXT", "STRING", "CHAR"], "text"),
    "MONEY": "cash",
}


@dataclass(frozen=True)
class Dialect:
    """The words of one engine.

    `reads`: family of the source's type → kind of our column → the SQL of its value, `{0}` being the source's; the
    family "" holds for every type that has no entry of its own.
    `types`: our kind → the type of its column, where it is not text (`text` is the name of that type).
    `strict`: kind → what the text of a value has to be besides, `{0}` being it, where the engine itself reads more than
    all do. The contract asks it once, so that no query pays for it.
    `places`: whether a row has a place in its source (row 7 of a file) by which it can be found again.
    `row`: the number of a row within one query.
    """

    name: str
    text: str
    types: Mapping[str, str]
    reads: Mapping[str, Mapping[str, str]]
    quote: str = '"'
    places: bool = False
    row: str = "row_number() over ()"
    strict: Mapping[str, str] = field(default_factory=dict)

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


def literal(value: str) -> str:
    """A text as every engine writes it in SQL.

    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


def family(source: str) -> str:
    """What kind of thing a source's type holds; "" for one that is not known.

    >>> family("DECIMAL(12,2)"), family("timestamp with time zone"), family("varchar(40)"), family("JSON")
    ('number', 'time', 'text', '')
    """
    return _FAMILY.get(re.split(r"[^A-Z_]", source.upper(), maxsplit=1)[0], "")


# What a date may look like, on every engine: 2026-10-31 of the years 1 to 9999, alone or before a time of day.
# 2026/10/31, 24-10-31, 20261031 and a time of 24:00 are read by some engines only, so they are read by none.
_YEAR = "([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_TIME = "([T ]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
_BLANK = r"[ \t\n\r]*"
_IS_DATE = f"{_BLANK}{_YEAR}-[0-9]{{1,2}}-[0-9]{{1,2}}{_TIME}{_BLANK}"
# And an amount or a number: digits with a point, a sign and an exponent; no 1_000 and no infinity.
_NUMBER = "[+-]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})([eE][+-]?[0-9]{1,2})?"
_IS_NUMBER = f"{_BLANK}{_NUMBER}{_BLANK}"


def _braced(pattern: str) -> str:
    return pattern.replace("{", "{{").replace("}", "}}")


_AS_DATE = f"({{0}} like '____-__-__' and {{0}} >= '0001') or regexp_full_match({{0}}, '{_braced(_IS_DATE)}')"
_AS_NUMBER = f"regexp_full_match({{0}}, '{_braced(_IS_NUMBER)}')"

DUCKDB = Dialect(
    name="duckdb",
    text="varchar",
    types={
        "date": "date",
        "month": "date",
        "money": "decimal(28, 10)",
        "number": "double",
        "count": "bigint",
        "flag": "boolean",
    },
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
    strict={"date": _AS_DATE, "month": _AS_DATE, **dict.fromkeys(["money", "number", "count"], _AS_NUMBER)},
)

# PostgreSQL 15 has no try_cast, so text is looked at before it is cast: only a day that the calendar has, and only a
# number of a size that fits. A time of day behind the date is allowed, as DuckDB allows it.
DAY = (
    r"(?!0000)(\d{4}-(0?[13578]|1[02])-(0?[1-9]|[12]\d|3[01])|\d{4}-(0?[469]|11)-(0?[1-9]|[12]\d|30)"
    r"|\d{4}-0?2-(0?[1-9]|1\d|2[0-8])|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-0?2-29)"
)


def _when(condition: str, value: str) -> str:
    return f"case when {condition} then {value} end"


def _fits(number: str, value: str) -> str:
    # NaN and the infinities are above every bound, so they do not fit either.
    return _when(f"abs({number}) < 999999999999999999", value)


_AS_TEXT = "nullif(cast({0} as text), '') collate \"C\""
_NUMERIC = "cast({0} as numeric)"
_DAY_SAID = f"cast({{0}} as text) ~ '^{_BLANK}{_braced(DAY + _TIME)}{_BLANK}$'"
_NUMBER_SAID = f"cast({{0}} as text) ~ '^{_braced(_IS_NUMBER)}$'"
_DAY_OF_TEXT = _when(_DAY_SAID, r"cast(substring(cast({0} as text) from '\d+-\d+-\d+') as date)")
_MONEY = "cast(cast({0} as numeric) as numeric(28, 10))"
_COUNT = "cast(cast({0} as numeric) as bigint)"
# Beyond these days Python has no date; PostgreSQL's 'infinity' is one of them.
_PLAIN_DAY = _when("{0} between '0001-01-01' and '9999-12-31'", "cast({0} as date)")
_DAYS = {"date": _PLAIN_DAY, "month": _PLAIN_DAY}
_NUMBERS = {
    "money": _fits("{0}", _MONEY),
    "number": "cast({0} as double precision)",
    "count": _fits("{0}", _COUNT),
    "flag": "({0} <> 0)",
}

POSTGRESQL = Dialect(
    name="postgresql",
    text="text",
    types=DUCKDB.types | {"money": "numeric(28, 10)", "number": "double precision"},
    reads={
        "": {
            # DuckDB's order, by code point, whatever the database's language. Said here, it holds from here on.
            "id": _AS_TEXT,
            "text": "case when length(cast({0} as text)) > 100 then substr(cast({0} as text), 1, 99) || '…' "
            "else nullif(cast({0} as text), '') end collate \"C\"",
            "choice": _AS_TEXT,
            "date": _DAY_OF_TEXT,
            "month": _DAY_OF_TEXT,
            "money": _when(_NUMBER_SAID, _fits(_NUMERIC, _MONEY)),
            "number": _when(_NUMBER_SAID, "cast({0} as double precision)"),
            "count": _when(_NUMBER_SAID, _fits(_NUMERIC, _COUNT)),
            "flag": "case lower(cast({0} as text)) when 'true' then true when 't' then true when '1' then true "
            "when 'yes' then true when 'y' then true when 'false' then false when 'f' then false when '0' then false "
            "when 'no' then false when 'n' then false end",
        },
        "date": _DAYS,
        "time": _DAYS,
        "number": _NUMBERS,
        "float": _NUMBERS,
        "cash": {"money": _MONEY, "number": "cast(cast({0} as numeric) as double precision)"},
        "flag": {"flag": "{0}"},
    },
)

# Spark reads a month as its first day, and whatever follows a day as a time; what others would not read stays out. Its
# texts take a backslash for themselves.
_SPARK_DATE = f"cast({{0}} as string) rlike '^{_braced(_IS_DATE)}$'".replace("\\", "\\\\")
_SPARK_DATE = _when(_SPARK_DATE, "try_cast(cast({0} as string) as date)")
_SPARK_NUMBER = f"cast({{0}} as string) rlike '^{_braced(_IS_NUMBER)}$'".replace("\\", "\\\\")

SPARK = Dialect(
    name="spark",
    text="string",
    types=DUCKDB.types,
    reads={
        "": {kind: sql.replace("varchar", "string") for kind, sql in DUCKDB.reads[""].items()}
        | {
            "date": _SPARK_DATE,
            "month": _SPARK_DATE,
            # Spark reads the digits of every script, ours are 0 to 9.
            "money": _when(_SPARK_NUMBER, "try_cast({0} as decimal(28, 10))"),
            "number": _when(_SPARK_NUMBER, "try_cast({0} as double)"),
            "count": _when(_SPARK_NUMBER, "try_cast(round(try_cast({0} as decimal(28, 10)), 0) as bigint)"),
        },
        "date": {"date": "{0}", "month": "{0}"},
        "time": {"date": "cast({0} as date)", "month": "cast({0} as date)"},
    },
    quote="`",
    row="monotonically_increasing_id()",
)
