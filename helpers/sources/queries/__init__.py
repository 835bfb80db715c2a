"""The SQL that grows with the data: one text for all engines, a file a query; one that begins with _ is a step."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


def text(name: str, **values: object) -> str:
    """The query of `<name>.sql` with its `{value}`s filled in.

    >>> text("_starts").splitlines()[-1]
    'group by account_id'
    """
    sql = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return sql.format(**values) if values else sql


@cache
def macros(module: str):
    """The macros of the SQL beside a module, in jinja2: `mapping.sql` of `mapping.py`. They are called as functions.

    >>> macros(str(FOLDER.parent / "shapes.py")).trimmed("name")[:25]
    "trim(both ' ' from replac"
    """
    import jinja2  # takes a tenth of a second, which whoever reads nothing need not wait for

    made = jinja2.Environment(undefined=jinja2.StrictUndefined)
    made.filters["literal"] = lambda text: "'" + text.replace("'", "''") + "'"
    return made.from_string(Path(module).with_suffix(".sql").read_text(encoding="utf-8")).module
