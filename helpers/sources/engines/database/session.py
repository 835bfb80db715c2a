"""A session with a database over SQLAlchemy: opened for reading only, and every failure of it in plain words."""

import os
import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.errors import Refused, did_you_mean
from helpers.sources.dialects import POSTGRESQL
from helpers.sources.engines.database import address, refusals
from helpers.sources.engines.engine import SNAPSHOT
from helpers.sources.settings import Settings, TableSettings

_SNAPSHOT_ID = re.compile(r"[0-9A-Fa-f-]+")
_POSTGRESQL_DRIVERS = ("psycopg", "psycopg2")
# Ten seconds to answer a call, and a minute until a server that has gone silent is given up.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "after-the-deal",
}
BATCH = 50_000
# A connection that is kept keeps the options that it was given last.
_AT_ONCE = {"no_parameters": True, "stream_results": False}


class Session:
    """Queries in, rows out. Between two queries of a report it keeps its transaction, so that all see one state."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._limit = settings.options.get("timeout_seconds")
        if self._limit is not None and self._limit < 1:
            raise Refused(f"{settings.file}: [source] timeout_seconds = {self._limit}: at least 1")
        url, self._secrets = address.filled(str(settings.options["url"]), os.environ, str(settings.file))
        self._engine = self._made(url)
        self._errors = self._of_driver()
        weakref.finalize(self, self._engine.dispose)
        self._snapshot, self._kept = os.environ.get(SNAPSHOT, ""), None
        self._keeps = bool(self._snapshot)
        if self._snapshot and not _SNAPSHOT_ID.fullmatch(self._snapshot):
            raise Refused(f"{SNAPSHOT} is not the name of a snapshot; unset it")

    @property
    def dialect_name(self) -> str:
        """SQLAlchemy's name of the kind of database, such as postgresql."""
        return self._engine.dialect.name

    def name(self, text: str) -> str:
        """A name of the source as the database writes it."""
        return self._engine.dialect.identifier_preparer.quote(text)

    def plain(self, name: str) -> str:
        """A name as the description of a result has it, in the spelling that we use: Snowflake's are in capitals."""
        dialect = self._engine.dialect
        return dialect.normalize_name(name) if dialect.requires_name_normalize else name

    def _made(self, url: str):
        file = self._settings.file
        try:
            from sqlalchemy import create_engine, event, exc, make_url
        except ModuleNotFoundError:
            way_out = "pip install -e '.[sql]'"
            raise Refused(
                f'{file}: [source] kind = "sql" needs SQLAlchemy, which is not installed: {way_out}'
            ) from None
        try:
            parsed = make_url(url)
            postgresql = parsed.get_backend_name() == "postgresql"
            patience = _PATIENCE if postgresql and parsed.get_driver_name() in _POSTGRESQL_DRIVERS else {}
            given = {name: value for name, value in patience.items() if name not in parsed.query}
            engine = create_engine(parsed, connect_args=given, pool_size=1, max_overflow=1, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise Refused(
                f"{file}: [source] url needs the driver {error.name}, which is not installed: pip install {error.name} "
                "(PostgreSQL's comes with pip install -e '.[sql]')"
            ) from None
        except (exc.ArgumentError, exc.NoSuchModuleError, ValueError) as error:
            reason = "no such database" if isinstance(error, exc.NoSuchModuleError) else "not a URL of a database"
            raise Refused(
                f"{file}: [source] url: {reason}; it reads dialect+driver://user:${{NAME}}@host/name"
            ) from None
        except TypeError:  # a pool of its own, as SQLite's, which takes no size
            engine = create_engine(parsed)
        if engine.dialect.name == "postgresql":
            event.listen(engine, "connect", self._settle)
        return engine

    def _of_driver(self) -> tuple[type[Exception], ...]:
        from sqlalchemy.exc import SQLAlchemyError

        return SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error

    def _settle(self, connection, _record) -> None:
        """What holds for a session of PostgreSQL from its beginning, also when a query ends the transaction."""
        settings = {"default_transaction_read_only": "on", "TimeZone": "UTC", "DateStyle": "ISO, YMD"}
        # The casts of our columns hide from the planner how many rows will come, and where it takes many for few, a
        # nested loop takes hours for seconds.
        settings |= {"enable_nestloop": "off", "work_mem": "64MB"}
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
            url, said = self._engine.url, self._told(error)
            where = "/".join(str(part) for part in (url.host, url.database) if part)
            raise Refused(f"{self._settings.file}: [source] url: cannot connect to {where}: {said}") from None
        if self.dialect_name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if self._snapshot:
                with self._closed_on_failure(connection):
                    connection.exec_driver_sql(f"set transaction snapshot '{self._snapshot}'")
        return connection

    @contextmanager
    def _closed_on_failure(self, connection) -> Iterator:
        try:
            yield
        except self._errors as error:
            connection.close()
            raise Refused(f"{self._settings.file}: {self._told(error)}") from None

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
        try:
            with self._transaction() as connection:
                cursor = connection.execution_options(**_AT_ONCE).exec_driver_sql(query).cursor
                return list(cursor.description), cursor.fetchall()
        except self._errors as error:
            raise Refused(f"{self._settings.file}: a query failed: {self._told(error)}") from None

    def batches(self, query: str) -> Iterator[list]:
        """All rows of a query, some at a time."""
        try:
            with self._transaction() as connection:
                asked = connection.execution_options(no_parameters=True, stream_results=True)
                with asked.exec_driver_sql(query) as result:
                    yield from result.partitions(BATCH)
        except self._errors as error:
            raise Refused(f"{self._settings.file}: a query failed: {self._told(error)}") from None

    def relation(self, table: TableSettings) -> tuple[str, str]:
        """A table of the source as `from` writes it, and its place as an error names it."""
        if table.sql:
            return (
                f"(\n{table.sql.strip().rstrip(';')}\n) source_rows",
                f"{self._settings.file.name}: [tables.{table.name}]",
            )
        parts = [table.origin] if '"' in table.origin else [self.name(part) for part in table.origin.split(".")]
        schema = self._settings.options.get("schema")
        if schema and len(parts) == 1 and self.dialect_name != "postgresql":
            parts.insert(0, self.name(str(schema)))
        return ".".join(parts), table.origin

    def described(self, what: str, relation: str, place: str, way_out: str) -> list:
        """The description of `select what`, without a row of it; `Refused` with the place and how to fix it."""
        try:
            with self._transaction() as connection:
                asked = connection.execution_options(**_AT_ONCE)
                cursor = asked.exec_driver_sql(f"select {what} from {relation} where 1 = 0").cursor
                return list(cursor.description)
        except self._errors as error:
            raise Refused(f"{place}: {self._told(error)}{self._nearest(error, relation)}{way_out}") from None

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
        return address.hidden(refusals.told(cause, self._limit, self._engine.url.username or ""), self._secrets)
