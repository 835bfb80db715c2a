"""A Spark of our own with its Connect server, started on loopback, its warehouse in a folder that is gone afterwards.

Its programs come with PySpark (`pip install -e '.[spark]'`); Java comes with Debian (.ci/install).
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers.sources import schema
from helpers.sources.engines.spark import session as sessions

TYPES = {
    "id": "string",
    "text": "string",
    "choice": "string",
    "date": "date",
    "month": "date",
    "money": "decimal(14, 2)",
    "number": "double",
    "count": "int",
    "flag": "boolean",
}
# One machine and small tables, as a Spark that the helpers start themselves; but this one lives long enough for Java's
# second compiler to pay: after some twenty queries they take a third less.
CONF = sessions.WORDS["local"] | {
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
}


def refuse_absence() -> None:
    """Skip where Spark or Java is not there; in CI that is a failure."""
    try:
        import pyspark  # noqa: F401
    except ModuleNotFoundError:
        missing = "PySpark"
    else:
        missing = "" if os.environ.get("JAVA_HOME") or shutil.which("java") else "Java"
    if missing:
        told = (
            f"SPARK IS NOT TESTED, {missing} is missing: run .ci/install (Debian's Java, and pip install -e '.[spark]')"
        )
        (pytest.fail if os.environ.get("CI") else pytest.skip)(told)


@dataclass(frozen=True)
class Server:
    """A server that listens at `port`."""

    process: subprocess.Popen
    port: int

    @property
    def url(self) -> str:
        return f"sc://127.0.0.1:{self.port}"

    def session(self):
        with sessions.told("the test"):
            return sessions.remote(self.url, "the test")

    def load(self, database: str, folder: Path) -> None:
        """A table for every CSV file of a folder, in the types that a warehouse would have."""
        spark = self.session()
        spark.sql(f"create database {database}")
        for name in schema.TABLES:
            if not (folder / f"{name}.csv").exists():
                continue
            rows = spark.read.csv(str(folder / f"{name}.csv"), header=True, quote='"', escape='"')
            columns = [f"cast({column} as {TYPES[schema.kind(name, column)]})" for column in rows.columns]
            rows.selectExpr(*columns).toDF(*rows.columns).write.saveAsTable(f"{database}.{name}")

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(folder: Path) -> Server:
    """The server in a process of its own, when it answers."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    conf = CONF | {"spark.connect.grpc.binding.port": str(port), "spark.sql.warehouse.dir": str(folder / "warehouse")}
    command = ["bash", home / "sbin" / "start-connect-server.sh", "--wait", "--master", "local[2]"]
    command += [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"SPARK_HOME": str(home), "SPARK_LOG_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1"},
        )
    server, deadline = Server(process, port), time.monotonic() + 300
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            told = (folder / "server.log").read_text(encoding="utf-8")[-3000:]
            if process.poll() is not None or time.monotonic() > deadline:
                server.stop()
                pytest.fail(f"Spark's Connect server did not start\n{told}")
            time.sleep(0.2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    refuse_absence()
    running = start(tmp_path_factory.mktemp("spark"))
    yield running
    running.stop()
