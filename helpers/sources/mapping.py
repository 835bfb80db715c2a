"""From the source's names to ours: the common table expressions that begin every query.

Three layers, so that a table of ours never reads itself and no alias repeats a column of the source:
`_raw_x` (the source's names), `_all_x` (our names and types, every row), `x` (only what was known at the cut-off).
Nothing is written to the source: no view, no temporary table. Their SQL is `mapping.sql`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from helpers.errors import Unmatched
from helpers.sources import months, pseudonyms, queries, schema, shapes
from helpers.sources.dialects import DUCKDB, Dialect
from helpers.sources.rates import Rates
from helpers.sources.refusals import text
from helpers.sources.schema.columns import OWN_TYPES, WORDS
from helpers.sources.settings import TableSettings
from helpers.sources.shapes import Shape

_SHARED = ("_events", "_levels", "_movements", "_starts", "_places")  # each after those that it reads
_BILLING_STEPS = ("_services", "_steps", "_billed", "_all_subscriptions")
_NARROW = re.compile(r"DECIMAL\((\d|1[0-8]),\d+\)")
_NAME, _LITERALS = re.compile(r"[A-Za-z_]\w*"), ("null", "true", "false", "current_date")
_OF_TEXT = re.compile(
    r"\b(?:regexp_full_match|regexp_replace|replace|translate|trim|lpad|try_strptime)\((\w+|\"[^\"]+\")[,)]"
)
# What `check --start` writes where accounts are the customers of another table, each once; nothing else goes on behind.
_ONCE = re.compile(r'(.+) qualify row_number\(\) over \(partition by ("(?:[^"]|"")+"|[A-Za-z_]\w*)\) = 1', re.DOTALL)


@dataclass(frozen=True)
class Mapped:
    """One table, ready to be read. `columns`: our column → an expression of the source, None where there is none.

    `exact`: amounts that the source keeps in a decimal of 18 digits or fewer. They are read as they stand, since wider
    ones cost the ledger a third of its time.
    `key`: that of the pseudonyms under which its customers are read; empty for their real names.
    `rates`: those at which amounts in a currency of their own are brought to the reporting currency.
    `types`: our column → the source's type of it, as far as the dialect of the source asks for it.
    `shape`: how rows of MRR are read, where they replace subscriptions.
    `notes`: what the report says of how the table was read.
    `first_row`: the row of the header in its file, for the rows that an error names.
    `is_large`: what has to look rows up in it is asked one thing at a time, since the memory is ours.
    """

    name: str
    place: str
    relation: str
    where: str
    columns: dict[str, str | None]
    exact: frozenset[str] = frozenset()
    key: str = ""
    dialect: Dialect = DUCKDB
    types: dict[str, str] = field(default_factory=dict)
    rates: Rates | None = None
    is_large: bool = False
    shape: Shape | None = None
    notes: tuple[str, ...] = ()
    first_row: int = 0

    @property
    def absent(self) -> frozenset[str]:
        """Our optional columns that the source does not have."""
        return frozenset(ours for ours, theirs in self.columns.items() if theirs is None)

    @property
    def is_across(self) -> bool:
        """Whether a row of the source is many of ours, all with its number in `_row`."""
        return bool(self.shape and self.shape.is_across)

    @property
    def rows(self) -> str:
        """The query of the rows that `where` leaves, in the source's own names; it may end in a comment.

        >>> print(Mapped("usage", "u.csv", "u", "n > 0 -- in use", {}).rows)
        select * from u where (n > 0 -- in use
        )
        """
        split = _ONCE.fullmatch(self.where)
        once = f" qualify row_number() over (partition by {split[2]}) = 1" if split else ""
        where = f" where ({split[1] if split else self.where}\n){once}" if self.where else ""
        return f"select * from {self.relation}{where}"

    def values(self) -> dict[str, str]:
        """Our column → the SQL of its value: in our type and the reporting currency, and under its pseudonym."""
        found = {ours: theirs if ours in self.exact else typed(self, ours) for ours, theirs in self.columns.items()}
        kinds = {ours: schema.kind(self.name, ours) for ours in found}
        if self.rates and self.rates.opening and self.name != "rates" and "currency" in found:
            amounts = [ours for ours, kind in kinds.items() if kind == "money"]
            found |= {ours: self.rates.amount(found[ours], found["currency"]) for ours in amounts}
            found["currency"] = self.rates.code(found["currency"])
        if self.key:
            about, account = (self.key, self.name), found.get("account_id", "")
            found = {ours: pseudonyms.column(*about, ours, kinds[ours], sql, account) for ours, sql in found.items()}
        return found


def plain_columns(settings: TableSettings, available: Iterable[str]) -> list[str]:
    """The source columns that are read as they stand, so that their text can be kept as text (`00123`).

    So are those that a function of texts reads: 1.234 may be a thousand and more, which a number would not tell.

    >>> said = {"month": "ym", "account_id": "'A' || id", "mrr": "replace(fee, '.', '')"}
    >>> plain_columns(TableSettings("mrr", columns=said), ["ym", "id", "fee"])
    ['ym', 'fee']
    """
    asked = {settings.columns.get(ours, ours) for ours in schema.TABLES[settings.name].columns}
    asked |= set(months.among(available)) if settings.months_across else set()
    asked |= set(_OF_TEXT.findall(" ".join(settings.columns.values())))
    return [name for name in available if name in asked or f'"{name}"' in asked]


def resolve(
    settings: TableSettings,
    relation: str,
    available: dict[str, str],
    place: str,
    dialect: Dialect = DUCKDB,
    quoted: Callable[[str], str] | None = None,
) -> Mapped:
    """Match the columns of one table to the source's (name → type); `Refused` where one that is needed is missing.

    The type of an expression is not known here: the engine adds it to `types` where its dialect asks for it. `quoted`
    writes a name of the source where that is not the dialect's own way.
    """
    step = 1
    if settings.months_across:
        relation, available, step = shapes.across(relation, available, place, dialect, quoted)
    columns: dict[str, str | None] = {}
    missing, types = {}, {}
    for ours, declared in schema.TABLES[settings.name].columns.items():
        theirs = settings.columns.get(ours, ours)
        if theirs in available:
            columns[ours], types[ours] = dialect.quoted(theirs), available[theirs]
        elif ours in settings.columns and not (_NAME.fullmatch(theirs) and theirs.lower() not in _LITERALS):
            columns[ours] = f"({theirs}\n)" if "--" in theirs else f"({theirs})"
        elif ours in settings.columns or declared.required:
            missing[ours] = theirs
        else:
            columns[ours] = None
    if missing:
        raise _unmatched(settings.name, relation, missing, available, place)
    money = [ours for ours in types if schema.kind(settings.name, ours) == "money"]
    exact = frozenset(ours for ours in money if _NARROW.fullmatch(types[ours]))
    shape = Shape(settings.movements, settings.amounts == "arr", step, settings.months_across)
    about = {"dialect": dialect, "types": types, "shape": shape if settings.name == "mrr" else None}
    return Mapped(settings.name, place, relation, settings.where, columns, exact, **about)


def _unmatched(table: str, relation: str, missing: dict[str, str], available: dict[str, str], place: str) -> Unmatched:
    ours, theirs = next(iter(missing.items()))
    about = f" ({schema.TABLES[table].columns[ours].description})" if theirs == ours else ""
    alike = [name for name in available if theirs == ours and set(_words(name)) & set(_words(ours + about))]
    facts = {"place": place, "table": table, "column": theirs, "about": about, "ours": ours}
    facts["also"] = "".join(f", and so are {', '.join(others)}" for others in [list(missing.values())[1:]] if others)
    facts["looks"] = f"; {' and '.join(map(repr, alike[:2]))} may be it" if alike else ""
    message = text("unmatched", **facts, meant=(theirs, available))
    optional = "" if schema.is_needed(table) else text("unmatched_optional", table=table)
    return Unmatched(message + optional, relation, tuple(missing))


def _words(name: str) -> list[str]:
    """The words in a name that say what it holds; a company and a client are customers.

    >>> _words("Company-ID"), _words("starts_on (first day)")
    (['customer'], ['start', 'first', 'day'])
    """
    words = re.findall(r"[a-z]{3,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    same = {"company": "customer", "client": "customer", "account": "customer"}
    return [same.get(word, word.removesuffix("s")) for word in words if word not in WORDS["say_nothing"]]


def typed(mapped: Mapped, column: str) -> str:
    """The SQL of one of our columns, in our type.

    >>> typed(Mapped("usage", "u.csv", "u", "", {"month": '"ym"'}), "month")
    'try_cast("ym" as date)'
    """
    kind = schema.kind(mapped.name, column)
    if kind == "count" and is_own_type(mapped, column):
        return f"cast({mapped.columns[column]} as bigint)"
    theirs, source = mapped.columns[column], mapped.types.get(column, "")
    read = mapped.dialect.read(kind, theirs, source)
    # A level is one of a month, whichever day of it is named.
    is_level = mapped.shape and not mapped.shape.movements and column == "month"
    return f"cast(date_trunc('month', {read}) as date)" if is_level else read


def is_own_type(mapped: Mapped, column: str) -> bool:
    """Whether the source keeps a column in our own type: a date as a date, a count as a whole number.

    >>> is_own_type(Mapped("usage", "u", "u", "", {"month": '"ym"'}, types={"month": "DATE"}), "month")
    True
    """
    return mapped.types.get(column, "").upper() in OWN_TYPES.get(schema.kind(mapped.name, column), ())


def cut_layer(table: str, as_of: date, absent: frozenset[str] = frozenset(), joined: bool = False) -> str:
    """The rows and values of a table that were known on `as_of` (data model: what was known when).

    >>> print(cut_layer("changes", date(2026, 10, 31)))  # doctest: +ELLIPSIS
    changes as (select ... from _all_changes where detected_on <= date '2026-10-31' and account_id in (select ...))
    """
    columns = schema.TABLES[table].columns
    return queries.macros(__file__).known(table, schema.cut(table), columns, as_of.isoformat(), absent, joined)


def prelude(tables: dict[str, Mapped], query: str, as_of: date | None, levels: str = "") -> str:
    """`query` with the expressions it needs in front of it; `as_of=None` leaves out the cut (for the contract).

    `levels`: the table that holds what `_movements.sql` gives, where one was made before.
    """
    needed, shared = _needed(tables, query, as_of is not None, bool(levels))
    own, mrr = [name for name in needed if name in tables], tables.get("mrr")
    sql = queries.macros(__file__)
    steps = [layer(tables[name]) for layer in (sql.raw, sql.all) for name in own]
    # Millions of accounts are looked up twice otherwise: what names the levels joins the accounts to them.
    joined = {"accounts"} if {"_levels", "_movements"} & set(shared) else set()
    for name in needed:
        if name == "accounts" and mrr and name not in tables:
            lacked = [ours for ours, each in schema.TABLES[name].columns.items() if not each.required]
            absent = {ours: mrr.dialect.read(schema.kind(name, ours), None) for ours in lacked}
            steps.append(shapes.accounts(", ".join(f"{sql} as {ours}" for ours, sql in absent.items())))
        elif name not in tables:
            source = "mrr" if mrr else "invoices"
            steps += shapes.subscriptions(source if as_of else f"_all_{source}", mrr and mrr.shape)
        if as_of:
            absent = tables[name].absent if name in tables else frozenset()
            steps.append(cut_layer(name, as_of, absent, name in joined))
    made = {"_levels": f"select * exclude (is_first_loss) from {levels}", "_movements": f"select * from {levels}"}
    steps += [f"{name} as (\n{made[name] if levels and name in made else queries.text(name)})" for name in shared]
    if not steps:
        return query
    body = re.match(r"(?:\s|--[^\n]*\n)*with\s+", query, re.IGNORECASE)
    rest = f",\n{query[body.end() :]}" if body else f"\n{query}"
    return "with " + ",\n".join(steps) + rest


def _needed(tables: dict[str, Mapped], query: str, is_cut: bool, has_levels: bool) -> tuple[list[str], list[str]]:
    """The tables that a query reads, in the order in which they are built on each other, and its shared steps."""
    billed = next((name for name in schema.IN_PLACE_OF["subscriptions"] if name in tables), "")
    names = list(dict.fromkeys([*tables, "subscriptions"] if billed else tables))
    names += ["accounts"] * (billed == "mrr" and "accounts" not in tables)
    needed = {name for name in names if re.search(rf"\b(_raw_|_all_)?{name}\b", query)}
    # Whole words: service_starts_on is no call for _starts.
    shared = {name for name in _SHARED if re.search(rf"\b{name}\b", query)}
    if not has_levels:
        shared |= {"_events", "_levels"} if "_movements" in shared else {"_events"} if "_levels" in shared else set()
    if "_places" in shared:
        needed.add("accounts")
    if (is_cut and (needed or shared)) or any(re.search(rf"\b{step}\b", query) for step in _BILLING_STEPS):
        needed.add("subscriptions")
    if billed and needed & {"subscriptions", "accounts"} - set(tables):
        needed.add(billed)
    order = ["invoices", "mrr", "subscriptions", *names]
    return sorted(needed, key=order.index), sorted(shared, key=_SHARED.index)
