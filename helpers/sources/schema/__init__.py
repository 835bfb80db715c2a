"""The input tables: the TOML files beside this are the one place that names a column, its type, its unit and its rules.

The data contract of a whole source is the same declaration read as SQL (`contract`), one aggregate query a table.

Conventions: `_on` is a calendar date; `month` the first day of a month; `_id` an opaque string; `is_`/`has_` a
boolean; `n_` a count; money a decimal in one reporting currency, kept as whole cents wherever it is added up.
"""

from collections.abc import Iterable
from pathlib import Path

from helpers.sources.schema import columns
from helpers.sources.schema.columns import Cut, Table

# Needed in every source; instead of them, what they can be read from.
REQUIRED_TABLES = ("accounts", "subscriptions")
IN_PLACE_OF = {"subscriptions": ("invoices", "mrr"), "accounts": ("mrr",)}
NPS_SURVEYS = ("nps_relationship", "nps_transactional")

TABLES: dict[str, Table] = columns.tables("accounts", "billing", "relationship")
# Those of a company that states its subscriptions, and in one currency; the sample company has them all.
CORE = tuple(name for name in TABLES if name not in ("invoices", "mrr", "rates"))
_QUESTIONS = columns.read("questions")
# The lowest and highest whole score that an answer to each survey may have; item → the statement put to the customer.
SCALES = {survey: tuple(ends) for survey, ends in _QUESTIONS["scales"].items()}
SURVEY_ITEMS = _QUESTIONS["items"]


def is_given(name: str, names: Iterable[str]) -> bool:
    """Whether a table is among these, or one that it can be read from.

    >>> is_given("subscriptions", ["accounts", "invoices"]), is_given("accounts", ["invoices"])
    (True, False)
    """
    return not {name, *IN_PLACE_OF.get(name, ())}.isdisjoint(names)


def is_needed(table: str) -> bool:
    """Whether a source without the table, or what replaces it, tells of nothing.

    >>> is_needed("invoices"), is_needed("tickets")
    (True, False)
    """
    return table in {*REQUIRED_TABLES, *(other for others in IN_PLACE_OF.values() for other in others)}


def kind(table: str, column: str) -> str:
    """The kind of a column: id, text, choice, date, month, money, number, count or flag.

    >>> kind("subscriptions", "mrr"), kind("accounts", "account_id")
    ('money', 'id')
    """
    return TABLES[table].columns[column].metadata["kind"]


def cut(table: str) -> Cut:
    """What of a table was known when.

    >>> cut("tickets").known_on
    'opened_on'
    """
    return TABLES[table].metadata["cut"]


def dated(names: Iterable[str]) -> dict[str, str]:
    """Those of some tables that date their rows → the column by which a row became known.

    >>> dated(["accounts", "tickets"])
    {'tickets': 'opened_on'}
    """
    return {name: day for name in names if (day := cut(name).known_on)}


def key(table: str) -> tuple[str, ...]:
    """The columns that no two rows of a table share.

    >>> key("usage")
    ('account_id', 'month')
    """
    return TABLES[table].metadata["key"]


def dictionary() -> str:
    """The data dictionary of `data/README.md`, a Markdown section a table.

    >>> dictionary().splitlines()[0]
    '### accounts'
    """
    from jinja2 import Template  # a tenth of a second, which no query of these tables need wait for

    either = IN_PLACE_OF | {"invoices": ("subscriptions",), "mrr": ("subscriptions",)}
    template = (Path(__file__).parent / "dictionary.md.jinja").read_text(encoding="utf-8")
    facts = {"tables": TABLES, "required": REQUIRED_TABLES, "either": either}
    return Template(template, trim_blocks=True, lstrip_blocks=True).render(facts)
