"""The first look at a folder of exports: what `--start` would write, done in memory, and what comes of it.

    from helpers.commands.check import look
    look.look("exports/")      # in JupyterLab: our columns and yours, what is doubtful, MRR by month

Nothing is written to the folder.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.check import check, start
from helpers.commands.check.doubts.revenue import retention
from helpers.commands.check.findings import Seen, lines
from helpers.commands.check.guesses.expressions import toml_line
from helpers.commands.check.matched import Matched, match
from helpers.ledger import movements
from helpers.sources import Tables

_VALUES = 3


@dataclass(frozen=True)
class ColumnSeen:
    """One of our columns: theirs, some values as they are read, what is asked about it, and the line to change."""

    table: str
    ours: str
    theirs: str
    values: tuple[str, ...]
    asks: tuple[str, ...]
    line: str


@dataclass(frozen=True)
class Look:
    """What a first look shows. `monthly`: the movement table, `nrr` in words; both empty while revenue cannot be read.

    `told`: which file was taken for which table, and what was not used, a line each.
    """

    seen: Seen
    told: tuple[str, ...]
    columns: tuple[ColumnSeen, ...]
    monthly: pd.DataFrame
    nrr: str
    currency: str

    @property
    def bars(self) -> list[dict]:
        """MRR by month as bars: month, amount in words, accounts, and height in percent of the highest."""
        most = self.monthly["closing_cents"].max() if len(self.monthly) else 0
        return [
            {
                "month": f"{row.month:%b %Y}",
                "mrr": formats.money(row.closing_cents, self.currency),
                "accounts": int(row.n_closing),
                "height": round(100 * row.closing_cents / most) if most else 0,
            }
            for row in self.monthly[-36:].itertuples()
        ]

    def page(self) -> str:
        """The look as a whole page."""
        from helpers.commands import html  # costs a quarter of a second that a look in the terminal need not pay

        head = {"title": "A first look", "period": self.seen.source.name, "as_of": "", "company": ""}
        return formats.visible(html.page("look.html.j2", look=self, name="", contents=(), **head))

    def _repr_html_(self) -> str:
        """The same in a notebook's output, its money never taken for a formula."""
        main = re.search(r"<main[^>]*>(.*)</main>", self.page(), re.DOTALL)[1]
        return f'<div class="mathjax_ignore">{main}</div>'


def look(place: str | Path) -> Look:
    """A first look at a folder of exports, or at one file. Raises `Refused` where nothing in it looks like revenue."""
    place = Path(place).expanduser().resolve()
    told: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = start.write(place, told.append, Path(folder) / start.SOURCE)
        seen = replace(check.walk(file, date.today()), source=place, is_first=True)
        tables, *_ = check.connected(file)
        columns = tuple(_columns(tables, match(start.exports(place))))
        monthly, nrr, currency = _revenue(tables) if seen.is_good else (pd.DataFrame(), "", "")
    return Look(seen, tuple(line.strip() for line in told[:-1]), columns, monthly, nrr, currency)


def say(place: Path, say: Callable[[str], None] = print, page: Path | None = None) -> bool:
    """Say what a first look shows, and write it as a page where `page` names a file; True when nothing is wrong."""
    shown = look(place)
    return check.tell(shown.seen, (*shown.told, *lines(shown.seen)), shown.page, say, page)


def _columns(tables: Tables, matched: Matched) -> Iterator[ColumnSeen]:
    for table, each in matched.items():
        for ours, guess in each.columns.items() if each.is_revenue or table == "accounts" else ():
            says = tuple(ask.says for ask in each.asks if ask.column == ours)
            values = _values(tables, table, ours)
            yield ColumnSeen(table, ours, guess.theirs, values, says, toml_line(ours, guess.expression))


def _values(tables: Tables, table: str, ours: str) -> tuple[str, ...]:
    if table not in tables.names or ours in tables.mapped(table).absent:
        return ()
    query = f"select distinct {ours} from _all_{table} where {ours} is not null order by 1 limit {_VALUES}"
    return tuple(str(value).removesuffix(" 00:00:00") for value in tables.uncut(query)[ours])


def _revenue(tables: Tables) -> tuple[pd.DataFrame, str, str]:
    tables = tables.at(tables.default_period(date.today()))
    monthly = movements.by_month(movements.cube(tables), tables.coverage.first_month, tables.period.last)
    nrr = retention(tables)
    return monthly, "" if nrr is None else formats.percent(nrr, 1), tables.currency
