"""Doubts that only the movements of revenue show: a base that more than doubles in a year or turns over, and months or
rows of a sheet of MRR that are none."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from helpers import formats, periods
from helpers.commands.check.doubts.core import Doubt, said, written
from helpers.commands.check.guesses import expressions
from helpers.ledger import movements
from helpers.sources import Tables

HIGHEST_NRR = 2.0
HIGHEST_CHURN, _FEW = 0.7, 5
_FEW_LEFT, _TIMES, _LEAST = 8, 2.5, 0.25  # customers, and times the usual share of those who leave
_MOST_SUMS = 8  # rows that may be the sums of the others
_AMOUNTS = {"subscriptions": "mrr", "mrr": "mrr", "invoices": "amount"}
SHEET = Path(__file__).with_name("sheet")


def doubts(tables: Tables, cube: pd.DataFrame | None = None) -> list[Doubt]:
    """Net revenue retention above 200% in 12 months, months in which 70% of the accounts leave, and an odd sheet."""
    if not tables.has("subscriptions"):
        return []
    cube = movements.cube(tables) if cube is None else cube
    monthly = movements.by_month(cube, tables.coverage.first_month, tables.period.last)
    is_sheet = "mrr" in tables.names and not tables.mapped("mrr").shape.movements
    of_sheet = [*_of_months(tables, monthly), *_of_levels(tables)] if is_sheet else []
    # What a sheet of MRR says of its last months is said in its own words.
    is_said = any(doubt.column == "month" for doubt in of_sheet)
    n_whole = min(1 + monthly.index[monthly["n_closing"] > 0].max(), len(monthly) - 1) if is_said else len(monthly)
    return [*_retention(tables), *of_sheet, *_turnover(tables, monthly[:n_whole])]


def _told(tables: Tables, name: str, rows: Iterable[str] = (), column: str = "", **values: object) -> Doubt:
    table = next(table for table in _AMOUNTS if table in tables.names)
    return said(tables.mapped(table).place, name, table, column or _AMOUNTS[table], rows, **values)


def retention(tables: Tables) -> float | None:
    """Net revenue retention over the 12 months to the close; None where they are not there, or nobody paid then."""
    last = tables.period.last
    if last - 12 < tables.coverage.first_month:
        return None
    sums = movements.year_on_year(tables)
    now = sums[sums["month_no"] == last][["opening_cents", "closing_cents"]].sum()
    return now["closing_cents"] / now["opening_cents"] if now["opening_cents"] else None


def _retention(tables: Tables) -> Iterator[Doubt]:
    nrr, last = retention(tables), tables.period.last
    if nrr is not None and nrr > HIGHEST_NRR:
        largest = movements.moved(tables, last - 12, last, limit=3)
        money = {row.account_id: (row.opening_cents, row.closing_cents) for row in largest.itertuples()}
        rows = [
            f"account_id={name}: {formats.money(then, tables.currency)} then, {formats.money(now, tables.currency)} now"
            for name, (then, now) in money.items()
            if then > 0
        ]
        yield _told(tables, "retention", rows, nrr=nrr, period=tables.period)


def _turnover(tables: Tables, monthly: pd.DataFrame) -> Iterator[Doubt]:
    rates = monthly["n_churned"] / monthly["n_opening"].where(monthly["n_opening"] >= _FEW)
    emptied = monthly[rates >= HIGHEST_CHURN][:3].itertuples()
    if rows := [f"{row.month:%Y-%m}: {row.n_churned} of {row.n_opening} left" for row in emptied]:
        yield _told(tables, "turnover", rows, highest=HIGHEST_CHURN)


def _of_months(tables: Tables, monthly: pd.DataFrame) -> Iterator[Doubt]:
    """Last months of a sheet of MRR in which nobody pays, or hardly anybody yet; `monthly`: the movement table."""
    paid, last, before = monthly.index[monthly["n_closing"] > 0], monthly.iloc[-1], monthly[:-1]
    if n := len(monthly) - 1 - paid[-1] if len(paid) else 0:
        months = "the last month is" if n == 1 else f"the last {n} months are"
        until = periods.month_end(periods.month_no(monthly["month"][paid[-1]]))
        yield _told(tables, "blank", column="month", months=months, last=until)
    usual = (before["n_churned"] / before["n_opening"].where(before["n_opening"] >= _FEW_LEFT)).max()
    least = max(_LEAST, _TIMES * (0 if pd.isna(usual) else usual))
    if last["n_opening"] >= _FEW_LEFT and last["n_closing"] and last["n_churned"] / last["n_opening"] >= least:
        until = periods.month_end(periods.month_no(last["month"]) - 1)
        yield _told(tables, "incomplete", column="month", last=last, until=until)


def _of_levels(tables: Tables) -> Iterator[Doubt]:
    """Amounts of a sheet that are no MRR (each a query of `sheet/`), and rows that add up or count the others."""
    last = tables.period.last
    for name in ("in_advance", "running"):
        rows = tables.query((SHEET / f"{name}.sql").read_text(encoding="utf-8").format(last=last))
        if len(rows):
            shown = written(rows[["account_id"]]) if "account_id" in rows else ()
            yield _told(tables, name, shown, column="mrr", **rows.iloc[0].drop("account_id", errors="ignore"))
    mapped = tables.mapped("mrr")
    key = mapped.dialect.unquoted(mapped.columns["account_id"])
    for name, labels in _sums(tables, last):
        where = expressions.toml_text(f"{key} not in ({', '.join(map(mapped.dialect.literal, labels))})")
        yield _told(tables, name, column="account_id", labels=" and ".join(labels), where=where)


def _sums(tables: Tables, last: int) -> list[tuple[str, list[str]]]:
    """Rows that add up or count the others: subtotals, and the number of customers."""
    changes = tables.query(f"select account_id, month_no, closing_cents from _levels where month_no <= {last}")
    months = range(int(changes["month_no"].min()), last + 1) if len(changes) else ()
    levels = changes.pivot(index="account_id", columns="month_no", values="closing_cents")
    levels = levels.reindex(columns=months).ffill(axis=1).fillna(0)
    whole = levels.sum()
    if len(levels) < 5 or whole.nunique() < 3:
        return []
    of_largest = levels.loc[levels.sum(axis=1).sort_values(ascending=False).index[: _MOST_SUMS + 1]]
    numbers = range(2, min(_MOST_SUMS, len(of_largest) - 2) + 1)
    are_half = (n for n in numbers if (abs(2 * of_largest[:n].sum() - whole) <= 0.0005 * whole).all())
    counts = (levels > 0).sum() - 1
    is_count = levels.eq(100 * counts).all(axis=1) & (counts.nunique() > 2)
    found = [("subtotals", list(of_largest.index[:n])) for n in [*are_half][:1]]
    return found + [("counts", [name]) for name in levels.index[is_count]]
