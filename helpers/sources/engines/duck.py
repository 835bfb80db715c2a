"""DuckDB over the files of a source: what `[source] kind = "files"` reads with.

Small CSV files are parsed once into the memory of the session, larger ones are read by every query.
"""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from helpers.errors import Refused
from helpers.sources import mapping, queries, schema
from helpers.sources.dialects import DUCKDB, literal
from helpers.sources.engines import fence, files, prepared
from helpers.sources.engines.engine import mark
from helpers.sources.refusals import refuse, refused
from helpers.sources.settings import Settings, TableSettings

_UNKNOWN = re.compile(r'Referenced column "(.+?)" (?:was )?not found')
_READERS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["readers"]
_LARGE_PARQUET = 4 * 2**20  # bytes: compressed, some two hundred thousand rows


class Duck(fence.Session):
    """One session of DuckDB over a folder or a .duckdb file. `run` is the only way to the data."""

    def __init__(self, settings: Settings):
        place = settings.folder
        self._database = place.suffix.lower() in (".duckdb", ".db")
        refuse("path_absent", not place.exists(), file=settings.file, path=place)
        refuse("path_unfit", not (self._database or place.is_dir()), file=settings.file, path=place)
        super().__init__(settings, place if self._database else None, files.readable(settings))
        self._results: dict[str, str] = {}  # query → the table that holds its result

    def mapped(self, table: TableSettings) -> mapping.Mapped:
        """The table's place, relation and columns; `Refused` where a file or a column is missing."""
        if table.sql or self._database:
            place, relation = self._place(table), DUCKDB.quoted(table.origin)
            if table.sql:
                relation = f"(\n{self._in_full(table.sql.strip().rstrip(';'), f'{place} (table {table.name})')}\n)"
            return mapping.resolve(table, relation, self._columns(relation, table, place), place)
        with self.told(table.origin):
            found, first_row, notes = prepared.paths(files.found(self._settings, table), table, self.scratch)
        place = f"{table.origin}, sheet {table.sheet}" if table.sheet else table.origin
        names, size = ", ".join(literal(str(path)) for path in found), sum(path.stat().st_size for path in found)
        if reader := _reader(found[0].name):
            relation = reader.format(files=names)
            mapped = mapping.resolve(table, relation, self._columns(relation, table, place), place)
            return replace(mapped, is_large=size > _LARGE_PARQUET)
        encoding = "" if table.encoding in ("utf-8", "windows-1252") else f", encoding = {literal(table.encoding)}"
        options = encoding + ", union_by_name = true" * (len(found) > 1)
        available = self._columns(_csv(names, f"{options}, all_varchar = true"), table, place)
        _refuse_misread(found, table, available, place)
        plain = mapping.plain_columns(table, available)
        types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in plain)
        options += f", types = {{{types}}}" * bool(plain) + ", sample_size = -1" * (len(plain) != len(available))
        relation = _csv(names, options)
        if size <= files.HELD:
            # Parsed once and kept in the session's memory: some thirty queries a notebook read it.
            with self._reading(table, place):
                relation = self._kept_here(table.name, f"select * from {relation}")
        fitting = self._fitting(mapping.resolve(table, relation, available, place))
        return replace(fitting, is_large=size > files.HELD, first_row=first_row, notes=notes)

    def _in_full(self, query: str, where: str) -> str:
        """A query of the source file, which names files in the folder of the source."""
        try:
            return fence.files_named(self.connection, query, files.readable(self._settings)[0])
        except Refused as error:
            raise Refused(f"{where}: {error}") from None

    def _fitting(self, mapped: mapping.Mapped) -> mapping.Mapped:
        """Refuse an expression of the mapping that the source's types do not carry, by name."""
        for ours, theirs in mapped.columns.items():
            if theirs is None or theirs.startswith('"'):
                continue
            where = {"mapped": mapped, "column": ours}
            try:
                self.types(f"select {theirs} from {mapped.relation}")
            except duckdb.Error as error:
                if unknown := _UNKNOWN.search(str(error)):
                    meant = unknown[1], self.types(f"select * from {mapped.relation}")
                    raise refused("no_column", **where, name=unknown[1], meant=meant) from None
                raise refused("expression", **where, sql=theirs, why=fence.said(error, 1)) from None
        return mapped

    def _kept_here(self, name: str, query: str) -> str:
        name = DUCKDB.quoted(f"_held_{name}")
        self.connection.execute(f"create or replace temp table {name} as {query}")
        return name

    def held(self, query: str) -> str:
        """As `Engine.held`, where what the query reads is held, too; each query is asked once."""
        if "_held_" in query and query not in self._results:
            with self.told(f"{self._settings.file}: a query failed", 6):
                self._results[query] = self._kept_here(f"result {len(self._results)}", query)
        return self._results.get(query, "")

    def _columns(self, relation: str, table: TableSettings, place: str) -> dict[str, str]:
        with self._reading(table, place):
            return self.types(f"select * from {relation}")

    @contextmanager
    def _reading(self, table: TableSettings, place: str) -> Iterator[None]:
        """Refuse what DuckDB fails at within, with what is wrong with the file where that can be seen."""
        try:
            yield
        except duckdb.Error as error:
            if full := self.no_room(error):
                raise full from None
            is_csv = not (table.sql or self._database or _reader(table.origin)) and files.is_text(Path(table.origin))
            why = files.why_unreadable(files.found(self._settings, table), table.encoding) if is_csv else ""
            why = why or f"cannot be read: {fence.said(error)}"
            raise refused("unreadable", place=place, table=table, why=why) from None

    def run(self, query: str) -> pd.DataFrame:
        # The questions that a source file has `check` ask name files, too.
        if self._settings.questions:
            with self.told(f"{self._settings.file}: a query failed", 6):
                query = self._in_full(query, f"{self._settings.file}: [[questions]]")
        return super().run(query)

    def fingerprint(self, table: TableSettings, mapped: mapping.Mapped) -> str:
        """Of the files' bytes, or, where it reads more than its own, of its rows, with what is asked of each."""
        if files.reads_more(table) or self._is_view(table):
            parts = [sql for sql in mapped.columns.values() if sql and files.has_query(sql)]
            raw = queries.macros(mapping.__file__).raw(mapped)
            asked = f"with {raw}, t as (select {', '.join(['*', *parts])} from _raw_{table.name})"
            rows = self.run(f"{asked} select count(*) as n, cast(sum(hash(t)) as varchar) as h from t")
            return mark(rows.iloc[0].tolist())
        return files.digest([self._settings.folder] if self._database else files.named(self._settings, table))

    def _is_view(self, table: TableSettings) -> bool:
        """Whether a .duckdb file has a query under the name of a table: it may read files beside it."""
        name = f"lower({literal(table.origin)})"  # DuckDB finds it in whatever capitals it is written
        views = f"select count(*) as n from duckdb_views() where lower(view_name) = {name} and not internal"
        return self._database and bool(self.run(views)["n"].iloc[0])


def _reader(name: str) -> str | None:
    """How a file is read that is no CSV, packed or not."""
    return _READERS.get(Path(name.lower().removesuffix(".gz")).suffix)


def _csv(names: str, options: str) -> str:
    return _READERS["csv"].format(files=names, options=options)


def _refuse_misread(found: list[Path], table: TableSettings, available: dict[str, str], place: str) -> None:
    """DuckDB skips a header whose fields are not as many as those below it, or takes each line for one column."""
    wanted = {table.columns.get(ours, ours) for ours in schema.TABLES[table.name].columns}
    if wanted & set(available) or not wanted & set(files.header(found[0], table.encoding)):
        return
    why = files.why_unreadable(found, table.encoding)
    refuse("unreadable", why, place=place, table=table, why=why)
