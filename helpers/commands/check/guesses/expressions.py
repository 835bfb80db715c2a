"""What the source file should say for a column: its name, or how its values become ours (DuckDB's SQL)."""

from collections.abc import Iterable

from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.readings import Reading
from helpers.sources import schema
from helpers.sources.dialects import DUCKDB, literal


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
        return _date(kind, theirs, reading)
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


def _date(kind: str, theirs: str, reading: Reading) -> str:
    name = _or_none(written(theirs), reading.no_days)
    if reading.dates == "%Y-%m":
        return f"{name} || '-01'"
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
