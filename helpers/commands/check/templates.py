"""The jinja2 templates of this folder: a first source file, and what `check` says."""

from functools import cache
from pathlib import Path

from helpers import formats
from helpers.commands.check.guesses import expressions, names
from helpers.commands.check.matched import line
from helpers.sources.dialects import DUCKDB


@cache
def _environment():
    import jinja2  # takes a tenth of a second, which whoever only asks for doubts need not wait for

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    made = jinja2.Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    made.filters |= {"toml": expressions.toml_text, "line": line, "quoted": DUCKDB.quoted}
    made.globals |= {"ambiguous": names.AMBIGUOUS, "dated": expressions.dated, "plural": formats.plural}
    return made


def template(name: str):
    """A template of this folder, its macros in `module`."""
    return _environment().get_template(name)
