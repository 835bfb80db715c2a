"""The rows of Spark's answer as the frame that DuckDB would have given: the same dtypes, nothing through a float that
is to the cent."""

import pandas as pd


def frame(table) -> pd.DataFrame:
    """An Arrow table under its names, in the dtypes of `engines.Engine.run`."""
    columns = [_column(table.column(number), table.field(number).type) for number in range(table.num_columns)]
    # By number, for two columns may bear one name.
    made = pd.DataFrame(dict(enumerate(columns)), columns=range(len(columns)))
    return made.set_axis(table.column_names, axis=1)


def _column(values, kind) -> pd.Series:
    import pyarrow as pa

    types, missing = pa.types, values.null_count > 0
    if types.is_integer(kind):
        name = str(kind)
        return pd.Series(
            values.to_pylist() if missing else values.to_numpy(), dtype=name.capitalize() if missing else name
        )
    if types.is_boolean(kind):
        return pd.Series(values.to_pylist(), dtype="boolean" if missing else "bool")
    if types.is_decimal(kind):
        amounts = values.to_pylist()
        if kind.scale == 0 and kind.precision == 38:
            return pd.Series([None if amount is None else int(amount) for amount in amounts], dtype=object)
        return pd.Series([None if amount is None else float(amount) for amount in amounts], dtype="float64")
    if types.is_date(kind) or types.is_timestamp(kind):
        # The session's clock is UTC, so that a time without its zone says the same.
        return pd.Series(values.cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")
    if types.is_string(kind) or types.is_large_string(kind):
        return pd.Series(values.to_pylist(), dtype=object if 0 < len(values) == values.null_count else "str")
    return values.to_pandas()
