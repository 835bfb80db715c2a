"""Names that exports give to our tables and columns (`names.toml`), and what is left of a name without its dress."""

import re
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path

_TABLE = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
_MONTHS = {word: Fraction(months) for months, words in _TABLE["months"].items() for word in words.split()}
SIGNS, STYLES, AMBIGUOUS = _TABLE["signs"], _TABLE["styles"], _TABLE["ambiguous"]
AMOUNTS, FROM_NUMBERS = _TABLE["amounts"], _TABLE["from_numbers"]
_YEAR = _TABLE["words"]["months_of_a_year"].split()
_NAMED = {"SHORT": f"({'|'.join(name[:3] for name in _YEAR)})", "LONG": f"({'|'.join(_YEAR)})"}
SHAPES = {
    kind: {
        style: re.compile(re.sub("SHORT|LONG", lambda hit: _NAMED[hit[0]], shape), re.IGNORECASE)
        for style, shape in _TABLE[kind].items()
    }
    for kind in ("dates", "day_numbers", "times", "numbers")
}
# Whose dollar it is stands before it: HK$ is none of the others. K$ and M$ are thousands and millions.
_SIGN = re.compile(rf"(?<![A-Za-z])(?![KM]\$)[A-Z]{{1,2}}\$|[{''.join(sign for sign in SIGNS if len(sign) == 1)}]")
CURRENCIES = frozenset(_TABLE["words"]["currencies"].split())
_MONEY = rf"(?:(?<![a-z])(?:{'|'.join(CURRENCIES)})(?![a-z])|[$€£])"
_TIMES = {
    n: re.compile(rf"{_MONEY}[\s_']*(?:{unit})(?![a-z\d])|(?<![a-z\d])(?:{unit})[\s_]*{_MONEY}|{word}", re.IGNORECASE)
    for n, unit, word in ((1000, "k|0?00s?", r"thousands?\b|\(k\)|\b000s|_k$"), (1_000_000, "m|mm|mn", r"millions?\b"))
}


@cache
def listed(kind: str, section: str = "words") -> frozenset[str]:
    """The words of a kind in a section of `names.toml`; none where it does not name the kind.

    `files`: what files of a table are called; `never`: what none of its files is called; `own`: words of the table that
    a column of it may bear.

    >>> "qty" in listed("quantity"), sorted(listed("tickets", "files"))[:3], sorted(listed("tickets", "own"))
    (True, ['case', 'cases', 'helpdesk'], ['case', 'ticket'])
    """
    return frozenset(_TABLE[section].get(kind, "").split())


def words(name: str) -> tuple[str, ...]:
    """The words of a name, however it is written.

    >>> words("Customer ID"), words("startDate"), words("MRR (USD)"), words("valid-from")
    (('customer', 'id'), ('start', 'date'), ('mrr', 'usd'), ('valid', 'from'))
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", parted.lower()))


@cache
def plain(name: str) -> str:
    """A name without its dress: words joined, date words, a currency and a unit at its end left out.

    >>> plain("Start Date (UTC)"), plain("starts_on"), plain("MRR (USD)"), plain("Date"), plain("MRR ($k)")
    ('start', 'starts', 'mrr', 'date', 'mrr')
    """
    found = list(words(name))
    while len(found) > 1 and found[-1] in listed("dated") | listed("units") | CURRENCIES:
        found.pop()
    return "_".join(found)


def times(text: str) -> int:
    """How many units of a currency an amount of one is, as a name or a title says: 1,000 for `USD in thousands`.

    >>> times("MRR ($k)"), times("ARR, USD '000s"), times("mrr_k"), times("EUR m"), times("Acme MRR"), times("10k")
    (1000, 1000, 1000, 1000000, 1, 1)
    """
    return next((n for n, shape in _TIMES.items() if shape.search(text)), 1)


def of_what_time(text: str) -> str:
    """Whether a name or a title says that amounts are of a year (`arr`) or a month (`mrr`); empty for neither or both.

    >>> of_what_time("FY26 ARR snowball"), of_what_time("Annual recurring revenue"), of_what_time("MRR and ARR")
    ('arr', 'arr', '')
    """
    said = set(words(text))
    is_annual = said & {"arr", "annualized", "annualised"} or (said & {"annual", "yearly"} and "recurring" in said)
    is_monthly = said & {"mrr", "monthly"}
    return "" if bool(is_annual) == bool(is_monthly) else "arr" if is_annual else "mrr"


def currency(text: str) -> str:
    """The one currency that a name or a title says; empty where it says none or several.

    >>> currency("mrr_by_customer_usd"), currency("Amounts in EUR"), currency("USD/EUR"), currency("€k")
    ('USD', 'EUR', '', 'EUR')
    >>> currency("MRR (US$k)"), currency("MRR, A$"), currency("K$"), currency("MRR HK$")
    ('USD', 'AUD', 'USD', '')
    """
    said = {word.upper() for word in words(text) if word in CURRENCIES}
    said |= {SIGNS.get(sign, "") for sign in _SIGN.findall(text)}
    return said.pop() if len(said) == 1 else ""


@cache
def of_column(table: str, column: str) -> dict[str, int]:
    """Our name of a column and the others that are known for it in this table, plain: each with its place in the order.

    >>> "valid_from" in of_column("subscriptions", "starts_on"), "valid_from" in of_column("tickets", "opened_on")
    (True, False)
    """
    texts = [column, *(_TABLE["columns"].get(name, "") for name in (f"{table}.{column}", column))]
    return {name: place for place, name in enumerate(dict.fromkeys(map(plain, " ".join(texts).split())))}


@cache
def months(label: str) -> Fraction | None:
    """How many months a billing interval is; None where the label is not known.

    >>> months("2-Year"), months("Quarterly"), months("every 6 months"), months("P1Y"), months("per seat")
    (Fraction(24, 1), Fraction(3, 1), Fraction(6, 1), Fraction(12, 1), None)
    """
    text = re.sub(r"[\W_]+", "_", label.lower()).strip("_")
    hit = re.fullmatch(r"(?:every_|per_|each_|p(?=\d))?(\d{1,3})?_?([^\W\d]+?)", text)
    if not hit:
        return None
    unit = hit[2] if hit[2] in _MONTHS else hit[2].removesuffix("s")
    return _MONTHS[unit] * int(hit[1] or 1) if unit in _MONTHS else None
