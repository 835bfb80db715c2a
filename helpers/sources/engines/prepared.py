"""Files that DuckDB does not read as they are, made into CSV in UTF-8: sheets, packed files, Windows-1252, footers.

The copies lie in a folder of the session, removed with it; the fingerprint is that of the files as they came.
"""

import csv
import lzma
import shutil
import zipfile
import zlib
from pathlib import Path

from helpers.sources import mapping
from helpers.sources.engines import files, workbook
from helpers.sources.refusals import refuse, refused
from helpers.sources.settings import TableSettings


def paths(found: list[Path], table: TableSettings, folder: Path) -> tuple[list[Path], int, tuple[str, ...]]:
    """The files to read in place of those that `from` names, the row of their header, and what to tell of them."""
    refuse("no_workbook", table.sheet and not workbook.FILE.fullmatch(found[0].name), path=found[0], table=table)
    made, notes, first = [], [], 1
    for number, path in enumerate(found):
        target = folder / f"{table.name}_{number}.csv"
        if workbook.FILE.fullmatch(path.name):
            sheet = workbook.read(path, table.sheet, table.name, lambda name: _is_used(name, table))
            with target.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([sheet.header, *sheet.rows])
            notes, first = [*notes, *sheet.notes], sheet.first_row
            path = target
        elif path.name.lower().endswith(".zip"):
            path = _unpacked(path, table, folder / f"{table.name}_{number}")
        if path != target and files.is_text(path):
            path, first = _plain(path, table, target)
        made.append(path)
    return made, first, tuple(notes)


def _is_used(name: str, table: TableSettings) -> bool:
    said = " ".join([table.where, *table.columns.values()])
    return bool(mapping.plain_columns(table, [name])) or name in said


def _unpacked(path: Path, table: TableSettings, folder: Path) -> Path:
    """The one file of a .zip that is read: the only one of data, or that which `from` names behind the archive."""
    member = files.archive(table.origin)[1]
    try:
        with zipfile.ZipFile(path) as archive:
            held = [name for name in archive.namelist() if files.FILE.fullmatch(name) and "__MACOSX" not in name]
            where = {"path": path, "table": table}
            refuse("zip_empty", not held, **where)
            refuse("zip_many", not member and len(held) > 1, **where, held=held, names=", ".join(held))
            refuse("zip_absent", member and member not in held, **where, member=member, meant=(member, held))
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / Path(member or held[0]).name
            with archive.open(member or held[0]) as packed, target.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
    except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise refused("not_unpacked", path=path, table=table, error=error) from None
    if files.is_text(target):
        files.refuse_unreadable_text(target, table)
    return target


def _plain(path: Path, table: TableSettings, target: Path) -> tuple[Path, int]:
    """The same file and the row of its header; or a copy in UTF-8, without its footer and a title that fills rows.

    A spreadsheet ends the row of a title with a comma a column, and DuckDB would take it for the header.
    """
    is_csv = ".json" not in path.name.lower() and ".ndjson" not in path.name.lower()
    title = files.title(path, table.encoding) if is_csv else []
    is_filled = any(sign * 2 in line for line in title for sign in files.DELIMITERS)
    if table.encoding != "windows-1252" and not table.footer and not is_filled:
        return path, len(title) + 1
    try:
        with files.opened(path, table.encoding, errors="strict") as file:
            lines = file.readlines()
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise refused("other_encoding", path=path, table=table, byte=byte, at=error.start) from None
    while lines and not lines[-1].strip():
        lines.pop()
    refuse("footer_too_long", not 0 <= table.footer < len(lines), path=path, table=table, n=len(lines))
    with target.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines[len(title) : len(lines) - table.footer])
    return target, len(title) + 1
