"""The tables stay where they are: our queries run in the database, and only their small results come back."""

import hashlib
from dataclasses import replace

import pandas as pd

from helpers.errors import Refused
from helpers.sources import mapping
from helpers.sources.dialects import POSTGRESQL
from helpers.sources.engines.database import frames
from helpers.sources.engines.database.session import Session
from helpers.sources.engines.engine import Engine
from helpers.sources.mapping import Mapped
from helpers.sources.settings import Settings, TableSettings

_SAY = '\n    Fix: say it in the database\'s own SQL, under [tables.{}.columns], as in ends_on = "valid_to + 1"'


class Pushed(Engine):
    """PostgreSQL."""

    def __init__(self, settings: Settings, session: Session):
        self._session = session
        encoding = session.rows("select current_setting('server_encoding')")[1][0][0]
        if encoding != "UTF8":
            raise Refused(
                f"{settings.file}: the database is in {encoding}, and our queries want UTF8; set [source] read = "
                '"pull", which brings the columns here instead'
            )

    def mapped(self, table: TableSettings) -> Mapped:
        relation, place = self._session.relation(table)
        named = f"{place} (table {table.name})"
        available = {
            column[0]: frames.type_name(column) for column in self._session.described("*", relation, named, "")
        }
        found = mapping.resolve(table, relation, available, place, POSTGRESQL)
        types = dict(found.types)
        for ours, theirs in found.columns.items():
            if theirs and ours not in types:
                way_out = _SAY.format(table.name)
                column = self._session.described(theirs, relation, f"{named}, column {ours}", way_out)[0]
                types[ours] = frames.type_name(column)
        if found.where:
            self._session.described("1", f"({mapping.raw_rows(found)}) as kept", named, "")
        return replace(found, types=types)

    def run(self, query: str) -> pd.DataFrame:
        return frames.frame(*self._session.rows(query))

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """Of the values of every column that we read, in whatever order the rows come."""
        columns = ", ".join(theirs for theirs in mapped.columns.values() if theirs)
        where = f" where {mapped.where}" if mapped.where else ""
        _, rows = self._session.rows(
            f"select count(*), sum(hashtextextended(cast(row({columns}) as text), 0)) from {mapped.relation}{where}"
        )
        return hashlib.sha256(repr(tuple(map(str, rows[0]))).encode()).hexdigest()[:16]

    def hold(self) -> dict[str, str]:
        return self._session.hold()

    def release(self) -> None:
        self._session.release()
