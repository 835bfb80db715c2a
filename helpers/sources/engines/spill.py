"""How much memory a session may use, and where it writes what does not fit: a folder of its own, gone at the end."""

import re
import shutil
import tempfile
import weakref
from pathlib import Path

import duckdb

from helpers.errors import Refused
from helpers.sources.settings import Settings

_AMOUNT = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")


def bound(connection: duckdb.DuckDBPyConnection, settings: Settings, owner: object) -> None:
    """Hold a session to `memory_limit` and `temp_directory` of [source]; the folder is removed with its `owner`.

    Without the settings DuckDB takes up to 80% of the machine's memory, and what does not fit goes to the system's
    folder for temporary files. `Refused` where a setting cannot be used.
    """
    limit = str(settings.options.get("memory_limit", ""))
    if limit:
        if not _AMOUNT.fullmatch(limit):
            said = f'memory_limit = "{limit}" is not an amount of memory; write it as "800MB" or "4GB"'
            raise Refused(f"{settings.file}: [source] {said}")
        connection.execute(f"set memory_limit = '{limit}'")
    place = str(settings.options.get("temp_directory", "")) or None
    parent = (settings.file.parent / Path(place).expanduser()).resolve() if place else None
    try:
        folder = tempfile.mkdtemp(prefix="after-the-deal-", dir=parent)
    except OSError as error:
        raise Refused(
            f"{settings.file}: [source] temp_directory: {parent or 'the default'}: {error.strerror}"
        ) from None
    # DuckDB makes it when it first needs it: a kernel that is killed leaves no empty folder behind.
    Path(folder).rmdir()
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    connection.execute(f"set temp_directory = '{folder.replace(chr(39), chr(39) * 2)}'")


def refusal(settings: Settings) -> str:
    """What to say when a query needs more room than it has, in memory or on the disk that it spills to."""
    limit, place = (settings.options.get(name) for name in ("memory_limit", "temp_directory"))
    memory = f'memory_limit = "{limit}"' if limit else "the memory of this machine"
    where = place or tempfile.gettempdir()
    return (
        f"{settings.file}: a query needs more room than {memory} and the disk for temporary files ({where}) have left"
        "\n    Fix: under [source], raise memory_limit, or point temp_directory to a folder on a larger disk"
    )
