"""Process-behavior (XmR) charts of monthly series: what is a signal, what its rule says, and what moved the growth.

The text says that something changed only on a signal: everything else is called its normal range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from helpers import formats, periods, stats
from helpers.formats import Shown
from helpers.ledger import Ledger
from helpers.metrics.card import Card
from helpers.metrics.core import ALL, WAVE, said
from helpers.metrics.definitions import called, having, not_tested, texts

BASELINE = 24
COLUMNS = ["metric", "period", "value", "average", "low", "high", "signal"]
# Columns of `movements_by_month` → what the movement is called, and whether it adds to the base.
_MOVEMENTS = MappingProxyType(
    {
        "new_cents": ("new customers", 1),
        "expansion_cents": ("expansion", 1),
        "reactivation_cents": ("returning customers", 1),
        "contraction_cents": ("contraction", -1),
        "churn_cents": ("churn", -1),
    }
)


@dataclass(frozen=True)
class Charts(Shown):
    """Process-behavior charts of monthly series: what is a signal, and what is within the normal range."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and month: value, limits, signal"})
    growth: str = field(default="", metadata={"holds": "on a signal of growth: which movement makes most of it"})

    def rows(self, name: str) -> pd.DataFrame:
        """The months of one metric's chart, oldest first."""
        return self.table[self.table["metric"] == name]

    def says(self, name: str) -> str:
        """Whether the last month of a chart is a signal; of growth, which movement makes most of it.

        Of a metric that is not tested, how to test it.
        """
        if (untested := not_tested(name, "month by month")) and name not in set(self.table["metric"]):
            return untested
        said = xmr_sentence(self.rows(name), called(name))
        return f"{said} {self.growth}".strip() if name == "mrr_growth" else said


def process_charts(card: Card, book: Ledger, names: Sequence[str] = ()) -> Charts:
    """A chart for the growth of MRR and for each metric in `names`; months whose data is incomplete wait.

    Without names: every metric that definitions.toml has tested month by month.
    """
    names = names or having("tested", "month by month")
    complete = book.monthly[book.monthly["is_complete"]]
    growth = growth_chart(complete)
    table = pd.concat([xmr_table(monthly_series(card.table, names)), growth], ignore_index=True)
    signal = growth["signal"].iloc[-1] if len(growth) else ""
    return Charts(table, moved_most(complete, signal, card.currency))


def monthly_series(table: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series]:
    """The last 24 months of monthly metrics of the tidy table: what was usual before is no measure of today."""
    monthly = table["period"].str.fullmatch(r"\d{4}-\d{2}") & ~table["method"].str.contains(WAVE, regex=False)
    pooled = table[(table["segment"] == ALL) & table["value"].notna() & monthly]
    found = {name: pooled[pooled["metric"] == name].set_index("period")["value"].sort_index() for name in names}
    return {name: values.tail(BASELINE) for name, values in found.items() if len(values)}


def xmr_table(series: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The process-behavior charts of several monthly series as one table.

    `series`: metric → values indexed by period text, oldest first. Columns: metric, period, value, average, low, high
    (natural process limits; missing under 12 points), signal (empty, or which rule it breaks).
    """
    parts = []
    for name, values in series.items():
        chart = stats.xmr(values.to_list())
        signals = [chart.signals.get(place, "") for place in range(len(values))]
        # A rate cannot fall below 0, whatever its moving ranges say; growth and a score can.
        not_negative = name in texts() and formats.unit_of(name) != "score"
        low = max(0.0, chart.low) if chart.low is not None and not_negative else chart.low
        part = {"metric": name, "period": values.index.to_numpy(), "value": values.to_numpy(dtype=float)}
        parts.append(pd.DataFrame(part | {"average": chart.average, "low": low, "high": chart.high, "signal": signals}))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return table.astype(
        {"value": "float64", "average": "float64", "low": "float64", "high": "float64", "signal": "str"}
    )


def growth_chart(monthly: pd.DataFrame) -> pd.DataFrame:
    """The chart of MRR's growth rate over the last 24 months: rows of `xmr_table` for `mrr_growth`.

    `monthly` is `movements.by_month`. The rate of a base that grows by the same amount falls by arithmetic, and the
    amount of one that grows by the same rate rises: a month is a signal only where both the rate and the amount are
    one on the same side. A base that grows steadily in either way is so rarely called changed
    (tests/benchmarks/quoted_intervals.py).
    """
    known = monthly[monthly["opening_cents"] > 0].tail(BASELINE)
    months = known["month"].dt.strftime("%Y-%m")
    amount = (known["closing_cents"] - known["opening_cents"]).set_axis(months).astype("float64")
    if known.empty:
        return xmr_table({})
    rate = (known["closing_cents"] / known["opening_cents"] - 1).set_axis(months)
    rates, amounts = (xmr_table({"mrr_growth": values}) for values in (rate, amount))
    sides = [(chart["value"] > chart["average"]) for chart in (rates, amounts)]
    is_both = (amounts["signal"] != "") & (sides[0] == sides[1])
    return rates.assign(signal=rates["signal"].where(is_both, ""))


def moved_most(monthly: pd.DataFrame, signal: str, currency: str) -> str:
    """Which movement makes most of a change of growth: its mean in the months of the signal, and in the 12 before.

    `monthly` is `movements.by_month`, `signal` the rule that its last month breaks; "" without one, under 12 earlier
    months, or where net new MRR did not move the way of the signal.

    >>> months = pd.DataFrame({name: [900] * 13 for name in _MOVEMENTS})
    >>> months = months.assign(new_cents=[90_000] * 12 + [10_000])
    >>> moved_most(months, "below the natural process limits", "USD").partition(": ")[2]
    '$100 in the last month, $900 per month in the 12 before.'
    """
    n = stats.process.months_of(signal)
    if not signal or len(monthly) < n + 12:
        return ""
    now, before = monthly.tail(n), monthly.iloc[-n - 12 : -n]
    change = {name: sign * (now[name].mean() - before[name].mean()) for name, (_, sign) in _MOVEMENTS.items()}
    net = sum(change.values())
    name = max(change, key=change.get) if net > 0 else min(change, key=change.get)
    if net == 0 or ("below" in signal and net > 0) or ("above" in signal and net < 0):
        return ""
    now, before = (formats.money(part[name].mean(), currency) for part in (now, before))
    pace = "Faster" if net > 0 else "Slower"
    return said("moved", pace=pace, movement=_MOVEMENTS[name][0], now=now, before=before, n=n)


def xmr_sentence(chart: pd.DataFrame, what: str) -> str:
    """What the last point of one metric's chart says: a signal, or its normal range.

    >>> rows = {"metric": "churn_rate", "period": ["2026-10"], "value": [0.01],
    ...         "average": [0.02], "low": [0.0], "high": [0.04], "signal": [""]}
    >>> xmr_sentence(pd.DataFrame(rows), "Monthly churn")
    'Monthly churn was 1.0% in Oct 2026, as usual (normal range 0.0% to 4.0%).'
    """
    return signal_sentence(chart.iloc[-1], what) if len(chart) else f"{what} has no monthly value yet."


def signal_sentence(row, what: str) -> str:
    """What the rule says that a month breaks, or its normal range; `row` is one of `xmr_table`, or has its columns.

    >>> signal = "eight months in a row below the average"
    >>> row = dict(zip(COLUMNS, ["mrr_growth", "2026-10", 0.008, 0.036, 0.0, 0.07, signal]))
    >>> signal_sentence(row, "MRR growth")
    'MRR growth has been below its average for eight months (0.8% in Oct 2026; average 3.6%).'
    """
    facts = {name: formats.in_unit(row["metric"], row[name]) for name in COLUMNS[2:6]}
    facts |= {"month": periods.name_of(pd.Timestamp(row["period"])), "rule": row["signal"].partition(" ")[0]}
    facts |= {"side": "above" if row["value"] > row["average"] else "below", "has_range": pd.notna(row["low"])}
    return said("month", what=what, is_inside=row["low"] <= row["value"] <= row["high"], **facts)
