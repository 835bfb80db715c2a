"""Guesses: a column of the source for a column of ours, and a file for a table of ours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache

import pandas as pd

from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.readings import AMBIGUOUS, Reading, read
from helpers.sources import schema
from helpers.sources.dialects import DUCKDB

# How sure a guess is: the same name, one that is known for it, one that is spelt almost so.
SAME, KNOWN, PART, NEAR = 1.0, 0.9, 0.65, 0.6
LIKELY = 0.48  # from here on a file is taken for a table
_CAN_BE_GIVEN = ("currency", "line_id")
_WORDS_OF = {
    "subscriptions": {"subscription", "contract", "plan"},
    "accounts": {"account", "customer", "company"},
    "tickets": {"ticket", "case"},
    "opportunities": {"opportunity", "opp", "deal"},
    "surveys": {"survey"},
    "usage": {"usage"},
    "programs": {"program", "campaign"},
    "touches": {"touch"},
    "onboarding": {"onboarding"},
    "advocacy": {"advocacy"},
    "changes": {"change"},
}
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_RESERVED = frozenset(
    {
        "all",
        "and",
        "any",
        "as",
        "asc",
        "case",
        "check",
        "column",
        "default",
        "desc",
        "distinct",
        "else",
        "end",
        "except",
        "false",
        "for",
        "from",
        "group",
        "having",
        "in",
        "limit",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "primary",
        "references",
        "select",
        "table",
        "then",
        "to",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "when",
        "where",
        "window",
        "with",
    }
)
_AMOUNTS = {
    "plain": "[0-9]+([.][0-9]+)?",
    "1,234.50": "([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]+)?",
    "1.234,50": "([0-9]+|[0-9]{1,3}([.][0-9]{3})+)(,[0-9]{1,2})?",
}
_PER_YEAR = {"arr", "acv", "annual", "yearly", "annually"}


@dataclass(frozen=True)
class Guess:
    """`theirs`, a column of the source, for `ours`; `expression` is what the source file should say.

    `others`: columns of the source that would fit as well, the likeliest first; `beside`: what the expression reads
    besides `theirs`.
    """

    ours: str
    theirs: str
    expression: str
    why: str
    score: float
    others: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def is_needless(self) -> bool:
        """Whether the source file need not say it: the column has our name and reads as it stands."""
        return self.expression == self.ours


def columns(table: str, sample: pd.DataFrame) -> dict[str, Guess]:
    """The columns of a table of ours that a source seems to have, likeliest first; each of the source's used once.

    `sample` holds some rows of the source, its columns under their own names.

    >>> sample = pd.DataFrame({"customer": ["A1"], "valid_from": ["2026-01-31"], "monthly_fee": ["90.00"]})
    >>> {ours: guess.theirs for ours, guess in columns("subscriptions", sample).items()}
    {'account_id': 'customer', 'starts_on': 'valid_from', 'mrr': 'monthly_fee'}
    """
    return _columns(table, {theirs: read(sample[theirs]) for theirs in sample.columns})


def _columns(table: str, readings: Mapping[str, Reading]) -> dict[str, Guess]:
    scores = {
        (ours, theirs): score
        for ours, declared in schema.TABLES[table].columns.items()
        for theirs, reading in readings.items()
        if (score := _score(table, ours, theirs, reading, declared.metadata["kind"])) >= NEAR
    }
    found, taken = {}, set()
    for ours, theirs in sorted(scores, key=lambda pair: (-scores[pair], *pair)):
        if ours in found or theirs in taken:
            continue
        taken.add(theirs)
        others = sorted(
            (other for own, other in scores if own == ours and other != theirs),
            key=lambda other: (-scores[ours, other], other),
        )
        found[ours] = Guess(
            ours,
            theirs,
            expression(table, ours, theirs, readings[theirs]),
            _why(scores[ours, theirs]),
            scores[ours, theirs],
            tuple(others),
        )
    if table == "invoices" and "amount" not in found and (product := _quantity_times_price(readings, taken)):
        found["amount"] = product
    if table == "subscriptions" and "mrr" in found and (monthly := _per_month(found["mrr"], readings, taken)):
        found["mrr"] = monthly
    return {ours: found[ours] for ours in schema.TABLES[table].columns if ours in found}


def _per_month(mrr: Guess, readings: Mapping[str, Reading], taken: set[str]) -> Guess | None:
    """An amount that is billed by the month or by the year, as a column beside it says."""
    if set(names.words(mrr.theirs)) & (_PER_YEAR | {"mrr", "monthly", "month"}):
        return None
    for theirs, reading in readings.items():
        labels = {label.strip().lower() for label in reading.labels}
        is_known = names.plain(theirs) in names.INTERVAL and labels and labels <= set(names.MONTHS_OF)
        if theirs in taken or not is_known or {names.MONTHS_OF[label] for label in labels} == {1}:
            continue
        cases = " ".join(f"when '{label}' then {names.MONTHS_OF[label]}" for label in sorted(labels))
        amount, text = f"try_cast({mrr.expression} as decimal(28, 10))", f"cast({written(mrr.theirs)} as varchar)"
        divided = f"cast({amount} / case lower(trim({written(theirs)})) {cases} end as varchar)"
        said = f"case when {amount} is null then {text} else {divided} end"
        why = f"brought to a month by {theirs}"
        return replace(mrr, expression=said, why=why, beside=(theirs,))
    return None


def pieces(sample: pd.DataFrame) -> str | None:
    """The column that says how many pieces a row is of, where it is more than one anywhere.

    >>> pieces(pd.DataFrame({"Amount": ["9"], "Quantity": ["3"]})), pieces(pd.DataFrame({"Quantity": ["1", "1"]}))
    ('Quantity', None)
    """
    known = (name for name in sample.columns if names.plain(name) in names.QUANTITY)
    return next((name for name in known if set(sample[name].dropna().astype(str)) - {"1", "1.0"}), None)


def _quantity_times_price(readings: Mapping[str, Reading], taken: set[str]) -> Guess | None:
    """An amount that is not there as a column, but as what one piece costs and how many there are."""
    pair = []
    for known in (names.QUANTITY, names.UNIT_PRICE):
        fits = [
            theirs
            for theirs, reading in readings.items()
            if theirs not in taken and names.plain(theirs) in known and reading.numbers == "plain"
        ]
        if len(fits) != 1:
            return None
        pair += fits
    quantity, price = pair
    said = f"{written(quantity)} * {written(price)}"
    return Guess("amount", price, said, "quantity times unit price", KNOWN, beside=(quantity,))


def tables(name: str, sample: pd.DataFrame) -> dict[str, float]:
    """How much a file looks like each table of ours (0–1), the likeliest first; below one half it is none of them.

    Half of it is the name of the file; most of the other half the share of the required columns that it seems to have,
    the rest the share of its columns that would be used. Where it has all of them, but a currency and a number for each
    line, which are the same all over or can be counted, it is that table whatever its name says.

    >>> sample = pd.DataFrame({"case_id": ["1"], "client": ["A1"], "created": ["2026-01-31"]})
    >>> next(iter(tables("support_cases_2026", sample)))
    'tickets'
    """
    said, readings = names.words(name), {theirs: read(sample[theirs]) for theirs in sample.columns}
    found = {}
    for table, declared in schema.TABLES.items():
        known = names.of_table(table)
        by_name = 1.0 if table in said else 0.8 if set(said) & known else 0.0
        if len(said) > 1 and said[-1] in known and table not in said:
            by_name = 0.9
        needed = [column for column, detail in declared.columns.items() if detail.required]
        guessed = _columns(table, readings)
        by_columns = 0.9 * sum(guessed[column].score for column in needed if column in guessed) / len(needed)
        by_columns += 0.1 * len(guessed) / max(1, len(readings))
        has_key = any(column in guessed for column in schema.key(table))
        score = 0.5 * by_name + 0.5 * by_columns if has_key else 0.4 * by_name
        if set(needed) <= {*guessed, *_CAN_BE_GIVEN}:
            score = max(score, LIKELY)
        found[table] = round(score, 4)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _score(table: str, ours: str, theirs: str, reading: Reading, kind: str) -> float:
    if theirs.strip().lower() == ours:
        return SAME
    if not reading.fits(kind):
        return 0.0
    name, known = names.plain(theirs), names.of_column(table, ours)
    if name in known:
        # `Date` alone says less than `Invoice Date` beside it.
        return KNOWN - 0.05 if name in names.DATED else KNOWN
    bare = "_".join(word for word in name.split("_") if word not in _WORDS_OF.get(table, ()))
    if bare and bare != name and bare in known:
        return KNOWN - 0.05
    if kind not in ("id", "date", "month") and set(name.split("_")) & known and _is_said(name, known):
        return PART
    return NEAR if len(name) > 3 and _is_near(name, known) else 0.0


@cache
def _is_near(name: str, known: frozenset[str]) -> bool:
    """Whether a name is spelt almost as a known one: `start_dat`, `monthly_fees`."""
    return bool(get_close_matches(name, known, n=1, cutoff=0.84))


def _is_said(name: str, known: frozenset[str]) -> bool:
    """Whether a name ends in a known one, as `monthly_net_mrr` does in `mrr`."""
    return any(name.endswith(f"_{other}") or name.startswith(f"{other}_") for other in known if len(other) > 2)


def _why(score: float) -> str:
    if score == SAME:
        return "the same name"
    return "a name known for it" if score >= KNOWN - 0.05 else "a similar name"


def expression(table: str, ours: str, theirs: str, reading: Reading) -> str:
    """What the source file should say for a column: its name, or how its values become ours (DuckDB's SQL).

    What cannot be read that way stays as it is, so that the contract names it instead of taking it for empty.

    >>> expression("subscriptions", "starts_on", "start", read(["10/31/2026"]))
    "coalesce(cast(cast(try_strptime(start, '%m/%d/%Y') as date) as varchar), start)"
    >>> expression("subscriptions", "mrr", "annual_fee", read(["1200"]))
    'coalesce(cast(try_cast(annual_fee as decimal(28, 10)) / 12 as varchar), cast(annual_fee as varchar))'
    >>> print(expression("subscriptions", "mrr", "fee", read(["1,200.50"])))  # doctest: +NORMALIZE_WHITESPACE
    case when regexp_full_match(fee, '[-+ ]*([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]+)? *')
    then translate(fee, ' ,', '') else fee end
    """
    kind, name = schema.kind(table, ours), written(theirs)
    if kind in ("date", "month"):
        return _date(kind, name, theirs, reading)
    if kind == "money":
        return _money(ours, name, theirs, reading)
    choices = schema.TABLES[table].columns[ours].metadata["choices"]
    if kind == "choice" and reading.labels and not reading.labels <= set(choices):
        folded = {"_".join(names.words(label)) for label in reading.labels}
        if folded & set(choices):
            return f"replace(replace(lower(trim({name})), ' ', '_'), '-', '_')"
    return theirs


def _date(kind: str, name: str, theirs: str, reading: Reading) -> str:
    if kind == "month" and reading.dates == "%Y-%m":
        return f"{name} || '-01'"
    if reading.dates in ("", "mixed", "%Y-%m-%d", "%Y-%m", *AMBIGUOUS):
        return theirs
    return dated(theirs, reading.dates, reading.times)


def dated(theirs: str, style: str, times: Iterable[str] = ()) -> str:
    """The expression for a column of dates in a style of strptime, also with a time of day in one of these styles.

    >>> print(dated("Start Date", "%d/%m/%Y"))
    coalesce(cast(cast(try_strptime("Start Date", '%d/%m/%Y') as date) as varchar), "Start Date")
    """
    name = written(theirs)
    text = f"cast({name} as varchar)" if style == "%Y%m%d" else name
    styles = f"'{style}'"
    if listed := ", ".join(f"'{style}{time}'" for time in times):
        styles = f"[{styles}, {listed}]"
    return f"coalesce(cast(cast(try_strptime({text}, {styles}) as date) as varchar), {text})"


def _money(ours: str, name: str, theirs: str, reading: Reading) -> str:
    said = set(names.words(theirs))
    by = 12 if said & _PER_YEAR and ours == "mrr" else 100 if said & {"cents", "cent"} else 1
    is_dressed = bool(reading.symbol or reading.has_brackets)
    if reading.numbers not in ("", "plain") or (reading.numbers and is_dressed):
        amount, text = _in_style(name, reading), name
    else:
        # A column of whole numbers is no text to DuckDB, and coalesce wants both alike.
        amount, text = name, f"cast({name} as varchar)"
    if by == 1:
        return theirs if amount == name else amount
    return f"coalesce(cast(try_cast({amount} as decimal(28, 10)) / {by} as varchar), {text})"


def _in_style(name: str, reading: Reading) -> str:
    """The amounts of a column that have its own style, without its dress; 1.200,00 among 1,200.50 stays as it is."""
    is_comma = reading.numbers == "1.234,50"
    number = _AMOUNTS[reading.numbers]
    beside = f"[{reading.symbol} ]*" if reading.symbol else " *"
    form = f"[-+{reading.symbol} ]*{number}{beside}"
    # translate: each letter of the first becomes the one at its place in the second; what has none there goes.
    letters, become = (",", ".") if is_comma else ("", "")
    gone = f"{reading.symbol} {'.' if is_comma else ','}"
    if reading.has_brackets:
        form += f"|[(]{beside}{number}{beside}[)]"
        letters, become, gone = f"({letters}", f"-{become}", f"{gone})"
    plain = f"translate({name}, '{letters}{gone}', '{become}')"
    return f"case when regexp_full_match({name}, '{form}') then {plain} else {name} end"


def written(name: str) -> str:
    """A name of the source as an expression writes it: quoted where it has to be.

    >>> print(written("status"), written("Order Status"))
    status "Order Status"
    """
    return name if _NAME.fullmatch(name) and name.lower() not in _RESERVED else DUCKDB.quoted(name)


def as_toml(found: Mapping[str, Guess]) -> list[str]:
    """The guesses as lines of the source file, `ours = "theirs"`; what needs no line has none."""
    return [f"{ours} = {toml_text(guess.expression)}" for ours, guess in found.items() if not guess.is_needless]


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
