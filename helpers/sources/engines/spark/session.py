"""A session of Spark that is ours alone: by Spark Connect, in a Spark started here, or beside the session at hand; and
what Spark said when it did not do as it was asked, in one sentence: no stack of Java's, no query, no secret."""

import importlib.util
import logging
import os
import re
import shutil
import socket
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from helpers.errors import Refused
from helpers.sources.engines import address
from helpers.sources.refusals import refuse, refused
from helpers.sources.settings import Settings

CONNECT_SECONDS = 10
WORDS = tomllib.loads(Path(__file__).with_name("spark.toml").read_text(encoding="utf-8"))
_PLACE = re.compile(r"local(\[(\*|\d+)\])?|sc://[^/]+(/.*)?")
# [CONDITION.OF_SPARK] what it says. SQLSTATE: 42P01; the query's plan
_CONDITION = re.compile(r"\[([A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]\s*([^\n]*)")
_BEHIND = re.compile(r"\s*(SQLSTATE: .*|; line \d+,? pos \d+.*|\(line \d+,? pos \d+\).*|== SQL.*)", re.DOTALL)


def start(settings: Settings) -> tuple[object, frozenset[str]]:
    """A new session, and the secrets that nothing said of it may repeat; `Refused` where there is none to be had."""
    where = f"{settings.file}: [source] url"
    url, secrets = address.filled(str(settings.options.get("url", "")), os.environ, where)
    refuse("spark_url", url and not _PLACE.fullmatch(url), where=where)
    refuse("no_pyspark", not importlib.util.find_spec("pyspark"), file=settings.file)
    # Spark logs the query of each failure, and in it may stand the key of the pseudonyms.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark.sql.connect.logging"):
        logging.getLogger(name).disabled = True
    if not url.startswith("sc://"):
        _refuse_no_java(settings)
    with told(f"{where}: Spark cannot be reached", secrets):
        session = remote(url, where) if url.startswith("sc://") else _here(url)
        for name, value in WORDS["session"].items():
            session.conf.set(name, value)
    return session, secrets


def remote(url: str, where: str):
    """A new session with the Spark Connect server at `url`."""
    parts = urlsplit(url)
    _refuse_no_server(parts.hostname or "", parts.port or 15002, where)
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession.builder.remote(url).create()
    session.client.set_retry_policies([DefaultPolicy(**WORDS["patience"])])
    return session


def _here(url: str):
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is None:
        builder = SparkSession.builder
        if url:
            builder = builder.master(url)
            for name, value in WORDS["local"].items():
                builder = builder.config(name, value)
        running = builder.getOrCreate()
    return running.newSession()


def _refuse_no_server(host: str, port: int, where: str) -> None:
    """gRPC would knock for ten minutes at a door where nobody is."""
    if any(os.environ.get(name) for name in ("grpc_proxy", "https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY")):
        return
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError as error:
        raise refused("no_server", where=where, host=host, port=port, why=error.strerror or error) from None


def _refuse_no_java(settings: Settings) -> None:
    home = os.environ.get("JAVA_HOME", "")
    if not (Path(home, "bin", "java").is_file() if home else shutil.which("java")):
        how = f"in JAVA_HOME ({home})" if home else "(Debian: apt-get install openjdk-17-jre-headless)"
        raise refused("no_java", file=settings.file, how=how)


@contextmanager
def told(place: str, secrets: frozenset[str] = frozenset(), way_out: str = "") -> Iterator[None]:
    """Refuse what Spark fails at within, as `place: what it said`."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        from grpc import RpcError
    except ModuleNotFoundError:
        RpcError = PySparkException  # noqa: N806, the name of the class it replaces
    with warnings.catch_warnings():
        # What we ask of Spark, rows as Arrow, does not go by pandas.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]", UserWarning)  # the error says so itself
        try:
            yield
        except (PySparkException, Py4JError, RpcError, ConnectionError) as error:
            raise Refused(f"{place}: {address.hidden(said(error), secrets)}{way_out}") from None


def said(error: BaseException) -> str:
    """What an error of Spark says, in one line.

    >>> said(ValueError("[NO_SUCH] No `crm`. SQLSTATE: 42P01; line 1 pos 14;\\n'Project [*]"))
    'No `crm`'
    >>> said(RuntimeError("An error occurred while calling o7.\\n: java.io.IOException: no space\\n\\tat org.x(Y)"))
    'no space'
    """
    text = str(error)
    if found := _CONDITION.search(text):
        condition, line = found.groups()
        way_out = next((way for name, way in WORDS["ways_out"].items() if condition.startswith(name)), "")
        line = _BEHIND.sub("", line).strip().rstrip(".") or condition.replace("_", " ").lower()
        return line[:300] + (f"; {way_out}" if way_out else "")
    if "UNAVAILABLE" in text or "failed to connect" in text.lower():
        return "the server ended the connection or does not answer; run it again when it is back"
    if "UNAUTHENTICATED" in text or "PERMISSION_DENIED" in text:
        return "the server does not know this token, or does not let it in"
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
    java = next((line for line in lines if line.startswith(":")), "")
    line = re.sub(r"^:?\s*([\w$]+\.)+[\w$]+(Exception|Error):\s*", "", java or (lines or [type(error).__name__])[0])
    return line[:300]
