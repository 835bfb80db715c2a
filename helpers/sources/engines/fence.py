"""A session of DuckDB behind a fence: it reads the folders that the source file names and one of its own, nothing else.

No extension is installed or loaded, no setting can be changed, and a query is one SELECT by DuckDB's own reading of it.
"""

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from helpers.errors import Refused
from helpers.sources.dialects import DUCKDB, literal
from helpers.sources.engines import files, scratch
from helpers.sources.settings import Settings

CONFIG = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "pandas_analyze_sample": 0,
}
_AMOUNT = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")
_KEY = re.compile(r"[0-9a-f]{12,}")
_OUTSIDE = re.compile(r'Cannot access (?:file|directory) "(.+?)" - file system operations are disabled')


class Session:
    """One session in memory; `scratch` is its private folder. Queries of others go through `answer` and `types`."""

    def __init__(self, settings: Settings, attached: Path | None = None, readable: Iterable[Path] = ()):
        self._settings = settings
        place = str(settings.options.get("temp_directory", ""))
        parent = (settings.file.parent / Path(place).expanduser()).resolve() if place else None
        try:
            self.scratch = scratch.folder(self, parent)
        except OSError as error:
            where = parent or "the default"
            raise Refused(f"{settings.file}: [source] temp_directory: {where}: {error.strerror}") from None
        self.connection = duckdb.connect(config=CONFIG)
        self.connection.execute("set TimeZone = 'UTC'")
        if limit := str(settings.options.get("memory_limit", "")):
            if not _AMOUNT.fullmatch(limit):
                said = f'memory_limit = "{limit}" is not an amount of memory; write it as "800MB" or "4GB"'
                raise Refused(f"{settings.file}: [source] {said}")
            with self.told(f"{settings.file}: [source] memory_limit"):
                self.connection.execute(f"set memory_limit = '{limit}'")
        self._fence(attached, readable)

    def _fence(self, attached: Path | None, readable: Iterable[Path]) -> None:
        """None of it can be undone; what is attached goes on being read, though its folder need not be allowed."""
        self.connection.execute(f"set temp_directory = {literal(str(self.scratch / 'spill'))}")
        if attached:
            with self.told(f"{self._settings.file}: [source] path: cannot be opened"):
                self.connection.execute(f"attach {literal(str(attached))} as source (read_only)")
            self.connection.execute(f"set search_path = {literal(self._search_path())}")
        folders = ", ".join(literal(str(folder)) for folder in [self.scratch, *readable])
        for setting in (
            f"allowed_directories = [{folders}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self.connection.execute(f"set {setting}")

    def _search_path(self) -> str:
        """Where names are looked up: DuckDB's own first, so that no function of the file's takes the place of one."""
        schemas = "select schema_name from duckdb_schemas() where database_name = 'source' and not internal"
        others = [name for (name,) in self.connection.execute(f"{schemas} order by 1").fetchall() if name != "main"]
        return ",".join(["system.main", *(f"source.{DUCKDB.quoted(name)}" for name in ("main", *others))])

    @contextmanager
    def told(self, place: str, n_lines: int = 3) -> Iterator[None]:
        """Refuse what DuckDB fails at within, as `place: what it said`."""
        try:
            yield
        except duckdb.OutOfMemoryException:
            raise Refused(_no_room(self._settings)) from None
        except duckdb.Error as error:
            raise Refused(f"{place}: {said(error, n_lines)}") from None

    def answer(self, query: str) -> pd.DataFrame:
        """The result of one SELECT; whole DECIMAL columns as exact Python integers, never through a float."""
        result = self._asked(query)
        whole = [name for name, kind, *_ in result.description if str(kind).startswith("DECIMAL(38,0)")]
        if not whole:
            return result.df()
        frame = pd.DataFrame(result.fetchall(), columns=[column[0] for column in result.description])
        return frame.assign(**{name: pd.Series([int(value) for value in frame[name]], dtype=object) for name in whole})

    def types(self, select: str) -> dict[str, str]:
        """Column → type of what a SELECT would give."""
        return {row[0]: row[1] for row in self._asked(f"describe {select}").fetchall()}

    def _asked(self, query: str) -> duckdb.DuckDBPyConnection:
        statements = self.connection.extract_statements(query)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise Refused("only one SELECT is run, and nothing that writes")
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


def files_named(connection: duckdb.DuckDBPyConnection, query: str, folder: Path) -> str:
    """The query with each file that it names without a folder looked up in `folder`: behind the fence DuckDB does not.

    DuckDB says where the names of tables and the arguments of table functions stand. `Refused` for what is not one
    SELECT.
    """
    (parsed,) = connection.execute("select json_serialize_sql(?)", [query]).fetchone()
    tree, sql = json.loads(parsed), query.encode()
    if tree["error"]:
        raise Refused(f"cannot be read as one SELECT: {tree['error_message'].splitlines()[0]}")
    if len(tree["statements"]) != 1:
        raise Refused(f"one SELECT is run, and these are {len(tree['statements'])} statements")
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


def _no_room(settings: Settings) -> str:
    limit, place = (settings.options.get(name) for name in ("memory_limit", "temp_directory"))
    memory = f'memory_limit = "{limit}"' if limit else "the memory of this machine"
    where = place or tempfile.gettempdir()
    return (
        f"{settings.file}: a query needs more room than {memory} and the disk for temporary files ({where}) have left"
        "\n    Fix: under [source], raise memory_limit, or point temp_directory to a folder on a larger disk"
    )
