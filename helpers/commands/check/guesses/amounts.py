"""Amounts that are not yet those of a month, or of all pieces: what the columns beside them say."""

from collections.abc import Mapping

from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.expressions import written
from helpers.commands.check.guesses.readings import Reading
from helpers.sources.dialects import literal

_AMOUNT = "try_cast({amount} as decimal(28, 10))"
_SHARE = "case lower(trim({label})) {cases} end"
_PER_MONTH = (
    f"case when {_AMOUNT} is null then cast({{theirs}} as varchar) "
    f"when {_SHARE} is null then cast({{theirs}} as varchar) || ' per ' || coalesce({{label}}, '?') "
    f"else cast({_AMOUNT} * {_SHARE}{{times}} as varchar) end"
)
MOST = 0.9  # of the rows have an end: they are terms, not subscriptions of which some have ended


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
    told = [name for name in known if len(known[name]) == len(readings[name].labels) and _is_spelt(known[name])]
    found = next(iter([*named, *told]), None)
    if not found or set(names.words(theirs)) & (names.listed("per_year") | names.listed("per_month")):
        return "", (), []
    count = _counted(found, readings)
    unknown = sorted(readings[found].labels - set(known[found]))
    if set(known[found].values()) == {1} and not unknown and not (count and _is_many(readings[count])):
        return "", (), []
    cases = " ".join(
        f"when {literal(word.lower())} then {months.denominator}.0 / {months.numerator}"
        for word, months in sorted(known[found].items())
    )
    said = _PER_MONTH.format(
        amount=written(theirs) if expression == theirs else expression,
        theirs=written(theirs),
        label=f"cast({written(found)} as varchar)",
        cases=cases,
        times=f" / coalesce(try_cast({written(count)} as integer), 1)" if count else "",
    )
    asks = (
        [f"{', '.join(unknown)} in {found} is no interval that is known: say how many months it is"] if unknown else []
    )
    if found not in named:
        asks.append(f"{theirs} is brought to a month by {found}: check that it is billed so")
    return said, (found, count) if count else (found,), asks


def _counted(interval: str, readings: Mapping[str, Reading]) -> str | None:
    """The column that says how many intervals: `interval_count`, or `billing_period` beside `billing_period_unit`."""
    unit, kinds = names.plain(interval), (names.listed("interval_count"), names.listed("interval"))
    plain = {
        name: names.plain(name) for name, each in readings.items() if name != interval and each.is_whole and each.labels
    }
    beside = [name for name in plain if unit in (f"{plain[name]}_unit", f"{plain[name]}_type")]
    return next(iter([*beside, *(name for kind in kinds for name in plain if plain[name] in kind)]), None)


def _is_spelt(known: dict) -> bool:
    return all(label.isalpha() and len(label) > 3 for label in known)


def undivided(theirs: str, readings: Mapping[str, Reading], ends: str | None, title: str = "") -> str:
    """What has to be asked about an amount that is taken for a month's, where nothing says of what time it is.

    `ends`: the column of the ends. Where nearly every row has one, the rows are terms that were sold for a price.
    `title`: what the name and the title of the whole say.

    >>> from helpers.commands.check.guesses.readings import read
    >>> rows = {"price": read(["900", "800"]), "until": read(["2026-01-01", "2027-01-01"])}
    >>> undivided("price", rows, "until"), undivided("mrr", rows, "until"), undivided("price", rows, None)
    ('price is read as the amount of a month; if it is of the whole term, divide it by its months', '', '')
    """
    said = set(names.words(theirs))
    if said & (names.listed("per_year") | names.listed("per_month") | names.listed("recurring")):
        return ""
    is_read = f"{theirs} is read as the amount of a month"
    if names.of_what_time(title) == "arr":
        return f"{is_read}, but the name or the title says ARR; if it is of a year, divide it by 12"
    intervals = [name for name in readings if names.plain(name) in names.listed("interval") and readings[name].labels]
    if any(_known(readings[name]) for name in intervals):
        return ""
    yearly = {name: _yearly(name, reading) for name, reading in readings.items()}
    for name in (*intervals, *filter(yearly.get, readings)):
        return f"{is_read}, and {name} says {', '.join(yearly[name] or sorted(readings[name].labels)[:4])}: is it?"
    terms = [name for name in readings if names.plain(name) in names.listed("term") and readings[name].n]
    is_sold = bool(ends) and readings[ends].n >= MOST * readings[theirs].n and not readings[ends].no_days
    if not (terms or is_sold or said & names.listed("whole_term")):
        return ""
    return f"{is_read}; if it is of the whole term, divide it by {terms[0] if terms else 'its months'}"


def _yearly(name: str, reading: Reading) -> list[str]:
    """Labels with a word for more than a month in them, `Pro, annual`, or those of a flag such as `is_annual`."""
    if reading.is_flag and {"annual", "annually", "yearly"} & set(names.words(name)):
        return sorted(reading.labels)
    long = {label: [names.months(word) for word in names.words(label) if len(word) > 3] for label in reading.labels}
    return sorted(label for label, found in long.items() if any(months and months > 1 for months in found))[:4]


def _known(reading: Reading) -> dict:
    return {label: months for label in reading.labels if (months := names.months(label)) is not None}
