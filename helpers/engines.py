"""What holds a source's tables and runs our queries over them: the one protocol that every engine keeps."""

from importlib import import_module
from typing import Protocol

import pandas as pd

from helpers.mapping import Mapped
from helpers.settings import Settings, TableSettings

# Each kind of source → its module and class; loaded only when it is used, for each brings packages of its own.
_ENGINES = {
    "files": ("helpers.duck", "Duck"),
    "sql": ("helpers.database", "Database"),
    "spark": ("helpers.spark", "Spark"),
}


class Engine(Protocol):
    """One session with a source: made from its settings, opened read-only, `Refused` in plain words where it fails."""

    def __init__(self, settings: Settings): ...

    def mapped(self, table: TableSettings) -> Mapped:
        """The table's place, relation, columns with their types, and the dialect. It is looked at, not read."""

    def run(self, query: str) -> pd.DataFrame:
        """The rows of a query in DuckDB's dtypes: integers as they are (nullable where one is missing), dates as
        datetime64[us], text as str, amounts as float64; but DECIMAL(38,0) as Python integers, never through a float.
        """

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """16 hex digits that change when the table's data does."""


def connect(settings: Settings) -> Engine:
    """The engine for the kind of source that the settings name."""
    module, name = _ENGINES[settings.kind]
    return getattr(import_module(module), name)(settings)
