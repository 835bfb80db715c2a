"""Doubts about MRR by month: what a sheet may hold besides its customers, and months that are no months of MRR."""

import pandas as pd

from helpers import formats, periods
from helpers.commands.check import guesses
from helpers.commands.check.doubts.core import Doubt
from helpers.sources import Tables

_MOST_SUMS = 8  # rows that may be the sums of the others
_FEW, _TIMES, _LEAST = 8, 2.5, 0.25
_APART = (3, 6, 12)  # months from one payment in advance to the next


def doubts(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    """What is odd about levels of MRR by month; `monthly`: the movement table."""
    if "mrr" not in tables.names or tables.mapped("mrr").shape.movements:
        return []
    changes = tables.query(
        f"select account_id, month_no, closing_cents from _levels where month_no <= {tables.period.last} order by 1, 2"
    )
    found = [*_blank(tables, monthly), *_incomplete(tables, monthly)]
    return [*found, *_in_advance(tables, changes), *_running(tables, changes), *_sums(tables, changes)]


def _doubt(tables: Tables, column: str, says: str, why: str, way_out: str, rows: list[str] = ()) -> Doubt:
    return Doubt(tables.mapped("mrr").place, "mrr", column, says, 0, tuple(rows), why, way_out)


def _blank(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    paid = monthly.index[monthly["n_closing"] > 0]
    n = len(monthly) - 1 - paid[-1] if len(paid) else 0
    if not n:
        return []
    last = periods.month_end(periods.month_no(monthly["month"][paid[-1]]))
    months = "the last month is" if n == 1 else f"the last {n} months are"
    says = f"{months} blank for every customer; is the data until {last}?"
    why = "a month without an amount is a month not paying, so everybody looks gone"
    return [_doubt(tables, "month", says, why, f"write data_until = {last} under [source]")]


def _incomplete(tables: Tables, monthly: pd.DataFrame) -> list[Doubt]:
    last, before = monthly.iloc[-1], monthly[:-1]
    usual = (before["n_churned"] / before["n_opening"].where(before["n_opening"] >= _FEW)).max()
    if last["n_opening"] < _FEW or not last["n_closing"]:
        return []
    rate = last["n_churned"] / last["n_opening"]
    if rate < max(_LEAST, _TIMES * (0 if pd.isna(usual) else usual)):
        return []
    says = (
        f"{last['n_churned']} of {last['n_opening']} customers have no amount in the last month, {last['month']:%Y-%m}"
    )
    until = periods.month_end(periods.month_no(last["month"]) - 1)
    why = "far more than in any month before: where the sheet is not filled in yet, they look gone"
    return [_doubt(tables, "month", says, why, f"fill it in, or write data_until = {until} under [source]")]


def _in_advance(tables: Tables, changes: pd.DataFrame) -> list[Doubt]:
    """Customers who pay an amount in single months: three, six or twelve months apart, or once for many of them."""
    by_account = changes.groupby("account_id")
    is_single = (changes["closing_cents"] > 0) & (by_account["closing_cents"].shift(1, fill_value=0) == 0)
    is_single &= (by_account["closing_cents"].shift(-1) == 0) & (by_account["month_no"].diff(-1) == -1)
    single = changes[is_single]
    apart = single.groupby("account_id")["month_no"].diff()
    names, n = single.loc[apart.isin(_APART), "account_id"].unique(), changes["account_id"].nunique()
    if len(names) < max(3, 0.05 * n):
        names = single["account_id"].unique()
        if len(names) < max(3, 0.25 * n):
            return []
    says = f"{len(names):,} of {n:,} customers pay in single months, with none before and after"
    why = "an amount that is billed in advance is no MRR: between two payments the customer looks gone"
    fix = "divide each by the months that it is for, and write it into every one of them"
    return [_doubt(tables, "mrr", says, why, fix, [f"account_id={name}" for name in names[:3]])]


def _running(tables: Tables, changes: pd.DataFrame) -> list[Doubt]:
    """Amounts that grow month after month, as those of a year to date do."""
    by_account = changes.groupby("account_id")
    before = by_account["closing_cents"].shift(1, fill_value=0)
    is_next = (by_account["month_no"].diff() == 1) & (before > 0)
    n_months = changes["account_id"].nunique() * (tables.period.last - changes["month_no"].min())
    rises = int((is_next & (changes["closing_cents"] > before)).sum())
    if rises < 12 or rises < 0.6 * n_months:
        return []
    says = f"amounts rise from one month to the next in {formats.percent(rises / n_months, 0)} of all months"
    why = "MRR stays the same most of the time; amounts of a year to date, or usage, look like that"
    return [_doubt(tables, "mrr", says, why, "export the amount of each month by itself, without usage")]


def _sums(tables: Tables, changes: pd.DataFrame) -> list[Doubt]:
    """Rows that add up or count the others: subtotals, and the number of customers."""
    months = range(int(changes["month_no"].min()), tables.period.last + 1) if len(changes) else ()
    levels = changes.pivot(index="account_id", columns="month_no", values="closing_cents")
    levels = levels.reindex(columns=months).ffill(axis=1).fillna(0)
    whole = levels.sum()
    if len(levels) < 5 or whole.nunique() < 3:
        return []
    of_largest = levels.loc[levels.sum(axis=1).sort_values(ascending=False).index[: _MOST_SUMS + 1]]
    found = []
    for n in range(2, min(_MOST_SUMS, len(of_largest) - 2) + 1):
        if (abs(2 * of_largest[:n].sum() - whole) <= 0.0005 * whole).all():
            found.append((list(of_largest.index[:n]), "together pay what all others together pay, as subtotals do"))
            break
    counts = (levels > 0).sum() - 1
    is_count = levels.eq(100 * counts).all(axis=1) & (counts.nunique() > 2)
    found += [([name], "counts the others, as a row of customers does") for name in levels.index[is_count]]
    why = "what is no customer is counted once more, and NRR and churn are those of sums"
    mapped = tables.mapped("mrr")
    key = mapped.dialect.unquoted(mapped.columns["account_id"])

    def fix(rows: list[str]) -> str:
        labels = ", ".join(map(mapped.dialect.literal, rows))
        return f"leave them out: where = {guesses.toml_text(f'{key} not in ({labels})')}"

    return [_doubt(tables, "account_id", f"{' and '.join(rows)} {says}", why, fix(rows)) for rows, says in found]
