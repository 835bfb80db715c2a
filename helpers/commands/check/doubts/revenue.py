"""Doubts that only the movements of revenue show: a base that more than doubles in a year, or that turns over."""

import pandas as pd

from helpers import formats
from helpers.commands.check.doubts import sheets
from helpers.commands.check.doubts.core import Doubt
from helpers.ledger import movements
from helpers.sources import Tables

HIGHEST_NRR = 2.0
HIGHEST_CHURN, _FEW = 0.7, 5


def doubts(tables: Tables, cube: pd.DataFrame | None = None) -> list[Doubt]:
    """Net revenue retention above 200% in 12 months, and months in which 70% of the accounts leave."""
    if not tables.has("subscriptions"):
        return []
    cube = movements.cube(tables) if cube is None else cube
    monthly = movements.by_month(cube, tables.coverage.first_month, tables.period.last)
    of_sheet = sheets.doubts(tables, monthly)
    # What a sheet of MRR says of its last months is said in its own words.
    is_said = any(doubt.column == "month" for doubt in of_sheet)
    n_whole = min(1 + monthly.index[monthly["n_closing"] > 0].max(), len(monthly) - 1) if is_said else len(monthly)
    return [*_retention(tables), *of_sheet, *_turnover(tables, monthly[:n_whole])]


def _of_revenue(tables: Tables, says: str, rows: tuple[str, ...], why: str, way_out: str) -> Doubt:
    columns = {"subscriptions": "mrr", "mrr": "mrr", "invoices": "amount"}
    name = next(name for name in columns if name in tables.names)
    return Doubt(tables.mapped(name).place, name, columns[name], says, 0, rows, why, way_out)


def _retention(tables: Tables) -> list[Doubt]:
    last = tables.period.last
    if last - 12 < tables.coverage.first_month:
        return []
    sums = movements.year_on_year(tables)
    now = sums[sums["month_no"] == last][["opening_cents", "closing_cents"]].sum()
    if not now["opening_cents"] or now["closing_cents"] <= HIGHEST_NRR * now["opening_cents"]:
        return []
    largest = movements.moved(tables, last - 12, last, limit=3)
    rows = tuple(
        f"account_id={row.account_id}: {formats.money(row.opening_cents, tables.currency)} then, "
        f"{formats.money(row.closing_cents, tables.currency)} now"
        for row in largest[largest["opening_cents"] > 0].itertuples()
    )
    nrr = formats.percent(now["closing_cents"] / now["opening_cents"], 0)
    return [
        _of_revenue(
            tables,
            f"net revenue retention is {nrr} in {tables.period}",
            rows,
            "a base that more than doubles in a year is rare; two units or terms counted twice look like that",
            "check the accounts above: unit of the amounts, overlapping terms, ids that changed",
        )
    ]


def _turnover(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    rates = monthly["n_churned"] / monthly["n_opening"].where(monthly["n_opening"] >= _FEW)
    emptied = monthly[rates >= HIGHEST_CHURN]
    if emptied.empty:
        return []
    return [
        _of_revenue(
            tables,
            f"{formats.percent(HIGHEST_CHURN, 0)} of the accounts or more leave within one month",
            tuple(f"{row.month:%Y-%m}: {row.n_churned} of {row.n_opening} left" for row in emptied[:3].itertuples()),
            "payments that do not recur, invoices without a service period, or one end for all look like that",
            "check whether each row is a subscription; map the service period of invoices that serve longer",
        )
    ]
