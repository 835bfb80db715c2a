"""Guesses: a column of the source for a column of ours, and a file for a table of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache

import pandas as pd

from helpers.commands.check.guesses import expressions, names, rows
from helpers.commands.check.guesses.expressions import written
from helpers.commands.check.guesses.readings import Reading, read
from helpers.formats.sentences import Sentences
from helpers.sources import schema

# How sure a guess is: the same name, one that is known for it, one that is spelt almost so.
SAME, KNOWN, PART, NEAR = 1.0, 0.9, 0.65, 0.6
SURE = KNOWN - 0.1  # from here on it is a known name, whatever its place in the order
BY_VALUES = "the column with the most different texts"
LIKELY = 0.48  # from here on a file is taken for a table
REVENUE = ("subscriptions", "invoices", "mrr")
_CAN_BE_GIVEN = ("currency", "line_id", "invoice_id")


@dataclass(frozen=True)
class Guess:
    """`theirs`, a column of the source, for `ours`; `expression` is what the source file should say.

    `others`: columns of the source that would fit as well, the likeliest first; `beside`: what the expression reads
    besides `theirs`; `asks`: what a person has to decide, since the numbers depend on it.
    """

    ours: str
    theirs: str
    expression: str
    why: str
    score: float
    others: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    @property
    def is_needless(self) -> bool:
        """Whether the source file need not say it: the column has our name and reads as it stands."""
        return self.expression == self.ours


def columns(table: str, sample: pd.DataFrame, said: str = "") -> dict[str, Guess]:
    """The columns of a table of ours that a source seems to have, likeliest first; each of the source's used once.

    `sample` holds some rows of the source, its columns under their own names; `said`: what its name and title say.

    >>> sample = pd.DataFrame({"customer": ["A1"], "valid_from": ["2026-01-31"], "monthly_fee": ["90.00"]})
    >>> {ours: guess.theirs for ours, guess in columns("subscriptions", sample).items()}
    {'account_id': 'customer', 'starts_on': 'valid_from', 'mrr': 'monthly_fee'}
    """
    return _columns(table, {theirs: read(sample[theirs]) for theirs in sample.columns}, said)


def _columns(table: str, readings: Mapping[str, Reading], said: str = "") -> dict[str, Guess]:
    scores = {
        (ours, theirs): score
        for ours in schema.TABLES[table].columns
        for theirs, reading in readings.items()
        if (score := _score(table, ours, theirs, reading)) >= NEAR
    }
    found, taken = {}, set()
    ordered = sorted(scores, key=lambda pair: (-scores[pair], *pair))
    for ours, theirs in ordered:
        if ours in found or theirs in taken:
            continue
        taken.add(theirs)
        others = tuple(other for column, other in ordered if column == ours and other != theirs)
        score, text = scores[ours, theirs], expressions.expression(table, ours, theirs, readings[theirs], said)
        why = "the same name" if score == SAME else "a name known for it" if score >= SURE else "a similar name"
        found[ours] = Guess(ours, theirs, text, why, score, others)
    if table in ("mrr", "accounts"):
        _name_the_customer(table, found, readings, taken)
    for ours, guess in found.items():
        near = guess.others if guess.score < SAME else ()
        ties = [other for other in near if scores[ours, other] >= SURE and other not in taken]
        found[ours] = replace(guess, asks=_asks(table, guess, ties, readings[guess.theirs], said))
    if table == "invoices" and "amount" not in found and (product := _quantity_times_price(readings, taken)):
        found["amount"] = product
    if table == "subscriptions" and "mrr" in found:
        found["mrr"] = _monthly(found["mrr"], readings, found.get("ends_on"), said)
    return {ours: found[ours] for ours in schema.TABLES[table].columns if ours in found}


def _name_the_customer(table: str, found: dict[str, Guess], readings: Mapping[str, Reading], taken: set[str]) -> None:
    """Who pays in a sheet of amounts, by a name alone; and `Customer` beside `Customer ID`, what people call them."""
    if table == "mrr" and "account_id" not in found and "name" in found:
        found["account_id"] = replace(found.pop("name"), ours="account_id")
    if table == "mrr" and "account_id" not in found:
        # The column with the most different texts names the customers: `Row Labels`.
        free = {name: each for name, each in readings.items() if name not in taken and each.n and each.fits("id")}
        texts = {name: each.n_distinct for name, each in free.items() if not (each.numbers or each.is_flag)}
        if texts:
            key = max(texts, key=texts.get)
            found["account_id"] = Guess("account_id", key, key, BY_VALUES, NEAR)
    key = found.get("account_id")
    left = next((name for name in key.others if name not in taken), None) if key else None
    if left and "name" not in found:
        taken.add(left)
        found["name"] = Guess("name", left, left, key.why, key.score)


def _asks(table: str, guess: Guess, ties: list[str], reading: Reading, said: str) -> tuple[str, ...]:
    """What a person has to decide about a column that revenue rests on."""
    kind, ours, theirs = schema.kind(table, guess.ours), guess.ours, guess.theirs
    if table not in REVENUE or not (kind in ("date", "money") or ours == "account_id"):
        return ()
    facts = {"guess": guess, "theirs": theirs, "ties": ties, "reading": reading, "kind": kind, "by_values": BY_VALUES}
    facts["times"] = names.times(said) if names.times(theirs) == 1 else 1
    words = [word for word in reading.no_amounts if any(map(str.isalpha, word))]
    facts["nothing"] = words if (table, ours) == ("mrr", "mrr") else []
    facts["is_ambiguous"] = reading.dates in ("mixed", *names.AMBIGUOUS)
    facts["is_latest"] = kind == "date" and "current" in names.words(theirs)
    return tuple(Sentences(expressions.ASKS, facts).column)


def _monthly(mrr: Guess, readings: Mapping[str, Reading], ends: Guess | None, said: str) -> Guess:
    """The amount of all pieces, for a month, as the columns beside it say; or what has to be asked about it."""
    is_unit, words = expressions.is_of_one(mrr.theirs), set(names.words(mrr.theirs))
    seats = names.listed("seats") if is_unit or "price" in words else frozenset()
    many = expressions.pieces(readings, names.listed("quantity") | seats)
    facts = {"theirs": mrr.theirs, "many": many, "is_unit": is_unit, "is_of_all": words & names.listed("all_pieces")}
    asks = Sentences(expressions.ASKS, facts).pieces if many else []
    if many and is_unit:
        price = written(mrr.theirs) if mrr.expression == mrr.theirs else mrr.expression
        mrr = replace(mrr, expression=expressions.sql().product(price, written(many)), beside=(many,), why=asks[0])
    text, beside, others = expressions.per_month(mrr.theirs, mrr.expression, readings)
    if beside:
        why = f"brought to a month by {' and '.join(beside)}"
        mrr = replace(mrr, expression=text, why=why, beside=(*mrr.beside, *beside))
    else:
        others = expressions.undivided(mrr.theirs, readings, ends and ends.theirs, said)
    return replace(mrr, asks=(*mrr.asks, *asks, *others))


def _quantity_times_price(readings: Mapping[str, Reading], taken: set[str]) -> Guess | None:
    """An amount that is not there as a column, but as what one piece costs and how many there are."""
    free = [name for name, reading in readings.items() if name not in taken and reading.numbers == "plain"]
    words = names.listed("quantity"), names.listed("unit_price") | {"price"}
    many, prices = ([name for name in free if names.plain(name) in listed] for listed in words)
    if len(many) != 1 or len(prices) != 1:
        return None
    product = f"{written(many[0])} * {written(prices[0])}"
    return Guess("amount", prices[0], product, "quantity times unit price", KNOWN, beside=(many[0],))


def tables(name: str, sample: pd.DataFrame, title: str = "") -> dict[str, float]:
    """How much a file looks like each table of ours (0–1), the likeliest first; below one half it is none of them.

    Half of it is the name of the file; most of the other half the share of the required columns that it seems to have,
    the rest the share of its columns that would be used. Where it has all of them, but a currency and a number for each
    line, which are the same all over or can be counted, it is that table whatever its name says.

    >>> sample = pd.DataFrame({"case_id": ["1"], "client": ["A1"], "created": ["2026-01-31"]})
    >>> next(iter(tables("support_cases_2026", sample)))
    'tickets'
    """
    said, readings = names.words(name), {theirs: read(sample[theirs]) for theirs in sample.columns}
    found = {"mrr": SAME} if rows.keys(f"{name} {title}", sample) is not None else {}
    for table, declared in schema.TABLES.items():
        if table == "mrr" or set(said) & names.listed(table, "never"):
            continue
        known = names.listed(table, "files") | {table}
        by_name = 1.0 if table in said else 0.9 * (len(said) > 1 and said[-1] in known) or 0.8 * bool(set(said) & known)
        needed = {column for column, detail in declared.columns.items() if detail.required}
        guessed = _columns(table, readings)
        by_columns = 0.9 * sum(guess.score for ours, guess in guessed.items() if ours in needed) / len(needed)
        by_columns += 0.1 * len(guessed) / max(1, len(readings))
        has_key = not guessed.keys().isdisjoint(schema.key(table))
        score = 0.5 * by_name + 0.5 * by_columns if has_key else 0.4 * by_name
        found[table] = round(max(score, LIKELY if needed <= {*guessed, *_CAN_BE_GIVEN} else 0), 4)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _score(table: str, ours: str, theirs: str, reading: Reading) -> float:
    kind = schema.kind(table, ours)
    if theirs.strip().lower() == ours:
        return SAME
    if not reading.fits(kind):
        return 0.0
    name, known = names.plain(theirs), names.of_column(table, ours)
    if name in known:
        # `Date` alone says less than `Invoice Date` beside it; of two known names the one that stands first is taken.
        is_bare = kind == "date" and "date" not in names.words(theirs)
        return KNOWN - (0.09 if name in names.listed("dated") else 0.0008 * known[name] + 0.0002 * is_bare)
    parts = name.split("_")
    bare = "_".join(word for word in parts if word not in names.listed(table, "own"))
    if bare != name and bare in known:
        return KNOWN - 0.05 - 0.0008 * known[bare]
    # A name that ends in a known one, as `monthly_net_mrr` does in `mrr`.
    ends = [other for other in known if len(other) > 2 and (name.endswith(f"_{other}") or name.startswith(f"{other}_"))]
    if kind not in ("id", "date", "month") and ends and set(parts) & set(known):
        return PART
    return NEAR if len(name) > 3 and _is_near(name, frozenset(known)) else 0.0


@cache
def _is_near(name: str, known: frozenset[str]) -> bool:
    """Whether a name is spelt almost as a known one: `start_dat`, `monthly_fees`."""
    return bool(get_close_matches(name, known, n=1, cutoff=0.84))
