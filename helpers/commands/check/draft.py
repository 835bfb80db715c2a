"""The text of a first source file, `draft.j2` filled with what was found in the exports."""

from helpers.commands.check.asks import asked_of
from helpers.commands.check.guesses import names, readings
from helpers.commands.check.matched import Match, Matched, revenue
from helpers.commands.check.templates import template
from helpers.sources import schema


def text(path: str, matched: Matched, unused: list[str]) -> str:
    """The whole file; `path` is where the exports are, as seen from it."""
    left = [table for table in schema.CORE if table not in matched and table not in schema.REQUIRED_TABLES]
    facts = {"path": path, "matched": matched, "unused": unused, "left": left, "tables": schema.TABLES}
    facts |= {"sold": matched[revenue(matched)], "open": asked_of(matched)}
    return template("draft.j2").render(facts, how_read=_how_read, reporting=_reporting)


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
