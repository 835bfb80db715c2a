"""What holds a source's tables and runs our queries over them: what every engine has in common."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING

from helpers.sources.engines import files

if TYPE_CHECKING:  # whether files changed is asked without what reads them
    from pathlib import Path

    import pandas as pd

    from helpers.sources.mapping import Mapped
    from helpers.sources.settings import Settings, TableSettings

# Set for the kernels of one report: the state of a database that all of them read.
SNAPSHOT = "AFTER_THE_DEAL_SNAPSHOT"
# Each kind of source → its module, and in it what makes the engine; loaded only when used, for what it imports.
_ENGINES = {
    "files": ("helpers.sources.engines.duck", "Duck"),
    "sql": ("helpers.sources.engines.database.pull", "connect"),
    "spark": ("helpers.sources.engines.spark.engine", "Spark"),
}


class Engine:
    """One session with a source: made from its settings, opened read-only, `Refused` in plain words where it fails."""

    def __init__(self, settings: Settings):
        self._settings = settings

    def mapped(self, table: TableSettings) -> Mapped:
        """The table's place, relation, columns with their types, and the dialect. It is looked at, not read."""

    def run(self, query: str) -> pd.DataFrame:
        """The rows of a query in DuckDB's dtypes: integers as they are (nullable where one is missing), dates as
        datetime64[us], text as str, amounts as float64; but DECIMAL(38,0) as Python integers, never through a float.
        """

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """16 hex digits that change when the table's data does."""

    def kept(self, tables: dict[str, str]) -> Path | None:
        """A DuckDB file with the result of each query as a table; None where the tables stay where they are."""
        return None

    def held(self, query: str) -> str:
        """The name of a table with the result of a query, in the session's memory; empty where it is computed anew."""
        return ""

    def hold(self) -> dict[str, str]:
        """From now on every session whose environment has what this returns sees one state of the data, as this one
        does; empty where the engine cannot promise it."""
        return {}

    def release(self) -> None:
        """The end of what `hold` began."""

    def _place(self, table: TableSettings) -> str:
        """How an error names a table: by what `from` says, or by the section with its query."""
        return f"{self._settings.file.name}: [tables.{table.name}]" if table.sql else table.origin


def mark(values: list | tuple) -> str:
    """16 hex digits of some values.

    >>> mark([3, 5]) == mark([3, 5]) != mark([5, 3])
    True
    """
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def connect(settings: Settings) -> Engine:
    """The engine for the kind of source that the settings name."""
    module, name = _ENGINES[settings.kind]
    return getattr(import_module(module), name)(settings)


def is_fresh(settings: Settings) -> bool:
    """Whether a file of the source has just been written, so that what is read may be half of it."""
    return any(map(files.is_fresh, _named(settings).values()))


def digests(settings: Settings) -> dict[str, str]:
    """The fingerprint of each table that is one of files alone, as they are at this moment; `Refused` where one is
    absent."""
    paths = _named(settings)
    return {name: files.digest(paths[name]) for name in paths if not files.reads_more(settings.tables[name])}


def stamps(settings: Settings) -> dict[str, list[tuple[int, int]]]:
    """When the files of each table were last written, and their sizes: bytes that come back are no rest between two."""
    return {name: [files.stamp(path) for path in paths] for name, paths in _named(settings).items()}


def _named(settings: Settings) -> dict[str, list[Path]]:
    """The files of each table that is one of files."""
    if settings.kind != "files" or settings.folder.is_file():
        return {}
    return {name: files.named(settings, each) for name, each in settings.tables.items() if not each.sql}
