"""The files that Spark reads for a table: CSV in the dialect of exports, as DuckDB reads it here, and Parquet."""

import re
from pathlib import Path

from helpers.errors import Refused
from helpers.sources import mapping
from helpers.sources.engines import files
from helpers.sources.engines.spark.session import WORDS
from helpers.sources.settings import Settings, TableSettings

_CSV = re.compile(r"\.(csv|tsv|txt)(\.gz)?$", re.IGNORECASE)
_GLOBS = "__globPaths__"  # by which Spark's own readers say that a path is a name: a backslash does not say it
_OTHER_DELIMITERS = ";\t|"


def is_file(origin: str) -> bool:
    """Whether `from` names files; otherwise it is a table of the catalog.

    >>> is_file("usage/2026-*.parquet"), is_file("crm.sales.accounts"), is_file("/Volumes/crm/usage/")
    (True, False, True)
    """
    return "/" in origin or "*" in origin or bool(files.FILE.fullmatch(origin))


def location(settings: Settings, origin: str) -> str:
    """Where Spark finds what `from` names.

    >>> here = Settings(Path("s.toml"), "spark", Path("/data/crm"), "", None, {})
    >>> location(here, "2026-*.csv"), location(here, "s3://crm/usage")
    ('/data/crm/2026-*.csv', 's3://crm/usage')
    """
    folder = str(settings.options.get("path", "."))
    if "://" in origin or origin.startswith("/"):
        return origin
    if "://" in folder:
        return f"{folder.rstrip('/')}/{origin}"
    return f"{settings.folder}/{origin}"


def locations(settings: Settings, table: TableSettings, is_here: bool) -> list[str]:
    """The same, of files on this machine each by its name, looked at before Spark does (`files.found`)."""
    if not re.search(r"\.(csv|tsv|txt|parquet)(\.gz)?$|/$|\*$", table.origin, re.IGNORECASE) and is_file(table.origin):
        raise Refused(f'{table.origin} (table {table.name}): Spark reads CSV and Parquet; use kind = "files" for it')
    if is_here:
        return [str(path) for path in files.found(settings, table)]
    return [location(settings, table.origin)]


def is_small(paths: list[Path]) -> bool:
    """Whether files are CSV of a size that is parsed once and held, for some thirty queries a notebook read it."""
    return bool(_CSV.search(paths[0].name)) and sum(path.stat().st_size for path in paths) <= files.HELD


def read(session, table: TableSettings, paths: list[str], is_here: bool):
    """The rows as a data frame of Spark. Of CSV, what is read as it stands is text (`00123` stays).

    `is_here`: the paths are names of files and no globs, whatever is in them.
    """
    reader = session.read.options(**({_GLOBS: "false"} if is_here else {}))
    if _CSV.search(paths[0]):
        return _csv(reader, table, paths)
    return reader.option("mergeSchema", "true").parquet(*paths)


def _csv(reader, table: TableSettings, paths: list[str]):
    from pyspark.sql.types import StringType, StructField, StructType

    # Looking ahead over several lines, Spark would take a name for a glob once more; the header is in one.
    reader = reader.options(**WORDS["csv"], encoding=table.encoding, multiLine="false", mode="PERMISSIVE")
    names = reader.csv(paths).columns
    if len(names) == 1:
        reader = reader.option("sep", max(",", *_OTHER_DELIMITERS, key=names[0].count))
        names = reader.csv(paths).columns
    plain, known = mapping.plain_columns(table, names), {}
    if len(plain) < len(names):
        known = {field.name: field.dataType for field in reader.option("inferSchema", "true").csv(paths).schema}
    fields = [StructField(name, StringType() if name in plain else known[name]) for name in names]
    # A row with a column too many is an error, and does not lose it.
    return reader.schema(StructType(fields)).options(multiLine="true", mode="FAILFAST").csv(paths)
