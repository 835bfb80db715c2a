"""The files of a folder that hold a table: found by name or glob, and looked at before an engine reads them."""

import codecs
import hashlib
import re
from pathlib import Path

from helpers.errors import Refused, did_you_mean
from helpers.settings import Settings, TableSettings

HELD = 64 * 2**20  # bytes of CSV that an engine keeps in memory
FILE = re.compile(r".*\.(csv|tsv|txt|parquet)(\.gz)?", re.IGNORECASE)


def found(settings: Settings, table: TableSettings) -> list[Path]:
    """The files that `from` names, in the folder of the source; `Refused` where there is none, or one is unreadable."""
    folder, pattern = settings.folder, table.origin
    here = f"{settings.file}: [tables.{table.name}]"
    exact = folder / pattern
    paths = [exact] if exact.is_file() else []
    if not paths and re.search(r"[*?\[]", pattern):
        paths = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not paths:
        others = sorted(path.name for path in folder.iterdir() if FILE.fullmatch(path.name))
        raise Refused(f"{here} from = {pattern!r}: no such file in {folder}; {did_you_mean(pattern, others)}")
    if wrong := [path.name for path in paths if not FILE.fullmatch(path.name)]:
        raise Refused(f"{here} from = {pattern!r}: {wrong[0]} is not a CSV or Parquet file")
    for path in paths:
        if path.stat().st_size == 0:
            raise Refused(f"{path.name} (table {table.name}): the file is empty; export it again")
        if table.encoding == "utf-8" and not path.name.lower().endswith((".parquet", ".gz")):
            _refuse_other_encoding(path, table.name)
    return paths


def digest(paths: list[Path]) -> str:
    """16 hex digits that change when the bytes of the files do."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:16]


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 24):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_encoding(path: Path, table: str) -> None:
    if _is_utf8(path):
        return
    found = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                found.append((number, line.decode("latin-1").strip()[:80], line[error.start]))
            if len(found) == 3:
                break
    lines = "".join(f"\n    line {number}: byte 0x{byte:02x} in: {text}" for number, text, byte in found)
    raise Refused(
        f"{path.name} (table {table}): not in UTF-8{lines}\n    Way out: save it as UTF-8, or say "
        f'encoding = "latin-1" (or "utf-16") under [tables.{table}]'
    )
