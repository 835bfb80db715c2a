"""What the source file should say for a column: its name, or how its values become ours (DuckDB's SQL).

An amount that is not yet that of a month, or of all pieces, becomes it by what the columns beside it say. The SQL is
that of `expressions.sql`, and what has to be asked that of `asks.toml`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.readings import Reading
from helpers.formats.sentences import Sentences
from helpers.sources import schema
from helpers.sources.dialects import DUCKDB, literal

ASKS = Path(__file__).with_name("asks.toml")
MOST = 0.9  # of the rows have an end: they are terms, not subscriptions of which some have ended


@cache
def sql():
    """The macros of `expressions.sql`."""
    import jinja2

    made = jinja2.Environment()
    made.filters["literal"] = literal
    made.globals |= {"ambiguous": names.AMBIGUOUS, "amounts": names.AMOUNTS, "from_numbers": names.FROM_NUMBERS}
    return made.from_string(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")).module


def expression(table: str, ours: str, theirs: str, reading: Reading, said: str = "") -> str:
    """What the source file should say for a column; `said`: what the name and the title of the whole say.

    What cannot be read that way stays as it is, so that the contract names it instead of taking it for empty.

    >>> from helpers.commands.check.guesses.readings import read
    >>> expression("subscriptions", "starts_on", "start", read(["10/31/2026"]))
    "coalesce(cast(cast(try_strptime(start, '%m/%d/%Y') as date) as varchar), start)"
    >>> expression("subscriptions", "mrr", "annual_fee", read(["1200"]))
    'coalesce(cast(try_cast(annual_fee as decimal(28, 10)) / 12 as varchar), cast(annual_fee as varchar))'
    >>> print(expression("subscriptions", "mrr", "fee", read(["1,200.50"])))  # doctest: +NORMALIZE_WHITESPACE
    case when regexp_full_match(fee, '([-+ ])*([0-9]+|[0-9]{1,3}([,][0-9]{3})+)([.][0-9]+)?( )*-?')
    then translate(regexp_replace(fee, '[^-(0-9.]', '', 'g'), '(.', '-.') else fee end
    """
    kind, it = schema.kind(table, ours), {"reading": reading, "name": written(theirs), "theirs": theirs}
    if kind in ("date", "month"):
        return sql().date(it)
    if kind == "money":
        words = set(names.words(theirs))
        is_yearly = words & names.listed("per_year") and f"{table}.{ours}" in ("subscriptions.mrr", "opportunities.mrr")
        it["by"] = 12 if is_yearly else 100 if words & {"cents", "cent"} else 1
        it["times"] = max(names.times(theirs), names.times(said))
        return sql().money(it | {"nothing": reading.no_amounts if (table, ours) == ("mrr", "mrr") else ()})
    if ours == "currency" and any(label != label.upper() and len(label) == 3 for label in reading.labels):
        return f"upper(trim({it['name']}))"
    choices = set(schema.TABLES[table].columns[ours].metadata["choices"])
    is_odd = kind == "choice" and reading.labels and not reading.labels <= choices
    if is_odd and choices & {"_".join(names.words(label)) for label in reading.labels}:
        return f"replace(replace(lower(trim({it['name']})), ' ', '_'), '-', '_')"
    return theirs


def dated(theirs: str, style: str, reading: Reading) -> str:
    """The expression for a column of dates in a style of strptime, also with a time of day in one of those that it has.

    >>> print(dated("Start Date", "%d/%m/%Y", Reading(1)))
    coalesce(cast(cast(try_strptime("Start Date", '%d/%m/%Y') as date) as varchar), "Start Date")
    """
    return sql().dated(sql().or_none(written(theirs), reading.no_days), style, reading.times)


def written(name: str) -> str:
    """A name of the source as an expression writes it: quoted where it has to be.

    >>> print(written("status"), written("Order Status"))
    status "Order Status"
    """
    return DUCKDB.named(name)


def toml_text(text: str) -> str:
    r"""A text as TOML writes it.

    >>> print(toml_text('try_cast("fee" as date)'))
    'try_cast("fee" as date)'
    >>> print(toml_text("a'b\n"))
    "a'b\n"
    """
    if "'" not in text and '"' in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    shown = (letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in escaped.replace("\n", "\\n"))
    return f'"{"".join(shown)}"'


def toml_line(ours: str, text: str) -> str:
    """The line of a source file that maps a column."""
    return f"{ours} = {toml_text(text)}"


def pieces(readings: Mapping[str, Reading], words: frozenset[str]) -> str | None:
    """The column, of one of these names, that says how many pieces a row is of, where it is more than one anywhere."""
    exact = [name for name in readings if names.plain(name) in words]
    named = [name for name in readings if words & set(names.words(name)) and readings[name].is_whole]
    return next((name for name in (*exact, *named) if _is_many(readings[name])), None)


def _is_many(reading: Reading) -> bool:
    return reading.n_distinct > 1 or bool(reading.labels - {"1", "1.0"})


def is_of_one(theirs: str) -> bool:
    """Whether a name says that an amount is that of one piece.

    >>> is_of_one("Unit Amount"), is_of_one("price_per_seat"), is_of_one("MRR per User"), is_of_one("price")
    (True, True, True, False)
    """
    said = set(names.words(theirs))
    is_piece = said & {"unit", "per", "each"} and not said & {"month", "year"}
    is_amount = said & (names.listed("maybe_money") | {"mrr"})
    return names.plain(theirs) in names.listed("unit_price") or bool(is_piece and is_amount)


def per_month(theirs: str, expression: str, readings: Mapping[str, Reading]) -> tuple[str, tuple[str, ...], list[str]]:
    """An amount that is billed by an interval of its own, brought to a month as a column beside it says.

    Returns its expression, the columns it reads besides, and what has to be asked; no columns where it is a month's.
    An amount whose interval is not known stays as it is, with the interval behind it, so that the contract names it.
    """
    known = {name: months for name in readings if (months := _known(readings[name]))}
    named = [name for name in known if names.plain(name) in names.listed("interval")]
    # Another column that holds nothing but words for intervals says it as well: `Invoiced`: monthly, yearly.
    told = [name for name in known if len(known[name]) == len(readings[name].labels)]
    told = [name for name in told if all(label.isalpha() and len(label) > 3 for label in known[name])]
    found = next(iter([*named, *told]), None)
    if not found or set(names.words(theirs)) & (names.listed("per_year") | names.listed("per_month")):
        return "", (), []
    count, unknown = _counted(found, readings), sorted(readings[found].labels - set(known[found]))
    if set(known[found].values()) == {1} and not unknown and not (count and _is_many(readings[count])):
        return "", (), []
    amount, months = written(theirs) if expression == theirs else expression, sorted(known[found].items())
    said = sql().per_month(amount, written(theirs), written(found), months, written(count) if count else "")
    facts = {"theirs": theirs, "interval": found, "unknown": unknown, "is_named": found in named}
    return said, (found, count) if count else (found,), Sentences(ASKS, facts).by_interval


def _counted(interval: str, readings: Mapping[str, Reading]) -> str | None:
    """The column that says how many intervals: `interval_count`, or `billing_period` beside `billing_period_unit`."""
    unit, kinds = names.plain(interval), (names.listed("interval_count"), names.listed("interval"))
    whole = [name for name, each in readings.items() if name != interval and each.is_whole and each.labels]
    plain = {name: names.plain(name) for name in whole}
    beside = [name for name in plain if unit in (f"{plain[name]}_unit", f"{plain[name]}_type")]
    return next(iter([*beside, *(name for kind in kinds for name in plain if plain[name] in kind)]), None)


def undivided(theirs: str, readings: Mapping[str, Reading], ends: str | None, title: str = "") -> list[str]:
    """What has to be asked about an amount that is taken for a month's, where nothing says of what time it is.

    `ends`: the column of the ends. Where nearly every row has one, the rows are terms that were sold for a price.
    `title`: what the name and the title of the whole say.

    >>> from helpers.commands.check.guesses.readings import read
    >>> rows = {"price": read(["900", "800"]), "until": read(["2026-01-01", "2027-01-01"])}
    >>> undivided("price", rows, "until"), undivided("mrr", rows, "until"), undivided("price", rows, None)
    (['price is read as the amount of a month; if it is of the whole term, divide it by its months'], [], [])
    """
    said = set(names.words(theirs))
    if said & (names.listed("per_year") | names.listed("per_month") | names.listed("recurring")):
        return []
    intervals = [name for name in readings if names.plain(name) in names.listed("interval") and readings[name].labels]
    is_known = any(_known(readings[name]) for name in intervals)
    yearly = {name: _yearly(name, reading) for name, reading in readings.items()}
    named = (*intervals, *filter(yearly.get, yearly))
    telling = {name: yearly[name] or sorted(readings[name].labels)[:4] for name in named}
    terms = [name for name in readings if names.plain(name) in names.listed("term") and readings[name].n]
    is_sold = bool(ends) and readings[ends].n >= MOST * readings[theirs].n and not readings[ends].no_days
    facts = {"theirs": theirs, "is_arr": names.of_what_time(title) == "arr", "is_known": is_known, "telling": telling}
    facts |= {"terms": terms, "is_whole": terms or is_sold or said & names.listed("whole_term")}
    return Sentences(ASKS, facts).undivided


def _yearly(name: str, reading: Reading) -> list[str]:
    """Labels with a word for more than a month in them, `Pro, annual`, or those of a flag such as `is_annual`."""
    if reading.is_flag and {"annual", "annually", "yearly"} & set(names.words(name)):
        return sorted(reading.labels)
    long = {label: [names.months(word) for word in names.words(label) if len(word) > 3] for label in reading.labels}
    return sorted(label for label, found in long.items() if any(months and months > 1 for months in found))[:4]


def _known(reading: Reading) -> dict:
    return {label: months for label in reading.labels if (months := names.months(label)) is not None}
