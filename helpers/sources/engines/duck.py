"""DuckDB over the files of a source: what `[source] kind = "files"` reads with.

Nothing is written: small CSV files are parsed once into the memory of the session, larger ones read by every query.
"""

import hashlib
import re
import secrets
import shutil
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from helpers.errors import Refused, did_you_mean
from helpers.sources import mapping, schema
from helpers.sources.dialects import DUCKDB
from helpers.sources.engines import files, prepared, spill
from helpers.sources.settings import Settings, TableSettings

_KEY = re.compile(r"[0-9a-f]{12,}")
_UNKNOWN = re.compile(r'Referenced column "(.+?)" (?:was )?not found')
_READERS = {
    ".parquet": "read_parquet([{}], union_by_name = true)",
    ".jsonl": "read_json([{}], format = 'newline_delimited', union_by_name = true, sample_size = -1)",
}
_READERS[".ndjson"] = _READERS[".jsonl"]
_TYPES = ("BOOLEAN", "BIGINT", "DOUBLE", "TIME", "DATE", "TIMESTAMP", "VARCHAR")
_LARGE_PARQUET = 4 * 2**20  # bytes: compressed, some two hundred thousand rows


class Duck:
    """One in-memory DuckDB session. `run` is the only way to the data."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._connection = duckdb.connect()
        self._connection.execute("set TimeZone = 'UTC'")
        spill.bound(self._connection, settings, self)
        self._copies = Path(tempfile.gettempdir()) / f"after-the-deal-{secrets.token_hex(8)}"
        weakref.finalize(self, shutil.rmtree, self._copies, ignore_errors=True)
        self._database = settings.folder.suffix.lower() in (".duckdb", ".db")
        if not settings.folder.exists():
            raise Refused(f"{settings.file}: [source] path: {settings.folder} does not exist")
        if self._database:
            self._attach()
        elif not settings.folder.is_dir():
            raise Refused(f"{settings.file}: [source] path: {settings.folder} is neither a folder nor a .duckdb file")
        elif any(table.sql for table in settings.tables.values()):
            self._connection.execute(f"set file_search_path = {_text(self._search_path())}")

    def _attach(self) -> None:
        try:
            self._connection.execute(f"attach {_text(str(self._settings.folder))} as source (read_only)")
            self._connection.execute("use source")
        except duckdb.Error as error:
            raise Refused(f"{self._settings.file}: [source] path: cannot be opened: {first_lines(error)}") from None

    def _search_path(self) -> str:
        folder = str(self._settings.folder)
        if "," not in folder:
            return folder
        # The setting is a comma-separated list, so a folder with a comma in its name needs another name.
        place = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, place)
        link = Path(place) / "source"
        link.symlink_to(folder, target_is_directory=True)
        return str(link)

    def mapped(self, table: TableSettings) -> mapping.Mapped:
        """The table's place, relation and columns; `Refused` where a file or a column is missing."""
        if table.sql or self._database:
            place = f"{self._settings.file.name}: [tables.{table.name}]" if table.sql else table.origin
            relation = f"({table.sql.strip().rstrip(';')})" if table.sql else DUCKDB.quoted(table.origin)
            available = self._columns(relation, table, place)
            return mapping.resolve(table, relation, available, place)
        found, first_row, notes = prepared.paths(files.found(self._settings, table), table, self._copies)
        place = f"{table.origin}, sheet {table.sheet}" if table.sheet else table.origin
        if reader := _READERS.get(found[0].suffix.lower()):
            relation = reader.format(_list(found))
            mapped = mapping.resolve(table, relation, self._columns(relation, table, place), place)
            return replace(mapped, is_large=_size(found) > _LARGE_PARQUET)
        as_text = self._csv(found, table, ", all_varchar = true")
        available = self._columns(as_text, table, place)
        _refuse_misread(found, table, available, place)
        plain = mapping.plain_columns(table, available)
        types = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in plain)
        sample = "" if len(plain) == len(available) else ", sample_size = -1"
        relation = self._csv(found, table, (f", types = {{{types}}}" if plain else "") + sample)
        is_large = _size(found) > files.HELD
        relation = relation if is_large else self._held(table, relation, place)
        fitting = self._fitting(mapping.resolve(table, relation, available, place))
        return replace(fitting, is_large=is_large, first_row=first_row, notes=notes)

    def _fitting(self, mapped: mapping.Mapped) -> mapping.Mapped:
        """Refuse an expression of the mapping that the source's types do not carry, by name."""
        for ours, theirs in mapped.columns.items():
            if theirs is None or theirs.startswith('"'):
                continue
            try:
                self._connection.execute(f"describe select {theirs} from {mapped.relation}")
            except duckdb.Error as error:
                if unknown := _UNKNOWN.search(str(error)):
                    there = self._connection.execute(f"describe select * from {mapped.relation}").fetchall()
                    raise Refused(
                        f"{mapped.place} (table {mapped.name}), column {ours}: there is no column {unknown[1]!r}; "
                        f"{did_you_mean(unknown[1], [row[0] for row in there])}"
                    ) from None
                raise Refused(
                    f"{mapped.place} (table {mapped.name}), column {ours}: the expression {theirs} cannot be computed: "
                    f"{first_lines(error, 1)}\n    Fix: say the types, as in cast(valid_to as date) + 1, or "
                    f"strptime(start, '%d.%m.%Y'), under [tables.{mapped.name}.columns]"
                ) from None
        return mapped

    def _held(self, table: TableSettings, relation: str, place: str) -> str:
        """A small CSV is parsed once and kept in the session's memory: some thirty queries a notebook read it."""
        name = DUCKDB.quoted(f"_held_{table.name}")
        try:
            self._connection.execute(f"create or replace temp table {name} as select * from {relation}")
        except duckdb.Error as error:
            raise self._refusal(table, place, error) from None
        return name

    def _csv(self, found: list[Path], table: TableSettings, options: str) -> str:
        encoding = "" if table.encoding in ("utf-8", "windows-1252") else f", encoding = {_text(table.encoding)}"
        many = ", union_by_name = true" if len(found) > 1 else ""
        # Stated, not guessed: the first quoted value may stand below the rows that the reader guesses from.
        quotes = """, quote = '"', escape = '"', comment = ''"""
        # A guess takes 05/01/2025 for a day of one country or the other; only 2025-01-05 is read as a date.
        quotes += ", dateformat = '%Y-%m-%d', timestampformat = '%Y-%m-%d %H:%M:%S'"
        # Nor is 2025/01/28 or 28/1/25 an instant of a time zone, whatever its format: it stays text.
        quotes += f", auto_type_candidates = [{', '.join(map(_text, _TYPES))}]"
        return f"read_csv([{_list(found)}], header = true{quotes}{encoding}{many}{options})"

    def _columns(self, relation: str, table: TableSettings, place: str) -> dict[str, str]:
        try:
            rows = self._connection.execute(f"describe select * from {relation}").fetchall()
        except duckdb.Error as error:
            raise self._refusal(table, place, error) from None
        return {row[0]: row[1] for row in rows}

    def _refusal(self, table: TableSettings, place: str, error: duckdb.Error) -> Refused:
        is_csv = not (table.sql or self._database) and files.is_text(Path(table.origin))
        why = files.why_unreadable(files.found(self._settings, table), table.encoding) if is_csv else ""
        return Refused(f"{place} (table {table.name}): {why or f'cannot be read: {first_lines(error)}'}")

    def run(self, query: str) -> pd.DataFrame:
        try:
            return answer(self._connection, query)
        except duckdb.OutOfMemoryException:
            raise Refused(spill.refusal(self._settings)) from None
        except duckdb.Error as error:
            raise Refused(f"{self._settings.file}: a query failed: {first_lines(error, 6)}") from None

    def fingerprint(self, table: TableSettings, mapped: mapping.Mapped) -> str:
        """Of the files' bytes, or, for a query, of its rows."""
        if table.sql:
            rows = self.run(f"select count(*) as n, bit_xor(hash(t)) as h from {mapped.relation} as t")
            return hashlib.sha256(repr(rows.iloc[0].tolist()).encode()).hexdigest()[:16]
        return files.digest([self._settings.folder] if self._database else files.found(self._settings, table))

    def hold(self) -> dict[str, str]:
        return {}

    def release(self) -> None:
        pass


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    """The result of a query; whole DECIMAL columns as exact Python integers, never through a float."""
    result = connection.execute(query)
    whole = [name for name, kind, *_ in result.description if str(kind).startswith("DECIMAL(38,0)")]
    if not whole:
        return result.df()
    frame = pd.DataFrame(result.fetchall(), columns=[column[0] for column in result.description])
    for name in whole:
        frame[name] = pd.Series([int(value) for value in frame[name]], dtype=object)
    return frame


def _refuse_misread(found: list[Path], table: TableSettings, available: dict[str, str], place: str) -> None:
    """DuckDB skips a header whose fields are not as many as those below it, or takes each line for one column."""
    wanted = {table.columns.get(ours, ours) for ours in schema.TABLES[table.name].columns}
    if wanted & set(available) or not wanted & set(files.header(found[0], table.encoding)):
        return
    if why := files.why_unreadable(found, table.encoding):
        raise Refused(f"{place} (table {table.name}): {why}")


def _size(found: list[Path]) -> int:
    return sum(path.stat().st_size for path in found)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _list(paths: list[Path]) -> str:
    return ", ".join(_text(str(path)) for path in paths)


def first_lines(error: Exception, n: int = 3) -> str:
    """What DuckDB says first, without the key of the pseudonyms."""
    told = " ".join(line.strip() for line in str(error).splitlines()[:n] if line.strip())
    # DuckDB quotes the query, and in it may stand the key of the pseudonyms.
    return _KEY.sub("…", told)
