"""Our queries on Spark: the engine of `[source] kind = "spark"`."""

import hashlib
from dataclasses import replace
from itertools import count

import pandas as pd

from helpers.sources import mapping
from helpers.sources.dialects import SPARK
from helpers.sources.engines import files as local_files
from helpers.sources.engines.engine import Engine
from helpers.sources.engines.spark import files, frames, refusals, session
from helpers.sources.mapping import Mapped
from helpers.sources.settings import Settings, TableSettings

_SAY = '\n    Fix: say it in Spark\'s own SQL, under [tables.{}.columns], as in ends_on = "date_add(valid_to, 1)"'


class Spark(Engine):
    """One session of Spark."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._session, self._secrets = session.start(settings)
        # Spark of this process sees the disk that we see, so that its files can be looked at before it reads them.
        self._is_here = str(settings.options.get("url", "")).startswith("local")
        self._numbers = count()

    def mapped(self, table: TableSettings) -> Mapped:
        relation, place = self._relation(table)
        named = f"{place} (table {table.name})"
        with self._telling(f"{named}: cannot be read"):
            available = self._types(f"select * from {relation}")
        found = mapping.resolve(table, relation, available, place, SPARK)
        if found.where:
            with self._telling(f"{named}: where = {found.where!r} cannot be computed"):
                self._types(f"select * from {relation} where {found.where}")
        return self._fitting(found, named)

    def _fitting(self, found: Mapped, named: str) -> Mapped:
        """The mapping with the types of its expressions; `Refused`, by name, where one cannot be computed."""
        types = dict(found.types)
        for ours, theirs in found.columns.items():
            if theirs is None or ours in types:
                continue
            with self._telling(f"{named}, column {ours}: {theirs} cannot be computed", _SAY.format(found.name)):
                types |= self._types(f"select {theirs} as {ours} from {found.relation}")
        fitted = replace(found, types=types)
        with self._telling(f"{named}: a column cannot be read as ours", _SAY.format(found.name)):
            self._types(
                f"select {', '.join(mapping.typed(fitted, ours) for ours in found.columns)} from {found.relation}"
            )
        return fitted

    def _relation(self, table: TableSettings) -> tuple[str, str]:
        """A table of the source as `from` writes it, and its place as an error names it."""
        if table.sql:
            return f"({table.sql.strip().rstrip(';')})", f"{self._settings.file.name}: [tables.{table.name}]"
        if files.is_file(table.origin):
            return self._view(table), table.origin
        parts = [table.origin] if "`" in table.origin else [SPARK.quoted(part) for part in table.origin.split(".")]
        return ".".join(parts), table.origin

    def _view(self, table: TableSettings) -> str:
        """The files under a name of this session. Small ones on this machine are parsed once and held by Spark."""
        paths = files.locations(self._settings, table, self._is_here)
        with self._telling(f"{table.origin} (table {table.name}): cannot be read"):
            rows = files.read(self._session, table, paths, self._is_here)
            if self._is_here and files.is_small(local_files.named(self._settings, table)):
                rows = rows.localCheckpoint()
            name = f"_held_{table.name}_{next(self._numbers)}"
            rows.createOrReplaceTempView(name)
        return name

    def _types(self, query: str) -> dict[str, str]:
        """Column → type of what a query gives; Spark looks at it without running it."""
        fields = self._session.sql(query).schema.fields
        return {field.name: field.dataType.simpleString().upper() for field in fields}

    def _telling(self, place: str, way_out: str = ""):
        return refusals.told(place, self._secrets, way_out)

    def run(self, query: str) -> pd.DataFrame:
        with self._telling(f"{self._settings.file}: a query failed"):
            return frames.frame(self._session.sql(query).toArrow())

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """Of the files' bytes where they are on this machine; else of the values of every column that we read, in
        whatever order the rows come."""
        if self._is_here and not table.sql and files.is_file(table.origin):
            return local_files.digest(local_files.named(self._settings, table))
        columns = ", ".join(theirs for theirs in mapped.columns.values() if theirs)
        where = f" where {mapped.where}" if mapped.where else ""
        query = (
            f"select count(*) as n, sum(cast(xxhash64({columns}) as decimal(38, 0))) as h from {mapped.relation}{where}"
        )
        return hashlib.sha256(repr(self.run(query).iloc[0].tolist()).encode()).hexdigest()[:16]
