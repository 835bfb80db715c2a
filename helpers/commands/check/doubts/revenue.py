"""Doubts that only the movements of revenue show: a base that more than doubles in a year or turns over, and months or
rows of a sheet of MRR that are none."""

from collections.abc import Iterable

import pandas as pd

from helpers import formats, periods
from helpers.commands.check.doubts.core import Doubt, said
from helpers.commands.check.guesses import expressions
from helpers.ledger import movements
from helpers.sources import Tables

HIGHEST_NRR = 2.0
HIGHEST_CHURN, _FEW = 0.7, 5
_FEW_LEFT, _TIMES, _LEAST = 8, 2.5, 0.25  # customers, and times the usual share of those who leave
_MOST_SUMS = 8  # rows that may be the sums of the others
_APART = (3, 6, 12)  # months from one payment in advance to the next
_AMOUNTS = {"subscriptions": "mrr", "mrr": "mrr", "invoices": "amount"}


def doubts(tables: Tables, cube: pd.DataFrame | None = None) -> list[Doubt]:
    """Net revenue retention above 200% in 12 months, months in which 70% of the accounts leave, and an odd sheet."""
    if not tables.has("subscriptions"):
        return []
    cube = movements.cube(tables) if cube is None else cube
    monthly = movements.by_month(cube, tables.coverage.first_month, tables.period.last)
    of_sheet = _of_sheet(tables, monthly)
    # What a sheet of MRR says of its last months is said in its own words.
    is_said = any(doubt.column == "month" for doubt in of_sheet)
    n_whole = min(1 + monthly.index[monthly["n_closing"] > 0].max(), len(monthly) - 1) if is_said else len(monthly)
    return [*_retention(tables), *of_sheet, *_turnover(tables, monthly[:n_whole])]


def _of_revenue(tables: Tables, name: str, rows: list[str], **values: object) -> list[Doubt]:
    table = next(table for table in _AMOUNTS if table in tables.names)
    return [said(tables.mapped(table).place, name, table, _AMOUNTS[table], rows, **values)]


def retention(tables: Tables) -> float | None:
    """Net revenue retention over the 12 months to the close; None where they are not there, or nobody paid then."""
    last = tables.period.last
    if last - 12 < tables.coverage.first_month:
        return None
    sums = movements.year_on_year(tables)
    now = sums[sums["month_no"] == last][["opening_cents", "closing_cents"]].sum()
    return now["closing_cents"] / now["opening_cents"] if now["opening_cents"] else None


def _retention(tables: Tables) -> list[Doubt]:
    nrr, last = retention(tables), tables.period.last
    if nrr is None or nrr <= HIGHEST_NRR:
        return []
    largest = movements.moved(tables, last - 12, last, limit=3)
    rows = [
        f"account_id={row.account_id}: {formats.money(row.opening_cents, tables.currency)} then, "
        f"{formats.money(row.closing_cents, tables.currency)} now"
        for row in largest[largest["opening_cents"] > 0].itertuples()
    ]
    return _of_revenue(tables, "retention", rows, nrr=formats.percent(nrr, 0), period=tables.period)


def _turnover(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    rates = monthly["n_churned"] / monthly["n_opening"].where(monthly["n_opening"] >= _FEW)
    emptied = monthly[rates >= HIGHEST_CHURN][:3].itertuples()
    rows = [f"{row.month:%Y-%m}: {row.n_churned} of {row.n_opening} left" for row in emptied]
    return _of_revenue(tables, "turnover", rows, highest=formats.percent(HIGHEST_CHURN, 0)) if rows else []


def _of_mrr(tables: Tables, name: str, column: str, rows: Iterable[str] = (), **values: object) -> Doubt:
    return said(tables.mapped("mrr").place, name, "mrr", column, rows, **values)


def _of_sheet(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    """What is odd about levels of MRR by month; `monthly`: the movement table."""
    if "mrr" not in tables.names or tables.mapped("mrr").shape.movements:
        return []
    changes = tables.query(
        f"select account_id, month_no, closing_cents from _levels where month_no <= {tables.period.last} order by 1, 2"
    )
    found = [*_blank(tables, monthly), *_incomplete(tables, monthly)]
    return [*found, *_in_advance(tables, changes), *_running(tables, changes), *_sums(tables, changes)]


def _month_end(month: pd.Timestamp, ahead: int = 0) -> object:
    return periods.month_end(periods.month_no(month) + ahead)


def _blank(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    paid = monthly.index[monthly["n_closing"] > 0]
    n = len(monthly) - 1 - paid[-1] if len(paid) else 0
    if not n:
        return []
    months = "the last month is" if n == 1 else f"the last {n} months are"
    return [_of_mrr(tables, "blank", "month", months=months, last=_month_end(monthly["month"][paid[-1]]))]


def _incomplete(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    last, before = monthly.iloc[-1], monthly[:-1]
    usual = (before["n_churned"] / before["n_opening"].where(before["n_opening"] >= _FEW_LEFT)).max()
    if last["n_opening"] < _FEW_LEFT or not last["n_closing"]:
        return []
    if last["n_churned"] / last["n_opening"] < max(_LEAST, _TIMES * (0 if pd.isna(usual) else usual)):
        return []
    return [_of_mrr(tables, "incomplete", "month", last=last, until=_month_end(last["month"], -1))]


def _in_advance(tables: Tables, changes: pd.DataFrame) -> list[Doubt]:
    """Customers who pay an amount in single months: three, six or twelve months apart, or once for many of them."""
    by_account = changes.groupby("account_id")
    is_single = (changes["closing_cents"] > 0) & (by_account["closing_cents"].shift(1, fill_value=0) == 0)
    is_single &= (by_account["closing_cents"].shift(-1) == 0) & (by_account["month_no"].diff(-1) == -1)
    single = changes[is_single]
    apart = single.groupby("account_id")["month_no"].diff()
    n = changes["account_id"].nunique()
    payers, far = single["account_id"], single.loc[apart.isin(_APART), "account_id"]
    for share, names in ((0.05, far.unique()), (0.25, payers.unique())):
        if len(names) >= max(3, share * n):
            rows = [f"account_id={name}" for name in names[:3]]
            return [_of_mrr(tables, "in_advance", "mrr", rows, n_single=len(names), n=n)]
    return []


def _running(tables: Tables, changes: pd.DataFrame) -> list[Doubt]:
    """Amounts that grow month after month, as those of a year to date do."""
    by_account = changes.groupby("account_id")
    before = by_account["closing_cents"].shift(1, fill_value=0)
    is_next = (by_account["month_no"].diff() == 1) & (before > 0)
    n_months = changes["account_id"].nunique() * (tables.period.last - changes["month_no"].min())
    rises = int((is_next & (changes["closing_cents"] > before)).sum())
    if rises < 12 or rises < 0.6 * n_months:
        return []
    return [_of_mrr(tables, "running", "mrr", share=formats.percent(rises / n_months, 0))]


def _sums(tables: Tables, changes: pd.DataFrame) -> list[Doubt]:
    """Rows that add up or count the others: subtotals, and the number of customers."""
    months = range(int(changes["month_no"].min()), tables.period.last + 1) if len(changes) else ()
    levels = changes.pivot(index="account_id", columns="month_no", values="closing_cents")
    levels = levels.reindex(columns=months).ffill(axis=1).fillna(0)
    whole = levels.sum()
    if len(levels) < 5 or whole.nunique() < 3:
        return []
    of_largest = levels.loc[levels.sum(axis=1).sort_values(ascending=False).index[: _MOST_SUMS + 1]]
    numbers = range(2, min(_MOST_SUMS, len(of_largest) - 2) + 1)
    are_half = (n for n in numbers if (abs(2 * of_largest[:n].sum() - whole) <= 0.0005 * whole).all())
    found = [("subtotals", list(of_largest.index[:n])) for n in [*are_half][:1]]
    counts = (levels > 0).sum() - 1
    is_count = levels.eq(100 * counts).all(axis=1) & (counts.nunique() > 2)
    found += [("counts", [name]) for name in levels.index[is_count]]
    mapped = tables.mapped("mrr")
    key = mapped.dialect.unquoted(mapped.columns["account_id"])
    doubts = []
    for name, labels in found:
        where = expressions.toml_text(f"{key} not in ({', '.join(map(mapped.dialect.literal, labels))})")
        doubts.append(_of_mrr(tables, name, "account_id", labels=" and ".join(labels), where=where))
    return doubts
