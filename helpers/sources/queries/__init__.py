"""The SQL that grows with the data: one text for all engines, a file a query; one that begins with _ is a step."""

from pathlib import Path

FOLDER = Path(__file__).parent


def text(name: str, **values: object) -> str:
    """The query of `<name>.sql` with its `{value}`s filled in.

    >>> text("_starts").splitlines()[-1]
    'group by account_id'
    """
    sql = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return sql.format(**values) if values else sql
