"""Which file looks like which table of ours, and which column like which of ours: by names and contents.

A guess is a suggestion for a person to read, never a mapping that is used in silence.
"""

from helpers.commands.check.guesses.core import LIKELY, REVENUE, Guess, as_toml, columns, tables
from helpers.commands.check.guesses.expressions import dated, expression, toml_text, written
from helpers.commands.check.guesses.left_out import LeftOut, goes_on, left_out, once, without_totals
from helpers.commands.check.guesses.names import (
    CURRENCIES,
    SIGNS,
    STYLES,
    currency,
    is_known,
    listed,
    of_what_time,
    words,
)
from helpers.commands.check.guesses.readings import AMBIGUOUS, Reading, read
from helpers.commands.check.guesses.shapes import keys, melted

__all__ = [
    "AMBIGUOUS",
    "CURRENCIES",
    "LIKELY",
    "REVENUE",
    "SIGNS",
    "STYLES",
    "Guess",
    "LeftOut",
    "Reading",
    "as_toml",
    "columns",
    "currency",
    "dated",
    "expression",
    "goes_on",
    "is_known",
    "keys",
    "left_out",
    "listed",
    "melted",
    "of_what_time",
    "once",
    "read",
    "tables",
    "toml_text",
    "without_totals",
    "words",
    "written",
]
