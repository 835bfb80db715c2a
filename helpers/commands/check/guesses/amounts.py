"""Amounts that are not yet those of a month, or of all pieces: what the columns beside them say."""

from collections.abc import Mapping
from dataclasses import dataclass

from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.expressions import written
from helpers.commands.check.guesses.readings import Reading


@dataclass(frozen=True)
class Divided:
    """An amount brought to a month: its expression, the columns it reads besides, and what has to be asked."""

    expression: str
    beside: tuple[str, ...]
    asks: tuple[str, ...]


def pieces(readings: Mapping[str, Reading], words: frozenset[str]) -> str | None:
    """The column, of one of these names, that says how many pieces a row is of, where it is more than one anywhere."""
    known = [name for name in readings if names.plain(name) in words]
    return next((name for name in known if readings[name].n_distinct and readings[name].labels - {"1", "1.0"}), None)


def per_month(theirs: str, expression: str, readings: Mapping[str, Reading]) -> Divided | None:
    """An amount that is billed by an interval of its own, as a column beside it says; None where it is a month's.

    An amount whose interval is not known stays as it is, with the interval behind it, so that the contract names it.
    """
    if set(names.words(theirs)) & (names.listed("per_year") | names.listed("per_month")):
        return None
    intervals = [name for name in readings if names.plain(name) in names.listed("interval") and readings[name].labels]
    known = {name: _known(readings[name]) for name in intervals}
    found = next((name for name in intervals if known[name]), None)
    if not found:
        return None
    count = next((name for name in readings if names.plain(name) in names.listed("interval_count")), None)
    unknown = sorted(readings[found].labels - set(known[found]))
    is_monthly = set(known[found].values()) == {1} and not unknown
    if is_monthly and not (count and readings[count].labels - {"1", "1.0"}):
        return None
    times = f" / coalesce(try_cast({written(count)} as integer), 1)" if count else ""
    amount = f"try_cast({expression} as decimal(28, 10))"
    text, label = f"cast({written(theirs)} as varchar)", f"cast({written(found)} as varchar)"
    cases = " ".join(
        f"when '{word.lower().replace(chr(39), chr(39) * 2)}' then {months.denominator}.0 / {months.numerator}"
        for word, months in sorted(known[found].items())
    )
    share = f"case lower(trim({label})) {cases} end"
    said = (
        f"case when {amount} is null then {text} when {share} is null then {text} || ' per ' || coalesce({label}, '?') "
        f"else cast({amount} * {share}{times} as varchar) end"
    )
    asks = (
        (f"{', '.join(unknown)} in {found} is no interval that is known: say how many months it is",) if unknown else ()
    )
    return Divided(said, (found, count) if count else (found,), asks)


def _known(reading: Reading) -> dict:
    return {label: months for label in reading.labels if (months := names.months(label)) is not None}
