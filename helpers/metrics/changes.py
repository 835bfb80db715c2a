"""What changed: XmR signals on monthly series, paired differences against a year before, and Simpson's check.

The text says that something changed only where it did: everything else is called its normal range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
from helpers.formats import Shown
from helpers.ledger import Ledger
from helpers.metrics.card import Card
from helpers.metrics.core import ALL, TOO_FEW
from helpers.periods import Period

BASELINE = 24
_CALLED = MappingProxyType(
    {
        "net_revenue_retention": "Net retention",
        "gross_revenue_retention": "Gross retention",
        "churn_rate_12_months": "Logo churn over 12 months",
        "churn_rate": "Monthly logo churn",
        "net_promoter_score_relationship": "Relationship NPS",
        "mrr_growth": "Monthly growth of MRR",
    }
)
COLUMNS = ["metric", "segment", "period", "compared_with", "difference", "low", "high", "n", "verdict"]


def called(name: str) -> str:
    """What a metric is called at the start of a sentence.

    >>> called("churn_rate"), called("review_volume")
    ('Monthly logo churn', 'Review volume')
    """
    return _CALLED.get(name, name.replace("_", " ").capitalize())


@dataclass(frozen=True)
class Changes(Shown):
    """12-month figures against a year before, paired by account."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and segment: difference with interval"})

    def says(self, name: str) -> str:
        """Whether a metric of all accounts differs from a year before."""
        return change_sentence(self.table, name, called(name))

    def mix(self, name: str) -> str:
        """Whether the segments moved the way the total did."""
        return simpson_sentence(self.table, name, called(name))


@dataclass(frozen=True)
class Charts(Shown):
    """Process-behavior charts of monthly series: what is a signal, and what is within the normal range."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and month: value, limits, signal"})

    def rows(self, name: str) -> pd.DataFrame:
        """The months of one metric's chart, oldest first."""
        return self.table[self.table["metric"] == name]

    def says(self, name: str) -> str:
        """Whether the last month of a chart is a signal."""
        return xmr_sentence(self.rows(name), called(name))


def changes(card: Card) -> Changes:
    """What changed against a year before, at the end of the period, by segment."""
    return Changes(year_before(card.pairs[card.period], card.pairs[card.period.year_before], card.period))


def process_charts(
    card: Card, book: Ledger, names: Sequence[str] = ("churn_rate", "net_promoter_score_relationship")
) -> Charts:
    """A chart for the growth of MRR and for each monthly metric in `names`; months whose data is incomplete wait."""
    complete = book.monthly[book.monthly["is_complete"]]
    return Charts(xmr_table(monthly_series(card.table, complete, names)))


def year_before(pairs: pd.DataFrame | None, earlier: pd.DataFrame | None, period: Period) -> pd.DataFrame:
    """12-month retention at the end of a period against the same window a year before, by segment.

    `pairs` and `earlier` are `movements.moved` over the two windows. The windows share accounts, so the difference is
    taken account by account (`stats.paired_ratio_difference`). Columns: COLUMNS; difference, low and high in points of
    a rate (0.01 = one percentage point); verdict is `changed` where the interval leaves 0 out, `no change shown`,
    `too few` (under 5 accounts in one of the windows) or `undefined`. Without the accounts (None: too many to fetch)
    there are no rows.
    """
    rows = []
    if pairs is None or earlier is None:
        return pd.DataFrame(rows, columns=COLUMNS)
    both = _own(pairs).merge(_own(earlier), on=["account_id", "segment"], how="outer", suffixes=("_now", "_then"))
    both = both.sort_values("account_id").fillna(0)
    for segment in (ALL, *sorted(pairs["segment"].unique())):
        own = both if segment == ALL else both[both["segment"] == segment]
        ends = [own[f"{end}_cents_{window}"].to_numpy() for window in ("now", "then") for end in ("opening", "closing")]
        for name, share in _SHARES.items():
            rows.append(_difference(name, segment, period, share(*ends[:2]), share(*ends[2:])))
    return pd.DataFrame(rows, columns=COLUMNS)


def _own(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs.loc[pairs["opening_cents"] > 0, ["account_id", "segment", "opening_cents", "closing_cents"]]


# For each metric: what is divided by what (x, then y), one value an account, from its opening and closing MRR.
_SHARES = {
    "net_revenue_retention": lambda opening, closing: (opening, closing),
    "gross_revenue_retention": lambda opening, closing: (opening, np.minimum(opening, closing)),
    "churn_rate_12_months": lambda opening, closing: ((opening > 0) * 1, ((opening > 0) & (closing == 0)) * 1),
}


def _difference(name: str, segment: str, period: Period, now: tuple, then: tuple) -> dict:
    row = {"metric": name, "segment": segment, "period": str(period), "compared_with": str(period.year_before)}
    row |= {"n": len(now[0])}
    fewest = int(min((now[0] > 0).sum(), (then[0] > 0).sum()))
    if fewest < TOO_FEW:
        verdict = "too few" if fewest else "undefined"
        return row | {"difference": np.nan, "low": np.nan, "high": np.nan, "verdict": verdict}
    difference, low, high = stats.paired_ratio_difference(*now, *then)
    verdict = "changed" if low > 0 or high < 0 else "no change shown"
    return row | {"difference": difference, "low": low, "high": high, "verdict": verdict}


def change_sentence(changes: pd.DataFrame, name: str, what: str) -> str:
    """Whether a 12-month figure differs from a year before, with interval.

    >>> row = dict(zip(COLUMNS, ["m", "all", "2026-10", "2025-10", 0.02, -0.01, 0.05, 100, "no change shown"]))
    >>> change_sentence(pd.DataFrame([row]), "m", "NRR")
    'NRR shows no clear change since 2025-10: +2.0 points (95% interval −1.0 to +5.0, n = 100).'
    """
    own = changes[(changes["metric"] == name) & (changes["segment"] == ALL)]
    if own.empty or own["difference"].isna().iloc[0]:
        return f"{what} cannot be compared with a year before."
    row = own.iloc[0]
    says = "changed" if row["verdict"] == "changed" else "shows no clear change"
    interval = f"95% interval {bounds(row['low'], row['high'])}, n = {formats.count(row['n'])}"
    return f"{what} {says} since {row['compared_with']}: {formats.points(row['difference'])} ({interval})."


def bounds(low: float, high: float) -> str:
    """An interval of a difference in percentage points.

    >>> bounds(-0.01, 0.05)
    '−1.0 to +5.0'
    """
    return " to ".join(formats.points(side).removesuffix(" points") for side in (low, high))


def simpson_sentence(changes: pd.DataFrame, name: str, what: str) -> str:
    """Whether every segment moved against the total, as it can when the mix of segments shifts (Simpson 1951).

    >>> rows = [dict(zip(COLUMNS, ["m", s, "2026-10", "2025-10", d, 0, 0, 9, ""])) for s, d in
    ...         [("all", 0.02), ("a", -0.01), ("b", -0.02)]]
    >>> simpson_sentence(pd.DataFrame(rows), "m", "Churn")
    'Churn rose in total and fell in every segment: the mix of segments changed, so read the segments.'
    """
    own = changes[(changes["metric"] == name) & changes["difference"].notna()].set_index("segment")["difference"]
    parts = own.drop(ALL, errors="ignore")
    if ALL not in own.index or len(parts) < 2:
        return f"{what}: fewer than two segments to compare with the total."
    total = own[ALL]
    if (parts * total < 0).all():
        up, down = ("rose", "fell") if total > 0 else ("fell", "rose")
        return f"{what} {up} in total and {down} in every segment: the mix of segments changed, so read the segments."
    same = int((parts * total > 0).sum())
    return f"{what}: {same} of {formats.plural(len(parts), 'segment')} moved the way the total did."


def monthly_series(table: pd.DataFrame, monthly: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series]:
    """The series that may be charted as XmR: monthly rates of the tidy table, and MRR as monthly growth.

    `names` are metrics of the table. `monthly` is `movements.by_month`; its first month has no growth. The last
    24 months are taken: what was usual before is no measure of today.
    """
    pooled = table[(table["segment"] == ALL) & table["value"].notna() & table["period"].str.fullmatch(r"\d{4}-\d{2}")]
    found = {name: pooled[pooled["metric"] == name].set_index("period")["value"].sort_index() for name in names}
    known = monthly[monthly["opening_cents"] > 0]
    growth = (known["closing_cents"] / known["opening_cents"] - 1).set_axis(known["month"].dt.strftime("%Y-%m"))
    return {name: values.tail(BASELINE) for name, values in (found | {"mrr_growth": growth}).items() if len(values)}


def xmr_table(series: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The process-behavior charts of several monthly series as one table.

    `series`: metric → values indexed by period text, oldest first. Columns: metric, period, value, average, low, high
    (natural process limits; missing under 12 points), signal (empty, or which rule it breaks).
    """
    parts = []
    for name, values in series.items():
        chart = stats.xmr(values.to_list())
        signals = [chart.signals.get(place, "") for place in range(len(values))]
        # A rate cannot fall below 0, whatever its moving ranges say.
        low = max(0.0, chart.low) if chart.low is not None and name.endswith(("_rate", "_volume")) else chart.low
        part = {"metric": name, "period": values.index.to_numpy(), "value": values.to_numpy(dtype=float)}
        parts.append(pd.DataFrame(part | {"average": chart.average, "low": low, "high": chart.high, "signal": signals}))
    columns = ["metric", "period", "value", "average", "low", "high", "signal"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table.astype(
        {"value": "float64", "average": "float64", "low": "float64", "high": "float64", "signal": "str"}
    )


def xmr_sentence(chart: pd.DataFrame, what: str) -> str:
    """What the last point of one metric's chart says: a signal, or its usual range.

    >>> rows = {"metric": "churn_rate", "period": ["2026-10"], "value": [0.01],
    ...         "average": [0.02], "low": [0.0], "high": [0.04], "signal": [""]}
    >>> xmr_sentence(pd.DataFrame(rows), "Monthly churn")
    'Monthly churn was 1.0% in Oct 2026, as usual (normal range 0.0% to 4.0%).'
    """
    if chart.empty:
        return f"{what} has no monthly value yet."
    last = chart.iloc[-1]
    value, low, high = (formats.in_unit(last["metric"], last[name]) for name in ("value", "low", "high"))
    now = f"{what} was {value} in {periods.name_of(pd.Timestamp(last['period']))}"
    if pd.isna(last["low"]):
        return f"{now}; fewer than 12 months, so its normal range is not known yet."
    normal = f"normal range {low} to {high}"
    return f"{now}, a signal: {last['signal']} ({normal})." if last["signal"] else f"{now}, as usual ({normal})."
