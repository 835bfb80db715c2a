"""A session of Spark that is ours alone: by Spark Connect, in a Spark started here, or beside the session at hand."""

import importlib.util
import logging
import os
import re
import shutil
import socket
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from helpers.errors import Refused
from helpers.sources.engines.database import address
from helpers.sources.engines.spark import refusals
from helpers.sources.settings import Settings

CONNECT_SECONDS = 10
WORDS = tomllib.loads(Path(__file__).with_name("spark.toml").read_text(encoding="utf-8"))
_PLACE = re.compile(r"local(\[(\*|\d+)\])?|sc://[^/]+(/.*)?")


def start(settings: Settings) -> tuple[object, frozenset[str]]:
    """A new session, and the secrets that nothing said of it may repeat; `Refused` where there is none to be had."""
    where = f"{settings.file}: [source] url"
    url, secrets = address.filled(str(settings.options.get("url", "")), os.environ, where)
    if url and not _PLACE.fullmatch(url):
        raise Refused(f"{where}: a Spark Connect server is written sc://host:15002, a Spark of this machine local[2]")
    if not importlib.util.find_spec("pyspark"):
        way_out = "pip install -e '.[spark]'"
        raise Refused(f'{settings.file}: [source] kind = "spark" needs PySpark, which is not installed: {way_out}')
    # Spark logs the query of each failure, and in it may stand the key of the pseudonyms.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "pyspark.sql.connect.logging"):
        logging.getLogger(name).disabled = True
    if not url.startswith("sc://"):
        _refuse_no_java(settings)
    with refusals.told(f"{where}: Spark cannot be reached", secrets):
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
        raise Refused(
            f"{where}: no server answers at {host}:{port} ({error.strerror or error}); is Spark Connect running there, "
            "and may this machine reach it?"
        ) from None


def _refuse_no_java(settings: Settings) -> None:
    home = os.environ.get("JAVA_HOME", "")
    if not (Path(home, "bin", "java").is_file() if home else shutil.which("java")):
        raise Refused(
            f"{settings.file}: Spark on this machine needs Java 17 or newer, and there is none"
            + (f" in JAVA_HOME ({home})" if home else " (Debian: apt-get install openjdk-17-jre-headless)")
            + '; or name a server that runs Spark, url = "sc://host:15002"'
        )
