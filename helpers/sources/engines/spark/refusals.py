"""What Spark said when it did not do as it was asked, in one sentence: no stack of Java's, no query, no secret."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.errors import Refused
from helpers.sources.engines.database.address import hidden

# [CONDITION.OF_SPARK] what it says. SQLSTATE: 42P01; the query's plan
_CONDITION = re.compile(r"\[([A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]\s*([^\n]*)")
_BEHIND = re.compile(r"\s*(SQLSTATE: .*|; line \d+,? pos \d+.*|\(line \d+,? pos \d+\).*|== SQL.*)", re.DOTALL)
_WAYS_OUT = {
    "TABLE_OR_VIEW_NOT_FOUND": "write it in full, as in catalog.schema.table",
    "PATH_NOT_FOUND": "the path is one of the machine that Spark runs on, in `path` or in full",
    "UNABLE_TO_INFER_SCHEMA": "is there any file in it?",
    "INSUFFICIENT_PERMISSIONS": "ask its owner for the right to read it (grant select)",
    "JAVA_GATEWAY_EXITED": "Spark 4 needs Java 17 or newer: `java -version` says which there is",
}


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
            raise Refused(f"{place}: {hidden(said(error), secrets)}{way_out}") from None


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
        way_out = next((way for name, way in _WAYS_OUT.items() if condition.startswith(name)), "")
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
