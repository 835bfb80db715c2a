"""The columns that we need come here once, as text, into the memory of the session; DuckDB answers from there on.

As text, for that is exact for every type of every driver, and is read as a CSV file is, by the same rules.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd

from helpers.sources import mapping
from helpers.sources.dialects import DUCKDB
from helpers.sources.engines import fence
from helpers.sources.engines.database.session import Session
from helpers.sources.engines.engine import mark
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refuse
from helpers.sources.settings import Settings, TableSettings

# Where our queries have been run and give the same cents as on DuckDB.
PUSHES = ("postgresql",)


class Pulled(fence.Session):
    """Any database that SQLAlchemy reaches."""

    def __init__(self, settings: Settings, session: Session):
        super().__init__(settings)
        self._session = session
        # Until the last table is here, so that all are of one state, where the database can promise it.
        session.keep()

    def mapped(self, table: TableSettings) -> Mapped:
        relation, place = self._session.relation(table)
        try:
            described = self._session.described("*", relation, f"{place} (table {table.name})")
            available = {self._session.plain(column[0]): "" for column in described}
            found = mapping.resolve(table, relation, available, place, quoted=self._session.name)
            theirs = {ours: sql for ours, sql in found.columns.items() if sql}
            theirs |= {ours: self._session.name(table.columns.get(ours, ours)) for ours in found.types}
            theirs |= {"_row": "_row"} if found.is_across else {}
            held = DUCKDB.quoted(f"_held_{table.name}")
            where = f" where {table.where}" if table.where else ""
            with self.told(f"{place} (table {table.name})"):
                self._read(held, theirs, f"{found.relation}{where}")
        finally:
            if table.name == [*self._settings.tables][-1]:
                self._session.release()
        columns = {ours: DUCKDB.quoted(ours) if ours in theirs else None for ours in found.columns}
        return replace(found, relation=held, where="", columns=columns, dialect=replace(DUCKDB, places=False))

    def _read(self, held: str, theirs: dict[str, str], relation: str) -> None:
        names, here = list(theirs), self.connection
        here.execute(f"create table {held} ({', '.join(f'{DUCKDB.quoted(name)} varchar' for name in names)})")
        columns = ", ".join(f"{sql} as c{number}" for number, sql in enumerate(theirs.values()))
        for rows in self._session.batches(f"select {columns} from {relation}"):
            batch = pd.DataFrame([[text(value) for value in row] for row in rows], columns=names, dtype=object)
            here.register("_batch", batch)
            here.execute(f"insert into {held} select * from _batch")
            here.unregister("_batch")

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """Of every value that came here, in whatever order."""
        rows = self.run(f"select count(*) as n, sum(hash(t)) as h from {mapped.relation} as t")
        return mark(rows.astype(str).iloc[0].tolist())


def text(value) -> str | None:
    """A value of a database as a CSV file would have it.

    >>> text(True), text(Decimal("12.50")), text(1e22), text(date(2026, 10, 31)), text(None)
    ('true', '12.50', '1e+22', '2026-10-31', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        known = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return known.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def connect(settings: Settings) -> Session | Pulled:
    """The engine for a database: it reads as the source file says, or else in the way that suits the database."""
    session = Session(settings)
    able = session.dialect_name in PUSHES
    read, ways = settings.options.get("read", "push" if able else "pull"), ("push", "pull")
    refuse("read", read not in ways, file=settings.file, read=read, meant=(str(read), ways))
    if read == "pull":
        return Pulled(settings, session)
    refuse("no_push", not able, file=settings.file, able=", ".join(PUSHES), name=session.dialect_name)
    encoding = session.rows("select current_setting('server_encoding')")[1][0][0]
    refuse("server_encoding", encoding != "UTF8", file=settings.file, encoding=encoding)
    return session
