"""The files of a folder that hold a table: found by name or glob, and looked at before an engine reads them."""

import codecs
import csv
import gzip
import hashlib
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import mode

from helpers.sources import months, schema
from helpers.sources.refusals import refuse, refused, text
from helpers.sources.settings import Settings, TableSettings

HELD = 64 * 2**20  # bytes of CSV that an engine keeps in memory
DELIMITERS = ",;\t|"
FILE = re.compile(r".*\.((csv|tsv|txt|parquet|jsonl|ndjson)(\.gz)?|xlsx|xlsm|xls|xlsb|ods|zip)", re.IGNORECASE)
_QUERY = re.compile(rb"(select|from|with|table|pivot|unpivot|summarize|describe|show)\b", re.IGNORECASE)


def found(settings: Settings, table: TableSettings) -> list[Path]:
    """The files that `from` names, looked through before an engine reads them; `Refused` where one is unreadable."""
    paths = named(settings, table)
    for path in paths:
        if is_text(path):
            refuse_unreadable_text(path, table)
    return paths


def named(settings: Settings, table: TableSettings) -> list[Path]:
    """The files that `from` names, in the folder of the source; `Refused` where there is none, or one is empty."""
    folder, pattern = settings.folder, archive(table.origin)[0]
    where = {"file": settings.file, "table": table, "pattern": pattern}
    exact = folder / pattern
    paths = [exact] if exact.is_file() else []
    if not paths and re.search(r"[*?\[]", pattern):
        # In the folder or, where it begins with /, anywhere.
        root = Path(pattern).anchor
        try:
            matching = Path(root or folder).glob(pattern.removeprefix(root))
            paths = sorted(path for path in matching if path.is_file())
        except (ValueError, OSError) as error:
            raise refused("glob", **where, error=error) from None
    if not paths:
        refuse("from_no_file", os.path.lexists(exact), **where, why=_no_file(exact, pattern))
        others = sorted(path.name for path in folder.iterdir() if FILE.fullmatch(path.name))
        raise refused("from_absent", **where, folder=folder, meant=(pattern, others))
    for path in paths:
        refuse("from_format", not FILE.fullmatch(path.name), **where, path=path)
        # Spark has its own ways of saying what may be read.
        place = path.resolve()
        is_ours = settings.kind != "files" or any(map(place.is_relative_to, readable(settings)))
        refuse("from_outside", not is_ours, **where, why=outside(str(place)))
        refuse("file_empty", path.stat().st_size == 0, path=path, table=table)
    return paths


def _no_file(place: Path, name: str) -> str:
    """What stands where a file should be."""
    if place.is_dir():
        return text("it_is_a_folder", name=name, suffix=place.suffix)
    return text("it_is_a_link", target=place.readlink()) if place.is_symlink() else text("it_is_no_file")


def readable(settings: Settings) -> list[Path]:
    """The folders that a source may read: its own, and those under `allow` in [source]."""
    own = settings.folder if settings.folder.is_dir() else settings.folder.parent
    return [own, *((settings.file.parent / Path(each).expanduser()).resolve() for each in settings.allow)]


def outside(file: str) -> str:
    """What to say of a file that the source file gives no right to read.

    >>> print(outside("/etc/hosts"))
    /etc/hosts lies outside of the source's folder
        Fix: if it shall be read, say so under [source]: allow = ["/etc"]
    """
    if "://" in file:
        return text("web_address", file=file)
    place = Path(os.path.realpath(file) if file.startswith("/") else file)
    leads = f"leads to {place}, which lies" if str(place) != os.path.normpath(file) else "lies"
    return text("outside", file=file, leads=leads, folder=place.parent)


def archive(origin: str) -> tuple[str, str]:
    """The file that `from` names, and which file in it where that is a .zip.

    >>> archive("exports/all.zip/customers.csv"), archive("customers.csv")
    (('exports/all.zip', 'customers.csv'), ('customers.csv', ''))
    """
    found = re.fullmatch(r"(.+?\.zip)/(.+)", origin, re.IGNORECASE)
    return (found[1], found[2]) if found else (origin, "")


def is_text(path: Path) -> bool:
    """Whether a file is lines of text, packed or not."""
    return bool(re.search(r"\.(csv|tsv|txt|jsonl|ndjson)(\.gz)?$", path.name, re.IGNORECASE))


def is_fresh(paths: list[Path]) -> bool:
    """Whether any of the files was written in the last two seconds, so that its writer may only be taking a breath."""
    with tempfile.TemporaryFile() as mark:
        return any(os.fstat(mark.fileno()).st_mtime - path.stat().st_mtime < 2 for path in paths)


def stamp(path: Path) -> tuple[int, int]:
    """When a file was last written, in nanoseconds, and its size."""
    about = path.stat()
    return about.st_mtime_ns, about.st_size


def digest(paths: list[Path]) -> str:
    """16 hex digits that change when the bytes of the files do."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:16]


def reads_more(table: TableSettings) -> bool:
    """Whether a table is read from more than its own files: by a query, or by one inside `where` or a column.

    >>> reads_more(TableSettings("usage", "u.csv", where="id in (select id from read_csv('x.csv'))"))
    True
    >>> reads_more(TableSettings("usage", "u.csv", where="note is distinct from '(select' and extract(day from d) = 1"))
    False
    """
    return bool(table.sql) or any(map(has_query, (table.where, *table.columns.values())))


def has_query(sql: str) -> bool:
    """Whether an expression has a query inside, in brackets as each must be."""
    text, is_open = sql.encode(), False
    if not _QUERY.search(text):
        return False
    import duckdb  # 50 ms, which an unchanged pack need not wait for

    for at, token in duckdb.tokenize(sql):
        if is_open and _QUERY.match(text, at):
            return True
        is_open = text[at : at + 1] == b"(" or (is_open and token == duckdb.token_type.comment)
    return False


def refuse_unreadable_text(path: Path, table: TableSettings) -> None:
    """Refuse a file of text that is packed wrongly, holds NUL bytes, or is not in the encoding that is said."""
    try:
        _refuse_other_encoding(path, table)
        _refuse_doubled_name(path, table)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refused("not_unpacked_text", path=path, table=table, error=error) from None


def _refuse_doubled_name(path: Path, table: TableSettings) -> None:
    """Refuse a header that gives a name twice, where that name is read: which of the two is meant cannot be known."""
    is_data = path.name.lower().removesuffix(".gz").endswith(("jsonl", "ndjson"))
    counts = Counter(name.strip() for name in ([] if is_data else header(path, table.encoding)))
    written = " ".join(table.columns.values())
    is_read = [*schema.TABLES[table.name].columns, *months.among(counts)] if table.name in schema.TABLES else []
    twice = [name for name, n in counts.items() if n > 1 and name and (name in is_read or name in written)]
    for name in twice:
        raise refused("doubled_name", path=path, table=table, name=name)


def _is_clean(path: Path, encoding: str) -> bool:
    """Whether a file holds no NUL byte and, where UTF-8 is said, nothing that is none; in large pieces, for speed."""
    decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8" else "latin-1")()
    try:
        with _opener(path)(path, "rb") as file:
            while chunk := file.read(1 << 24):
                decoder.decode(chunk)
                if b"\0" in chunk:
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_encoding(path: Path, table: TableSettings) -> None:
    with _opener(path)(path, "rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if table.encoding == "utf-16":
        refuse("not_utf16", not marked, path=path, table=table)
        return
    if _is_clean(path, table.encoding):
        return
    odd: list[str] = []
    with _opener(path)(path, "rb") as file:
        for number, line in enumerate(file, 1):
            refuse("nul_bytes", b"\0" in line and not marked, path=path, table=table, number=number)
            try:
                line.decode("utf-8" if table.encoding == "utf-8" else "latin-1")
            except UnicodeDecodeError as error:
                shown = line.decode("windows-1252", "replace").strip()[:80]
                odd.append(text("odd_byte", number=number, byte=line[error.start], line=shown))
            if len(odd) == 3:
                break
    if odd:
        likely = "utf-16" if marked else "windows-1252"
        raise refused("file_not_utf8", path=path, table=table, lines="".join(odd), likely=likely)


def why_unreadable(paths: list[Path], encoding: str) -> str:
    """What keeps CSV files from being read, with the first three lines and how to fix it; empty where all is well.

    A record may be of more or fewer fields than the header, a quote may not be closed, lines may end in two ways.
    """
    for path in paths:
        where = f"{path.name}: " if len(paths) > 1 else ""
        records = _odd_records(path, encoding)
        if n := _footer(path, encoding):
            return where + text("footer", n=n)
        if first := list(islice(records, 3)):
            n = len(first) + sum(1 for _ in records)
            lines = "".join(f"\n    line {number}: {what}" for number, what in first)
            return where + text("odd_records", lines=f"{n:,} {'line does' if n == 1 else 'lines do'}", shown=lines)
        if turn := _turn_of_line_ends(path):
            return where + text("line_ends", before=turn - 1, turn=turn, path=path)
    return ""


def _footer(path: Path, encoding: str) -> int:
    """How many lines at the end are a footer: all that do not have the fields of the header, each of one field."""
    odd = [number for number, what in islice(_odd_records(path, encoding), 50) if what.startswith("1 fields")]
    if not odd:
        return 0
    with opened(path, encoding) as file:
        lines = [line.strip() for line in file]
    filled = [number for number, line in enumerate(lines, 1) if line]
    return filled[-1] - odd[0] + 1 if odd == filled[-len(odd) :] else 0


def header(path: Path, encoding: str) -> list[str]:
    """The names of the columns of a CSV, below whatever title stands above them."""
    return _head(path, encoding)[2]


def title(path: Path, encoding: str) -> list[str]:
    """The lines above the header of a CSV, most often none."""
    with opened(path, encoding) as file:
        return list(islice(file, _head(path, encoding)[0]))


def _head(path: Path, encoding: str) -> tuple[int, str, list[str]]:
    """Lines above the header, the delimiter, and the fields of the header.

    The delimiter is what most lines have most of; a line with fewer than half of those fields filled is a title.
    """
    with opened(path, encoding) as file:
        lines = [line.removeprefix("\ufeff") for line in islice(file, 50)]
    usual = {sign: mode([line.count(sign) for line in lines] or [0]) for sign in DELIMITERS}
    delimiter = max(usual, key=lambda sign: usual[sign])
    for number, fields in enumerate(next(csv.reader([line], delimiter=delimiter), []) for line in lines):
        if sum(map(bool, fields)) >= max(2, (usual[delimiter] + 1) / 2):
            return number, delimiter, fields
    return 0, delimiter, next(csv.reader(lines[:1], delimiter=delimiter), [])


def opened(path: Path, encoding: str, errors: str = "replace"):
    """A file of text, unpacked, with its line ends as they are."""
    return _opener(path)(path, "rt", encoding=encoding, errors=errors, newline="")


def _opener(path: Path):
    return gzip.open if path.name.lower().endswith(".gz") else open


def _odd_records(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Line and what is wrong with it, of records whose fields are not as many as the header's, or that never end."""
    n_above, delimiter, fields = _head(path, encoding)
    n_fields = len(fields)
    with opened(path, encoding) as file:
        for _ in range(n_above + 1):
            file.readline()
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            line = n_above + rows.line_num + 2
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, f"a quote that is not closed, or is inside a value ({error})"
                return
            if row and len(row) != n_fields:
                yield line, f"{len(row)} fields where the header has {n_fields}: {delimiter.join(row)[:80]}"


def _turn_of_line_ends(path: Path) -> int | None:
    """The first line that ends otherwise than the first one does; None where all end alike."""
    with _opener(path)(path, "rb") as file:
        is_windows = file.readline().endswith(b"\r\n")
        for number, line in enumerate(file, 2):
            if line.endswith(b"\n") and line.endswith(b"\r\n") != is_windows:
                return number
    return None
