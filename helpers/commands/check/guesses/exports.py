"""What lies in a folder of exports, or in a .duckdb file: each file or table with some of its rows."""

import codecs
import re
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pandas as pd

from helpers.errors import Refused
from helpers.sources.engines import files

_FILE = re.compile(r"(?P<stem>.+?)\.(?P<kind>csv|tsv|txt|parquet)(\.gz)?", re.IGNORECASE)
_DIGITS = re.compile(r"[-_ ]?\d[\d_-]*")
_SAMPLE_ROWS = 500
# Data, too, but not in a form that is read from a folder: named, so that nobody takes it for read.
_UNREAD = frozenset(
    {".xlsx", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".xml", ".zip", ".sqlite", ".db", ".duckdb"}
)


@dataclass(frozen=True)
class Export:
    """A file, files of one kind (a glob), or a table of a database; `sample`: some of its rows, `problem`: why none.

    `same`: files that hold the same rows as this one, an export of last month beside this month's. `keys`: lines of
    the source file that say how it is read.
    """

    origin: str
    encoding: str = "utf-8"
    sample: pd.DataFrame | None = None
    problem: str = ""
    same: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def exports(folder: Path) -> list[Export]:
    """What lies in a folder and one level below it (or in a .duckdb file): each with some of its rows."""
    if not folder.exists():
        raise Refused(f"{folder}: no such folder")
    if folder.is_file() and not _FILE.fullmatch(folder.name):
        return _of_database(folder)
    if folder.is_file():
        there, folder = [folder], folder.parent
    else:
        places = (*folder.glob("*"), *folder.glob("*/*"))
        there = sorted(path for path in places if path.is_file() and not path.name.startswith("."))
    paths = [path for path in there if _FILE.fullmatch(path.name)]
    read = [(path, _of_file(path)) for path in paths]
    groups: dict[tuple, list[tuple[Path, Export]]] = {}
    for path, export in read:
        columns = tuple(export.sample.columns) if export.sample is not None else (path,)
        groups.setdefault((path.parent, _DIGITS.sub("*", path.name), columns), []).append((path, export))
    found = []
    for (parent, pattern, _), members in groups.items():
        names, last = [path.relative_to(folder).as_posix() for path, _ in members], members[-1][1]
        if len(members) > 1 and _hold_the_same(members[-2][1].sample, last.sample):
            found.append(replace(last, origin=names[-1], same=tuple(names)))
        else:
            name = names[0] if len(members) == 1 else (parent.relative_to(folder) / pattern).as_posix()
            found.append(replace(members[0][1], origin=name))
    unread = [path.relative_to(folder).as_posix() for path in there if path.suffix.lower() in _UNREAD]
    return [*found, *(Export(name, problem=_not_read(name)) for name in unread)]


def _hold_the_same(first: pd.DataFrame | None, second: pd.DataFrame | None) -> bool:
    """Whether most rows of one export are in the other, too: both are exports of everything, and not its parts."""
    if first is None or second is None or first.empty:
        return False
    rows, others = (set(map(tuple, sample.astype(str).to_numpy())) for sample in (first, second))
    return 2 * len(rows & others) > len(rows)


def _not_read(name: str) -> str:
    if name.lower().endswith(".duckdb"):
        return "is a database of its own (--start with its path reads it)"
    return "is not read (CSV, TSV and Parquet files are)"


def _of_file(path: Path) -> Export:
    if not path.stat().st_size:
        return Export(path.name, problem="is empty (0 bytes)")
    kind = _FILE.fullmatch(path.name)["kind"].lower()
    encoding = "utf-8" if kind == "parquet" or path.suffix == ".gz" else _encoding(path)
    options = "" if encoding == "utf-8" else f", encoding = '{encoding}'"
    name = str(path).replace("'", "''")
    quotes = """header = true, all_varchar = true, quote = '"', escape = '"', comment = ''"""
    relation = f"read_parquet('{name}')" if kind == "parquet" else f"read_csv('{name}', {quotes}{options})"
    try:
        sample = _rows(duckdb.connect(), relation)
    except duckdb.Error as error:
        return Export(path.name, encoding, None, _unreadable(path, encoding, str(error).splitlines()[0]))
    is_divided = len(sample.columns) > 1
    return Export(path.name, encoding, sample, "" if is_divided else _unreadable(path, encoding, "only one column"))


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> pd.DataFrame:
    """The first rows, and as many from all over: a state or a style of dates may begin late in an export."""
    first = f"select * from {relation} limit {_SAMPLE_ROWS}"
    try:
        n = connection.execute(f"select count(*) from {relation}").fetchone()[0]
        if n <= _SAMPLE_ROWS:
            return connection.execute(first).df()
        numbered = f"select *, row_number() over () as _row_number from {relation}"
        some = f"_row_number <= {_SAMPLE_ROWS} or _row_number % {n // _SAMPLE_ROWS} = 0"
        return connection.execute(f"select * exclude (_row_number) from ({numbered}) where {some}").df()
    except duckdb.Error:
        # A line far down that cannot be read is for `check` to name; what the file holds is seen without it.
        return connection.execute(first).df()


def _unreadable(path: Path, encoding: str, otherwise: str) -> str:
    why = "" if ".parquet" in path.name.lower() else files.why_unreadable([path], encoding)
    return f"cannot be read ({otherwise})" if not why else f"cannot be read: {why}"


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(1 << 22)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _of_database(file: Path) -> list[Export]:
    name = str(file).replace("'", "''")
    try:
        connection = duckdb.connect()
        connection.execute(f"attach '{name}' as source (read_only)")
        connection.execute("use source")
        names = [
            row[0]
            for row in connection.execute(
                "select table_name from information_schema.tables where table_catalog = 'source' order by 1"
            ).fetchall()
        ]
        return [Export(each, sample=_rows(connection, f'"{each}"')) for each in names]
    except duckdb.Error as error:
        raise Refused(f"{file}: not a DuckDB file that can be read: {str(error).splitlines()[0]}") from None
