"""What a database answers: rows as the frame that DuckDB would have given, nothing through a float that is to the cent;
and failures in plain words, with how to fix them."""

import re
import tomllib
from pathlib import Path

import pandas as pd

WORDS = tomllib.loads(Path(__file__).with_name("database.toml").read_text(encoding="utf-8"))


def type_name(column) -> str:
    """The name of the type of one column of a cursor's description (name, type, …, precision, scale, …).

    >>> type_name(("mrr", 1700, None, None, 12, 2, None)), type_name(("body", 114, None, None, None, None, None))
    ('DECIMAL(12,2)', '')
    """
    name, precision, scale = WORDS["types"].get(str(column[1]), ""), column[4], column[5]
    return f"{name}({precision},{scale})" if name == "DECIMAL" and precision is not None else name


def frame(description, rows) -> pd.DataFrame:
    """The rows under their names, in the dtypes of `engines.Engine.run`.

    >>> frame([("n", 20, None, None, None, None, None)], [(1,), (None,)])["n"].tolist()
    [1, <NA>]
    """
    values = list(zip(*rows, strict=True)) if rows else [()] * len(description)
    columns = [_column(list(found), type_name(column)) for found, column in zip(values, description, strict=True)]
    # By number, for two columns may bear one name.
    made = pd.DataFrame(dict(enumerate(columns)), columns=range(len(columns)))
    return made.set_axis([column[0] for column in description], axis=1)


def _column(values: list, kind: str) -> pd.Series:
    dtype, missing = WORDS["dtypes"].get(kind.split("(")[0], "str"), any(value is None for value in values)
    if kind == "DECIMAL(38,0)":
        dtype, values = object, [None if value is None else int(value) for value in values]
    elif dtype == "str":
        values = [None if value is None else str(value) for value in values]
        dtype = "str" if any(value is not None for value in values) else object
    elif dtype.startswith("float"):
        values = [None if value is None else float(value) for value in values]
    elif dtype.startswith(("Int", "boolean")) and not missing:
        dtype = dtype.lower().replace("boolean", "bool")
    return pd.Series(values, dtype=dtype)


def told(error: BaseException, limit: float | None = None, user: str = "") -> str:
    """One or two sentences on a failed query: what it was, and how to fix it where that is known.

    `error` is the driver's own; `limit` the seconds that a query may take; `user` the session's user. The query
    itself is not repeated: it may hold the key of the pseudonyms.

    >>> told(RuntimeError("server closed the connection unexpectedly"))
    'the database ended the connection in the middle (server closed the connection unexpectedly); run it again'
    """
    said, state = first_line(error), str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
    for each in WORDS["failures"]:
        found = re.search(each.get("said", ""), said)
        if found and re.match(each.get("state", ""), state) and (limit or not each.get("is_limited")):
            return each["tells"].format(said=said, limit=limit, user=user or "this user", **found.groupdict())
    return said


def first_line(error: BaseException) -> str:
    """What the driver says first, without the query that it may quote below.

    >>> first_line(ValueError("no such column: x\\nLINE 1: select x"))
    'no such column: x'
    """
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    text = primary or next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text[:300]
