"""Pseudonyms for customers, made where the data is read, so that nothing after it knows a real name.

A pseudonym is the start of md5(key, id): the same account has the same one in every table, period and pack made with
the same key, on every engine, and without the key nobody can find it out by trying ids. The key is the environment
variable AFTER_THE_DEAL_KEY, or else the file `pseudonyms.key` beside the source file.
"""

import fcntl
import hashlib
import os
import re
import secrets
from pathlib import Path

from helpers.sources.refusals import refuse, refused

FLAG, KEY, FILE = "AFTER_THE_DEAL_ANONYMIZE", "AFTER_THE_DEAL_KEY", "pseudonyms.key"
# A program is ours, not a customer's.
_OURS = ("program",)
_BEYOND_US = re.compile(r"\b_(raw|held)_", re.IGNORECASE)


def turn_on(source: Path) -> None:
    """Read `source` under pseudonyms in this process and the kernels it starts; writes the key if there is none yet."""
    file = source.parent / FILE
    if not os.environ.get(KEY) and not _written(file):
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "r+", encoding="ascii") as opened:
                os.fchmod(descriptor, 0o600)  # an empty file that was there may be open to others
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if not opened.read().strip():  # else another run has just written one
                    opened.write(f"{secrets.token_hex(32)}\n")
                    opened.flush()
                    os.fsync(descriptor)
        except OSError as error:
            raise refused("key_unwritable", file=file, why=error.strerror, variable=KEY) from None
    os.environ[FLAG] = "1"


def key(source: Path) -> str:
    """The key by which the customers of `source` get their pseudonyms, as 64 hex digits; empty: real names."""
    if os.environ.get(FLAG, "") in ("", "0"):
        return ""
    given = os.environ.get(KEY) or _written(source.parent / FILE)
    refuse("no_key", not given, flag=FLAG, variable=KEY)
    return hashlib.sha256(given.encode()).hexdigest()


def _written(file: Path) -> str:
    """The key in a file; empty where there is none, or a run that was killed had only begun to write it."""
    try:
        return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    except UnicodeDecodeError:
        raise refused("key_no_text", file=file) from None


def mark(key: str) -> str:
    """What distinguishes two keys and gives away neither; empty for real names.

    >>> mark(""), len(mark("ab" * 32))
    ('', 8)
    """
    return hashlib.sha256(f"mark {key}".encode()).hexdigest()[:8] if key else ""


def column(key: str, table: str, name: str, kind: str, expression: str, account: str) -> str:
    """The SQL that replaces a column's value: a pseudonym of every id, and of an account's name.

    `account` is the SQL of the row's account_id. Nothing else is replaced: a segment or a region names no customer.

    >>> column("k", "tickets", "ticket_id", "id", "t", "a"), column("k", "accounts", "name", "text", "n", "a")
    ("'id-' || substr(md5('k' || t), 1, 16)", "'Account ' || substr(md5('k' || a), 1, 8)")
    >>> column("k", "programs", "program", "id", "p", "")
    'p'
    """
    if kind == "id" and name not in _OURS:
        return f"'id-' || substr(md5('{key}' || {expression}), 1, 16)"
    if name == "name" and table in ("accounts", "mrr"):
        return f"'Account ' || substr(md5('{key}' || {account}), 1, 8)"
    return expression


def refuse_real(sql: str) -> None:
    """Refuse a query that goes past the pseudonyms to the source's own columns."""
    if found := _BEYOND_US.search(sql):
        raise refused("real_names", name=found[0])
