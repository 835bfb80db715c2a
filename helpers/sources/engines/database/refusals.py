"""Why a database refused a query, in plain words and with how to fix it."""

import re

# The five letters by which PostgreSQL names what went wrong.
_NO_RIGHT, _CANCELED, _NO_TABLE, _NO_SNAPSHOT, _ENDED = "42501", "57014", "42P01", "22023", ("57P", "08")
_GONE = re.compile(
    r"connection (unexpectedly|was|is) (closed|lost)|server closed the connection|the connection is (lost|closed)"
    r"|consuming input failed|terminating connection|connection (reset|timed out)|could not receive data",
    re.IGNORECASE,
)


def told(error: BaseException, limit: float | None = None, user: str = "") -> str:
    """One or two sentences on a failed query: what it was, and how to fix it where that is known.

    `error` is the driver's own; `limit` the seconds that a query may take; `user` the session's user. The query
    itself is not repeated: it may hold the key of the pseudonyms.

    >>> told(RuntimeError("server closed the connection unexpectedly"))
    'the database ended the connection in the middle (server closed the connection unexpectedly); run it again'
    """
    said, state = first_line(error), str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
    if state == _NO_RIGHT:
        return f"{said}\n    Fix: {_grant(said, user)}"
    if state == _CANCELED and limit and "timeout" in said:
        return (
            f"a query took longer than the {limit:g} s that [source] timeout_seconds allows\n    Fix: raise it, "
            "read from a quieter copy of the database, or map a smaller table with `where`"
        )
    if state.startswith(_ENDED) or _GONE.search(said):
        return f"the database ended the connection in the middle ({said}); run it again"
    if state == _NO_TABLE:
        return f"{said}; say it as `schema.table`, or set [source] schema"
    if "snapshot" in said and state in (_NO_SNAPSHOT, "55000", "42704"):
        return f"the report that this notebook belongs to is over, and its state of the data with it ({said})"
    return said


def first_line(error: BaseException) -> str:
    """What the driver says first, without the query that it may quote below.

    >>> first_line(ValueError("no such column: x\\nLINE 1: select x"))
    'no such column: x'
    """
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    text = primary or next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return text[:300]


def _grant(said: str, user: str) -> str:
    """What the owner of a table has to say for it to be readable.

    >>> _grant("permission denied for table tickets", "analyst")
    'ask its owner for GRANT SELECT ON tickets TO analyst'
    """
    grantee = user or "this user"
    found = re.search(r"permission denied for (\w+) (\S+)", said)
    kind, name = found.groups() if found else ("", "")
    if kind == "schema":
        return f"ask its owner for GRANT USAGE ON SCHEMA {name} TO {grantee}, and SELECT on its tables"
    if kind in ("table", "view", "relation", "sequence"):
        return f"ask its owner for GRANT SELECT ON {name} TO {grantee}"
    return f"ask the database's owner for the right to read it as {grantee}"
