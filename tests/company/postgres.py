"""A PostgreSQL of our own: started on loopback in a folder that is gone afterwards, with the order of a language.

Its binaries come with Debian's `postgresql` (.ci/install). They refuse to run as root, so root lends them to another.
"""

import csv
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from writing import write_source

from helpers.sources import schema

OWNER, OWNERS_PASSWORD = "owner", "0wner-canary-51d"
ANALYST, PASSWORD = "analyst", "c4nary/7f3a9@:%"  # needs encoding in a URL
TYPES = {
    "id": "text",
    "text": "text",
    "choice": "varchar(60)",
    "date": "date",
    "month": "date",
    "money": "numeric(14, 2)",
    "number": "double precision",
    "count": "integer",
    "flag": "boolean",
}


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, the newest of Debian's or the one on the path; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def refuse_absence() -> None:
    """Skip where PostgreSQL or its driver is not there; in CI that is a failure."""
    way_out = "THE DATABASE IS NOT TESTED: run .ci/install (Debian's postgresql, and pip install -e '.[sql]')"
    try:
        import psycopg  # noqa: F401
        import sqlalchemy  # noqa: F401
    except ModuleNotFoundError:
        missing = True
    else:
        missing = binaries() is None
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(way_out)


class Cluster:
    """One server. `owner` may do everything, `analyst` only read, without TEMP."""

    def __init__(self, folder: Path):
        self.folder, self._bin = folder, binaries()
        self._user = _unprivileged() if os.geteuid() == 0 else None
        password = folder / "password"
        password.write_text(OWNERS_PASSWORD, encoding="ascii")
        if self._user:
            for path in (folder, password):
                os.chown(path, self._user, -1)
        # The order of English, in which a < B, and not that of bytes, which is ours.
        order = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
        login = (f"--username={OWNER}", f"--pwfile={password}", "--auth=scram-sha-256")
        self._call("initdb", "--no-sync", *order, *login)

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), "--pgdata", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            user=self._user,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self, tries: int = 5) -> None:
        """On a port that was free a moment ago; where somebody was quicker, on another."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        try:
            self._call("pg_ctl", "--wait", "--log", str(self.folder / "log"), "--options", options, "start")
        except AssertionError:
            if tries == 1 or "Address already in use" not in (self.folder / "log").read_text(encoding="utf-8"):
                raise
            self.start(tries - 1)

    def stop(self) -> None:
        self._call("pg_ctl", "--wait", "--mode", "immediate", "stop")

    def url(self, database: str, user: str = ANALYST, password: str = "${CRM_PASSWORD}") -> str:
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def owned(self, database: str = "postgres") -> Iterator:
        """A connection of the owner, each statement for itself."""
        import psycopg

        login = {"host": "127.0.0.1", "port": self.port, "user": OWNER, "password": OWNERS_PASSWORD}
        with psycopg.connect(dbname=database, autocommit=True, **login) as connection:
            yield connection

    def load(self, database: str, folder: Path, types: dict[str, str] = TYPES) -> None:
        """A new database with every CSV file of `folder` as a table, and the analyst's right to read it."""
        with self.owned() as connection:
            connection.execute(f"create database {database}")
            connection.execute(f"revoke all on database {database} from public")
            connection.execute(f"grant connect on database {database} to {ANALYST}")
        with self.owned(database) as connection:
            for file in sorted(folder.glob("*.csv")):
                if file.stem in schema.TABLES:
                    _copy(connection, file, types)
            connection.execute(f"grant select on all tables in schema public to {ANALYST}")


def _copy(connection, file: Path, types: dict[str, str]) -> None:
    with file.open(encoding="utf-8", newline="") as opened:
        names = next(csv.reader(opened))
    known = schema.TABLES[file.stem].columns
    columns = [f'"{name}" {types[schema.kind(file.stem, name)] if name in known else "text"}' for name in names]
    connection.execute(f'create table "{file.stem}" ({", ".join(columns)})')
    with connection.cursor().copy(f'copy "{file.stem}" from stdin (format csv, header true)') as into:
        into.write(file.read_bytes())


def _unprivileged() -> int:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise LookupError("there is no user but root to run PostgreSQL as")


def write_toml(folder: Path, url: str, *lines: str, tables: dict[str, str] | None = None) -> Path:
    """A source file for a database; `tables` are those that do not simply come from the table of their own name."""
    found = {name: f'from = "{name}"' for name in ("accounts", "subscriptions")} | (tables or {})
    sections = "".join(f"\n[tables.{name}]\n{text}\n" for name, text in found.items())
    file = folder / "source.toml"
    source = ['kind = "sql"', f'url = "{url}"', 'currency = "USD"', *lines]
    file.write_text("[source]\n" + "\n".join(source) + "\n" + sections, encoding="utf-8")
    return file


def small(cluster, folder: Path, database: str, *lines: str, types=TYPES, **tables) -> Path:
    """The small company in a database of its own, and in `csv` below the folder."""
    (folder / "csv").mkdir(parents=True)
    texts = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS} | tables
    write_source(folder / "csv", **texts)
    cluster.load(database, folder / "csv", types)
    return write_toml(folder, cluster.url(database), *lines, tables={name: f'from = "{name}"' for name in texts})


def assert_untold(folder: Path, said: str) -> None:
    for secret in (PASSWORD, quote(PASSWORD, safe=""), "c4nary"):
        assert secret not in said
        assert [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()] == []


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One server for the tests of a process, with the role of an analyst."""
    refuse_absence()
    folder = Path(tempfile.mkdtemp(prefix="after-the-deal-pg-"))
    try:
        started = Cluster(folder)
        started.start()
        try:
            with started.owned() as connection:
                connection.execute(f"create role {ANALYST} login password '{PASSWORD}'")
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
