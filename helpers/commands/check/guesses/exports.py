"""What lies in a folder of exports, or in a .duckdb file: each file or table with some of its rows."""

import codecs
import gzip
import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from helpers.commands.check.guesses import core
from helpers.commands.check.guesses.expressions import toml_line
from helpers.commands.check.guesses.readings import Reading, read
from helpers.errors import Refused, printable
from helpers.sources.dialects import DUCKDB, literal
from helpers.sources.engines import files, prepared, workbook
from helpers.sources.settings import TableSettings

_DIGITS = re.compile(r"[-_ ]?\d[\d_-]*")
_SAMPLE_ROWS = 500
_FOOTER = re.compile(r"footer = (\d+)")
# Data, too, but not in a form that is read from a folder: named, so that nobody takes it for read.
_UNREAD = {
    **dict.fromkeys((".json", ".xml", ".sqlite", ".db"), "is not read (CSV, Parquet, JSON lines, Excel and ZIP are)"),
    ".duckdb": "is a database of its own (--start with its path reads it)",
}


@dataclass(frozen=True)
class Export:
    """A file, files of one kind (a glob), or a table of a database; `sample`: some of its rows, `problem`: why none.

    `same`: files that hold the same rows as this one, an export of last month beside this month's. `rivals`: others
    that would be the same table. `keys`: lines of the source file that say how it is read. `title`: what stands above
    the header.
    """

    origin: str
    encoding: str = "utf-8"
    sample: pd.DataFrame | None = None
    problem: str = ""
    same: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    sheet: str = ""
    title: str = ""

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """How the values of each column read."""
        return {str(name): read(self.sample[name]) for name in self.sample.columns}

    @cached_property
    def likely(self) -> dict[str, float]:
        """The tables that it may be taken for, the likeliest first."""
        scores = {} if self.sample is None else core.tables(self.name, self.sample, self.title)
        return {table: score for table, score in scores.items() if score >= core.LIKELY}

    @property
    def place(self) -> str:
        """The file, and the sheet of a workbook."""
        return f"{self.origin}, sheet {self.sheet}" if self.sheet else self.origin

    @property
    def name(self) -> str:
        """What the file, or the sheet, is called, without its ending: it may tell what it holds."""
        name = Path(self.origin).name.partition(".")[0]
        return f"{name} {self.sheet}" if self.sheet else name

    @property
    def said(self) -> str:
        """What its name and its title say of all its amounts: `FY26 ARR, USD in thousands`."""
        return f"{self.name} {self.title}"


def exports(folder: Path) -> list[Export]:
    """What lies in a folder and one level below it (or in a .duckdb file): each with some of its rows."""
    if folder.is_file() and not files.FILE.fullmatch(folder.name):
        return _of_database(folder)
    places = [folder] if folder.is_file() else [*folder.glob("*"), *folder.glob("*/*")]
    folder = folder.parent if folder.is_file() else folder
    there = sorted(path for path in places if path.is_file() and not path.name.startswith("."))
    groups: dict[tuple, list[tuple[Path, Export]]] = {}
    for path, export in ((file, each) for file in there if files.FILE.fullmatch(file.name) for each in _of_file(file)):
        columns = tuple(export.sample.columns) if export.sample is not None else (path,)
        pattern = (path.name, export.place) if export.place != path.name else (_DIGITS.sub("*", path.name),)
        groups.setdefault((path.parent, pattern, columns), []).append((path, export))
    found = []
    for (parent, pattern, _), members in groups.items():
        names, (path, first) = [path.relative_to(folder).as_posix() for path, _ in members], members[0]
        last = members[-1][1]
        if len(members) > 1 and _hold_the_same(members[-2][1].sample, last.sample):
            found.append(replace(last, origin=names[-1], same=tuple(names)))
        elif len(members) > 1:
            found.append(replace(first, origin=(parent.relative_to(folder) / pattern[0]).as_posix()))
        else:  # a file in an archive, all.zip/customers.csv, is named behind it
            found.append(replace(first, origin=names[0] + first.origin.removeprefix(path.name)))
    unread = {path: _UNREAD[path.suffix.lower()] for path in there if path.suffix.lower() in _UNREAD}
    return found + [Export(path.relative_to(folder).as_posix(), problem=why) for path, why in unread.items()]


def _hold_the_same(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    """Whether most rows of one export are in the other, too: both are exports of everything, and not its parts."""
    rows, others = (set(map(tuple, sample.astype(str).to_numpy())) for sample in (first, second))
    return 2 * len(rows & others) > len(rows)


def _of_file(path: Path) -> list[Export]:
    """What a file holds: one export, a sheet each of a workbook, a file each of an archive."""
    if printable(str(path)) != str(path):
        return [Export(printable(path.name), problem="has a name that is not UTF-8, as its folder may; rename it")]
    if not path.stat().st_size:
        return [Export(path.name, problem="is empty (0 bytes)")]
    if workbook.FILE.fullmatch(path.name):
        return _of_workbook(path)
    if not path.name.lower().endswith(".zip"):
        return [_of_one(path, path.name)]
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if files.FILE.fullmatch(name) and "__MACOSX" not in name]
    except zipfile.BadZipFile:
        return [Export(path.name, problem="cannot be read (no archive)")]
    return [_of_one(path, f"{path.name}/{name}") for name in inside]


def _of_workbook(path: Path) -> list[Export]:
    try:
        sheets = workbook.names(path)
    except Exception as error:  # noqa: BLE001 - calamine's own errors have no common base that it exports
        return [Export(path.name, problem=f"cannot be read ({error})")]
    return [_of_sheet(path, sheet) for sheet in sheets]


def _of_sheet(path: Path, sheet: str) -> Export:
    try:
        held = workbook.read(path, sheet, "export", lambda name: False)
    except Refused as error:
        return Export(path.name, problem=f"cannot be read: {error}", sheet=sheet)
    rows = pd.DataFrame(held.rows[:_SAMPLE_ROWS], columns=held.header).replace("", None)
    return Export(path.name, sample=rows, keys=(toml_line("sheet", sheet),), sheet=sheet, title=held.title)


def _of_one(path: Path, origin: str, footer: int = 0) -> Export:
    is_text = files.is_text(Path(origin)) and not origin.lower().endswith(".gz") and origin == path.name
    encoding = _encoding(path) if is_text else "utf-8"
    table = TableSettings("export", origin, encoding=encoding, footer=footer)
    sample, problem, title = None, "", ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = prepared.paths([path], table, Path(folder))[0][0]
            sample = _rows(duckdb.connect(), _relation(made, encoding))
            title = " ".join(files.title(path, encoding)) if is_text and ".csv" in path.name.lower() else ""
            problem = "" if len(sample.columns) > 1 else _unreadable(path, encoding, "only one column")
        except duckdb.OutOfMemoryException:
            raise  # which is no fault of the file
        except (duckdb.Error, Refused, EOFError, gzip.BadGzipFile, zlib.error) as error:
            problem = _unreadable(path, encoding, str(error).splitlines()[0])
    if not footer and (n := _FOOTER.search(problem)):
        return _of_one(path, origin, int(n[1]))
    return Export(origin, encoding, sample, problem, keys=(f"footer = {footer}",) * bool(footer), title=title)


def _relation(path: Path, encoding: str) -> str:
    name = literal(str(path))
    if ".parquet" in path.name.lower():
        return f"read_parquet({name})"
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return f"read_json({name}, format = 'newline_delimited', sample_size = -1)"
    said = "" if encoding in ("utf-8", "windows-1252") else f", encoding = '{encoding}'"
    return f"""read_csv({name}, header = true, all_varchar = true, quote = '"', escape = '"', comment = ''{said})"""


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> pd.DataFrame:
    """The first rows, and as many from all over: a state or a style of dates may begin late in an export."""
    # As text: lists and structures of JSON lines are no values that can be compared.
    try:
        nth = max(1, connection.execute(f"select count(*) from {relation}").fetchone()[0] // _SAMPLE_ROWS)
        numbered = f"select *, row_number() over () as _row_number from {relation}"
        some = f"_row_number <= {_SAMPLE_ROWS} or _row_number % {nth} = 0"
        spread = f"select columns(* exclude (_row_number))::varchar from ({numbered}) where {some}"
        return connection.execute(spread).df()
    except duckdb.Error:
        # A line far down that cannot be read is for `check` to name; what the file holds is seen without it.
        return connection.execute(f"select columns(*)::varchar from {relation} limit {_SAMPLE_ROWS}").df()


def _unreadable(path: Path, encoding: str, otherwise: str) -> str:
    is_plain = files.is_text(path) and not path.name.lower().endswith(".gz")
    why = files.why_unreadable([path], encoding) if is_plain else ""
    return f"cannot be read: {why}" if why else f"cannot be read ({otherwise})"


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(1 << 22)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "windows-1252" if any(0x80 <= byte < 0xA0 for byte in start) else "latin-1"
    return "utf-8"


def _of_database(file: Path) -> list[Export]:
    try:
        connection = duckdb.connect()
        connection.execute(f"attach {literal(str(file))} as source (read_only)")
        connection.execute("use source")
        named = "select table_name from information_schema.tables where table_catalog = 'source' order by 1"
        tables = connection.execute(named).fetchall()
        return [Export(name, sample=_rows(connection, DUCKDB.quoted(name))) for (name,) in tables]
    except duckdb.Error as error:
        raise Refused(f"{file}: not a DuckDB file that can be read: {str(error).splitlines()[0]}") from None
