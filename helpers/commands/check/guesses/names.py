"""Names that exports give to our tables and columns (`names.toml`), and what is left of a name without its dress."""

import re
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType

_TABLE = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
_WORDS = {name: tuple(text.split()) for name, text in _TABLE["words"].items()}
_MONTHS = {word: Fraction(months) for months, words in _TABLE["months"].items() for word in words.split()}
SIGNS = dict(_TABLE["signs"])
STYLES = dict(_TABLE["styles"])
AMBIGUOUS = MappingProxyType({sign: tuple(styles) for sign, styles in _TABLE["ambiguous"].items()})
_NAMED = {
    "SHORT": f"({'|'.join(name[:3] for name in _WORDS['months_of_a_year'])})",
    "LONG": f"({'|'.join(_WORDS['months_of_a_year'])})",
}
SHAPES = {
    kind: {
        style: re.compile(re.sub("SHORT|LONG", lambda hit: _NAMED[hit[0]], shape), re.IGNORECASE)
        for style, shape in _TABLE[kind].items()
    }
    for kind in ("dates", "day_numbers", "times")
}
# Whose dollar it is stands before it: HK$ is none of the others. K$ and M$ are thousands and millions.
_SIGN = re.compile(rf"(?<![A-Za-z])(?![KM]\$)[A-Z]{{1,2}}\$|[{''.join(sign for sign in SIGNS if len(sign) == 1)}]")
CURRENCIES = frozenset(_WORDS["currencies"])
_MONEY = rf"(?:(?<![a-z])(?:{'|'.join(CURRENCIES)})(?![a-z])|[$€£])"
_TIMES = {
    n: re.compile(rf"{_MONEY}[\s_']*(?:{unit})(?![a-z\d])|(?<![a-z\d])(?:{unit})[\s_]*{_MONEY}|{word}", re.IGNORECASE)
    for n, unit, word in ((1000, "k|0?00s?", r"thousands?\b|\(k\)|\b000s|_k$"), (1_000_000, "m|mm|mn", r"millions?\b"))
}


def listed(kind: str) -> frozenset[str]:
    """The words of a kind in `names.toml`.

    >>> "qty" in listed("quantity")
    True
    """
    return frozenset(_WORDS[kind])


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
    listed = [_TABLE["columns"].get(name, "") for name in (f"{table}.{column}", column)]
    ordered = dict.fromkeys(plain(name) for name in [column, *" ".join(listed).split()])
    return {name: place for place, name in enumerate(ordered)}


def is_known(table: str, column: str, name: str) -> bool:
    """Whether a name is one that exports give to a column of ours."""
    return plain(name) in of_column(table, column)


@cache
def of_table(table: str) -> frozenset[str]:
    """Our name of a table and the others that files of its kind have, as single words or joined ones.

    >>> sorted(of_table("tickets"))[:3]
    ['case', 'cases', 'helpdesk']
    """
    return frozenset([table, *_TABLE["files"].get(table, "").split()])


def is_never(table: str, name: str) -> bool:
    """Whether a file of this name is not that table, whatever its columns: discounts are no subscriptions.

    >>> is_never("subscriptions", "Discounts 2026"), is_never("subscriptions", "contracts")
    (True, False)
    """
    return bool(set(words(name)) & set(_TABLE["never"].get(table, "").split()))


def own_words(table: str) -> frozenset[str]:
    """The words of a table that a column of it may bear."""
    return frozenset(_TABLE["own"].get(table, "").split())


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
