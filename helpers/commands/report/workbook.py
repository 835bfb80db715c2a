"""report.xlsx: the headline numbers of a pack, and a sheet for each of its tables, as a spreadsheet wants them.

Amounts are in the reporting currency, and rates are shares with a percent format, so one can calculate with them. Ids
and names are text: `00123` keeps its zeros, and nothing that begins with `=` is run. One pack gives the same bytes.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import xlsxwriter

from helpers import formats
from helpers.commands.report.front import signals
from helpers.commands.report.front.tiles import Tile
from helpers.metrics import definitions
from helpers.sources import schema

FILE = "report.xlsx"
MOST_ROWS, LONGEST_TEXT, MOST_EXACT = 1_048_575, 32_767, 2**53  # of a sheet below its head, of a cell, of a number
Unit = tuple[float, str]  # by what a number is multiplied, and the format of its cell
Column = tuple[str, list, list[Unit]]  # head, values, and their units; none where all are text
MONEY, PERCENT, CHANGE, PLAIN = (0.01, "#,##0.00"), (1, "0.0%"), (1, "+0.0%;-0.0%;0.0%"), (1, "General")
# The unit in which `formats.in_unit` shows a metric.
UNITS = {"money": MONEY, "score": (100, "+0;-0;0"), "share": PERCENT, "number": (1, "0.0"), "days": (1, "0.0")}
COUNT, DAY = "#,##0", "yyyy-mm-dd"
SHARES = ("share", "rate", "hazard", "retention", "probability", "survival", "percentile")
# The digits of other scripts look like numbers to Python alone.
_NUMBER, _DAY = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def write(folder: Path, made: dict, said: dict) -> None:
    """Write the workbook of the pack in `folder`; `made` is its manifest, `said` the parts of its first page."""
    options = {"strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(folder / FILE, options) as book:
        # The day that the pack knows is its own; the clock would make other bytes each time.
        created = pd.Timestamp(made["as_of"]).to_pydatetime()
        book.set_properties({"title": formats.visible(f"{said['heading']}, {said['when']}"), "created": created})
        currency = made["source"]["currency"]
        sheets = [_fill(book, "Headline numbers", _headline(said["tiles"], currency))]
        for name in sorted(name for notebook in made["notebooks"] for name in notebook["tables"]):
            table = signals.read(folder / "tables", name)
            sheets.append(_fill(book, name, [_column(table, column, currency) for column in table]))
        _fill(book, "About", _about(said, made, sheets))


def _headline(tiles: Sequence[Tile], currency: str) -> list[Column]:
    """The first page's tiles, a row each: the number in its own unit, and what the page shows of it."""
    units = [UNITS[formats.unit_of(tile.metric)] for tile in tiles]
    numbers = {"value": "value", "likely from": "low", "likely to": "high"}
    texts = {"shown as": "value", "counts": "of", "change": "change", "in doubt": "doubt"}
    return [
        ("number", [tile.label for tile in tiles], []),
        *((head, [tile.number.get(part) for tile in tiles], units) for head, part in numbers.items()),
        ("n", [tile.number.get("n") for tile in tiles], [(1, COUNT)] * len(tiles)),
        ("currency", [currency if tile.metric.endswith("_cents") else "" for tile in tiles], []),
        *((head, [getattr(tile, part) for tile in tiles], []) for head, part in texts.items()),
    ]


def _column(table: pd.DataFrame, name: str, currency: str) -> Column:
    """A column of a saved table: its head, its values, and their units."""
    values, last = table[name], name.rpartition("_")[2]
    head = (name.removesuffix("_cents") if last == "cents" else name).replace("_", " ").replace("cents", "amount")
    # An interval is in the unit of the column before it.
    of = table.columns[table.columns.get_loc("low") - 1] if name in ("low", "high") and "low" in table else name
    units = [_unit(of, metric) for metric in (table["metric"] if "metric" in table else [""] * len(table))]
    if pd.api.types.is_numeric_dtype(values):
        return f"{head}, {currency}" if last == "cents" else head, list(values), units
    if name == "metric":
        return head, list(values.str.removesuffix("_cents").str.replace("_", " ")), []
    read = _reader(name, values[values != ""])
    return head, [read(text) if text else "" for text in values], units


def _unit(name: str, metric: str) -> Unit:
    """The unit of a cell by the name of its column, and where the table has one by its row's metric."""
    last = name.rpartition("_")[2]
    if last == "cents":
        return MONEY
    if metric and name in ("value", "average"):
        return UNITS[formats.unit_of(metric)]
    if metric and name in ("numerator", "denominator"):
        return MONEY if definitions.texts().get(metric, {}).get("unit") == "money" else PLAIN
    if metric and name in ("difference", "difference_to_ours"):
        return CHANGE
    return PERCENT if last in SHARES or name.startswith("share") else PLAIN


def _reader(name: str, texts: pd.Series) -> Callable:
    """What the cells of a text column are: text where the name says so, else numbers or days where all of them are."""
    if name in _labels() or name.endswith("_id") or texts.empty:
        return str
    days = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")  # 2026-02-30 is none
    if texts.str.fullmatch(_DAY).all() and days.notna().all() and (texts >= "1900-03-01").all():
        return date.fromisoformat
    is_number = texts.str.fullmatch(_NUMBER).all() and (texts.astype(float).abs() < MOST_EXACT).all()
    return float if is_number else str


@cache
def _labels() -> set[str]:
    """The columns that are text whatever they look like: the ids, names and labels of the sources' tables."""
    columns = [(table, column) for table, declared in schema.TABLES.items() for column in declared.columns]
    return {column for table, column in columns if schema.kind(table, column) in ("id", "text", "choice")}


def _fill(book: xlsxwriter.Workbook, name: str, columns: list[Column]) -> tuple[str, int]:
    """Add a sheet: a head that stays, a filter, and the cells; returns its name and the rows that there are."""
    sheet = book.add_worksheet(_sheet_name(name, [each.get_name() for each in book.worksheets()]))
    bold = book.add_format({"bold": True, "bottom": 1})
    style = cache(lambda form: book.add_format({"num_format": form}))
    for place, (head, values, units) in enumerate(columns):
        sheet.write_string(0, place, head, bold)
        widest = max([len(head) + 3, *(len(str(value)) for value in values[:200])])
        sheet.set_column(place, place, min(max(widest, 9), 60))
        for row, value in enumerate(values[:MOST_ROWS], 1):
            scale, form = units[row - 1] if units else PLAIN
            _write(sheet, row, place, value, scale, style(DAY if isinstance(value, date) else form))
    n = max((len(values) for _, values, _ in columns), default=0)
    sheet.freeze_panes(1, 1)
    if columns:
        sheet.autofilter(0, 0, min(n, MOST_ROWS), len(columns) - 1)
    return sheet.get_name(), n


def _write(sheet, row: int, place: int, value, scale: float, style) -> None:
    if isinstance(value, float) and math.isinf(value):
        value = "no upper end"
    if isinstance(value, date):
        sheet.write_datetime(row, place, value, style)
    elif isinstance(value, str) and value:
        value = formats.visible(value)
        sheet.write_string(row, place, value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…")
    elif value != "" and pd.notna(value):
        sheet.write_number(row, place, value if scale == 1 else round(value * scale, 10), style)


def _sheet_name(name: str, taken: list[str]) -> str:
    """A name that Excel takes and no other sheet has: 31 characters, none of them forbidden; History is Excel's own.

    >>> _sheet_name("a/b" + "x" * 40, []), _sheet_name("Metrics", ["metrics"]), _sheet_name("history", [])
    ('a bxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'Metrics 2', 'history 2')
    """
    name, lower = re.sub(r"[\[\]:*?/\\]", " ", name).strip("'")[:31] or "table", {"history", *map(str.lower, taken)}
    tries = (f"{name[:28]} {number}" if number > 1 else name for number in range(1, 1000))
    return next(each for each in tries if each.lower() not in lower)


def _about(said: dict, made: dict, sheets: list[tuple[str, int]]) -> list[Column]:
    """What the workbook is of, what to doubt, and which sheets it has."""
    rows = {"Report": said["heading"], "Period": said["when"], "Data through": said["until"]}
    lines = [*rows.items(), ("Currency", made["source"]["currency"]), ("Likely", "from and to are a 95% interval")]
    lines += [("Caveat", caveat) for caveat in said["caveats"]] + [("In doubt", doubt) for doubt in said["doubts"]]
    for name, n in sheets:
        cut = f"the first {formats.count(MOST_ROWS)} of " if n > MOST_ROWS else ""
        lines.append((f"Sheet {name}", f"{cut}{formats.plural(n, 'row')}"))
    keys, texts = zip(*lines, strict=True)
    return [("about", list(keys), []), ("this report", list(texts), [])]
