"""`python -m helpers check --start FOLDER`: a first source file, written from the exports that lie in a folder.

Every line of it is a guess by names and contents, for a person to read; what could not be guessed stands in a comment.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.check import guesses
from helpers.commands.check.guesses.exports import Export, exports
from helpers.errors import Refused
from helpers.sources import schema

SOURCE = "source.toml"
# Where no column was found, what can stand in for it without changing a number.
_STAND_INS = {
    ("accounts", "name"): ("account_id", "the id stands in for it"),
    ("subscriptions", "subscription_id"): ("account_id", "the account stands in for it"),
}
_STYLES = {
    "%m/%d/%Y": "month/day/year",
    "%d/%m/%Y": "day/month/year",
    "%d.%m.%Y": "day.month.year",
    "%Y/%m/%d": "year/month/day",
    "%Y%m%d": "20261031",
    "%d %b %Y": "5 Jan 2026",
    "%d-%b-%Y": "5-Jan-2026",
    "%d-%b-%y": "5-Jan-26",
    "%b %d, %Y": "Jan 5, 2026",
    "%d %B %Y": "5 January 2026",
    "%B %d, %Y": "January 5, 2026",
    "%m/%d/%y": "month/day/year",
    "%d/%m/%y": "day/month/year",
    "%m/%Y": "the first day of 10/2026",
    "%Y-%m": "the first day of 2026-10",
    "1.234,50": "amounts like 1.234,50",
    "1,234.50": "amounts like 1,234.50",
}
_EXAMPLES = {"currency": "\"'USD'\"", "survey": "\"'nps_relationship'\"", "item": "\"'recommend'\""}
_ONE_SEGMENT = "'one segment'"
_CODES = {"$": "USD", "€": "EUR", "£": "GBP"}


Matched = dict[str, tuple[Export, dict[str, guesses.Guess]]]


def write(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Write `source.toml` into a folder of exports (or beside a .duckdb file); returns its path.

    Raises `Refused` where there is one already, and where nothing in the folder looks like subscriptions or invoices.
    """
    if not folder.exists():
        raise Refused(f"{folder}: no such folder")
    place = folder if folder.is_dir() else folder.parent
    file = place / SOURCE
    if file.exists():
        raise Refused(
            f"{file} is there already and is never overwritten: check it with python -m helpers check --source {file}, "
            "or take it away first"
        )
    found = exports(folder)
    matched = match(found)
    if not _revenue(matched):
        seen = (
            "".join(f"\n    {line}" for line in described(found, matched))
            or "\n    no CSV, TSV, Parquet or .duckdb file"
        )
        unread = any(export.problem.startswith("cannot be read") for export in found)
        rows = "export one row a subscription with its customer, start, end and monthly amount, or one an invoice line"
        first = "mend what cannot be read, then start again" if unread else rows
        raise Refused(
            f"{folder}: nothing here could be taken for subscriptions or invoice lines{seen}\n    Way out: {first}; "
            f"where they have names that are not known here, write {SOURCE} by hand, as data/README.md shows"
        )
    text = "\n".join(_toml(folder, found, matched)) + "\n"
    with file.open("x", encoding="utf-8") as target:
        target.write(text)
    for line in _told(found, matched):
        say(f"  {line}")
    say(f"{file}: written. Every line is a guess: read it, and mend it where it is wrong.")
    return file


def _told(found: list[Export], matched: Matched) -> Iterator[str]:
    """What was taken for what and what was not, for the terminal."""
    if "accounts" not in matched:
        made_of = matched[_revenue(matched)][0].origin
        yield f"accounts ← made up from the customers of {made_of}, because no file looks like accounts"
    for table, (export, columns) in matched.items():
        yield f"{table} ← {export.origin}"
        if dead := _left_out(table, export, columns):
            yield f"  {_every_row(dead)}: where = {guesses.toml_text(dead.where)} (a comment in {SOURCE})"
    yield from (f"not used: {line}" for line in _unused(found, matched))


def _unused(found: list[Export], matched: Matched) -> list[str]:
    taken = {export.origin for export, _ in matched.values()}
    return [line for export, line in zip(found, described(found, matched), strict=True) if export.origin not in taken]


def match(found: list[Export]) -> Matched:
    """Our tables and the exports that look most like them, each used once, in the order of the schema."""
    scores = [(score, table, export) for export in found for table, score in _likely(export).items()]
    taken: dict[str, Export] = {}
    for _, table, export in sorted(scores, key=lambda row: (-row[0], row[1], row[2].origin)):
        if table not in taken and not any(export is other for other in taken.values()):
            taken[table] = export
    if "subscriptions" in taken:
        # MRR is read from one of the two only.
        taken.pop("invoices", None)
    matched = {
        table: (taken[table], guesses.columns(table, taken[table].sample)) for table in schema.TABLES if table in taken
    }
    if "accounts" in matched and (revenue := _revenue(matched)):
        matched["accounts"] = _keyed_as(*matched[revenue], *matched["accounts"])
    return matched


def _keyed_as(
    sold: Export, sold_columns: dict[str, guesses.Guess], export: Export, columns: dict[str, guesses.Guess]
) -> tuple[Export, dict[str, guesses.Guess]]:
    """The accounts by the column that holds the ids of the revenue: `Customer No`, though `Customer` looks likelier."""
    key, theirs = columns.get("account_id"), sold_columns.get("account_id")
    if key is None or theirs is None:
        return export, columns
    ids = set(sold.sample[theirs.theirs].dropna().astype(str))
    holds = [name for name in (key.theirs, *key.others) if ids & set(export.sample[name].dropna().astype(str))]
    if not holds or holds[0] == key.theirs:
        return export, columns
    left = [name for name in (key.theirs, *key.others) if name != holds[0]]
    found = guesses.columns("accounts", export.sample.drop(columns=left))
    return export, found if "name" in found else found | {"name": replace(key, ours="name", others=())}


def _likely(export: Export) -> dict[str, float]:
    """The tables that an export may be taken for, the likeliest first."""
    if export.sample is None:
        return {}
    scores = guesses.tables(Path(export.origin).name.partition(".")[0], export.sample)
    return {table: score for table, score in scores.items() if score >= guesses.LIKELY}


def _revenue(matched: Matched) -> str:
    """The table that MRR can be read from: subscriptions, or invoice lines in their place."""
    return next((name for name in ("subscriptions", "invoices") if name in matched), "")


def described(found: list[Export], matched: Matched | None = None) -> Iterator[str]:
    """Each export with what it looks like, a line each."""
    pairs = match(found) if matched is None else matched
    named = {export.origin: table for table, (export, _) in pairs.items()}
    for export in found:
        if export.problem:
            yield f"{export.origin}: {export.problem}"
        elif export.origin in named:
            yield f"{export.origin}: looks like {named[export.origin]}"
        elif (like := next(iter(_likely(export)), "")) in pairs:
            yield f"{export.origin}: looks like {like}, but {pairs[like][0].origin} is taken for it"
        elif like == "invoices":
            yield f"{export.origin}: looks like invoices, but subscriptions are read, and MRR comes from one of the two"
        else:
            columns = ", ".join(map(_line, list(export.sample.columns)[:8]))
            yield f"{export.origin}: looks like none of our tables ({columns})"


def _toml(folder: Path, found: list[Export], matched: Matched) -> Iterator[str]:
    yield from (
        "# Where the data is. `python -m helpers check --start` wrote this: each line is a guess by names and content.",
        "# Exports of well-known tools have ready files to start from: data/mappings/ of the project.",
        "# Read it, mend it, and check it again. What each key and column means: data/README.md of the project.",
        "",
        "[source]",
        'kind = "files"',
        f"path = {guesses.toml_text('.' if folder.is_dir() else folder.name)}",
        "# The last day that the export covers; without it the month of the latest row counts as incomplete.",
        "# data_until = 2026-10-31",
        '# name = "…"  (your company, for the head of every page)',
    )
    if "rates" in matched:
        yield f'currency = "{_reporting(*matched["rates"])}"  # what the rates bring amounts to, a guess: check it'
    for table in schema.TABLES:
        if table in matched:
            yield from _section(table, *matched[table])
        elif table == "accounts":
            yield from _accounts_of(*matched[_revenue(matched)], is_file=folder.is_dir())
    left = [table for table in schema.CORE if table not in matched and table not in schema.REQUIRED_TABLES]
    if left:
        yield from ("", f"# No file looks like {', '.join(left)}. They are optional.")
    if unused := _unused(found, matched):
        yield from ("", "# Files that are not used:", *("#   " + line.replace("\n", "\n#   ") for line in unused))


def _section(table: str, export: Export, columns: dict[str, guesses.Guess]) -> Iterator[str]:
    yield from ("", f"[tables.{table}]", f"from = {guesses.toml_text(export.origin)}")
    if export.encoding != "utf-8":
        yield f'encoding = "{export.encoding}"'
    if dead := _left_out(table, export, columns):
        yield from (
            f"# {_every_row(dead)}, take away the # of the next line:",
            f"# where = {guesses.toml_text(dead.where)}",
        )
    lines = [line for guess in columns.values() for line in _column(table, export, guess)]
    for column, declared in schema.TABLES[table].columns.items():
        if column not in columns and declared.required:
            lines += _absent(table, column, columns, export.sample)
    if lines:
        yield from (f"[tables.{table}.columns]", *lines)
    if unused := _free(export, columns):
        yield f"# Not used: {', '.join(map(_line, unused))}"
    optional = [
        name for name, declared in schema.TABLES[table].columns.items() if name not in columns and not declared.required
    ]
    if optional:
        yield f"# Optional, and not found: {', '.join(optional)}"


def _free(export: Export, columns: dict[str, guesses.Guess]) -> list[str]:
    """The columns of an export that nothing reads."""
    used = {theirs for guess in columns.values() for theirs in (guess.theirs, *guess.beside)}
    return [name for name in export.sample.columns if name not in used]


def _left_out(table: str, export: Export, columns: dict[str, guesses.Guess]) -> guesses.LeftOut | None:
    """Rows that may be no revenue, where it is revenue that a table holds."""
    if table not in ("subscriptions", "invoices"):
        return None
    return guesses.left_out(export.sample, _free(export, columns), has_end="ends_on" in columns)


def _every_row(dead: guesses.LeftOut) -> str:
    said = " and ".join(f"{_line(name)} says ({', '.join(map(_line, labels))})" for name, labels in dead.labels.items())
    return f"Every row counts whatever its {said}. To leave some out"


def _column(table: str, export: Export, guess: guesses.Guess) -> Iterator[str]:
    reading = guesses.read(export.sample[guess.theirs])
    is_date = schema.kind(table, guess.ours) in ("date", "month")
    if is_date and reading.dates in ("mixed", *guesses.AMBIGUOUS):
        is_mixed = reading.dates == "mixed"
        how = "the dates are written in several styles" if is_mixed else "03/04/2026 may be March or April"
        instead = "" if guess.is_needless else ", and take out the line after them"
        yield f"# {how}: take away the # of one of these two{instead}"
        for style in guesses.AMBIGUOUS.get(reading.dates, guesses.AMBIGUOUS["/"]):
            yield f"# {guess.ours} = {guesses.toml_text(guesses.dated(guess.theirs, style, reading.times))}"
    if guess.ours == "mrr" and (many := guesses.pieces(export.sample)):
        yield f"# Taken for the amount of all; if {_line(guess.theirs)} is for one, multiply it by {_line(many)}."
    if not guess.is_needless:
        yield f"{guess.ours} = {guesses.toml_text(guess.expression)}{_remark(guess, reading)}"


def _remark(guess: guesses.Guess, reading: guesses.Reading) -> str:
    """What a reader should look at twice: how values are read, a name that is only similar, other candidates."""
    said = []
    if guess.beside:
        said.append(guess.why)
    elif guess.expression != guess.theirs:
        style = _STYLES.get(reading.dates) or _STYLES.get(reading.numbers)
        said.append(
            f"read as {style}; what cannot be read stays as it is, to be named" if style else "brought to our form"
        )
    if guess.why == "a similar name":
        said.append("only a similar name: check it")
    if guess.others:
        said.append(f"or: {', '.join(map(_line, guess.others[:3]))}")
    return f"  # {'; '.join(said)}" if said else ""


def _absent(table: str, column: str, columns: dict[str, guesses.Guess], sample: pd.DataFrame) -> list[str]:
    """A required column that no column looks like: what can stand in for it, or a line to fill in."""
    if (table, column) in _STAND_INS and "account_id" in columns:
        other, said = _STAND_INS[table, column]
        return [f"{column} = {guesses.toml_text(columns[other].expression)}  # no column looks like it: {said}"]
    if column == "line_id":
        return ['line_id = "row_number() over ()"  # no column looks like it: the lines are counted']
    if column == "segment":
        return [f"segment = {guesses.toml_text(_ONE_SEGMENT)}  # no column looks like it: all accounts are in one"]
    if column == "currency" and (code := _currency(columns, sample)):
        return [f"currency = \"'{code}'\"  # no column holds it, but the amounts or their name do"]
    example = _EXAMPLES.get(column, '"…"')
    return [f"# {column} = {example}  (needed, and no column looks like it: write what it is, and take away the #)"]


def _currency(columns: dict[str, guesses.Guess], sample: pd.DataFrame) -> str:
    if "mrr" not in columns:
        return ""
    theirs = columns["mrr"].theirs
    named = [word.upper() for word in guesses.words(theirs) if word in guesses.CURRENCIES]
    return named[0] if named else _CODES.get(guesses.read(sample[theirs]).symbol, "")


def _reporting(export: Export, columns: dict[str, guesses.Guess]) -> str:
    """The currency that a header such as `Rate to EUR` names, else the one that no row of the rates brings to it."""
    said = [
        word.upper() for name in export.sample.columns for word in guesses.words(name) if word in guesses.CURRENCIES
    ]
    foreign = set(export.sample[columns["currency"].theirs].dropna()) if "currency" in columns else set()
    left = [code for code in (*said, "USD", "EUR") if code not in foreign]
    return left[0] if left else "USD"


def _accounts_of(export: Export, columns: dict[str, guesses.Guess], is_file: bool) -> Iterator[str]:
    """Where no file holds the accounts: one account for each customer of the subscriptions."""
    theirs = columns["account_id"].theirs if "account_id" in columns else "account_id"
    name = '"' + theirs.replace('"', '""') + '"'
    place = "'" + export.origin.replace("'", "''") + "'" if is_file else '"' + export.origin.replace('"', '""') + '"'
    chosen = f"{name} as account_id, {name} as name, {_ONE_SEGMENT} as segment"
    query = f"select distinct {chosen} from {place} where {name} is not null"
    yield from (
        "",
        "# No file looks like accounts: the customers who pay stand in for them.",
        "[tables.accounts]",
        f"sql = {guesses.toml_text(query)}",
    )


def _line(name: object) -> str:
    """A name of the source in a comment: on one line, without what nobody sees."""
    return formats.visible(" ".join(str(name).split()))
