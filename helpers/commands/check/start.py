"""`python -m helpers check --start FOLDER`: a first source file, written from the exports that lie in a folder.

Every line of it is a guess by names and contents, for a person to read; what could not be guessed is in a comment.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from helpers.commands.check.findings import template
from helpers.commands.check.guesses import core, names
from helpers.commands.check.guesses.exports import Export, exports
from helpers.commands.check.matched import Match, Matched, match, revenue
from helpers.errors import Refused, printable
from helpers.sources import schema

SOURCE = "source.toml"


def write(folder: Path, say: Callable[[str], None] = print, file: Path | None = None) -> Path:
    """Write `source.toml` into a folder of exports (or beside a .duckdb file), or to `file`; returns its path.

    Raises `Refused` where there is one already, and where nothing in the folder looks like subscriptions or invoices.
    """
    if not folder.exists():
        raise Refused(f"{folder}: no such folder")
    file = file or (folder if folder.is_dir() else folder.parent) / SOURCE
    if file.exists():
        raise Refused(_words().there_already(file))
    found = exports(folder)
    matched = match(found)
    seen, read = list(described(found, matched)), revenue(matched)
    if not read:
        is_unread = any(export.problem.startswith("cannot be read") for export in found)
        raise Refused(_words().no_revenue(folder, seen, is_unread, SOURCE))
    used = {each.export.place for each in matched.values()}
    unused = [told for place, told in seen if place not in used]
    left = [table for table in schema.CORE if table not in matched and table not in schema.REQUIRED_TABLES]
    asks = [ask for each in matched.values() for ask in each.asks]
    facts = {"matched": matched, "sold": matched[read], "asks": asks, "unused": unused, "left": left}
    facts |= {"tables": schema.TABLES, "reporting": _reporting, "path": _path(folder, file)}
    with file.open("x", encoding="utf-8") as target:
        target.write(template("draft.j2").render(facts))
    told = template("told.j2").render(facts).splitlines()
    for each in (*told, *(f"not used: {each}" for each in unused)):
        say(printable(f"  {each}"))
    say(f"{file}: written. Every line is a guess: read it, and correct it where it is wrong.")
    return file


def _words():
    return template("start.j2").module


def _path(folder: Path, file: Path) -> str:
    """Where the exports are, as seen from the source file."""
    is_database = folder.is_file() and folder.suffix.lower() in (".duckdb", ".db")
    place = folder if is_database or folder.is_dir() else folder.parent
    if file.parent != (place.parent if is_database else place):
        return str(place)
    return place.name if is_database else "."


def described(found: list[Export], matched: Matched) -> Iterator[tuple[str, str]]:
    """Each export's place, and in a line what it looks like."""
    named, read = {each.export.place: table for table, each in matched.items()}, revenue(matched)
    for export in found:
        like = next(iter(export.likely), "")
        taken = matched[like].export.place if like in matched else ""
        rival = read if like in core.REVENUE else ""
        looks = _words().looks(export, named.get(export.place, ""), like, taken, rival)
        yield export.place, f"{export.place}: {looks}"


def _reporting(rates: Match) -> str:
    """The currency that a header such as `Rate to EUR` names, else the one that no row of the rates brings to it."""
    words = [word for name in rates.export.readings for word in names.words(name)]
    said = [word.upper() for word in words if word in names.CURRENCIES]
    foreign = set(rates.export.sample[rates.theirs("currency")].dropna()) if "currency" in rates.columns else set()
    return next((code for code in (*said, "USD", "EUR") if code not in foreign), "USD")
