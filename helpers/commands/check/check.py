"""`python -m helpers check`: what a source holds and lacks, what is wrong, and what is suspicious, in plain words."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from helpers import cohorts, formats, sources
from helpers.commands import files, needs
from helpers.commands.check import doubts, start
from helpers.commands.check.findings import Seen, TableSeen, lines
from helpers.commands.check.guesses import core, readings
from helpers.commands.check.guesses.expressions import expression, toml_line
from helpers.errors import NoRoom, Refused, Unmatched, printable
from helpers.ledger import invoices, movements
from helpers.sources import Tables, schema, settings
from helpers.sources.contract import Fault
from helpers.sources.settings import TableSettings

NOTEBOOKS = sources.ROOT / "notebooks"
PAGE = sources.ROOT / "reports" / "check.html"
_SAMPLE_ROWS = 500


def check(source: Path, say: Callable[[str], None] = print, page: Path | None = None) -> bool:
    """Say what is there, what is missing, what is wrong and what is suspicious; True when nothing is wrong.

    `page`: a file to write the same to, as HTML. Raises `Refused` where the source, or one of its tables, cannot be
    read; of the other tables everything is said before.
    """
    seen = walk(source, date.today())
    return tell(seen, lines(seen), lambda: as_page(seen), say, page)


def tell(
    seen: Seen, told: Iterable[str], html: Callable[[], str], say: Callable[[str], None], page: Path | None
) -> bool:
    """Say it line by line and write it as a page, where there is to be one; whether a report can be made."""
    for line in told:
        say(printable(line))
    if page:
        files.write(page, html())
        say(str(page))
    if seen.unmatched:
        raise Refused(f"{seen.source}: {seen.verdict}")
    return seen.is_good


def located(place: Path) -> Path:
    """The source file that is meant: itself, or the `source.toml` of a folder; a folder without one is itself."""
    return place / start.SOURCE if (place / start.SOURCE).is_file() else place


def walk(source: Path, today: date) -> Seen:
    """Everything there is to say of a source: a fault in one table does not keep the others from being looked at."""
    tables, refused, suggested = connected(source)
    faults, unread = [], {}
    for name in tables.names:
        try:
            faults += tables.faults(name)
        except NoRoom:
            raise
        except Refused as error:
            unread[name] = error
    tables, refused = tables.without(*unread), refused | unread
    # What no column was suggested for is named as missing already.
    left = {name: [ours for ours, text in columns.items() if text == "null"] for name, columns in suggested.items()}
    faults = [_with_line(tables, fault) for fault in faults if fault.column not in left.get(fault.table, ())]
    is_whole = not (refused or faults) and tables.has(*schema.REQUIRED_TABLES)
    if is_whole:
        tables = tables.at(tables.default_period(today))
        covers = f"The data covers {tables.coverage}, in {tables.currency}."
    cube = movements.cube(tables) if is_whole else None  # the dearest query of a check is asked once
    # A table without its amounts or days would only raise doubts that are none.
    half_empty = [] if is_whole else [name for name, columns in left.items() if set(columns) - {"currency"}]
    try:
        found = doubts.found(tables.without(*half_empty) if half_empty else tables, today, is_whole, cube)
    except Refused as error:
        if not faults or isinstance(error, NoRoom):
            raise
        found = []  # a fault that is named already, as an endless day, keeps them from being asked
    return Seen(
        source=source,
        company=tables.settings.name,
        tables=(*_tables(tables, is_whole, refused, suggested, {fault.table for fault in faults}), *_reference(source)),
        faults=tuple(faults),
        doubts=(*doubts.open_asks(source), *found),
        covers=f"{covers} A report without a period shows {tables.period}." if is_whole else "",
        billing=tuple(invoices.lines(tables)) if is_whole and tables.has("invoices") else (),
        identities=tuple(broken_identities(tables, cube)) if is_whole else None,
        # What is named as broken counts as fixed: what it says is what one will get.
        notebooks=tuple(outlooks((*tables.names, *refused))),
    )


def _reference(source: Path) -> list[TableSeen]:
    """The frozen reference beside a source, where it cannot be read: page 30 would fail on it."""
    from helpers.remorse import reference  # a third of a second, which the report's own question need not wait for

    try:
        reference.read(source)
    except Refused as error:
        return [TableSeen(reference.path(source).name, "unmatched", problem=str(error))]
    return []


def suspicions(tables: Tables, today: date) -> tuple[doubts.Doubt, ...]:
    """What is doubtful about the source of a report: open guesses first, then what is odd about revenue, then the rest.

    `tables` as `sources.open` gives them; `today`: no row can be dated later.
    """
    source = tables.settings.file
    found = doubts.found(tables.without().at(tables.period), today)
    return (*doubts.open_asks(source), *sorted(found, key=lambda doubt: doubt.table not in core.REVENUE))


def _with_line(tables: Tables, fault: Fault) -> Fault:
    """The fault with a line to paste in its fix, where the column's values show how they are written."""
    gap, theirs = f'{fault.column} = "…"', tables.mapped(fault.table).columns.get(fault.column) or ""
    if tables.settings.kind != "files" or gap not in fault.way_out or not theirs.startswith('"'):
        return fault
    rows = f"_raw_{fault.table} where {theirs} is not null limit {_SAMPLE_ROWS}"
    values, name = tables.uncut(f"select {theirs} as text from {rows}")["text"], theirs.strip('"')
    said = expression(fault.table, fault.column, name, readings.read(values))
    line = gap if said == name else toml_line(fault.column, said)
    return replace(fault, way_out=fault.way_out.replace(gap, line))


def connected(source: Path) -> tuple[Tables, dict[str, Refused], dict[str, dict[str, str]]]:
    """The tables that can be read, as suggested where the source file does not match; why not; what was suggested."""
    suggested: dict[str, dict[str, str]] = {}
    # How a date or an amount is read otherwise is written in the words of DuckDB alone.
    has_words = settings.read(source).kind == "files"

    def remap(table: TableSettings, error: Unmatched, run: Callable[[str], pd.DataFrame]) -> TableSettings:
        sample = run(f"select * from {error.relation} limit {_SAMPLE_ROWS}")
        found = core.columns(table.name, sample)
        texts = dict.fromkeys(error.missing, "null")
        for ours, guess in found.items():
            is_new = ours in error.missing or not (guess.is_needless or ours in table.columns)
            if is_new and (has_words or not guess.beside):
                texts[ours] = guess.expression if has_words else guess.theirs
        suggested[table.name] = {ours: texts[ours] for ours in schema.TABLES[table.name].columns if ours in texts}
        return replace(table, columns=table.columns | suggested[table.name])

    tables, refused = sources.connect_each(source, remap)
    return tables.without(), refused, suggested


def _tables(
    tables: Tables, is_whole: bool, refused: dict[str, Refused], suggested: dict, broken: set[str]
) -> list[TableSeen]:
    n_all = tables.n_rows(uncut=True) if tables.names else {}
    n_seen = tables.n_rows() if is_whole else n_all
    found = []
    for name in schema.TABLES:
        rows = _rows(name, n_seen[name], n_all[name], tables) if name in n_all else ""
        if name in refused:
            paste = _to_paste(name, suggested.get(name, {}))
            is_optional = name not in (*schema.REQUIRED_TABLES, *core.REVENUE)
            leave = f" It is optional: without [tables.{name}] the rest is read." if is_optional else ""
            found.append(TableSeen(name, "unmatched", rows if paste else "", f"{refused[name]}{leave}", paste))
        elif name in broken:
            told = f"{rows}; breaks the contract, see below"
            found.append(TableSeen(name, "broken", told, paste=_also_there(tables, name)))
        elif name in n_all:
            found.append(TableSeen(name, "read", rows, paste=_also_there(tables, name)))
        # What replaces another table, or is of use only beside it, is not missing.
        elif name in schema.CORE and not schema.is_given(name, (*n_all, *refused)):
            found.append(TableSeen(name, "absent"))
    return found


def _to_paste(name: str, columns: dict[str, str]) -> tuple[str, ...]:
    gap = '# {} = "…"  # no column looks like it'
    written = [gap.format(ours) if text == "null" else toml_line(ours, text) for ours, text in columns.items()]
    return (f"[tables.{name}.columns]", *written) if written else ()


def _also_there(tables: Tables, name: str) -> tuple[str, ...]:
    """Optional columns of ours that the source seems to have under names that the source file does not give."""
    mapped = tables.mapped(name)
    if not mapped.absent:
        return ()
    used = {theirs.strip('"') for theirs in mapped.columns.values() if theirs}
    sample = tables.uncut(f"select * from _raw_{name} limit {_SAMPLE_ROWS}")
    free = [column for column in sample.columns if not any(column in theirs for theirs in used)]
    guesses = {ours: each for ours, each in core.columns(name, sample[free]).items() if ours in mapped.absent}
    return tuple(toml_line(ours, guess.expression) for ours, guess in guesses.items() if not guess.is_needless)


def _rows(name: str, n_rows: int, n_all: int, tables: Tables) -> str:
    """How many rows a report sees; the others are later than its period, or of accounts without a subscription."""
    if n_rows == n_all:
        return formats.plural(n_rows, "row")
    why = "no subscription by then" if name == "accounts" else "later, or of an account without a subscription by then"
    return f"{formats.count(n_rows)} of {formats.plural(n_all, 'row')} as of {tables.as_of} (others: {why})"


def outlooks(present: tuple[str, ...], folder: Path = NOTEBOOKS) -> list[tuple[str, str]]:
    """Each notebook of the pack and what it will do with these tables; one that states no needs is left out."""
    read_from = [name for name in schema.IN_PLACE_OF if schema.is_given(name, present)]
    found = []
    for path in sorted(folder.glob("[1-9][0-9]_*.ipynb")):
        try:
            stated = needs.read(path)
            found += [(path.stem, stated.outlook((*present, *read_from)))] if stated else []
        except Refused as error:  # a slip in a notebook says nothing of the data
            found.append((path.stem, f"does not say what it needs: {error}"))
    return found


def as_page(seen: Seen) -> str:
    """What was seen of a source, as a page."""
    from helpers.commands import html  # costs a quarter of a second that a check without a page need not pay

    head = {"title": "What check says", "period": seen.source.name, "as_of": "", "company": seen.company}
    return formats.visible(html.page("check.html.j2", seen=seen, **head))


def refuse_foreign(page: Path) -> None:
    """`Refused` where another file than a page of ours has the name that a page is to have."""
    if page != PAGE and page.exists() and not files.is_page(page):
        raise Refused(f"--html {page}: not a page of this program, so it is not overwritten; choose another name")


def freeze_reference(source: Path, replace: bool = False, say: Callable[[str], None] = print) -> Path:
    """Write `reference.csv` beside a source: every account past its cut-off, as of the last complete month.

    Raises `Refused` where there is one already, unless `replace` is set, and where no account shows a signal.
    """
    from helpers import remorse

    tables = sources.open(source)
    found = remorse.signals.read(tables)
    file = remorse.reference.write(source, remorse.scores.freeze(found, tables.as_of), replace)
    n = formats.plural(len(found.accounts), "account")
    say(f"{file}: the driver scores are measured against {n} as of {tables.as_of} from now on")
    return file


def broken_identities(tables: Tables, cube: pd.DataFrame | None = None) -> list[str]:
    """The identities of the data model that do not hold, in plain words; empty when all do. `cube`, if read already."""
    cube = movements.cube(tables) if cube is None else cube
    monthly = movements.by_month(cube, tables.coverage.first_month, tables.period.last)
    signs = {"opening": 1, "new": 1, "reactivation": 1, "expansion": 1, "contraction": -1, "churn": -1}
    sums = sum(sign * monthly[f"{name}_cents"] for name, sign in signs.items())
    off = monthly.loc[sums != monthly["closing_cents"], "month"]
    found = [f"{month:%Y-%m}: opening and movements do not add up to closing MRR" for month in off]
    today = movements.moved(tables, tables.period.opening, tables.period.last)["closing_cents"].sum()
    if today != (closing := monthly["closing_cents"].iloc[-1]):
        found.append(f"the accounts' MRR adds up to {today} cents, the movements to {closing}")
    cells = cohorts.triangle(cube, tables.period.last, "net_revenue")
    along = cohorts.diagonals(cells).merge(monthly, on="month", validate="one_to_one")
    off = along.loc[along["cents"] != along["closing_cents"], "month"]
    found += [f"{month:%Y-%m}: the cohorts' revenue does not add up to MRR" for month in off]
    return found + (invoices.broken(invoices.reconciliation(tables)) if tables.has("invoices") else [])
