"""The files that Spark reads for a table: CSV in the dialect of exports, as DuckDB reads it here, and Parquet."""

import re
from pathlib import Path

from helpers import files, mapping
from helpers.settings import Settings, TableSettings

_OPTIONS = {
    "header": "true",
    "quote": '"',
    "escape": '"',
    "multiLine": "true",
    "mode": "FAILFAST",  # a row with a column too many is an error and does not lose it
    "enforceSchema": "false",  # of several files each has these columns in this order, or is refused
    "dateFormat": "yyyy-MM-dd",
    "timestampFormat": "yyyy-MM-dd HH:mm:ss",
}
_CSV = re.compile(r"\.(csv|tsv|txt)(\.gz)?$", re.IGNORECASE)
_OTHER_DELIMITERS = ";\t|"


def is_file(origin: str) -> bool:
    """Whether `from` names files; otherwise it is a table of the catalog.

    >>> is_file("usage/2026-*.parquet"), is_file("crm.sales.accounts"), is_file("/Volumes/crm/usage/")
    (True, False, True)
    """
    return "/" in origin or "*" in origin or bool(files.FILE.fullmatch(origin))


def location(settings: Settings, origin: str) -> str:
    """Where Spark finds what `from` names. What stands in the folder's own name is no glob.

    >>> from pathlib import Path
    >>> here = Settings(Path("s.toml"), "spark", Path("/data/a [1]"), "", None, {})
    >>> location(here, "2026-*.csv"), location(here, "s3://crm/usage")
    ('/data/a \\\\[1\\\\]/2026-*.csv', 's3://crm/usage')
    """
    folder = str(settings.options.get("path", "."))
    if "://" in origin or origin.startswith("/"):
        return origin
    if "://" in folder:
        return f"{folder.rstrip('/')}/{origin}"
    return f"{_literal(str(settings.folder))}/{origin}"


def locations(settings: Settings, table: TableSettings, is_here: bool) -> list[str]:
    """The same, of files on this machine each by its name, looked at before Spark does (`files.found`)."""
    if is_here:
        return [_literal(str(path)) for path in files.found(settings, table)]
    return [location(settings, table.origin)]


def is_small(paths: list[Path]) -> bool:
    """Whether files are CSV of a size that is parsed once and held, for some thirty queries a notebook read it."""
    return bool(_CSV.search(paths[0].name)) and sum(path.stat().st_size for path in paths) <= files.HELD


def _literal(path: str) -> str:
    return re.sub(r"([\\*?\[\]{},])", r"\\\1", path)


def read(session, table: TableSettings, paths: list[str]):
    """The rows as a data frame of Spark. Of CSV, what is read as it stands is text (`00123` stays)."""
    if _CSV.search(paths[0]):
        return _csv(session, table, paths)
    return session.read.option("mergeSchema", "true").parquet(*paths)


def _csv(session, table: TableSettings, paths: list[str]):
    from pyspark.sql.types import StringType

    reader = session.read.options(**_OPTIONS, encoding=table.encoding)
    found = reader.csv(paths)
    if len(found.columns) == 1:
        (header,) = found.columns
        reader = reader.option("sep", max(",", *_OTHER_DELIMITERS, key=header.count))
        found = reader.csv(paths)
    plain = mapping.plain_columns(table, found.columns)
    if len(plain) == len(found.columns):
        return found
    types = reader.option("inferSchema", "true").csv(paths).schema
    for field in types.fields:
        if field.name in plain:
            field.dataType = StringType()
    return reader.schema(types).csv(paths)
