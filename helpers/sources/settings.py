"""The one TOML file that says where the tables are: read, checked, and turned into plain values.

`data/sample/source.toml` is the default and the example; every key is explained in `data/README.md`.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from helpers.errors import did_you_mean
from helpers.sources import schema
from helpers.sources.refusals import refused

REFERENCE = "reference.csv"  # beside the source file: what driver scores are measured against

_KEYS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_TYPES = {"text": str, "flag": bool, "section": dict, "list": list, "date": date, "number": float, "count": int}
_SECRET_NAME, _LOGIN_IN_URL = (re.compile(_KEYS["secrets"][name], re.IGNORECASE) for name in ("name", "login"))
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
    _refuse_unknown(data, _KEYS["sections"][""], file, "")
    source = data.get("source", {})
    kind, kinds = source.get("kind", "files"), _KEYS["kinds"]
    if kind not in kinds:
        raise refused("kind", file=file, kind=kind, meant=did_you_mean(str(kind), kinds))
    _refuse_unknown(source, _KEYS["sections"]["source"] | kinds[kind], file, "source")
    if kind == "sql" and "url" not in source:
        raise refused("no_url", file=file)
    tables = {name: _table(name, keys, file) for name, keys in data.get("tables", {}).items()}
    for table in tables.values():
        _refuse_open(table, kind, file)
    _refuse_missing(tables, source.get("currency", ""), file)
    allow = tuple(source.get("allow", []))
    for each in allow:
        if not (isinstance(each, str) and (file.parent / Path(each).expanduser()).is_dir()):
            raise refused("not_a_folder", file=file, folder=each)
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
        options={name: source[name] for name in kinds[kind] if name in source and name not in ours},
        questions=tuple(_question(keys, tables, file) for keys in data.get("questions", [])),
        allow=allow,
    )


def _question(keys: dict, tables: dict[str, TableSettings], file: Path) -> StatedQuestion:
    needed = _KEYS["sections"]["questions"]
    if not isinstance(keys, dict) or set(keys) != set(needed):
        raise refused("question", file=file, keys=", ".join(needed))
    _refuse_unknown(keys, needed, file, "[questions]")
    if keys["table"] not in tables:
        raise refused("question_table", file=file, meant=did_you_mean(keys["table"], tables))
    return StatedQuestion(**keys)


def _refuse_missing(tables: dict[str, TableSettings], currency: str, file: Path) -> None:
    billing = [name for name in ("subscriptions", *schema.IN_PLACE_OF["subscriptions"]) if name in tables]
    if len(billing) > 1:
        raise refused("two_of_billing", file=file, one=billing[0], other=billing[1])
    for name in schema.REQUIRED_TABLES:
        if not schema.is_given(name, tables):
            raise refused(
                "no_table", file=file, name=name, ways=", or ".join([f"under [tables.{name}]", *_KEYS["instead"][name]])
            )
    if "rates" in tables and not currency:
        raise refused("rates_to", file=file)


def _economics(keys: dict, file: Path) -> Economics:
    numbers = {name: float(value) if type(value) is int else value for name, value in keys.items()}
    _refuse_unknown(numbers, _KEYS["sections"]["economics"], file, "economics")
    for name, value in numbers.items():
        if not 0 <= value <= 1:
            raise refused("share", file=file, name=name, value=value)
    return Economics(**numbers)


def _parsed(file: Path) -> dict:
    if not str(file).isprintable() and any("\ud800" <= letter <= "\udfff" for letter in str(file)):
        raise refused("name_not_utf8", file=file)
    if not file.is_file():
        raise refused("no_file", file=file)
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8"))
        _refuse_unusable_texts(data, file)
        return data
    except RecursionError:
        raise refused("too_deep", file=file) from None
    except UnicodeDecodeError as error:
        raise refused("not_utf8", file=file, byte=error.start) from None
    except tomllib.TOMLDecodeError as error:
        raise refused("not_toml", file=file, error=error) from None


def _table(name: str, keys: dict, file: Path) -> TableSettings:
    where = {"file": file, "place": f"tables.{name}"}
    if name not in schema.TABLES:
        raise refused("not_ours", **where, meant=did_you_mean(name, schema.TABLES))
    if not isinstance(keys, dict):
        raise refused("table_section", **where)
    _refuse_unknown(keys, _KEYS["tables"]["any"] | _KEYS["tables"].get(name, {}), **where)
    if ("from" in keys) == ("sql" in keys):
        raise refused("from_or_sql", **where)
    encoding = keys.get("encoding", "utf-8").lower()
    said = keys | {"encoding": _KEYS["encodings"].get(encoding, encoding)}
    for key, choices in _KEYS["choices"].items():
        if said.get(key, choices[0]) not in choices:
            raise refused("choice", **where, key=key, value=keys[key], meant=did_you_mean(keys[key], choices))
    if keys.get("months_across") and keys.get("movements"):
        raise refused("two_shapes", **where)
    columns = schema.TABLES[name].columns
    for ours, theirs in keys.get("columns", {}).items():
        if ours not in columns:
            raise refused("not_our_column", **where, column=ours, meant=did_you_mean(ours, columns))
        if not isinstance(theirs, str):
            raise refused("column_text", **where, column=ours)
    return TableSettings(name, said.pop("from", ""), **said)


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
            raise refused("open_query", file=file, table=table, key=key)


def _refuse_unknown(keys: dict, types: dict[str, str], file: Path, place: str) -> None:
    section = f"[{place}] " if place else ""
    for name, value in keys.items():
        if name not in types:
            raise refused("key", file=file, section=section, name=name, meant=did_you_mean(name, types))
        if not isinstance(value, _TYPES[types[name]]) or isinstance(value, datetime):
            raise refused("type", file=file, section=section, name=name, type=_KEYS["types"][types[name]])


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
            raise refused("nul", file=file, place=place)
        if place.startswith("source.") and value.startswith("~") and os.path.expanduser(value) == value:  # noqa: PTH111 - it keeps what it does not know
            raise refused("no_user", file=file, place=place, value=value)
        # A column of the source may well be called token; only what connects is a credential.
        named = ".columns." not in place and _SECRET_NAME.fullmatch(place.rpartition(".")[2])
        secrets = [value] if named else [first or second for first, second in _LOGIN_IN_URL.findall(value)]
        if any(secret and not _FROM_ENVIRONMENT.fullmatch(secret) for secret in secrets):
            raise refused("password", file=file, place=place)
