"""A sheet of a workbook (.xlsx, .xls, .xlsb, .ods) as the rows of a CSV file, and what of it cannot be trusted.

python-calamine reads the values. It shows an error (#N/A) and a formula that was never computed as empty cells, so the
XML of .xlsx is looked at besides; in the other three formats errors cannot be seen, and a note says so.
"""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from pathlib import Path

from helpers.sources.refusals import refuse, refused

FILE = re.compile(r".*\.(xlsx|xlsm|xls|xlsb|ods)", re.IGNORECASE)
_ABOVE = 50  # rows among which the header stands
_TAG = r"<(?:\w+:)?{}\b"
_CELL = re.compile((_TAG.format("c") + r"([^>]*?)(/>|>(.*?)</(?:\w+:)?c>)").encode(), re.DOTALL)
_FORMULA = re.compile(_TAG.format("f").encode())
_HIDDEN = re.compile((_TAG.format("row") + r'[^>]*\shidden="(?:1|true)"').encode())
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)<")
_SHOWN = 3


@dataclass(frozen=True)
class Sheet:
    """The rows below a header, as text; `first_row` is the header's row, `notes` say what was left out or hidden.

    `title`: what stands above the header.
    """

    header: list[str]
    rows: list[list[str]]
    first_row: int
    notes: tuple[str, ...]
    title: str = ""


def read(path: Path, sheet: str, table: str, is_used: Callable[[str], bool]) -> Sheet:
    """The table in a sheet: below its title, above its footer. `is_used` says which columns have to be right.

    `Refused` where the sheet is not named, or a used cell holds an error or a formula without a value.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        name = _sheet(book, sheet, path, table)
        cells = [[*map(text, row)] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
    except CalamineError as error:
        raise refused("not_a_workbook", path=path, table=table, error=error) from None
    at, names = _header(cells, f"{path.name}, sheet {name} (table {table})")
    rows, notes = _body(cells, at, len(names), name)
    notes += [f"{name} is a hidden sheet"] * (name not in _seen(book))
    used = {column for column, each in enumerate(names) if is_used(each)}
    notes += _looked_at(path, name, table, range(at + 2, at + 2 + len(rows)), used)
    filled = [(row + [""] * len(names))[: len(names)] for row in rows]
    title = " ".join(cell for row in cells[:at] for cell in row if cell)
    said = tuple(f"{path.name}: {note}" for note in notes)
    return Sheet(names, [row for row in filled if any(row)], at + 1, said, title)


def names(path: Path) -> list[str]:
    """The sheets of a workbook that can be seen."""
    from python_calamine import CalamineWorkbook

    return _seen(CalamineWorkbook.from_path(str(path)))


def _seen(book) -> list[str]:
    return [each.name for each in book.sheets_metadata if "Visible" in str(each.visible)]


def text(value: object) -> str:
    """A cell as a CSV file would have it: 1001 for a number without decimals, a date as 2026-10-31.

    >>> text(1001.0), text(12.5), text(date(2026, 10, 31)), text(datetime(2026, 10, 31)), text(True), text("\\xa0A ")
    ('1001', '12.5', '2026-10-31', '2026-10-31', 'true', 'A')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time().isoformat() != "00:00:00" else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\xa0", " ").strip()


def _sheet(book, sheet: str, path: Path, table: str) -> str:
    known, seen = book.sheet_names, _seen(book)
    refuse("sheet_absent", sheet and sheet not in known, path=path, table=table, sheet=sheet, meant=(sheet, known))
    is_open, example = not sheet and len(seen) != 1, [*seen, *known, ""][0]
    refuse("which_sheet", is_open, path=path, table=table, example=example, names=", ".join(known))
    return sheet or seen[0]


def _header(cells: list[list[str]], where: str) -> tuple[int, list[str]]:
    """The row of the header, from 0, and its names: the first row at least half as full as the fullest near it."""
    widths = [sum(map(bool, row)) for row in cells[:_ABOVE]]
    refuse("sheet_empty", not any(widths), where=where)
    at = next(number for number, width in enumerate(widths) if width > max(widths) / 2)
    row, names = cells[at], []
    last = max(n for n, name in enumerate(row) if name)
    for number, name in enumerate(row[: last + 1], 1):
        given = " ".join(name.split()) or f"column {number}"
        names.append(given if given not in names else f"{given} {number}")
    return at, names


def _body(cells: list[list[str]], at: int, width: int, name: str) -> tuple[list[list[str]], list[str]]:
    """The rows below the header up to the footer: lines that stand apart at the end, less than half as full."""
    rows = cells[at + 1 :]
    while rows and not any(rows[-1]):
        rows.pop()
    block = len(rows)
    while block and 0 < sum(map(bool, rows[block - 1])) <= width / 2:
        block -= 1
    if not 0 < block < len(rows) or any(rows[block - 1]):
        return rows, []
    first = next(cell for row in rows[block:] for cell in row if cell)
    while block and not any(rows[block - 1]):
        block -= 1
    below, more = _body(cells[: at + 1 + block], at, width, name)
    left_out = f"{sum(map(any, rows[block:]))} lines below the table are left out, from row {at + 2 + block} on"
    return below, [*more, f"{name}: {left_out}: {first[:60]!r}"]


def _looked_at(path: Path, sheet: str, table: str, rows: range, used: set[int]) -> list[str]:
    """What the XML of a sheet says besides the values; `Refused` for errors and for formulas without a value."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        named = "look like empty cells; save it as .xlsx to have them named"
        return [f"{sheet}: in {path.suffix} errors such as #N/A {named}"]
    with zipfile.ZipFile(path) as archive:
        xml = archive.read(_member(archive, sheet))
        # What wrote the file left the formulas to be computed by whoever opens it.
        is_open = b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")
    errors, formulas = [], []
    for attributes, _, body in (cell.groups(b"") for cell in _CELL.finditer(xml)):
        is_error, place = b't="e"' in attributes, re.search(rb'\br="([A-Z]+)(\d+)"', attributes)
        if not (is_error or _FORMULA.search(body)) or not place:
            continue
        if _column(place[1]) not in used or int(place[2]) not in rows:
            continue
        cell, value = f"{sheet}!{(place[1] + place[2]).decode()}", _VALUE.search(body)
        if is_error:
            errors.append(f"{cell} ({value[1].decode() if value else 'error'})")
        else:
            formulas += [cell] * (not value or not value[1] or (is_open and value[1] == b"0"))
    refuse("cells_with_errors", errors, path=path, table=table, cells=_some(errors))
    refuse("formulas", formulas, path=path, table=table, cells=_some(formulas))
    hidden = len(_HIDDEN.findall(xml))
    return [f"{sheet}: {hidden} hidden rows are read like all others"] * bool(hidden)


def _some(cells: list[str]) -> str:
    more = f" and {len(cells) - _SHOWN:,} more cells" if len(cells) > _SHOWN else ""
    return ", ".join(cells[:_SHOWN]) + more


def _column(letters: bytes) -> int:
    """A column's number from 0.

    >>> _column(b"E"), _column(b"AA")
    (4, 26)
    """
    return reduce(lambda number, letter: number * 26 + letter - 64, letters, 0) - 1


def _member(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of an .xlsx that holds a sheet."""
    from xml.etree import ElementTree

    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    for each in book.iter():
        if each.tag.rpartition("}")[2] == "sheet" and each.get("name") == sheet:
            link = next(value for name, value in each.attrib.items() if name.rpartition("}")[2] == "id")
            target = next(found.get("Target") for found in links if found.get("Id") == link)
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)
