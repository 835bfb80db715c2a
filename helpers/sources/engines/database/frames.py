"""The rows of a database's answer as the frame that DuckDB would have given: the same dtypes, nothing through a float
that is to the cent."""

import pandas as pd

# PostgreSQL's numbers for its types → the names that dialects.family knows; what is not here is read as text.
TYPES = {
    16: "BOOLEAN",
    20: "BIGINT",
    21: "SMALLINT",
    23: "INTEGER",
    25: "TEXT",
    700: "REAL",
    701: "DOUBLE",
    790: "MONEY",
    1042: "CHAR",
    1043: "VARCHAR",
    1082: "DATE",
    1114: "TIMESTAMP",
    1184: "TIMESTAMPTZ",
    1700: "DECIMAL",
}
_INTEGERS = {"BIGINT": "int64", "INTEGER": "int32", "SMALLINT": "int16"}


def type_name(column) -> str:
    """The name of the type of one column of a cursor's description (name, type, …, precision, scale, …).

    >>> type_name(("mrr", 1700, None, None, 12, 2, None)), type_name(("body", 114, None, None, None, None, None))
    ('DECIMAL(12,2)', '')
    """
    name, precision, scale = TYPES.get(column[1], ""), column[4], column[5]
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
    missing = any(value is None for value in values)
    if kind in _INTEGERS:
        dtype = _INTEGERS[kind]
        return pd.Series(values, dtype=dtype.capitalize() if missing else dtype)
    if kind == "BOOLEAN":
        return pd.Series(values, dtype="boolean" if missing else "bool")
    if kind == "DECIMAL(38,0)":
        return pd.Series([int(value) for value in values], dtype=object)
    if kind.startswith(("DECIMAL", "DOUBLE", "REAL")):
        dtype = "float32" if kind == "REAL" else "float64"
        return pd.Series([None if value is None else float(value) for value in values], dtype=dtype)
    if kind == "TIMESTAMPTZ":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=True), dtype="datetime64[us, UTC]")
    if kind in ("DATE", "TIMESTAMP"):
        return pd.Series(values, dtype="datetime64[us]")
    if all(value is None for value in values):
        return pd.Series(values, dtype=object)
    return pd.Series([None if value is None else str(value) for value in values], dtype="str")
