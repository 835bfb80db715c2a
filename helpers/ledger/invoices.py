"""MRR read from invoice lines, held against the revenue that the same lines are recognized as.

MRR of a month is what its recurring lines bill for it: each amount by its whole months of service, or by its days where
it is one of a cycle of days or a proration. Credits are set against the lines of the same account and product, never
below 0 (`queries/_services.sql`, `_cycles.sql`, `_parts.sql` and `_billed.sql` state the rules). Recognized revenue is
the same amounts by straight line over their days. The two differ for four reasons only, and `reconciliation` counts
each of them to the cent.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import movements
from helpers.ledger.book import WORDS
from helpers.sources import Tables

# Of the accounts: above it, those that are mostly billed after their service are a way of billing, no corrections.
LATE_SHARE = 0.1
# What MRR is more or less than recognized revenue; `words.toml` says why.
REASONS = ["within_month_cents", "days_cents", "rounding_cents", "credits_beyond_cents"]


@dataclass(frozen=True)
class Reconciliation(Shown):
    """MRR against recognized revenue, month by month."""

    table: pd.DataFrame = field(metadata={"holds": "one row per month: MRR = recognized + four reasons, in cents"})
    sentences: list[str] = field(repr=False)

    @property
    def recent(self) -> pd.DataFrame:
        """The last 12 months for a reader, latest first."""
        return self.table.drop(columns="is_equal").tail(12).iloc[::-1]


def reconcile(tables: Tables) -> Reconciliation | None:
    """MRR against recognized revenue, month by month, in words and numbers; None without invoice lines."""
    if not tables.has("invoices"):
        return None
    table = reconciliation(tables)
    return Reconciliation(table, sentences(tables, table))


def reconciliation(tables: Tables) -> pd.DataFrame:
    """MRR against recognized revenue by month, in cents.

    mrr = recognized + within_month + days + rounding + credits_beyond. One row a month up to the period's end: month,
    mrr_cents (of the ledger), recognized_cents (each recurring amount by straight line over its days of service, as
    known at the period's end), the four differences (signed; credits_beyond_cents ≥ 0), is_equal (whether they add up),
    and beside it, in neither, one_time_cents and tax_cents.
    `Refused` where the source has no invoices.
    """
    lines, last = tables.run("invoices/service_periods"), tables.period.last
    months = range(min([tables.coverage.first_month, *lines["from_no"].astype(int)]), last + 1)
    monthly = movements.by_month(movements.cube(tables), tables.coverage.first_month, last)
    beyond = tables.run("invoices/credits_beyond").set_index("month_no")["change_cents"].reindex(months, fill_value=0)
    table = by_month(lines, months)
    mrr = monthly.set_index("month")["closing_cents"].reindex(table["month"], fill_value=0)
    table = table.assign(mrr_cents=mrr.to_numpy(), credits_beyond_cents=-beyond.cumsum().to_numpy())
    explained = table["recognized_cents"] + table[REASONS].sum(axis=1)
    columns = ["month", "mrr_cents", "recognized_cents", *REASONS, "is_equal", "one_time_cents", "tax_cents"]
    return table.assign(is_equal=explained == table["mrr_cents"])[columns]


def by_month(periods_billed: pd.DataFrame, months: range) -> pd.DataFrame:
    """Service periods by month, in whole cents: recognized by days, and how a month's amount differs from that.

    `periods_billed` has line_class, billed_by (`months`; the others' difference from the days is days_cents),
    served_from, served_until, from_no, until_no, cents, base_cents × times ÷ parts (a month's amount) and monthly_cents
    (that, rounded). Sums are rounded where they are added up, so that no month's cent is lost in the next; one-time
    lines and taxes belong to the month of their first day.

    >>> line = pd.DataFrame({"line_class": ["recurring"], "billed_by": ["months"], "served_from": ["2024-01-16"],
    ...     "served_until": ["2024-03-01"], "from_no": [24288], "until_no": [24290], "cents": [4500],
    ...     "base_cents": [4500], "times": [1], "parts": [2], "monthly_cents": [2250]})
    >>> by_month(line, range(24288, 24290))[["recognized_cents", "within_month_cents"]].values.tolist()
    [[1600, 650], [2900, -650]]
    """
    lines = periods_billed[periods_billed["line_class"] == "recurring"]
    cents, monthly, start, base, times, parts = (
        lines[name].to_numpy("int64") for name in ("cents", "monthly_cents", "from_no", "base_cents", "times", "parts")
    )
    exact, n_months = base * times / parts, lines["until_no"].to_numpy("int64") - start
    is_of_days = (lines["billed_by"] != "months").to_numpy()
    opened = lines["served_from"].to_numpy("datetime64[D]")
    days = (lines["served_until"].to_numpy("datetime64[D]") - opened).astype("int64")
    sums = [(0, 0, 0, 0)]
    for month in months:
        end = np.datetime64(periods.month_start(month + 1), "D")
        served, billed = np.clip((end - opened).astype("int64"), 0, days), np.clip(month + 1 - start, 0, n_months)
        recognized, by_months = cents * (served / days), exact * billed
        amounts = recognized, by_months, monthly * billed, (by_months - recognized)[is_of_days]
        sums.append(tuple(round(float(cents.sum())) for cents in amounts))
    recognized, by_months, rounded, of_days = np.diff(np.array(sums, dtype="int64"), axis=0).T
    table = pd.DataFrame({"month": movements.month_of(months), "recognized_cents": recognized})
    within, rounding = by_months - recognized - of_days, rounded - by_months
    table = table.assign(within_month_cents=within, days_cents=of_days, rounding_cents=rounding)
    for name in ("one_time", "tax"):
        amounts = periods_billed[periods_billed["line_class"] == name].groupby("from_no")["cents"].sum()
        table[f"{name}_cents"] = amounts.reindex(months, fill_value=0).to_numpy("int64")
    return table


def sentences(tables: Tables, table: pd.DataFrame) -> list[str]:
    """What a `reconciliation` says, in plain words, and what about the lines may be mapped wrongly."""
    counted = tables.run("invoices/lines").iloc[0].astype("int64").to_dict()
    says = Sentences(WORDS, counted | {"late_share": LATE_SHARE, "as_of": periods.day_name(tables.as_of)})
    cycles = [Sentences(WORDS, row).cycle for row in tables.run("invoices/cycles").itertuples()]
    return [total_sentence(table.tail(12), tables.currency), says.lines, *cycles, *says.hints]


def broken(table: pd.DataFrame) -> list[str]:
    """The months in which MRR is not recognized revenue and its four differences; empty when all reconcile."""
    return [
        f"{month:%Y-%m}: MRR does not reconcile with the invoice lines" for month in table["month"][~table["is_equal"]]
    ]


def lines(tables: Tables) -> list[str]:
    """What `python -m helpers check` prints: the last 12 months in a row each, then what they say."""
    table = reconciliation(tables)
    shown = table.drop(columns="is_equal").tail(12).set_index("month")
    shown = shown.rename(columns=lambda name: name.removesuffix("_cents").replace("_", " "))
    shown.index = [f"{month:%Y-%m}" for month in shown.index]
    cells = shown.map(lambda cents: formats.exact_money(int(cents), tables.currency))
    return ["", *cells.to_string().splitlines(), "", *sentences(tables, table)]


def total_sentence(table: pd.DataFrame, currency: str = "USD") -> str:
    """MRR added up over the months of a table, against recognized revenue, and each reason for the difference.

    >>> table = pd.DataFrame({"month": pd.to_datetime(["2024-01-01", "2024-02-01"]), "mrr_cents": [2250, 2250],
    ...     "recognized_cents": [1600, 2900], "within_month_cents": [650, -650], "days_cents": 0, "rounding_cents": 0,
    ...     "credits_beyond_cents": 0})
    >>> print(total_sentence(table))
    MRR of Jan 2024 to Feb 2024 adds up to $45.00, recognized revenue to $45.00: equal.
    """
    sums = table.drop(columns="month").sum().astype("int64")
    return Sentences(WORDS, SimpleNamespace(months=table["month"], sums=sums, currency=currency)).total
