"""What the source file should say for a column: its name, or how its values become ours (DuckDB's SQL).

An amount that is not yet that of a month, or of all pieces, becomes it by what the columns beside it say.
"""

from collections.abc import Iterable, Mapping

from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.readings import Reading
from helpers.sources import schema
from helpers.sources.dialects import DUCKDB, literal

_AMOUNT = "try_cast({amount} as decimal(28, 10))"
_SHARE = "case lower(trim({label})) {cases} end"
_PER_MONTH = (
    f"case when {_AMOUNT} is null then cast({{theirs}} as varchar) "
    f"when {_SHARE} is null then cast({{theirs}} as varchar) || ' per ' || coalesce({{label}}, '?') "
    f"else cast({_AMOUNT} * {_SHARE}{{times}} as varchar) end"
)
MOST = 0.9  # of the rows have an end: they are terms, not subscriptions of which some have ended


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
    kind, name = schema.kind(table, ours), written(theirs)
    if kind in ("date", "month"):
        return _date(theirs, reading)
    if kind == "money":
        return _money(f"{table}.{ours}", name, theirs, reading, max(names.times(theirs), names.times(said)))
    if ours == "currency" and any(label != label.upper() and len(label) == 3 for label in reading.labels):
        return f"upper(trim({name}))"
    choices = schema.TABLES[table].columns[ours].metadata["choices"]
    if kind == "choice" and reading.labels and not reading.labels <= set(choices):
        folded = {"_".join(names.words(label)) for label in reading.labels}
        if folded & set(choices):
            return f"replace(replace(lower(trim({name})), ' ', '_'), '-', '_')"
    return theirs


def _date(theirs: str, reading: Reading) -> str:
    name = _or_none(written(theirs), reading.no_days)
    if reading.dates == "%Y-%m":
        return f"{name} || '-01'"
    if reading.dates == "%Y-%m-%d zone":
        return f"left(cast({name} as varchar), 10)"
    if not reading.dates and reading.day_numbers:
        day = names.FROM_NUMBERS[reading.day_numbers].format(name)
        return f"coalesce(cast({day} as varchar), cast({name} as varchar))"
    if reading.dates in ("", "mixed", "%Y-%m-%d", "%Y-%m", *names.AMBIGUOUS):
        return name if reading.no_days else theirs
    return dated(theirs, reading.dates, reading.times, reading)


def _or_none(name: str, nothing: Iterable[str]) -> str:
    """The column without its words for nothing."""
    words = ", ".join(map(literal, nothing))
    if not words:
        return name
    return f"case when lower(trim(cast({name} as varchar))) in ({words}) then null else {name} end"


def dated(theirs: str, style: str, times: Iterable[str] = (), reading: Reading | None = None) -> str:
    """The expression for a column of dates in a style of strptime, also with a time of day in one of these styles.

    >>> print(dated("Start Date", "%d/%m/%Y"))
    coalesce(cast(cast(try_strptime("Start Date", '%d/%m/%Y') as date) as varchar), "Start Date")
    """
    name = _or_none(written(theirs), reading.no_days if reading else ())
    text = f"cast({name} as varchar)" if style == "%Y%m%d" else name
    styles = f"'{style}'"
    if listed := ", ".join(f"'{style}{time}'" for time in times):
        styles = f"[{styles}, {listed}]"
    return f"coalesce(cast(cast(try_strptime({text}, {styles}) as date) as varchar), {text})"


def _money(ours: str, name: str, theirs: str, reading: Reading, times: int) -> str:
    said = set(names.words(theirs))
    is_yearly = said & names.listed("per_year") and ours in ("subscriptions.mrr", "opportunities.mrr")
    by = 12 if is_yearly else 100 if said & {"cents", "cent"} else 1
    if ours == "mrr.mrr":
        name = _or_none(name, reading.no_amounts)
    if reading.numbers not in ("", "plain") or (reading.has_brackets and reading.numbers):
        amount, text = _in_style(name, reading), name
    else:
        # A column of whole numbers is no text to DuckDB, and coalesce wants both alike.
        amount, text = name, f"cast({name} as varchar)"
    if by == times:
        return theirs if amount == written(theirs) else amount
    said = "".join(f" {sign} {n}" for sign, n in (("*", times), ("/", by)) if n > 1)
    return f"coalesce(cast(try_cast({amount} as decimal(28, 10)){said} as varchar), {text})"


def _in_style(name: str, reading: Reading) -> str:
    """The amounts of a column that have its own style, without its dress; 1.200,00 among 1,200.50 stays as it is."""
    point = "." if reading.numbers in ("plain", "1,234.50", "1,20,000.50") else ","
    gaps = reading.gaps.replace("'", "''")
    number = names.AMOUNTS[reading.numbers].replace("GAP", gaps)
    sign = "".join(f"[{letter}]" for letter in reading.symbol)
    around = "|".join(filter(None, [f"[ {gaps}]" if gaps else " ", sign]))
    form = f"([-+ ]|{sign})*{number}({around})*-?|{sign}( )*-( )*" if sign else f"([-+ ])*{number}({around})*-?"
    if reading.has_brackets:
        form += f"|[(]({around})*{number}({around})*[)]"
    kept = f"regexp_replace({name}, '[^-(0-9{point}]', '', 'g')"
    return f"case when regexp_full_match({name}, '{form}') then translate({kept}, '({point}', '-.') else {name} end"


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
    told = "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in escaped.replace("\n", "\\n")
    )
    return f'"{told}"'


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
