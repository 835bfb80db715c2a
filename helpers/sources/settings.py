"""The one TOML file that says where the tables are: read, checked, and turned into plain values.

`data/sample/source.toml` is the default and the example; every key is explained in `data/README.md`.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from helpers.errors import Refused, did_you_mean
from helpers.sources import schema

REFERENCE = "reference.csv"  # beside the source file: what driver scores are measured against

KINDS = ("files", "sql", "spark")
ENCODINGS = ("utf-8", "utf-16", "latin-1", "windows-1252")
_SOURCE_KEYS = {"kind": str, "name": str, "currency": str, "data_until": date}
# What each kind of source is told besides; those of a database and of Spark reach their engine as `Settings.options`.
_KIND_KEYS = {
    "files": {"path": str, "memory_limit": str, "temp_directory": str, "allow": list},
    "sql": {"url": str, "schema": str, "timeout_seconds": int, "read": str},
    "spark": {"url": str, "path": str},
}
_NEEDED = {"sql": ("url",)}
_ECONOMICS_KEYS = {"margin": float, "discount_rate": float}
_TABLE_KEYS = {"from": str, "sql": str, "where": str, "columns": dict, "encoding": str, "sheet": str, "footer": int}
_MRR_KEYS = {"months_across": bool, "movements": bool, "amounts": str}
AMOUNTS = ("mrr", "arr")
_QUESTION_KEYS = dict.fromkeys(("table", "column", "rows", "says", "why", "fix"), str)
_EXPECTED = {
    str: "text",
    bool: "true or false, without quotes",
    dict: "a section",
    list: 'a list: of folders, as allow = ["/data/exports"], or of sections, each under [[questions]]',
    date: "a date such as 2026-10-31",
    float: "a number",
    int: "a whole number",
}
_SECRET_NAME = re.compile(r"pass(word|wd|phrase)?|pwd|secret|token|api_?key|credentials?", re.IGNORECASE)
_LOGIN_IN_URL = re.compile(
    r"://[^/\s:@]*:([^@\s]*)@|(?:pass(?:word|wd)|pwd|token|secret|api_?key|access_?key|credentials_base64|private_key)\s*=\s*['\"]*([^\s;&'\",)]+)",
    re.I,
)
_INSTEAD = {"accounts": {}, "subscriptions": {"invoices": "invoice lines in its place", "mrr": "MRR by month"}}
_FROM_ENVIRONMENT = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True)
class TableSettings:
    """Where one table comes from (`origin`: a file, a glob or a table; or `sql`) and how its columns are called."""

    name: str
    origin: str = ""
    sql: str = ""
    where: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    sheet: str = ""
    footer: int = 0
    months_across: bool = False
    movements: bool = False
    amounts: str = "mrr"


@dataclass(frozen=True)
class Economics:
    """What a lifetime value assumes: the margin on revenue (0–1) and the discount rate a year."""

    margin: float = 1.0
    discount_rate: float = 0.10


@dataclass(frozen=True)
class StatedQuestion:
    """A question that the source file has `check` ask: `rows` selects what gives rise to it, two columns or more.

    `says` what is odd about `table` and `column`, `why` it matters, and how to `fix` it.
    """

    table: str
    column: str
    rows: str
    says: str
    why: str
    fix: str


@dataclass(frozen=True)
class Settings:
    """A checked source file. `folder` is where file names are looked up (or the .duckdb file that holds the tables).

    `name` is the company's, for the head of the report; empty where the file does not say it.
    `allow` are folders besides `folder` that may be read.
    `options` are the keys of [source] that only this kind of source has, as the file has them.
    """

    file: Path
    kind: str
    folder: Path
    currency: str
    data_until: date | None
    tables: dict[str, TableSettings]
    economics: Economics = Economics()
    name: str = ""
    options: dict[str, object] = field(default_factory=dict)
    questions: tuple[StatedQuestion, ...] = ()
    allow: tuple[str, ...] = ()


def read(file: Path) -> Settings:
    """The settings in a TOML file; `Refused` with the place and how to fix it where anything in it cannot be used."""
    data = _parsed(file)
    _refuse_unknown(data, {"source": dict, "tables": dict, "economics": dict, "questions": list}, file, "")
    source = data.get("source", {})
    kind = source.get("kind", "files")
    if kind not in KINDS:
        raise Refused(f"{file}: [source] kind = {kind!r} is not known; {did_you_mean(str(kind), KINDS)}")
    _refuse_unknown(source, _SOURCE_KEYS | _KIND_KEYS[kind], file, "source")
    for name in _NEEDED.get(kind, ()):
        if name not in source:
            raise Refused(f'{file}: [source] kind = "{kind}" needs {name} = "…" as well (data/README.md)')
    tables = {name: _table(name, keys, file) for name, keys in data.get("tables", {}).items()}
    for table in tables.values():
        _refuse_open(table, kind, file)
    _refuse_missing(tables, source.get("currency", ""), file)
    ours = ("path", "allow") if kind == "files" else ()
    return Settings(
        file=file,
        kind=kind,
        folder=(file.parent / Path(source.get("path", ".")).expanduser()).resolve(),
        currency=source.get("currency", ""),
        data_until=source.get("data_until"),
        tables={name: tables[name] for name in schema.TABLES if name in tables},
        economics=_economics(data.get("economics", {}), file),
        name=" ".join(source.get("name", "").split()),
        options={name: source[name] for name in _KIND_KEYS[kind] if name in source and name not in ours},
        questions=tuple(_question(keys, tables, file) for keys in data.get("questions", [])),
        allow=_allowed(source.get("allow", []), file),
    )


def _allowed(folders: list, file: Path) -> tuple[str, ...]:
    for each in folders:
        if not (isinstance(each, str) and (file.parent / Path(each).expanduser()).is_dir()):
            raise Refused(f"{file}: [source] allow: {each!r} is not a folder that is there")
    return tuple(folders)


def _question(keys: dict, tables: dict[str, TableSettings], file: Path) -> StatedQuestion:
    if not isinstance(keys, dict) or set(keys) != set(_QUESTION_KEYS):
        raise Refused(f"{file}: [[questions]] needs {', '.join(_QUESTION_KEYS)}, and nothing else (data/README.md)")
    _refuse_unknown(keys, _QUESTION_KEYS, file, "[questions]")
    if keys["table"] not in tables:
        raise Refused(f"{file}: [[questions]] table: {did_you_mean(keys['table'], tables)}")
    return StatedQuestion(**keys)


def _refuse_missing(tables: dict[str, TableSettings], currency: str, file: Path) -> None:
    billing = [name for name in ("subscriptions", *schema.IN_PLACE_OF["subscriptions"]) if name in tables]
    if len(billing) > 1:
        raise Refused(
            f"{file}: both {billing[0]} and {billing[1]} are given, and MRR can be read from one of them only; remove "
            f"[tables.{billing[0]}] or [tables.{billing[1]}]"
        )
    for name in schema.REQUIRED_TABLES:
        if not schema.is_given(name, tables):
            sections = [f"{what}, under [tables.{other}]" for other, what in _INSTEAD[name].items()]
            instead = f", or {', or '.join(sections)}" if sections else ""
            raise Refused(f"{file}: table {name} is missing; say where it is, under [tables.{name}]{instead}")
    if "rates" in tables and not currency:
        raise Refused(f'{file}: rates are given, but not to which currency; write currency = "…" under [source]')


def _economics(keys: dict, file: Path) -> Economics:
    found = {name: float(value) if type(value) is int else value for name, value in keys.items()}
    _refuse_unknown(found, _ECONOMICS_KEYS, file, "economics")
    for name, value in found.items():
        if not 0 <= value <= 1:
            raise Refused(f"{file}: [economics] {name} = {value} must lie between 0 and 1 (0.8 is 80%)")
    return Economics(**found)


def _parsed(file: Path) -> dict:
    if not str(file).isprintable() and any("\ud800" <= letter <= "\udfff" for letter in str(file)):
        raise Refused(f"{file}: the name of a folder or file in it is not UTF-8; rename it")
    if not file.is_file():
        raise Refused(f"{file}: no such file; a source is a TOML file like data/sample/source.toml")
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8"))
        _refuse_unusable_texts(data, file)
        return data
    except RecursionError:
        raise Refused(f"{file}: sections or lists lie too deep in each other; a source file has three levels") from None
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{file}: not TOML: {error}") from None


def _table(name: str, keys: dict, file: Path) -> TableSettings:
    if name not in schema.TABLES:
        raise Refused(f"{file}: [tables.{name}] is not one of our tables; {did_you_mean(name, schema.TABLES)}")
    place = f"tables.{name}"
    if not isinstance(keys, dict):
        raise Refused(f'{file}: [{place}] is a section: write from = "…" below it')
    _refuse_unknown(keys, _TABLE_KEYS | (_MRR_KEYS if name == "mrr" else {}), file, place)
    if ("from" in keys) == ("sql" in keys):
        raise Refused(f"{file}: [{place}] needs one of from (a file, a glob, a table) and sql (a query)")
    for key, value, choices in (
        ("encoding", _encoding(keys), ENCODINGS),
        ("amounts", keys.get("amounts", "mrr"), AMOUNTS),
    ):
        if value not in choices:
            raise Refused(f"{file}: [{place}] {key} = {keys[key]!r} is not known; {did_you_mean(keys[key], choices)}")
    if keys.get("months_across") and keys.get("movements"):
        raise Refused(f"{file}: [{place}] months_across and movements are two shapes; say one of them")
    known = schema.TABLES[name].columns
    for ours, theirs in keys.get("columns", {}).items():
        if ours not in known:
            raise Refused(f"{file}: [{place}.columns] {ours} is not a column of ours; {did_you_mean(ours, known)}")
        if not isinstance(theirs, str):
            raise Refused(f"{file}: [{place}.columns] {ours} must be text: a column or an expression of the source")
    said = {key: value for key, value in keys.items() if key != "from"}
    return TableSettings(name, keys.get("from", ""), **said | {"encoding": _encoding(keys)})


def _refuse_open(table: TableSettings, kind: str, file: Path) -> None:
    """Part of a query stays a part of it, on every engine: brackets close, and no second statement follows."""
    parts = {"sql": table.sql.strip().rstrip(";"), "where": table.where}
    parts |= {f"columns.{ours}": theirs for ours, theirs in table.columns.items()}
    if not any(parts.values()):
        return
    import duckdb  # 50 ms, which the command line's own answers need not wait for

    for key, text in parts.items():
        sql, depth = text.encode(), 0
        for at, token in duckdb.tokenize(text):
            if token == duckdb.token_type.operator:
                depth += (sql[at : at + 1] == b"(") - (sql[at : at + 1] == b")")
                depth -= 1_000 * (sql[at : at + 1] == b";")
            if depth < 0:
                break
        # Spark takes a backslash for itself, so that a text ends elsewhere for it.
        if depth or (kind == "spark" and ("\\'" in text or '\\"' in text)):
            raise Refused(
                f"{file}: [tables.{table.name}] {key}: only one SELECT is run: brackets and quotes in it must close, "
                "and no other statement may follow"
            )


def _encoding(keys: dict) -> str:
    """The encoding of a table's files, under the name that we use.

    >>> _encoding({"encoding": "CP1252"}), _encoding({})
    ('windows-1252', 'utf-8')
    """
    said = keys.get("encoding", "utf-8").lower()
    return {"cp1252": "windows-1252", "utf8": "utf-8", "iso-8859-1": "latin-1"}.get(said, said)


def _refuse_unknown(found: dict, known: dict, file: Path, place: str) -> None:
    section = f"[{place}] " if place else ""
    for name, value in found.items():
        if name not in known:
            raise Refused(f"{file}: {section}{name} is not a key that is read; {did_you_mean(name, known)}")
        if not isinstance(value, known[name]) or isinstance(value, datetime):
            raise Refused(f"{file}: {section}{name} must be {_EXPECTED[known[name]]}")


def _refuse_unusable_texts(value, file: Path, place: str = "") -> None:
    """Refuse what no text may hold: NUL, an unknown user's folder, and a password, whose value is never repeated.

    Only `${NAME}`, read from the environment, may stand where a password would.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_unusable_texts(inner, file, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unusable_texts(inner, file, place)
    elif isinstance(value, str):
        if "\0" in value:
            raise Refused(f"{file}: {place} holds a NUL character, which no name of a file or column has; remove it")
        if place.startswith("source.") and value.startswith("~") and os.path.expanduser(value) == value:  # noqa: PTH111 - it keeps what it does not know
            raise Refused(f"{file}: {place} = {value!r}: no such user; write the whole path")
        # A column of the source may well be called token; only what connects is a credential.
        named = ".columns." not in place and _SECRET_NAME.fullmatch(place.rpartition(".")[2])
        secrets = [value] if named else [first or second for first, second in _LOGIN_IN_URL.findall(value)]
        if any(secret and not _FROM_ENVIRONMENT.fullmatch(secret) for secret in secrets):
            raise Refused(
                f"{file}: {place} holds a password or token in plain text; put it into an environment variable "
                "and write ${NAME} in its place"
            )
