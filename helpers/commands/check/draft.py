"""The text of a first source file: a section a table, a line a column, and `# ?` where a person has to decide.

Every line is a guess by names and contents. A suggested line follows `# ` and is TOML without it; a
remark on it follows a `#` of its own.
"""

from collections.abc import Iterator

from helpers.commands.check import guesses
from helpers.commands.check.asks import (
    Ask,
    Matched,
    asked_of,
    currency_of,
    left_out,
    line,
    near,
    unread,
    without_totals,
)
from helpers.commands.check.guesses.exports import Export
from helpers.sources import schema
from helpers.sources.dialects import DUCKDB

# Where no column was found, what can be read instead without changing a number.
_INSTEAD = {
    ("accounts", "name"): ("account_id", "the id is read for it"),
    ("subscriptions", "subscription_id"): ("account_id", "the account is read for it"),
}
_EXAMPLES = {"currency": "\"'USD'\"", "survey": "\"'nps_relationship'\"", "item": "\"'recommend'\""}
_ONE_SEGMENT = "'one segment'"


def text(path: str, matched: Matched, revenue: str, unused: list[str]) -> str:
    """The whole file; `path` is where the exports are, as seen from it."""
    lines = [
        "# Where the data is. `python -m helpers check --start` wrote this: each line is a guess by names and content.",
        "# Exports of well-known tools have ready files to start from: data/mappings/ of the project.",
        "# Read it, correct it, and check it again. What each key and column means: data/README.md of the project.",
        "# A line that begins with `# ?` asks something: decide, and take it out. Until then `check` repeats it.",
        "",
        "[source]",
        'kind = "files"',
        f"path = {guesses.toml_text(path)}",
        "# The last day that the export covers; without it the month of the latest row counts as incomplete.",
        "# data_until = 2026-10-31",
        '# name = "…"  # your company, for the head of every page',
    ]
    if "rates" in matched:
        lines.append(
            f'currency = "{_reporting(*matched["rates"])}"  # what the rates bring amounts to, a guess: check it'
        )
    elif revenue == "mrr" and "currency" not in matched["mrr"][1]:
        lines.append(f'currency = "{currency_of(*matched["mrr"]) or "USD"}"')
    for table in schema.TABLES:
        if table in matched:
            lines += _section(table, *matched[table], [ask for ask in asked_of(matched) if ask.table == table])
        elif table == "accounts" and revenue != "mrr":
            lines += _accounts_of(*matched[revenue])
    left = [table for table in schema.CORE if table not in matched and table not in schema.REQUIRED_TABLES]
    if left:
        lines += ["", f"# No file looks like {', '.join(left)}. They are optional."]
    if unused:
        lines += ["", "# Files that are not used:", *("#   " + each.replace("\n", "\n#   ") for each in unused)]
    return "\n".join(lines) + "\n"


def _section(table: str, export: Export, columns: dict[str, guesses.Guess], open: list[Ask]) -> Iterator[str]:
    yield from ("", f"[tables.{table}]", f"from = {guesses.toml_text(export.origin)}")
    yield from _read_as(export)
    yield from (key for key in export.keys if not key.startswith(("sheet", "footer")))
    if totals := without_totals(table, export, columns):
        yield f"where = {guesses.toml_text(totals)}  # totals are no customers"
    yield from map(str, open)
    if dead := left_out(table, export, columns):
        # Both in one: a section has one line with `where`.
        yield f"# where = {guesses.toml_text(' and '.join(filter(None, (totals, dead.where))))}"
    lines = [each for guess in columns.values() for each in _column(table, export, guess)]
    for column, declared in schema.TABLES[table].columns.items():
        if column not in columns and declared.required:
            lines += _absent(table, column, columns, export)
    if lines:
        yield from (f"[tables.{table}.columns]", *lines)
    if unused := unread(export, columns):
        yield f"# Not used: {', '.join(map(line, unused))}"
    optional = [
        name for name, declared in schema.TABLES[table].columns.items() if name not in columns and not declared.required
    ]
    if optional:
        yield f"# Optional, and not found: {', '.join(optional)}"


def _column(table: str, export: Export, guess: guesses.Guess) -> Iterator[str]:
    reading = guesses.read(export.sample[guess.theirs])
    is_date = schema.kind(table, guess.ours) in ("date", "month")
    if is_date and reading.dates in ("mixed", *guesses.AMBIGUOUS):
        is_mixed = reading.dates == "mixed"
        how = "the dates are written in several styles" if is_mixed else "day and month look alike"
        instead = "" if guess.is_needless else ", and take out the line after them"
        yield f"# {line(guess.theirs)}: {how}: take away the # of one of these{instead}"
        for style in guesses.AMBIGUOUS.get(reading.dates, guesses.AMBIGUOUS["/"]):
            yield f"# {guess.ours} = {guesses.toml_text(guesses.dated(guess.theirs, style, reading.times, reading))}"
    if not guess.is_needless:
        yield f"{guess.ours} = {guesses.toml_text(guess.expression)}{_remark(guess, reading)}"


def _remark(guess: guesses.Guess, reading: guesses.Reading) -> str:
    """What a reader should look at twice: how values are read, a name that is only similar, other candidates."""
    said = [guess.why] if guess.beside else []
    if not guess.beside and guess.expression != guess.theirs:
        styles = (reading.dates, reading.numbers * (not reading.day_numbers), reading.day_numbers)
        style = next((guesses.STYLES[each] for each in styles if each in guesses.STYLES), "")
        said.append(
            f"read as {style}; what cannot be read stays as it is, to be named" if style else "brought to our form"
        )
    if reading.no_days and guess.expression != guess.theirs:
        said.append(f"read as empty: {', '.join(map(line, reading.no_days))}")
    if guess.why == "a similar name":
        said.append("only a similar name: check it")
    if guess.others:
        said.append(f"or: {', '.join(map(line, guess.others[:3]))}")
    return f"  # {line('; '.join(said))}" if said else ""


def _absent(table: str, column: str, columns: dict[str, guesses.Guess], export: Export) -> list[str]:
    """A required column that no column looks like: what can be read instead, or a line to fill in."""
    if (table, column) in _INSTEAD and "account_id" in columns:
        other, said = _INSTEAD[table, column]
        return [f"{column} = {guesses.toml_text(columns[other].expression)}  # no column looks like it: {said}"]
    if column in ("line_id", "invoice_id"):
        return [f'{column} = "row_number() over ()"  # no column looks like it: the rows are counted']
    if column == "segment":
        return [f"segment = {guesses.toml_text(_ONE_SEGMENT)}  # no column looks like it: all accounts are in one"]
    if column == "currency" and (code := currency_of(export, columns)):
        return [f"currency = \"'{code}'\"  # no column holds it, but the amounts or their name do"]
    fits = near(table, column, columns, export)
    seems = f"; {fits}" if fits else ""
    example = _EXAMPLES.get(column, '"…"')
    return [
        f"# {column} = {example}  # needed, and no column looks like it{seems}: write what it is, and take away the "
        "first #"
    ]


def _reporting(export: Export, columns: dict[str, guesses.Guess]) -> str:
    """The currency that a header such as `Rate to EUR` names, else the one that no row of the rates brings to it."""
    said = [
        word.upper() for name in export.sample.columns for word in guesses.words(name) if word in guesses.CURRENCIES
    ]
    foreign = set(export.sample[columns["currency"].theirs].dropna()) if "currency" in columns else set()
    left = [code for code in (*said, "USD", "EUR") if code not in foreign]
    return left[0] if left else "USD"


def _accounts_of(export: Export, columns: dict[str, guesses.Guess]) -> Iterator[str]:
    """Where no file holds the accounts: one account for each customer of the revenue, read from the same file."""
    key = columns["account_id"].theirs if "account_id" in columns else ""
    name = DUCKDB.quoted(key)
    once = f"{name} is not null qualify row_number() over (partition by {name}) = 1"
    yield from (
        "",
        "# No file looks like accounts: the customers who pay are read for them, a row each.",
        "[tables.accounts]",
        f"from = {guesses.toml_text(export.origin)}",
        *_read_as(export),
        *([f"where = {guesses.toml_text(once)}"] if key else ()),
        "[tables.accounts.columns]",
        *(f"{ours} = {guesses.toml_text(key)}" for ours in ("account_id", "name") if key and ours != key),
        f"segment = {guesses.toml_text(_ONE_SEGMENT)}",
    )


def _read_as(export: Export) -> Iterator[str]:
    """How a file is read, where that has to be said."""
    if export.encoding != "utf-8":
        yield f'encoding = "{export.encoding}"'
    yield from (key for key in export.keys if key.startswith(("sheet", "footer")))
