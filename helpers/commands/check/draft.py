"""The text of a first source file: a section a table, a line a column, and `# ?` where a person has to decide.

Every line is a guess by names and contents. A suggested line follows `# ` and is TOML without it; a
remark on it follows a `#` of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.commands.check import guesses
from helpers.commands.check.doubts.core import Doubt
from helpers.commands.check.guesses.exports import Export
from helpers.errors import printable
from helpers.sources import schema, shapes
from helpers.sources.dialects import DUCKDB, literal

Matched = dict[str, tuple[Export, dict[str, guesses.Guess]]]
_OPEN = re.compile(r"^# \? (\w+)\.(\w+): (.+)$", re.MULTILINE)
# Where no column was found, what can be read instead without changing a number.
_INSTEAD = {
    ("accounts", "name"): ("account_id", "the id is read for it"),
    ("subscriptions", "subscription_id"): ("account_id", "the account is read for it"),
}
_EXAMPLES = {"currency": "\"'USD'\"", "survey": "\"'nps_relationship'\"", "item": "\"'recommend'\""}
_ONE_SEGMENT = "'one segment'"


@dataclass(frozen=True)
class Ask:
    """Something that a person has to decide about a column of ours, since the numbers depend on it."""

    table: str
    column: str
    says: str

    def __str__(self) -> str:
        return f"# ? {self.table}.{self.column}: {line(self.says)}"


def open_asks(file: Path) -> list[Doubt]:
    """What a source file still asks: its lines `# ? table.column: …`, each a doubt until somebody takes it out."""
    return [
        Doubt(
            file.name,
            table,
            column,
            f"a guess is open: {says}",
            0,
            (),
            "every number of the report rests on it",
            f"decide, write it under [tables.{table}], and take out the line that begins with `# ? {table}.{column}`",
        )
        for table, column, says in _OPEN.findall(file.read_text(encoding="utf-8"))
        if table in schema.TABLES
    ]


def asks(matched: Matched) -> Iterator[Ask]:
    """What has to be decided, table by table."""
    for table, (export, columns) in matched.items():
        if len(export.same) > 1:
            files = " and ".join(export.same)
            says = f"{files} hold the same rows: only {export.origin} is read; write the one that is meant"
            yield Ask(table, schema.key(table)[0], says)
        if export.rivals:
            others = " and ".join(export.rivals)
            says = f"{others} would be {table} as well, and nothing reads it: only {export.place} is read"
            yield Ask(table, schema.key(table)[0], says)
        for ours, guess in columns.items():
            yield from (Ask(table, ours, says) for says in guess.asks)
        if table in guesses.REVENUE:
            yield from _asks_of_revenue(table, export, columns)


def _asks_of_revenue(table: str, export: Export, columns: dict[str, guesses.Guess]) -> Iterator[Ask]:
    if footer := [key for key in export.keys if key.startswith("footer")]:
        yield Ask(
            table, schema.key(table)[0], f"lines at the end of {export.origin} are left out ({footer[0]}): check them"
        )
    for ours, declared in schema.TABLES[table].columns.items():
        if ours not in columns and (near := _near(table, ours, columns, export)):
            yield Ask(table, ours, f"{'needed, and ' if declared.required else ''}no column is read for it; {near}")
    if dead := _left_out(table, export, columns):
        yield Ask(table, schema.key(table)[0], f"{every_row(dead)}, take away the # of the line with `where`")
    dates, _ = unused_kinds(table, export, columns)
    if table == "subscriptions" and "ends_on" not in columns and dates:
        yield Ask(table, "ends_on", f"no column is read for the end; is it {' or '.join(dates)}? Nobody ever leaves")
    yield from _asks_of_unused(table, export, columns, dates)
    if table == "mrr" and "currency" not in columns and not _currency(export, columns):
        yield Ask(table, "currency", "no column holds it: USD is written under [source]; write the one that is meant")
    if table == "mrr" and not of_what_time(export, columns):
        says = 'nothing says whether amounts are of a month or of a year: MRR is read; for ARR, write amounts = "arr"'
        yield Ask(table, "mrr", says)
    if table == "invoices" and "invoice_id" not in columns:
        yield Ask(table, "invoice_id", f"each row of {export.origin} is read as an invoice of one month; is it?")


def _asks_of_unused(table: str, export: Export, columns: dict[str, guesses.Guess], dates: list[str]) -> Iterator[Ask]:
    """What columns that nothing reads say of those that are read: a discount, a trial, a state of what is over."""
    amount = "amount" if table == "invoices" else "mrr"
    readings = {line(name): guesses.read(export.sample[name]) for name in _free(export, columns)}
    amounts = [name for name, each in readings.items() if each.numbers and each.labels - {"0", "0.0", "0.00"}]
    is_net = amount in columns and {"net", "subtotal", "sub", "excl"} & set(guesses.words(columns[amount].theirs))
    for listed, names, column, says in (
        ("taken_off", amounts, amount, "is not taken off: is the amount after it?"),
        ("tax", [] if is_net else amounts, amount, "is not taken off: is the amount without it?"),
        ("trial", dates, "starts_on", "is not read: if nothing is paid until then, read it for the start"),
        ("pause", dates, amount, "is not read, and what is paused counts: is it paid?"),
    ):
        if found := [name for name in names if guesses.listed(listed) & set(guesses.words(name))]:
            yield Ask(table, column, f"{found[-1]} {says}")
    once = [] if table == "mrr" or "kind" in columns else guesses.once(export.sample, _free(export, columns))
    for name, labels in once:
        says = f"{line(name)} says {line(', '.join(labels))}: what is paid once is no MRR, and counts as a month"
        yield Ask(table, amount, f"{says}; leave it out with `where`" + " or map `kind`" * (table == "invoices"))
    if table == "subscriptions" and {"starts_on", "ends_on"} <= set(columns):
        starts, ends = (columns[ours].theirs for ours in ("starts_on", "ends_on"))
        for name, labels in guesses.goes_on(export.sample, _free(export, columns), starts, ends).items():
            says = f"rows are over by {line(ends)} whose {line(name)} says {line(', '.join(labels))}"
            yield Ask(table, "ends_on", f"{says}: if only a term is over, leave {line(ends)} empty for them")


def of_what_time(export: Export, columns: dict[str, guesses.Guess]) -> str:
    """`arr` or `mrr`, as the column of the amounts, the name and title of the whole, or any column says; else empty.

    Above months across, `mrr` is our own word, and no column of the sheet.
    """
    is_across = "months_across = true" in export.keys
    theirs = columns["mrr"].theirs if "mrr" in columns and not is_across else ""
    others = " ".join(name for name in map(str, export.sample.columns) if not (is_across and name == "mrr"))
    return next(filter(None, map(guesses.of_what_time, (theirs, export.said, f"{export.said} {others}"))), "")


def unused_kinds(table: str, export: Export, columns: dict[str, guesses.Guess]) -> tuple[list[str], list[str]]:
    """The columns of dates and of amounts that nothing reads."""
    readings = {name: guesses.read(export.sample[name]) for name in _free(export, columns)}
    dates = [line(name) for name, reading in readings.items() if reading.dates and reading.n]
    amounts = [
        line(name)
        for name, reading in readings.items()
        if reading.numbers and not reading.dates and not reading.is_flag and (not reading.is_whole or _is_money(name))
    ]
    return dates, amounts


def _is_money(name: str) -> bool:
    words = set(guesses.words(name))
    return bool(words & (guesses.listed("per_year") | guesses.listed("per_month") | guesses.listed("maybe_money")))


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
        lines.append(f'currency = "{_currency(*matched["mrr"]) or "USD"}"')
    for table in schema.TABLES:
        if table in matched:
            lines += _section(table, *matched[table], [ask for ask in asks(matched) if ask.table == table])
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
    if table == "mrr" and (totals := _totals(export, columns)):
        yield f"where = {guesses.toml_text(totals)}  # totals are no customers"
    yield from map(str, open)
    if dead := _left_out(table, export, columns):
        yield f"# where = {guesses.toml_text(dead.where)}"
    lines = [each for guess in columns.values() for each in _column(table, export, guess)]
    for column, declared in schema.TABLES[table].columns.items():
        if column not in columns and declared.required:
            lines += _absent(table, column, columns, export)
    if lines:
        yield from (f"[tables.{table}.columns]", *lines)
    if unused := _free(export, columns):
        yield f"# Not used: {', '.join(map(line, unused))}"
    optional = [
        name for name, declared in schema.TABLES[table].columns.items() if name not in columns and not declared.required
    ]
    if optional:
        yield f"# Optional, and not found: {', '.join(optional)}"


def _totals(export: Export, columns: dict[str, guesses.Guess]) -> str:
    """The `where` that leaves out the rows of totals, which would count every customer twice; empty without one."""
    if "account_id" not in columns:
        return ""
    name = columns["account_id"].theirs
    labels = {str(each) for each in export.sample[name].dropna()}
    rows = sorted(each for each in labels if each.replace(":", "").strip().lower() in shapes.TOTALS)
    return " and ".join(f"{guesses.written(name)} is distinct from {literal(each)}" for each in rows)


def _free(export: Export, columns: dict[str, guesses.Guess]) -> list[str]:
    """The columns of an export that nothing reads."""
    used = {theirs for guess in columns.values() for theirs in (guess.theirs, *guess.beside)}
    return [name for name in export.sample.columns if name not in used]


def _left_out(table: str, export: Export, columns: dict[str, guesses.Guess]) -> guesses.LeftOut | None:
    """Rows that may be no revenue, where it is revenue that a table holds."""
    if table not in guesses.REVENUE:
        return None
    end = columns["ends_on"].theirs if "ends_on" in columns else ""
    return guesses.left_out(export.sample, _free(export, columns), end)


def every_row(dead: guesses.LeftOut) -> str:
    """What is said of rows that may be no revenue."""
    said = " and ".join(f"{line(name)} says ({', '.join(map(line, labels))})" for name, labels in dead.labels.items())
    return f"Every row counts whatever its {said}. To leave some out"


def _column(table: str, export: Export, guess: guesses.Guess) -> Iterator[str]:
    reading = guesses.read(export.sample[guess.theirs])
    is_date = schema.kind(table, guess.ours) in ("date", "month")
    if is_date and reading.dates in ("mixed", *guesses.AMBIGUOUS):
        is_mixed = reading.dates == "mixed"
        how = "the dates are written in several styles" if is_mixed else "day and month look alike"
        instead = "" if guess.is_needless else ", and take out the line after them"
        yield f"# {guess.theirs}: {how}: take away the # of one of these{instead}"
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
    return f"  # {'; '.join(said)}" if said else ""


def _absent(table: str, column: str, columns: dict[str, guesses.Guess], export: Export) -> list[str]:
    """A required column that no column looks like: what can be read instead, or a line to fill in."""
    if (table, column) in _INSTEAD and "account_id" in columns:
        other, said = _INSTEAD[table, column]
        return [f"{column} = {guesses.toml_text(columns[other].expression)}  # no column looks like it: {said}"]
    if column in ("line_id", "invoice_id"):
        return [f'{column} = "row_number() over ()"  # no column looks like it: the rows are counted']
    if column == "segment":
        return [f"segment = {guesses.toml_text(_ONE_SEGMENT)}  # no column looks like it: all accounts are in one"]
    if column == "currency" and (code := _currency(export, columns)):
        return [f"currency = \"'{code}'\"  # no column holds it, but the amounts or their name do"]
    near = _near(table, column, columns, export)
    seems = f"; {near}" if near else ""
    example = _EXAMPLES.get(column, '"…"')
    return [
        f"# {column} = {example}  # needed, and no column looks like it{seems}: write what it is, and take away the "
        "first #"
    ]


def _near(table: str, column: str, columns: dict[str, guesses.Guess], export: Export) -> str:
    """A column whose name fits, but whose values do not read as they should, in words."""
    near = [name for name in _free(export, columns) if guesses.is_known(table, column, name)]
    values = [str(value) for name in near[:1] for value in export.sample[name].dropna().unique()[:2]]
    return f"{line(near[0])} might be meant, but reads {line(', '.join(values))}" if near else ""


def _currency(export: Export, columns: dict[str, guesses.Guess]) -> str:
    amount = columns.get("mrr") or columns.get("amount")
    if amount is None:
        return ""
    symbol = guesses.read(export.sample[amount.theirs]).symbol
    code = guesses.SIGNS.get(symbol, symbol if symbol.isalpha() and len(symbol) == 3 else "")
    return guesses.currency(amount.theirs) or code or guesses.currency(export.said)


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


def line(name: object) -> str:
    """A name of the source in a comment: on one line, without what nobody sees."""
    return printable(" ".join(str(name).split()))
