"""A session of DuckDB behind a fence: it reads the folders that the source file names and one of its own, nothing else.

No extension is installed or loaded, no setting can be changed, and a query is one SELECT by DuckDB's own reading of it.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from helpers.errors import FULL, NoRoom, Refused
from helpers.sources.dialects import DUCKDB, literal
from helpers.sources.engines import files, scratch
from helpers.sources.engines.engine import Engine
from helpers.sources.refusals import refuse, refused, text
from helpers.sources.settings import Settings

CONFIG = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "pandas_analyze_sample": 0,
}
# Without memory DuckDB cannot close a file either, and names only that.
_FULL = ("Allocation failure", *map(os.strerror, FULL))
_AMOUNT = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")
_KEY = re.compile(r"[0-9a-f]{12,}")
_OUTSIDE = re.compile(r'Cannot access (?:file|directory) "(.+?)" - file system operations are disabled')


class Session(Engine):
    """One session in memory; `scratch` is its private folder. Queries of others go through `run` and `types`."""

    def __init__(self, settings: Settings, attached: Path | None = None, readable: Iterable[Path] = ()):
        super().__init__(settings)
        place = str(settings.options.get("temp_directory", ""))
        parent = (settings.file.parent / Path(place).expanduser()).resolve() if place else None
        try:
            self.scratch = scratch.folder(self, parent)
        except OSError as error:
            why = {"place": parent or "the default", "why": error.strerror}
            raise self.no_room(error) or refused("no_scratch", file=settings.file, **why) from None
        self.connection = duckdb.connect(config=CONFIG)
        self.connection.execute("set TimeZone = 'UTC'")
        if limit := str(settings.options.get("memory_limit", "")):
            refuse("memory_limit", not _AMOUNT.fullmatch(limit), file=settings.file, limit=limit)
            with self.told(f"{settings.file}: [source] memory_limit"):
                self.connection.execute(f"set memory_limit = '{limit}'")
        self.connection.execute(f"set temp_directory = {literal(str(self.scratch / 'spill'))}")
        if attached:
            self._attach(attached)
        # None of it can be undone; what is attached goes on being read, though its folder need not be allowed.
        folders = ", ".join(literal(str(folder)) for folder in [self.scratch, *readable])
        self.connection.execute(f"set allowed_directories = [{folders}]")
        self.connection.execute("set enable_external_access = false; set lock_configuration = true")

    def _attach(self, file: Path) -> None:
        """Names are looked up in DuckDB's own schema first: no function of the file takes the place of one of those."""
        with self.told(f"{self._settings.file}: [source] path: cannot be opened"):
            self.connection.execute(f"attach {literal(str(file))} as source (read_only)")
        schemas = "select schema_name from duckdb_schemas() where database_name = 'source' and not internal"
        others = [name for (name,) in self.connection.execute(f"{schemas} order by 1").fetchall() if name != "main"]
        path = ",".join(["system.main", *(f"source.{DUCKDB.quoted(name)}" for name in ("main", *others))])
        self.connection.execute(f"set search_path = {literal(path)}")

    @contextmanager
    def told(self, place: str, n_lines: int = 3) -> Iterator[None]:
        """Refuse what DuckDB fails at within, as `place: what it said`."""
        try:
            yield
        except duckdb.Error as error:
            raise self.no_room(error) or Refused(f"{place}: {said(error, n_lines)}") from None
        except OSError as error:
            raise self.no_room(error) or error from None

    def no_room(self, error: Exception) -> NoRoom | None:
        """The refusal where an error says that the memory or the disk for temporary files is full; None elsewhere."""
        if not isinstance(error, duckdb.OutOfMemoryException) and not any(words in str(error) for words in _FULL):
            return None
        limit, folder = (self._settings.options.get(name) for name in ("memory_limit", "temp_directory"))
        memory = f'memory_limit = "{limit}"' if limit else "the memory of this machine"
        facts = {"file": self._settings.file, "memory": memory, "folder": folder or tempfile.gettempdir()}
        return NoRoom(text("no_room", **facts))

    def run(self, query: str) -> pd.DataFrame:
        with self.told(f"{self._settings.file}: a query failed", 6):
            return frame(self._asked(query))

    def types(self, select: str) -> dict[str, str]:
        """Column → type of what a SELECT would give."""
        return {row[0]: row[1] for row in self._asked(f"describe {select}").fetchall()}

    def _asked(self, query: str) -> duckdb.DuckDBPyConnection:
        statements = self.connection.extract_statements(query)
        refuse("one_select", [statement.type for statement in statements] != [duckdb.StatementType.SELECT])
        return self.connection.execute(statements[0])

    def kept(self, tables: dict[str, str]) -> Path:
        """A DuckDB file in the session's own folder with the result of each query as a table."""
        file = self.scratch / "tables.duckdb"
        with self.told(f"{self._settings.file}: a query failed"):
            self.connection.execute(f"attach {literal(str(file))} as kept")
            for name, query in tables.items():
                self.connection.execute(f"create table kept.{name} as {query}")
            self.connection.execute("detach kept")
        return file


def frame(result: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The rows of a result; whole DECIMAL columns as exact Python integers, never through a float."""
    whole = [name for name, kind, *_ in result.description if str(kind) == "DECIMAL(38,0)"]
    if not whole:
        return result.df()
    rows = pd.DataFrame(result.fetchall(), columns=[column[0] for column in result.description])
    exact = {name: [None if value is None else int(value) for value in rows[name]] for name in whole}
    return rows.assign(**{name: pd.Series(values, dtype=object) for name, values in exact.items()})


def files_named(connection: duckdb.DuckDBPyConnection, query: str, folder: Path) -> str:
    """The query with each file that it names without a folder looked up in `folder`: behind the fence DuckDB does not.

    DuckDB says where the names of tables and the arguments of table functions stand. `Refused` for what is not one
    SELECT.
    """
    ((parsed,),) = connection.execute("select json_serialize_sql(?)", [query]).fetchall()
    tree, sql = json.loads(parsed), query.encode()
    if tree["error"]:
        raise refused("not_a_select", why=tree["error_message"].splitlines()[0])
    refuse("statements", len(tree["statements"]) != 1, n=len(tree["statements"]))
    for at, name in sorted(set(_names(tree)), reverse=True):
        for token in (literal(name).encode(), f'"{name}"'.encode()):
            if sql[at:].startswith(token) and any(folder.glob(name) if "*" in name else [(folder / name).is_file()]):
                sql = sql[:at] + literal(str(folder / name)).encode() + sql[at + len(token) :]
    return sql.decode()


def _names(node, is_argument: bool = False) -> Iterator[tuple[int, str]]:
    """Where each name of a file may stand, in bytes, and the name, if it is relative."""
    if isinstance(node, list):
        for each in node:
            yield from _names(each, is_argument)
    elif isinstance(node, dict):
        name = node.get("table_name", "") if node.get("type") == "BASE_TABLE" and not node["schema_name"] else ""
        if is_argument and node.get("type") == "VALUE_CONSTANT" and node["literal"]["kind"] == "STRING":
            name = node["literal"]["text"]
        if name and not name.startswith("/") and "\0" not in name:
            yield node["query_location"], name
        for each in node.values():
            yield from _names(each, is_argument or node.get("type") == "TABLE_FUNCTION")


def said(error: Exception, n: int = 3) -> str:
    """What DuckDB says first, without the key of the pseudonyms; of a file beyond the fence, how to allow it."""
    if beyond := _OUTSIDE.search(str(error)):
        return files.outside(beyond[1])
    lines = " ".join(line.strip() for line in str(error).splitlines()[:n] if line.strip())
    # DuckDB quotes the query, and in it may stand the key of the pseudonyms.
    return _KEY.sub("…", lines)
