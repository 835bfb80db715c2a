"""The card of a period: every metric by segment, as one tidy table, and what is picked out of it for the page."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from helpers import periods
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.ledger import Ledger, movements
from helpers.metrics import measures
from helpers.metrics.base import base
from helpers.metrics.core import ALL, Metric, pick, readable, row, said, segments, table
from helpers.metrics.retention import churn_rate, revenue_ratio_from_sums
from helpers.periods import Period
from helpers.sources import Tables


@dataclass(frozen=True)
class Card(Shown):
    """Every metric by segment: this period, the one before, a year ago; and month by month for all accounts."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric, segment and period"})
    period: Period = field(repr=False)
    pairs: dict[Period, pd.DataFrame | None] = field(repr=False)
    caveats: list[str] = field(repr=False)
    economics: str = field(repr=False)
    currency: str = field(repr=False)

    def __getitem__(self, name: str) -> Metric:
        """A metric of this period and all accounts: value, low, high, n, verdict."""
        if name not in self._figures:
            raise Refused(f"metric {name!r} is not on the card of this source; {did_you_mean(name, self._figures)}")
        return self._figures[name]

    @cached_property
    def _figures(self) -> dict[str, Metric]:
        return pick(self.table, self.period)

    def rows(self, name: str) -> pd.DataFrame:
        """A metric of this period, one row per segment, all accounts first."""
        return self.table[(self.table["metric"] == name) & (self.table["period"] == str(self.period))]

    @property
    def now(self) -> pd.DataFrame:
        """Every metric of this period and all accounts, one row per metric."""
        return self.table[(self.table["segment"] == ALL) & (self.table["period"] == str(self.period))]

    @property
    def retention(self) -> pd.DataFrame:
        """Retention by segment for this period, the one before and a year ago."""
        periods_shown = [str(period) for period in (self.period, self.period.previous, self.period.year_before)]
        rows = self.table[self.table["period"].isin(periods_shown) & self.table["metric"].isin(measures.RETENTION)]
        return rows[["metric", "segment", "period", "value", "low", "high", "n", "verdict"]]

    @property
    def voice(self) -> pd.DataFrame:
        """What customers say and who speaks for us, this period."""
        return readable(self.table, self.period, measures.VOICE)

    @property
    def growth(self) -> pd.DataFrame:
        """What growth is made of, the pipeline and lifetime values, this period."""
        return readable(self.table, self.period, measures.GROWTH)

    @property
    def sentence(self) -> str:
        """What the accounts of 12 months ago pay today, with and without growth."""
        return retention_sentence(self["net_revenue_retention"], self["gross_revenue_retention"])


def card(tables: Tables, book: Ledger, months: int = 13) -> Card:
    """Every metric that the source has tables for; `months` is how many months all accounts are followed.

    Returns: `table` with COLUMNS, one row per metric, segment and period. This period, the one before and the one a
    year ago come by segment, the months for all accounts together.
    """
    period, n_opening = tables.period, book.bridge["n_opening"]
    compared = [period, period.previous, period.year_before]
    steps = movements.Steps(tables)
    pairs = {wanted: movements.pairs(steps, wanted, n_opening) for wanted in compared}
    sums = {lag: pooled(movements.year_on_year(tables, lag)) for lag in {1, period.n_months, 12}}
    first = max(period.last - months, tables.coverage.first_month)
    followed = [periods.of_month(month) for month in range(period.last, first, -1)]
    held = {name: tables.optional(name) for name in measures.MEASURES if measures.declared(name, of_paying=True)}
    rows = retention_rows(sums, pairs, period) + _movement_rows(tables, steps, held, compared, followed)
    every = {name: tables.every_kth(name) if name in measures.SAMPLED else 1 for name in measures.MEASURES}
    accounts = tables.query("select account_id, segment from accounts order by account_id")
    rows += measures.kind_rows(book.kinds, movements.KIND_NAMES, compared, followed)
    for name in measures.MEASURES:
        frame = held[name] if every[name] == 1 and name in held else tables.optional(name, every[name])
        rows += measures.rows(name, frame, accounts, compared, followed)
    rows += _pipeline_rows(tables, accounts, compared, followed)
    frame, sampling = table(rows), measures.sampling_sentences(every)
    return Card(frame, period, pairs, sampling, _economics(tables, frame), tables.currency)


def _economics(tables: Tables, frame: pd.DataFrame) -> str:
    """How far the observed lifetime value goes, what all of them take for granted, and where it is set."""
    observed = pick(frame, tables.period)["customer_lifetime_value_observed_cents"]
    return said("economics", assumed=tables.settings.economics, observed=observed)


def _movement_rows(
    tables: Tables, steps: movements.Steps, frames: dict, compared: list[Period], followed: list[Period]
) -> list[dict]:
    """Growth, shares of the paying accounts and lifetime value: what rests on the accounts at both ends of a period."""
    rows = []
    for period in dict.fromkeys([*compared, *followed]):
        accounts = steps.moved(period.opening, period.last)
        accounts = accounts if period in compared else accounts.assign(segment=ALL)
        rows += measures.growth_rows(accounts, period)
        paying = {period: accounts[accounts["closing_cents"] > 0]}
        rows += [line for name, frame in frames.items() for line in measures.paying_rows(name, frame, paying)]
    economics = tables.settings.economics
    lives, paid = movements.lives(tables), movements.paid(tables)
    return rows + measures.lifetime_rows(lives, paid, tables.period, economics.margin, economics.discount_rate)


def _pipeline_rows(tables: Tables, accounts: pd.DataFrame, compared: list, followed: list) -> list[dict]:
    first = min(period.first for period in [*compared, *followed])
    span = {"first_month": first, "last_month": tables.period.last}
    opportunities = tables.run("expansions", **span) if tables.has("opportunities") else None
    touches = tables.run("expansion_touches", **span) if tables.has("opportunities", "touches") else None
    return measures.pipeline_rows(opportunities, touches, accounts, compared, followed)


def pooled(sums: pd.DataFrame) -> pd.DataFrame:
    """The sums of `movements.year_on_year` with the pooled rows (segment `all`) in front."""
    numbers = [column for column in sums.columns if column not in ("segment", "month_no")]
    total = sums.groupby("month_no", as_index=False)[numbers].sum()
    return pd.concat([total.assign(segment=ALL), sums], ignore_index=True)[list(sums.columns)]


def retention_rows(
    sums: dict[int, pd.DataFrame], pairs: dict[Period, pd.DataFrame | None], period: Period
) -> list[dict]:
    """Logo churn, 12-month churn, NRR and GRR for periods and segments, and month by month for all segments together.

    `sums`: lag in months → `pooled` sums of `movements.year_on_year`, for lags 1, 12 and the period's length. `pairs`:
    the periods wanted → their accounts (`movements.pairs`), or None where the sums must do.
    """
    at = {lag: by_month(frame) for lag, frame in sums.items()}
    rows = []
    for wanted, accounts in pairs.items():
        rows += _churn_rows(at[wanted.n_months][wanted.last], wanted) + year_rows(at[12][wanted.last], wanted, accounts)
    for month in (month for month in at[1] if month <= period.last):
        churned, retained = ([line for line in at[lag][month] if line["segment"] == ALL] for lag in (1, 12))
        rows += _churn_rows(churned, periods.of_month(month)) + year_rows(retained, periods.of_month(month))
    return rows


def by_month(sums: pd.DataFrame) -> dict[int, list[dict]]:
    """The rows of each month; of one without any, none.

    >>> by_month(pd.DataFrame({"month_no": [24288], "segment": ["all"]}))
    defaultdict(<class 'list'>, {24288: [{'month_no': 24288, 'segment': 'all'}]})
    """
    rows = defaultdict(list)
    for line in sums.to_dict("records"):
        rows[line["month_no"]].append(line)
    return rows


def year_rows(sums: list[dict], period: Period, pairs: pd.DataFrame | None = None) -> list[dict]:
    """What the accounts of 12 months ago became by the end of a period, a segment of `pooled` sums of that month each.

    `pairs` (`movements.moved` over the 12 months) holds the accounts themselves and gives all figures of `base`, with
    bootstrap intervals where the effective n is small; without it the first three, linearized from the sums.
    """
    rows, parts = [], {} if pairs is None else dict(segments(pairs))
    for at in sums:
        accounts = parts.get(at["segment"], ())
        if len(accounts):
            figures = base(accounts["opening_cents"], accounts["closing_cents"])
        else:
            figures = {
                "churn_rate_12_months": _left(at),
                "net_revenue_retention": revenue_ratio_from_sums(at, gross=False),
                "gross_revenue_retention": revenue_ratio_from_sums(at, gross=True),
            }
        rows += [row(name, at["segment"], period, figure) for name, figure in figures.items()]
    return rows


def _churn_rows(sums: list[dict], period: Period) -> list[dict]:
    """Logo churn within a period for each segment of `pooled` sums, whose lag is the period's length."""
    return [row("churn_rate", at["segment"], period, _left(at)) for at in sums]


def _left(at: dict) -> Metric:
    return churn_rate(at["n_opening"] - at["n_retained"], at["n_opening"])


def retention_sentence(net: Metric, gross: Metric) -> str:
    """The bottom line on revenue: what the accounts of 12 months ago pay today, with and without growth.

    >>> nobody = base([], [])
    >>> retention_sentence(nobody["net_revenue_retention"], nobody["gross_revenue_retention"])
    'What the accounts of 12 months ago pay today cannot be said: the data shows no revenue then.'
    """
    return said("retention", net=net, gross=gross)
