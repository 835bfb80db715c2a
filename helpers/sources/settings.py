"""The one TOML file that says where the tables are: read, checked, and turned into plain values.

`data/sample/source.toml` is the default and the example; every key is explained in `data/README.md`.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path

from helpers.sources import schema
from helpers.sources.refusals import refuse, refused

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
class Settings:
    """A checked source file. `folder` is where file names are looked up (or the .duckdb file that holds the tables).

    `name` is the company's, for the head of the report; empty where the file does not say it.
    `allow` are folders besides `folder` that may be read.
    `options` are the keys of [source] that only this kind of source has, as the file has them.
    `questions` are those that the source file has `check` ask: `rows` selects what gives rise to one, two columns or
    more; `says` what is odd about `table` and `column`, `why` it matters, and how to `fix` it.
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
    questions: tuple[dict[str, str], ...] = ()
    allow: tuple[str, ...] = ()


def read(file: Path) -> Settings:
    """The settings in a TOML file; `Refused` with the place and how to fix it where anything in it cannot be used."""
    data = _parsed(file)
    _refuse_unknown(data, _KEYS["sections"][""], file, "")
    source = data.get("source", {})
    kind, kinds = source.get("kind", "files"), _KEYS["kinds"]
    refuse("kind", kind not in tuple(kinds), file=file, kind=kind, meant=(str(kind), kinds))
    _refuse_unknown(source, _KEYS["sections"]["source"] | kinds[kind], file, "source")
    refuse("no_url", kind == "sql" and "url" not in source, file=file)
    tables = {name: _table(name, keys, kind, file) for name, keys in data.get("tables", {}).items()}
    _refuse_missing(tables, source.get("currency", ""), file)
    for each in source.get("allow", []):
        is_folder = isinstance(each, str) and (file.parent / Path(each).expanduser()).is_dir()
        refuse("not_a_folder", not is_folder, file=file, folder=each)
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
        allow=tuple(source.get("allow", [])),
    )


def _question(keys: dict, tables: dict[str, TableSettings], file: Path) -> dict[str, str]:
    needed = _KEYS["sections"]["questions"]
    refuse("question", not isinstance(keys, dict) or set(keys) != set(needed), file=file, keys=", ".join(needed))
    _refuse_unknown(keys, needed, file, "[questions]")
    refuse("question_table", keys["table"] not in tables, file=file, meant=(keys["table"], tables))
    return keys


def _refuse_missing(tables: dict[str, TableSettings], currency: str, file: Path) -> None:
    billing = [name for name in ("subscriptions", *schema.IN_PLACE_OF["subscriptions"]) if name in tables]
    refuse("two_of_billing", len(billing) > 1, file=file, names=billing)
    for name in schema.REQUIRED_TABLES:
        ways = ", or ".join([f"under [tables.{name}]", *_KEYS["instead"][name]])
        refuse("no_table", not schema.is_given(name, tables), file=file, name=name, ways=ways)
    refuse("rates_to", "rates" in tables and not currency, file=file)


def _economics(keys: dict, file: Path) -> Economics:
    numbers = {name: float(value) if type(value) is int else value for name, value in keys.items()}
    _refuse_unknown(numbers, _KEYS["sections"]["economics"], file, "economics")
    for name, value in numbers.items():
        refuse("share", not 0 <= value <= 1, file=file, name=name, value=value)
    return Economics(**numbers)


def _parsed(file: Path) -> dict:
    refuse("name_not_utf8", any("\ud800" <= letter <= "\udfff" for letter in str(file)), file=file)
    refuse("no_file", not file.is_file(), file=file)
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8"))
        for place, value in _texts(data):
            _refuse_unusable(value, place, file)
        return data
    except RecursionError:
        raise refused("too_deep", file=file) from None
    except UnicodeDecodeError as error:
        raise refused("not_utf8", file=file, byte=error.start) from None
    except tomllib.TOMLDecodeError as error:
        raise refused("not_toml", file=file, error=error) from None


def _table(name: str, keys: dict, kind: str, file: Path) -> TableSettings:
    where = {"file": file, "place": f"tables.{name}"}
    refuse("not_ours", name not in schema.TABLES, **where, meant=(name, schema.TABLES))
    refuse("table_section", not isinstance(keys, dict), **where)
    _refuse_unknown(keys, _KEYS["tables"]["any"] | _KEYS["tables"].get(name, {}), **where)
    refuse("from_or_sql", ("from" in keys) == ("sql" in keys), **where)
    encoding = keys.get("encoding", "utf-8").lower()
    said = keys | {"encoding": _KEYS["encodings"].get(encoding, encoding)}
    for key, choices in _KEYS["choices"].items():
        is_odd, value = said.get(key, choices[0]) not in choices, keys.get(key)
        refuse("choice", is_odd, **where, key=key, value=value, meant=(value, choices))
    refuse("two_shapes", keys.get("months_across") and keys.get("movements"), **where)
    columns = schema.TABLES[name].columns
    for ours, theirs in keys.get("columns", {}).items():
        refuse("not_our_column", ours not in columns, **where, column=ours, meant=(ours, columns))
        refuse("column_text", not isinstance(theirs, str), **where, column=ours)
    table = TableSettings(name, said.pop("from", ""), **said)
    _refuse_open(table, kind, file)
    return table


def _refuse_open(table: TableSettings, kind: str, file: Path) -> None:
    """Part of a query stays a part of it, on every engine: brackets close, and no second statement follows."""
    parts = {"sql": table.sql.strip().rstrip(";"), "where": table.where}
    parts |= {f"columns.{ours}": theirs for ours, theirs in table.columns.items()}
    if not any(parts.values()):
        return
    import duckdb  # 50 ms, which the command line's own answers need not wait for

    steps = {b"(": 1, b")": -1, b";": -1_000}
    for key, text in parts.items():
        sql = text.encode()
        operators = [at for at, token in duckdb.tokenize(text) if token == duckdb.token_type.operator]
        depths = [0, *accumulate(steps.get(sql[at : at + 1], 0) for at in operators)]
        # Spark takes a backslash for itself, so that a text ends elsewhere for it.
        is_odd = kind == "spark" and ("\\'" in text or '\\"' in text)
        refuse("open_query", min(depths) < 0 or depths[-1] or is_odd, file=file, table=table, key=key)


def _refuse_unknown(keys: dict, types: dict[str, str], file: Path, place: str) -> None:
    where = {"file": file, "section": f"[{place}] " if place else ""}
    for name, value in keys.items():
        refuse("key", name not in types, **where, name=name, meant=(name, types))
        is_odd = not isinstance(value, _TYPES[types[name]]) or isinstance(value, datetime)
        refuse("type", is_odd, **where, name=name, type=_KEYS["types"][types[name]])


def _texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a source file, behind the keys that lead to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, place)
    elif isinstance(value, str):
        yield place, value


def _refuse_unusable(value: str, place: str, file: Path) -> None:
    """Refuse what no text may hold: NUL, an unknown user's folder, and a password, whose value is never repeated.

    Only `${NAME}`, read from the environment, may stand where a password would.
    """
    refuse("nul", "\0" in value, file=file, place=place)
    is_home = place.startswith("source.") and value.startswith("~")
    is_unknown = is_home and os.path.expanduser(value) == value  # noqa: PTH111 - it keeps what it does not know
    refuse("no_user", is_unknown, file=file, place=place, value=value)
    # A column of the source may well be called token; only what connects is a credential.
    named = ".columns." not in place and _SECRET_NAME.fullmatch(place.rpartition(".")[2])
    secrets = [value] if named else [first or second for first, second in _LOGIN_IN_URL.findall(value)]
    is_plain = any(secret and not _FROM_ENVIRONMENT.fullmatch(secret) for secret in secrets)
    refuse("password", is_plain, file=file, place=place)
