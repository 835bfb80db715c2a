"""`python -m helpers check --start FOLDER`: a first source file, written from the exports that lie in a folder.

Every line of it is a guess by names and contents, for a person to read; what could not be guessed is in a comment.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from helpers.commands.check import draft, guesses
from helpers.commands.check.asks import Matched, asked_of, line, of_what_time, unread_kinds
from helpers.commands.check.guesses.exports import Export, exports
from helpers.errors import Refused, printable
from helpers.sources import months, schema

SOURCE = "source.toml"


def write(folder: Path, say: Callable[[str], None] = print, file: Path | None = None) -> Path:
    """Write `source.toml` into a folder of exports (or beside a .duckdb file), or to `file`; returns its path.

    Raises `Refused` where there is one already, and where nothing in the folder looks like subscriptions or invoices.
    """
    if not folder.exists():
        raise Refused(f"{folder}: no such folder")
    file = file or (folder if folder.is_dir() else folder.parent) / SOURCE
    if file.exists():
        raise Refused(
            f"{file} is there already and is never overwritten: check it with python -m helpers check --source {file}, "
            "or take it away first"
        )
    found = exports(folder)
    matched = match(found)
    if not revenue(matched):
        raise _nothing(folder, found, matched)
    is_database = folder.is_file() and folder.suffix.lower() in (".duckdb", ".db")
    place = folder if is_database or folder.is_dir() else folder.parent
    path = str(place) if file.parent != (place.parent if is_database else place) else place.name if is_database else "."
    with file.open("x", encoding="utf-8") as target:
        target.write(draft.text(path, matched, revenue(matched), _unused(found, matched)))
    for each in _told(found, matched):
        say(printable(f"  {each}"))
    say(f"{file}: written. Every line is a guess: read it, and correct it where it is wrong.")
    return file


def _nothing(folder: Path, found: list[Export], matched: Matched) -> Refused:
    seen = "".join(f"\n    {each}" for each in described(found, matched)) or "\n    no file of data"
    unread = any(export.problem.startswith("cannot be read") for export in found)
    rows = (
        "export one row a subscription (customer, start, end, monthly amount), one row an invoice line (customer, "
        "date, amount), or MRR by month (customers in rows and months across, or one row a customer and month)"
    )
    first = "correct what cannot be read, then start again" if unread else rows
    return Refused(
        f"{folder}: nothing here could be taken for subscriptions, invoice lines or MRR by month{seen}\n"
        f"    Fix: {first}; where they have names that are not known here, write {SOURCE} by hand, as data/README.md "
        "shows"
    )


def _told(found: list[Export], matched: Matched) -> Iterator[str]:
    """What was taken for what and what was not, for the terminal."""
    if "accounts" not in matched and revenue(matched) != "mrr":
        made_of = matched[revenue(matched)][0].place
        yield f"accounts ← made up from the customers of {made_of}, because no file looks like accounts"
    asks = list(asked_of(matched))
    for table, (export, columns) in matched.items():
        yield f"{table} ← {export.place}"
        yield from (f"  ? {ask.column}: {line(ask.says)}" for ask in asks if ask.table == table)
        if table in guesses.REVENUE:
            yield from _noted(table, export, columns)
    yield from (f"not used: {each}" for each in _unused(found, matched))


def _noted(table: str, export: Export, columns: dict[str, guesses.Guess]) -> Iterator[str]:
    for ours, guess in columns.items():
        reading = guesses.read(export.sample[guess.theirs])
        if reading.no_days and schema.kind(table, ours) == "date":
            yield f"  {ours}: read as empty in {line(guess.theirs)}: {', '.join(map(line, reading.no_days))}"
    for kind, columns_left in zip(("dates", "amounts"), unread_kinds(export, columns), strict=True):
        if columns_left:
            yield f"  {kind} that are not used: {', '.join(columns_left)}"


def _unused(found: list[Export], matched: Matched) -> list[str]:
    taken = {export.place for export, _ in matched.values()}
    return [each for export, each in zip(found, described(found, matched), strict=True) if export.place not in taken]


def match(found: list[Export]) -> Matched:
    """Our tables and the exports that look most like them, each used once, in the order of the schema."""
    scores = [(score, table, export) for export in found for table, score in _likely(export).items()]
    taken: dict[str, Export] = {}
    for _, table, export in sorted(scores, key=lambda row: (-row[0], row[1], row[2].place)):
        if table not in taken and not any(export is other for other in taken.values()):
            taken[table] = export
    if "subscriptions" in taken:
        # MRR is read from one of them only.
        taken.pop("invoices", None)
        taken.pop("mrr", None)
    if "mrr" in taken:
        taken.pop("invoices", None)
        others = [each.place for each in found if next(iter(_likely(each)), "") == "mrr" and each is not taken["mrr"]]
        taken["mrr"] = replace(_as_read(taken["mrr"]), rivals=tuple(others))
    matched = {
        table: (taken[table], guesses.columns(table, taken[table].sample, taken[table].said))
        for table in schema.TABLES
        if table in taken
    }
    if "mrr" in matched and of_what_time(*matched["mrr"]) == "arr":
        export, columns = matched["mrr"]
        matched["mrr"] = replace(export, keys=(*export.keys, 'amounts = "arr"')), columns
    if "accounts" in matched and (sold := revenue(matched)):
        matched["accounts"] = _keyed_as(*matched[sold], *matched["accounts"])
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
    scores = guesses.tables(export.name, export.sample, export.title)
    return {table: score for table, score in scores.items() if score >= guesses.LIKELY}


def _as_read(export: Export) -> Export:
    """MRR by month with the keys that say how it is held, and with months across as the rows that they become."""
    keys = guesses.keys(export.said, export.sample) or ()
    if "months_across = true" not in keys:
        return replace(export, keys=(*export.keys, *keys))
    head = next(iter(months.among(map(str, export.sample.columns))))
    title = f"{export.title} {head}".strip()
    return replace(export, keys=(*export.keys, *keys), sample=guesses.melted(export.sample), title=title)


def revenue(matched: Matched) -> str:
    """The table that MRR can be read from: subscriptions, or what is read in their place."""
    return next((name for name in guesses.REVENUE if name in matched), "")


def described(found: list[Export], matched: Matched | None = None) -> Iterator[str]:
    """Each export with what it looks like, a line each."""
    pairs = match(found) if matched is None else matched
    named = {export.place: table for table, (export, _) in pairs.items()}
    for export in found:
        if export.problem:
            yield f"{export.place}: {export.problem}"
        elif export.place in named:
            yield f"{export.place}: looks like {named[export.place]}"
        elif (like := next(iter(_likely(export)), "")) in pairs:
            yield f"{export.place}: looks like {like}, but {pairs[like][0].place} is taken for it"
        elif like in guesses.REVENUE and revenue(pairs):
            read = revenue(pairs)
            yield f"{export.place}: looks like {like}, but {read} are read, and MRR comes from one of the two"
        else:
            columns = ", ".join(map(line, list(export.sample.columns)[:8]))
            yield f"{export.place}: looks like none of our tables ({columns})"
