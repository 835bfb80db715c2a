"""Which export is taken for which table of ours, what its columns say, and what a person has to decide about them."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from helpers.commands.check.guesses import core, names, readings, rows
from helpers.commands.check.guesses.exports import Export
from helpers.errors import printable
from helpers.formats.sentences import Sentences
from helpers.sources import months, schema

_ASKS = Path(__file__).with_name("asks.toml")


@dataclass(frozen=True)
class Ask:
    """Something that a person has to decide about a column of ours, since the numbers depend on it: a line `# ?`."""

    table: str
    column: str
    says: str

    def __str__(self) -> str:
        return f"# ? {self.table}.{self.column}: {line(self.says)}"


@dataclass(frozen=True)
class Match:
    """An export that is taken for a table of ours, and which of its columns for which of ours."""

    table: str
    export: Export
    columns: dict[str, core.Guess]

    @property
    def key(self) -> str:
        """The column of ours under which something is said of the whole table."""
        return schema.key(self.table)[0]

    @property
    def is_revenue(self) -> bool:
        """Whether MRR can be read from it."""
        return self.table in core.REVENUE

    def theirs(self, ours: str) -> str:
        """Their column that is read for one of ours, empty where there is none."""
        return self.columns[ours].theirs if ours in self.columns else ""

    def reading(self, ours: str) -> readings.Reading:
        """How the values read that a column of ours is read from."""
        return self.export.readings[self.theirs(ours)]

    @cached_property
    def unread(self) -> dict[str, readings.Reading]:
        """The columns of the export that nothing reads, with their values' readings."""
        used = {theirs for guess in self.columns.values() for theirs in (guess.theirs, *guess.beside)}
        return {name: reading for name, reading in self.export.readings.items() if name not in used}

    @property
    def dates(self) -> list[str]:
        """The columns of dates that nothing reads."""
        return [line(name) for name, reading in self.unread.items() if reading.dates and reading.n]

    @property
    def amounts(self) -> list[str]:
        """The columns of amounts that nothing reads."""
        money = names.listed("per_year") | names.listed("per_month") | names.listed("maybe_money")
        numbers = [name for name, each in self.unread.items() if each.numbers and not each.dates and not each.is_flag]
        return [line(name) for name in numbers if not self.unread[name].is_whole or money & set(names.words(name))]

    @property
    def missing(self) -> dict[str, bool]:
        """Our columns that no column of the export is read for, and whether the table says nothing without it."""
        declared = schema.TABLES[self.table].columns
        return {ours: each.required for ours, each in declared.items() if ours not in self.columns}

    def kind(self, ours: str) -> str:
        """What a column of ours holds: `date`, `month`, `money`."""
        return schema.kind(self.table, ours)

    def near(self, ours: str) -> str:
        """A column whose name fits, but whose values do not read as they should, in words."""
        fits = [name for name in self.unread if names.plain(name) in names.of_column(self.table, ours)]
        values = [str(value) for name in fits[:1] for value in self.export.sample[name].dropna().unique()[:2]]
        return f"{line(fits[0])} might be meant, but reads {line(', '.join(values))}" if fits else ""

    @cached_property
    def left_out(self) -> rows.LeftOut | None:
        """Rows that may be no revenue, where it is revenue that a table holds."""
        return rows.left_out(self.export.sample, self.unread, self.theirs("ends_on")) if self.is_revenue else None

    @property
    def states(self) -> str:
        """What columns of states say of the rows, in words."""
        labels = self.left_out.labels.items() if self.left_out else ()
        return " and ".join(f"{line(name)} says ({', '.join(map(line, each))})" for name, each in labels)

    @property
    def amount(self) -> str:
        """The column of ours that MRR is made of."""
        return "amount" if self.table == "invoices" else "mrr"

    def beside(self, kind: str) -> list[str]:
        """The last column beside the amount that nothing reads and that says of the amount what it is not, if any.

        `kind`: `taken_off` (a discount), `tax`, `fee`, `trial` or `pause`.
        """
        # Of very many different amounts no labels are kept.
        nothing = {"0", "0.0", "0.00"}
        numbers = {name: each.labels for name, each in self.unread.items() if each.numbers}
        amounts = [name for name, labels in numbers.items() if not labels or labels - nothing]
        is_net = bool(names.listed("net") & set(names.words(self.theirs(self.amount))))
        if (kind == "tax" and is_net) or (kind == "fee" and not (is_net and self.table == "invoices")):
            return []
        beside = self.dates if kind in ("trial", "pause") else map(line, amounts)
        return [name for name in beside if names.listed(kind) & set(names.words(name))][-1:]

    def saying(self, kind: str) -> list[tuple[str, str]]:
        """Columns that nothing reads and that say of rows that they are paid `once` or `by_use`, with their texts."""
        if self.table == "mrr" or "kind" in self.columns:
            return []
        return [(name, ", ".join(texts)) for name, texts in rows.saying(kind, self.export.sample, self.unread)]

    def of_terms(self, kind: str) -> list[tuple[str, str]]:
        """Columns that nothing reads and that say of terms that one which is over `goes_on` or one is `amended`."""
        columns = [self.theirs(ours) for ours in ("account_id", "starts_on", "ends_on")]
        if self.table != "subscriptions" or not all(columns):
            return []
        ask = {"goes_on": rows.goes_on, "amended": rows.amended}[kind]
        return [(name, ", ".join(labels)) for name, labels in ask(self.export.sample, self.unread, *columns)]

    @property
    def totals(self) -> str:
        """The `where` that leaves out rows of totals below a sheet of MRR; empty where there is none."""
        is_sheet = self.table == "mrr" and "account_id" in self.columns
        return rows.without_totals(self.export.sample, self.theirs("account_id")) if is_sheet else ""

    @property
    def currency(self) -> str:
        """The currency that the amounts, their column's name, or the title of the whole say; else empty."""
        if self.amount not in self.columns:
            return ""
        symbol = self.reading(self.amount).symbol
        code = names.SIGNS.get(symbol, symbol if symbol.isalpha() and len(symbol) == 3 else "")
        return names.currency(self.theirs(self.amount)) or code or names.currency(self.export.said)

    @property
    def of_what_time(self) -> str:
        """`arr` or `mrr`, as the amounts' column, the name and title of the whole, or any column says; else empty.

        Above months across, `mrr` is our own word, and no column of the sheet.
        """
        is_across = "months_across = true" in self.export.keys
        theirs = "" if is_across else self.theirs("mrr")
        others = " ".join(name for name in self.export.readings if not (is_across and name == "mrr"))
        texts = (theirs, self.export.said, f"{self.export.said} {others}")
        return next(filter(None, map(names.of_what_time, texts)), "")

    @cached_property
    def asks(self) -> list[Ask]:
        """What has to be decided."""
        words = Sentences(_ASKS, self)
        of_columns = [Ask(self.table, ours, says) for ours, guess in self.columns.items() for says in guess.asks]
        told = [words.files, words.revenue if self.is_revenue else []]
        files, revenue = ([Ask(self.table, *text.split(": ", maxsplit=1)) for text in texts] for texts in told)
        return [*files, *of_columns, *revenue]


Matched = dict[str, Match]


def match(found: list[Export]) -> Matched:
    """Our tables and the exports that look most like them, each used once, in the order of the schema."""
    scores = [(score, table, export) for export in found for table, score in export.likely.items()]
    taken: dict[str, Export] = {}
    for _, table, export in sorted(scores, key=lambda row: (-row[0], row[1], row[2].place)):
        if table not in taken and not any(export is other for other in taken.values()):
            taken[table] = export
    # MRR is read from one of them only.
    best = next((table for table in ("subscriptions", "mrr", "invoices") if table in taken), "")
    taken = {table: export for table, export in taken.items() if table not in core.REVENUE or table == best}
    if best == "mrr":
        rivals = [each.place for each in found if next(iter(each.likely), "") == "mrr" and each is not taken["mrr"]]
        taken["mrr"] = replace(_as_read(taken["mrr"]), rivals=tuple(rivals))
    guess = {table: core.columns(table, export.sample, export.said) for table, export in taken.items()}
    matched = {table: Match(table, taken[table], guess[table]) for table in schema.TABLES if table in taken}
    if best == "mrr" and matched["mrr"].of_what_time == "arr":
        export = taken["mrr"]
        matched["mrr"] = replace(matched["mrr"], export=replace(export, keys=(*export.keys, 'amounts = "arr"')))
    if "accounts" in matched and best:
        matched["accounts"] = _keyed_as(matched[best], matched["accounts"])
    return matched


def _as_read(export: Export) -> Export:
    """MRR by month with the keys that say how it is held, and with months across as the rows that they become."""
    keys = (*export.keys, *(rows.keys(export.said, export.sample) or ()))
    if "months_across = true" not in keys:
        return replace(export, keys=keys)
    title = f"{export.title} {next(iter(months.among(export.readings)))}".strip()
    return replace(export, keys=keys, sample=rows.melted(export.sample), title=title)


def _keyed_as(sold: Match, accounts: Match) -> Match:
    """The accounts by the column that holds the ids of the revenue: `Customer No`, though `Customer` looks likelier."""
    key, sample = accounts.columns.get("account_id"), accounts.export.sample
    if key is None or not sold.theirs("account_id"):
        return accounts
    ids = set(sold.export.sample[sold.theirs("account_id")].dropna().astype(str))
    names = (key.theirs, *key.others)
    held = next((name for name in names if ids & set(sample[name].dropna().astype(str))), key.theirs)
    if held == key.theirs:
        return accounts
    columns = core.columns("accounts", sample.drop(columns=[name for name in names if name != held]))
    columns.setdefault("name", replace(key, ours="name", others=()))
    return replace(accounts, columns=columns)


def revenue(matched: Matched) -> str:
    """The table that MRR can be read from: subscriptions, or what is read in their place."""
    return next((name for name in core.REVENUE if name in matched), "")


def line(name: object) -> str:
    """A name of the source in a comment: on one line, without what nobody sees."""
    return printable(" ".join(str(name).split()))
