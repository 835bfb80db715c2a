"""`python -m helpers check --start FOLDER`: a first source file, written from the exports that lie in a folder.

Every line of it is a guess by names and contents, for a person to read; what could not be guessed is in a comment.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from helpers.commands.check.findings import template
from helpers.commands.check.guesses import core, names, readings
from helpers.commands.check.guesses.exports import Export, exports
from helpers.commands.check.matched import Match, Matched, line, match, revenue
from helpers.errors import Refused, printable
from helpers.sources import schema

SOURCE = "source.toml"
_NEEDED = (
    "export one row a subscription (customer, start, end, monthly amount), one row an invoice line (customer, "
    "date, amount), or MRR by month (customers in rows and months across, or one row a customer and month)"
)


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
    seen, read = list(described(found, matched)), revenue(matched)
    if not read:
        told = "".join(f"\n    {each}" for _, each in seen) or "\n    no file of data"
        is_unread = any(export.problem.startswith("cannot be read") for export in found)
        raise Refused(
            f"{folder}: nothing here could be taken for subscriptions, invoice lines or MRR by month{told}\n"
            f"    Fix: {'correct what cannot be read, then start again' if is_unread else _NEEDED}; where they have "
            f"names that are not known here, write {SOURCE} by hand, as data/README.md shows"
        )
    used = {each.export.place for each in matched.values()}
    unused = [told for place, told in seen if place not in used]
    left = [table for table in schema.CORE if table not in matched and table not in schema.REQUIRED_TABLES]
    asks = [ask for each in matched.values() for ask in each.asks]
    facts = {"matched": matched, "sold": matched[read], "asks": asks, "unused": unused, "left": left}
    facts |= {"tables": schema.TABLES, "how_read": _how_read, "reporting": _reporting, "path": _path(folder, file)}
    with file.open("x", encoding="utf-8") as target:
        target.write(template("draft.j2").render(facts))
    told = template("told.j2").render(facts).splitlines()
    for each in (*told, *(f"not used: {each}" for each in unused)):
        say(printable(f"  {each}"))
    say(f"{file}: written. Every line is a guess: read it, and correct it where it is wrong.")
    return file


def _path(folder: Path, file: Path) -> str:
    """Where the exports are, as seen from the source file."""
    is_database = folder.is_file() and folder.suffix.lower() in (".duckdb", ".db")
    place = folder if is_database or folder.is_dir() else folder.parent
    if file.parent != (place.parent if is_database else place):
        return str(place)
    return place.name if is_database else "."


def described(found: list[Export], matched: Matched) -> Iterator[tuple[str, str]]:
    """Each export's place, and in a line what it looks like."""
    named = {each.export.place: table for table, each in matched.items()}
    for export in found:
        like, read = next(iter(export.likely), ""), revenue(matched)
        says = export.problem
        if not says and export.place in named:
            says = f"looks like {named[export.place]}"
        elif not says and like in matched:
            says = f"looks like {like}, but {matched[like].export.place} is taken for it"
        elif not says and like in core.REVENUE and read:
            says = f"looks like {like}, but {read} are read, and MRR comes from one of the two"
        elif not says:
            says = f"looks like none of our tables ({', '.join(map(line, list(export.readings)[:8]))})"
        yield export.place, f"{export.place}: {says}"


def _how_read(reading: readings.Reading) -> str:
    """How the values of a column are brought to ours."""
    styles = (reading.dates, reading.numbers * (not reading.day_numbers), reading.day_numbers)
    style = next((names.STYLES[each] for each in styles if each in names.STYLES), "")
    return f"read as {style}; what cannot be read stays as it is, to be named" if style else "brought to our form"


def _reporting(rates: Match) -> str:
    """The currency that a header such as `Rate to EUR` names, else the one that no row of the rates brings to it."""
    words = [word for name in rates.export.readings for word in names.words(name)]
    said = [word.upper() for word in words if word in names.CURRENCIES]
    foreign = set(rates.export.sample[rates.theirs("currency")].dropna()) if "currency" in rates.columns else set()
    return next((code for code in (*said, "USD", "EUR") if code not in foreign), "USD")
