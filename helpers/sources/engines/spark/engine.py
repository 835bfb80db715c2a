"""Our queries on Spark, and the files that it reads: CSV in the dialect of exports, as DuckDB reads it, and Parquet."""

import re
from dataclasses import replace
from itertools import count

import duckdb
import pandas as pd

from helpers.sources import mapping
from helpers.sources.dialects import SPARK
from helpers.sources.engines import fence, files
from helpers.sources.engines.engine import Engine, mark
from helpers.sources.engines.spark import session
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refuse, text
from helpers.sources.settings import Settings, TableSettings

_CSV = re.compile(r"\.(csv|tsv|txt)(\.gz)?$", re.IGNORECASE)
_READABLE = re.compile(r"\.(csv|tsv|txt|parquet)(\.gz)?$|/$|\*$", re.IGNORECASE)
_GLOBS = "__globPaths__"  # by which Spark's own readers say that a path is a name: a backslash does not say it
_OTHER_DELIMITERS = ";\t|"


class Spark(Engine):
    """One session of Spark."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self._session, self._secrets = session.start(settings)
        # Spark of this process sees the disk that we see, so that its files can be looked at before it reads them.
        self._is_here = str(settings.options.get("url", "")).startswith("local")
        self._numbers = count()

    def mapped(self, table: TableSettings) -> Mapped:
        place = self._place(table)
        named = f"{place} (table {table.name})"
        fix = text("say_in_sql", name="Spark", table=table, example="date_add(valid_to, 1)")
        relation = self._relation(table)
        available = self._types(f"select * from {relation}", f"{named}: cannot be read")
        found = mapping.resolve(table, relation, available, place, SPARK)
        relation = found.relation
        if found.where:
            where = f"{named}: where = {found.where!r} cannot be computed"
            self._types(f"select * from {relation} where {found.where}", where)
        types = dict(found.types)
        for ours, theirs in found.columns.items():
            if theirs and ours not in types:
                where = f"{named}, column {ours}: {theirs} cannot be computed"
                types |= self._types(f"select {theirs} as {ours} from {relation}", where, fix)
        found = replace(found, types=types)
        columns = ", ".join(mapping.typed(found, ours) for ours in found.columns)
        self._types(f"select {columns} from {relation}", f"{named}: a column cannot be read as ours", fix)
        return found

    def _relation(self, table: TableSettings) -> str:
        """A table of the source as `from` writes it."""
        if table.sql:
            return f"({table.sql.strip().rstrip(';')})"
        if is_file(table.origin):
            return self._view(table)
        parts = [table.origin] if "`" in table.origin else [SPARK.quoted(part) for part in table.origin.split(".")]
        return ".".join(parts)

    def _view(self, table: TableSettings) -> str:
        """The files under a name of this session. Small ones on this machine are parsed once and held by Spark."""
        refuse("spark_format", not _READABLE.search(table.origin), table=table)
        # Files of this machine are looked at before Spark does.
        local = files.found(self._settings, table) if self._is_here else []
        paths = [str(path) for path in local] or [location(self._settings, table.origin)]
        with session.told(f"{table.origin} (table {table.name}): cannot be read", self._secrets):
            rows = self._rows(table, paths)
            # Some thirty queries a notebook read it.
            if local and _CSV.search(paths[0]) and sum(path.stat().st_size for path in local) <= files.HELD:
                rows = rows.localCheckpoint()
            name = f"_held_{table.name}_{next(self._numbers)}"
            rows.createOrReplaceTempView(name)
        return name

    def _rows(self, table: TableSettings, paths: list[str]):
        """The rows as a data frame of Spark. Of CSV, what is read as it stands is text (`00123` stays).

        Paths of this machine are names of files and no globs, whatever is in them.
        """
        reader = self._session.read.options(**({_GLOBS: "false"} if self._is_here else {}))
        if not _CSV.search(paths[0]):
            return reader.option("mergeSchema", "true").parquet(*paths)
        from pyspark.sql.types import StringType, StructField, StructType

        # Looking ahead over several lines, Spark would take a name for a glob once more; the header is in one.
        said = session.WORDS["csv"] | {"encoding": table.encoding}
        reader = reader.options(**said, multiLine="false", mode="PERMISSIVE")
        names = reader.csv(paths).columns
        if len(names) == 1:
            reader = reader.option("sep", max(",", *_OTHER_DELIMITERS, key=names[0].count))
            names = reader.csv(paths).columns
        plain, types = mapping.plain_columns(table, names), {}
        if len(plain) < len(names):
            types = {field.name: field.dataType for field in reader.option("inferSchema", "true").csv(paths).schema}
        fields = [StructField(name, StringType() if name in plain else types[name]) for name in names]
        # A row with a column too many is an error, and does not lose it.
        return reader.schema(StructType(fields)).options(multiLine="true", mode="FAILFAST").csv(paths)

    def _types(self, query: str, place: str, fix: str = "") -> dict[str, str]:
        """Column → type of what a query gives; Spark looks at it without running it."""
        with session.told(place, self._secrets, fix):
            fields = self._session.sql(query).schema.fields
        return {field.name: field.dataType.simpleString().upper() for field in fields}

    def run(self, query: str) -> pd.DataFrame:
        with session.told(f"{self._settings.file}: a query failed", self._secrets):
            return frame(self._session.sql(query).toArrow())

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """Of the files' bytes where they are on this machine; else of the values of every column that we read, in
        whatever order the rows come."""
        if self._is_here and not files.reads_more(table) and is_file(table.origin):
            return files.digest(files.named(self._settings, table))
        columns = ", ".join(theirs for theirs in mapped.columns.values() if theirs)
        where = f" where {mapped.where}" if mapped.where else ""
        query = (
            f"select count(*) as n, sum(cast(xxhash64({columns}) as decimal(38, 0))) as h from {mapped.relation}{where}"
        )
        return mark(self.run(query).iloc[0].tolist())


def is_file(origin: str) -> bool:
    """Whether `from` names files; otherwise it is a table of the catalog.

    >>> is_file("usage/2026-*.parquet"), is_file("crm.sales.accounts"), is_file("/Volumes/crm/usage/")
    (True, False, True)
    """
    return "/" in origin or "*" in origin or bool(files.FILE.fullmatch(origin))


def location(settings: Settings, origin: str) -> str:
    """Where Spark finds what `from` names.

    >>> from pathlib import Path
    >>> here = Settings(Path("s.toml"), "spark", Path("/data/crm"), "", None, {})
    >>> location(here, "2026-*.csv"), location(here, "s3://crm/usage")
    ('/data/crm/2026-*.csv', 's3://crm/usage')
    """
    folder = str(settings.options.get("path", "."))
    if "://" in origin or origin.startswith("/"):
        return origin
    return f"{folder.rstrip('/') if '://' in folder else settings.folder}/{origin}"


def frame(table) -> pd.DataFrame:
    """An Arrow table as DuckDB gives it (`engines.Engine.run`); the zone of a time, which is UTC, is left out."""
    import pyarrow as pa

    times = {field.name: pa.timestamp("us") for field in table.schema if pa.types.is_timestamp(field.type)}
    fields = [field.with_type(times.get(field.name, field.type)) for field in table.schema]
    with duckdb.connect(config=fence.CONFIG) as here:
        return fence.frame(here.register("answer", table.cast(pa.schema(fields))).execute("from answer"))
