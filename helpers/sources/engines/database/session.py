"""A session with a database over SQLAlchemy: opened for reading only, and every failure of it in plain words.

PostgreSQL runs our queries where its tables are, and only their small results come back.
"""

import os
import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pandas as pd

from helpers.errors import Refused, did_you_mean
from helpers.sources import mapping
from helpers.sources.dialects import POSTGRESQL
from helpers.sources.engines import address
from helpers.sources.engines.database.answers import WORDS, frame, told, type_name
from helpers.sources.engines.engine import SNAPSHOT, Engine, mark
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refuse, refused, text
from helpers.sources.settings import Settings, TableSettings

_SNAPSHOT_ID = re.compile(r"[0-9A-Fa-f-]+")
_POSTGRESQL_DRIVERS = ("psycopg", "psycopg2")
BATCH = 50_000


class Session(Engine):
    """Queries in, rows out. Between two queries of a report it keeps its transaction, so that all see one state."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self._limit = settings.options.get("timeout_seconds")
        refuse("timeout", self._limit is not None and self._limit < 1, file=settings.file, limit=self._limit)
        url, self._secrets = address.filled(str(settings.options["url"]), os.environ, str(settings.file))
        self._engine, failure = self._made(url)
        self._errors = failure, self._engine.dialect.loaded_dbapi.Error
        weakref.finalize(self, self._engine.dispose)
        self._snapshot, self._kept = os.environ.get(SNAPSHOT, ""), None
        self._keeps = bool(self._snapshot)
        refuse("snapshot_name", self._snapshot and not _SNAPSHOT_ID.fullmatch(self._snapshot), name=SNAPSHOT)

    @property
    def dialect_name(self) -> str:
        """SQLAlchemy's name of the kind of database, such as postgresql."""
        return self._engine.dialect.name

    def name(self, name: str) -> str:
        """A name of the source as the database writes it."""
        return self._engine.dialect.identifier_preparer.quote(name)

    def plain(self, name: str) -> str:
        """A name as the description of a result has it, in the spelling that we use: Snowflake's are in capitals."""
        dialect = self._engine.dialect
        return dialect.normalize_name(name) if dialect.requires_name_normalize else name

    def _made(self, url: str) -> tuple:
        """SQLAlchemy's engine, and the kind of its errors; none is imported before a source asks for it."""
        file = self._settings.file
        try:
            from sqlalchemy import create_engine, event, exc, make_url
        except ModuleNotFoundError:
            raise refused("no_sqlalchemy", file=file) from None
        try:
            parsed = make_url(url)
            postgresql = parsed.get_backend_name() == "postgresql"
            patience = WORDS["patience"] if postgresql and parsed.get_driver_name() in _POSTGRESQL_DRIVERS else {}
            given = {name: value for name, value in patience.items() if name not in parsed.query}
            engine = create_engine(parsed, connect_args=given, pool_size=1, max_overflow=1, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise refused("no_driver", file=file, name=error.name) from None
        except (exc.ArgumentError, exc.NoSuchModuleError, ValueError) as error:
            reason = "no such database" if isinstance(error, exc.NoSuchModuleError) else "not a URL of a database"
            raise refused("database_url", file=file, reason=reason) from None
        except TypeError:  # a pool of its own, as SQLite's, which takes no size
            engine = create_engine(parsed)
        if engine.dialect.name == "postgresql":
            event.listen(engine, "connect", self._settle)
        return engine, exc.SQLAlchemyError

    def _settle(self, connection, _record) -> None:
        """What holds for a session of PostgreSQL from its beginning, also when a query ends the transaction."""
        settings = dict(WORDS["session"])
        if self._limit:
            settings["statement_timeout"] = f"{self._limit}s"
        if schema := str(self._settings.options.get("schema", "")):
            settings["search_path"] = POSTGRESQL.quoted(schema)
        with connection.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute(f"select set_config('{name}', %s, false)", (value,))
        connection.commit()

    @contextmanager
    def _transaction(self) -> Iterator:
        connection = self._kept or self._begun()
        self._kept = None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._keeps:
            self._kept = connection
        else:
            connection.close()

    def _begun(self):
        try:
            connection = self._engine.connect()
        except self._errors as error:
            url = self._engine.url
            where = "/".join(str(part) for part in (url.host, url.database) if part)
            raise refused("no_connection", file=self._settings.file, where=where, why=self._told(error)) from None
        if self.dialect_name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            try:
                if self._snapshot:
                    connection.exec_driver_sql(f"set transaction snapshot '{self._snapshot}'")
            except self._errors as error:
                connection.close()
                raise Refused(f"{self._settings.file}: {self._told(error)}") from None
        return connection

    def keep(self) -> None:
        """From now on, until `release`, all is read in one transaction."""
        self._keeps = True

    def hold(self) -> dict[str, str]:
        """Let this session, and those that are given the answer as their environment, see one state of the data.

        An empty answer: the database cannot.
        """
        self.keep()
        try:
            with self._transaction() as connection:
                # The kernels take their time; the server must not take an idle session for a forgotten one.
                connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")
                self._snapshot = connection.exec_driver_sql("select pg_export_snapshot()").scalar_one()
        except self._errors:
            self._keeps = False
            return {}
        return {SNAPSHOT: self._snapshot}

    def release(self) -> None:
        """The end of what `hold` began."""
        self._keeps, self._snapshot = False, ""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def rows(self, query: str) -> tuple[list, list]:
        """The description of a query's columns, as the driver gives it, and all its rows."""
        with self._asked(query) as result:
            return list(result.cursor.description), result.cursor.fetchall()

    def batches(self, query: str) -> Iterator[list]:
        """All rows of a query, some at a time."""
        with self._asked(query, is_streamed=True) as result, result:
            yield from result.partitions(BATCH)

    def described(self, what: str, relation: str, place: str, fix: str = "") -> list:
        """The description of `select what`, without a row of it; `Refused` with the place and how to fix it."""
        with self._asked(f"select {what} from {relation} where 1 = 0", place, relation, fix) as result:
            return list(result.cursor.description)

    @contextmanager
    def _asked(
        self, query: str, place: str = "", relation: str = "", fix: str = "", is_streamed: bool = False
    ) -> Iterator:
        """The result of a query; `Refused` where it fails, with the tables that may be meant by `relation`."""
        try:
            with self._transaction() as connection:
                # A connection that is kept keeps the options that it was given last.
                asked = connection.execution_options(no_parameters=True, stream_results=is_streamed)
                yield asked.exec_driver_sql(query)
        except self._errors as error:
            said = f"{self._told(error)}{self._nearest(error, relation) if relation else ''}{fix}"
            raise Refused(f"{place or f'{self._settings.file}: a query failed'}: {said}") from None

    def relation(self, table: TableSettings) -> tuple[str, str]:
        """A table of the source as `from` writes it, and its place as an error names it."""
        place = self._place(table)
        if table.sql:
            return f"(\n{table.sql.strip().rstrip(';')}\n) source_rows", place
        parts = [table.origin] if '"' in table.origin else [self.name(part) for part in table.origin.split(".")]
        schema = self._settings.options.get("schema")
        if schema and len(parts) == 1 and self.dialect_name != "postgresql":
            parts.insert(0, self.name(str(schema)))
        return ".".join(parts), place

    def _nearest(self, error: BaseException, relation: str) -> str:
        from sqlalchemy import inspect

        if str(getattr(getattr(error, "orig", None), "sqlstate", "")) != "42P01":
            return ""
        try:
            names = inspect(self._engine).get_table_names(self._settings.options.get("schema"))
        except self._errors:
            return ""
        return f"; {did_you_mean(relation.strip(chr(34)), names)}" if names else ""

    def _told(self, error: BaseException) -> str:
        cause = getattr(error, "orig", None) or error
        return address.hidden(told(cause, self._limit, self._engine.url.username or ""), self._secrets)

    def mapped(self, table: TableSettings) -> Mapped:
        relation, place = self.relation(table)
        named = f"{place} (table {table.name})"
        available = {column[0]: type_name(column) for column in self.described("*", relation, named)}
        found = mapping.resolve(table, relation, available, place, POSTGRESQL)
        types, fix = dict(found.types), text("say_in_sql", name="the database", table=table, example="valid_to + 1")
        for ours, theirs in found.columns.items():
            if theirs and ours not in types:
                types[ours] = type_name(self.described(theirs, relation, f"{named}, column {ours}", fix)[0])
        if found.where:
            self.described("1", f"({found.rows}) as kept", named)
        return replace(found, types=types)

    def run(self, query: str) -> pd.DataFrame:
        return frame(*self.rows(query))

    def fingerprint(self, table: TableSettings, mapped: Mapped) -> str:
        """Of the values of every column that we read, in whatever order the rows come."""
        columns = ", ".join(theirs for theirs in mapped.columns.values() if theirs)
        where = f" where {mapped.where}" if mapped.where else ""
        _, rows = self.rows(
            f"select count(*), sum(hashtextextended(cast(row({columns}) as text), 0)) from {mapped.relation}{where}"
        )
        return mark(tuple(map(str, rows[0])))
