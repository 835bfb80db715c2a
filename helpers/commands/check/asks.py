"""What a first source file leaves for a person to decide, since the numbers depend on it: its lines `# ?`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.commands.check import guesses
from helpers.commands.check.doubts.core import Doubt
from helpers.commands.check.guesses.exports import Export
from helpers.errors import printable
from helpers.sources import schema

Matched = dict[str, tuple[Export, dict[str, guesses.Guess]]]
_OPEN = re.compile(r"^# \? (\w+)\.(\w+): (.+)$", re.MULTILINE)


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


def asked_of(matched: Matched) -> Iterator[Ask]:
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
            yield from _of_revenue(table, export, columns)


def _of_revenue(table: str, export: Export, columns: dict[str, guesses.Guess]) -> Iterator[Ask]:
    if footer := [key for key in export.keys if key.startswith("footer")]:
        yield Ask(
            table, schema.key(table)[0], f"lines at the end of {export.origin} are left out ({footer[0]}): check them"
        )
    for ours, declared in schema.TABLES[table].columns.items():
        if ours not in columns and (fits := near(table, ours, columns, export)):
            yield Ask(table, ours, f"{'needed, and ' if declared.required else ''}no column is read for it; {fits}")
    if dead := left_out(table, export, columns):
        other = ", and take out the other one" if without_totals(table, export, columns) else ""
        says = f"{every_row(dead)}, take away the # of the line with `where`{other}"
        yield Ask(table, schema.key(table)[0], says)
    dates, _ = unread_kinds(export, columns)
    if table == "subscriptions" and "ends_on" not in columns and dates:
        yield Ask(table, "ends_on", f"no column is read for the end; is it {' or '.join(dates)}? Nobody ever leaves")
    yield from _of_unread(table, export, columns, dates)
    if table == "mrr" and "currency" not in columns and not currency_of(export, columns):
        yield Ask(table, "currency", "no column holds it: USD is written under [source]; write the one that is meant")
    if table == "mrr" and not of_what_time(export, columns):
        says = 'nothing says whether amounts are of a month or of a year: MRR is read; for ARR, write amounts = "arr"'
        yield Ask(table, "mrr", says)
    if table == "invoices" and "invoice_id" not in columns:
        yield Ask(table, "invoice_id", f"each row of {export.origin} is read as an invoice of one month; is it?")


def _of_unread(table: str, export: Export, columns: dict[str, guesses.Guess], dates: list[str]) -> Iterator[Ask]:
    """What columns that nothing reads say of those that are read: a discount, a trial, a state of what is over."""
    amount = "amount" if table == "invoices" else "mrr"
    readings = {line(name): guesses.read(export.sample[name]) for name in unread(export, columns)}
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
    once = [] if table == "mrr" or "kind" in columns else guesses.once(export.sample, unread(export, columns))
    for name, labels in once:
        says = f"{line(name)} says {line(', '.join(labels))}: what is paid once is no MRR, and counts as a month"
        yield Ask(table, amount, f"{says}; leave it out with `where`" + " or map `kind`" * (table == "invoices"))
    if table == "subscriptions" and {"starts_on", "ends_on"} <= set(columns):
        starts, ends = (columns[ours].theirs for ours in ("starts_on", "ends_on"))
        for name, labels in guesses.goes_on(export.sample, unread(export, columns), starts, ends).items():
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


def unread_kinds(export: Export, columns: dict[str, guesses.Guess]) -> tuple[list[str], list[str]]:
    """The columns of dates and of amounts that nothing reads."""
    readings = {name: guesses.read(export.sample[name]) for name in unread(export, columns)}
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


def near(table: str, column: str, columns: dict[str, guesses.Guess], export: Export) -> str:
    """A column whose name fits, but whose values do not read as they should, in words."""
    near = [name for name in unread(export, columns) if guesses.is_known(table, column, name)]
    values = [str(value) for name in near[:1] for value in export.sample[name].dropna().unique()[:2]]
    return f"{line(near[0])} might be meant, but reads {line(', '.join(values))}" if near else ""


def unread(export: Export, columns: dict[str, guesses.Guess]) -> list[str]:
    """The columns of an export that nothing reads."""
    used = {theirs for guess in columns.values() for theirs in (guess.theirs, *guess.beside)}
    return [name for name in export.sample.columns if name not in used]


def left_out(table: str, export: Export, columns: dict[str, guesses.Guess]) -> guesses.LeftOut | None:
    """Rows that may be no revenue, where it is revenue that a table holds."""
    if table not in guesses.REVENUE:
        return None
    end = columns["ends_on"].theirs if "ends_on" in columns else ""
    return guesses.left_out(export.sample, unread(export, columns), end)


def without_totals(table: str, export: Export, columns: dict[str, guesses.Guess]) -> str:
    """The `where` that leaves out rows of totals below a sheet of MRR; empty where there is none."""
    key = columns.get("account_id") if table == "mrr" else None
    return guesses.without_totals(export.sample, key.theirs) if key else ""


def every_row(dead: guesses.LeftOut) -> str:
    """What is said of rows that may be no revenue."""
    said = " and ".join(f"{line(name)} says ({', '.join(map(line, labels))})" for name, labels in dead.labels.items())
    return f"Every row counts whatever its {said}. To leave some out"


def currency_of(export: Export, columns: dict[str, guesses.Guess]) -> str:
    """The currency that the amounts, their column's name, or the title of the whole say; else empty."""
    amount = columns.get("mrr") or columns.get("amount")
    if amount is None:
        return ""
    symbol = guesses.read(export.sample[amount.theirs]).symbol
    code = guesses.SIGNS.get(symbol, symbol if symbol.isalpha() and len(symbol) == 3 else "")
    return guesses.currency(amount.theirs) or code or guesses.currency(export.said)


def line(name: object) -> str:
    """A name of the source in a comment: on one line, without what nobody sees."""
    return printable(" ".join(str(name).split()))
