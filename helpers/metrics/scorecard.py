"""The tidy table of metrics: one row a metric, segment and period, and what is picked out of it for the page."""

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from types import MappingProxyType

import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused, did_you_mean
from helpers.metrics import (
    ALL,
    COLUMNS,
    Metric,
    churn_rate,
    gross_revenue_retention,
    net_revenue_retention,
    revenue_ratio_from_sums,
)
from helpers.periods import Period

_BY_GROUP = MappingProxyType(
    {
        "churn_rate_12_months": "12-month logo churn",
        "net_revenue_retention": "net revenue retention",
        "gross_revenue_retention": "gross revenue retention",
    }
)


def row(name: str, segment: str, period: Period | str, metric: Metric) -> dict:
    """One line of the tidy metrics table.

    >>> row("churn_rate", "all", "2026-10", churn_rate(5, 100))["value"]
    0.05
    """
    return {"metric": name, "segment": segment, "period": str(period), **asdict(metric)}


def table(rows: Iterable[dict]) -> pd.DataFrame:
    """The tidy metrics table, one row a metric, segment and period, without repetition, in a stated order.

    Columns: COLUMNS. Order: metric as first met, then segment (`all` first), then period.
    """
    frame = pd.DataFrame(list(rows), columns=COLUMNS).drop_duplicates(["metric", "segment", "period"])
    order = {name: place for place, name in enumerate(dict.fromkeys(frame["metric"]))}
    keys = {"metric": lambda column: column.map(order), "segment": lambda column: column.where(column != ALL, "")}
    number = dict.fromkeys(["value", "low", "high", "numerator", "denominator"], "float64")
    ordered = frame.sort_values(
        ["metric", "segment", "period"], key=lambda column: keys.get(column.name, lambda c: c)(column), kind="stable"
    )
    return ordered.astype(number | {"n": "int64"}).reset_index(drop=True)


def pooled(sums: pd.DataFrame) -> pd.DataFrame:
    """The sums of `movements.year_on_year` with the pooled rows (segment `all`) in front."""
    numbers = [column for column in sums.columns if column not in ("segment", "month_no")]
    total = sums.groupby("month_no", as_index=False)[numbers].sum()
    return pd.concat([total.assign(segment=ALL), sums], ignore_index=True)[list(sums.columns)]


def retention_table(
    sums: dict[int, pd.DataFrame], pairs: dict[Period, pd.DataFrame | None], period: Period
) -> pd.DataFrame:
    """Logo churn, 12-month churn, NRR and GRR for periods and segments, and month by month for all segments together.

    `sums`: lag in months → `pooled` sums of `movements.year_on_year`, for lags 1, 12 and the period's length. `pairs`:
    the periods wanted → their accounts (`movements.pairs`), or None where the sums must do.
    """
    rows = []
    for wanted, accounts in pairs.items():
        rows += _churn_rows(sums[wanted.n_months], wanted)
        rows += retention_rows(sums[12], wanted, accounts)
    of_all = {lag: table[table["segment"] == ALL] for lag, table in sums.items()}
    for month in of_all[1].loc[of_all[1]["month_no"] <= period.last, "month_no"]:
        rows += _churn_rows(of_all[1], periods.of_month(month)) + retention_rows(of_all[12], periods.of_month(month))
    return table(rows)


def by_group(pairs: pd.DataFrame, column: str, period: Period) -> pd.DataFrame:
    """12-month logo churn, NRR and GRR for each value of any column of the accounts, with the pooled rows in front.

    `pairs` is `movements.moved` over 12 months, joined to the column; a missing value is the group `unknown`. Returns
    the tidy table, the value standing in `segment`.

    >>> pairs = pd.DataFrame({"source": ["event"] * 6, "opening_cents": [100] * 6, "closing_cents": [100] * 5 + [0]})
    >>> by_group(pairs, "source", "2026-10").query("metric == 'churn_rate_12_months'")["numerator"].tolist()
    [1.0, 1.0]
    """
    rows = []
    groups = pairs[column].astype("str").fillna("unknown")
    for name in (ALL, *sorted(groups.unique())):
        own = pairs[(groups == name) | (name == ALL)]
        opening = own[own["opening_cents"] > 0]
        churned = churn_rate(int((opening["closing_cents"] == 0).sum()), len(opening))
        rows.append(row("churn_rate_12_months", name, period, churned))
        for metric in (net_revenue_retention, gross_revenue_retention):
            rows.append(row(metric.__name__, name, period, metric(own["opening_cents"], own["closing_cents"])))
    return table(rows)


def pick(table: pd.DataFrame, period: Period, segment: str = ALL) -> dict[str, Metric]:
    """The metrics of one period and segment, by name.

    >>> pick(table([row("churn_rate", "all", "2026-10", churn_rate(5, 100))]), "2026-10")["churn_rate"].value
    0.05
    """
    own = table[(table["segment"] == segment) & (table["period"] == str(period))]
    plain = own.astype(object).where(own.notna(), None)
    return {line.pop("metric"): Metric(**line) for line in plain.drop(columns=["segment", "period"]).to_dict("records")}


def page(table: pd.DataFrame, period: Period, names: Iterable[str], currency: str = "USD") -> pd.DataFrame:
    """Some metrics of one period as a reader wants them: each in its unit, with interval, n and what n counts for.

    Columns: metric, value, 95% interval, n, verdict. A metric without a row is left out; one without a value says why.

    >>> found = page(table([row("churn_rate", "all", "2026-10", churn_rate(5, 100))]), "2026-10", ["churn_rate"])
    >>> found.iloc[0, :3].to_list()
    ['churn rate', '5.0%', '2.2% to 11.2%']
    """
    known, lines = pick(table, period), []
    for name in names:
        if name not in known:
            continue
        metric, show = known[name], partial(formats.in_unit, name, currency=currency)
        bounds = f"{show(metric.low)} to {show(metric.high)}" if metric.low is not None else "–"
        value = show(metric.value) if metric.value is not None else "–"
        why = formats.why_none(metric) if metric.verdict == "undefined" else metric.verdict
        lines.append((name.removesuffix("_cents").replace("_", " "), value, bounds, metric.n, why))
    return pd.DataFrame(lines, columns=["metric", "value", "95% interval", "n", "verdict"])


def retention_rows(sums: pd.DataFrame, period: Period, pairs: pd.DataFrame | None = None) -> list[dict]:
    """12-month logo churn, NRR and GRR at the end of a period, for each segment of `pooled` sums.

    `pairs` (`movements.moved` over the 12 months) holds the accounts themselves and gives bootstrap intervals where
    the effective n is small; without it the intervals are linearized from the sums.
    """
    rows = []
    for _, at in sums[sums["month_no"] == period.last].iterrows():
        segment = at["segment"]
        rows.append(
            row(
                "churn_rate_12_months", segment, period, churn_rate(at["n_opening"] - at["n_retained"], at["n_opening"])
            )
        )
        for name, gross in (("net_revenue_retention", False), ("gross_revenue_retention", True)):
            rows.append(row(name, segment, period, _retention(at, pairs, segment, gross)))
    return rows


def _retention(at: pd.Series, pairs: pd.DataFrame | None, segment: str, gross: bool) -> Metric:
    if pairs is None:
        return revenue_ratio_from_sums(at, gross)
    own = pairs if segment == ALL else pairs[pairs["segment"] == segment]
    function = gross_revenue_retention if gross else net_revenue_retention
    return function(own["opening_cents"], own["closing_cents"])


def _churn_rows(sums: pd.DataFrame, period: Period) -> list[dict]:
    """Logo churn within a period for each segment of `pooled` sums, whose lag is the period's length."""
    return [
        row("churn_rate", at["segment"], period, churn_rate(at["n_opening"] - at["n_retained"], at["n_opening"]))
        for _, at in sums[sums["month_no"] == period.last].iterrows()
    ]


def called(metric: str) -> str:
    """What a metric of `by_group` is called in a sentence; another one is `Refused`.

    >>> called("churn_rate_12_months")
    '12-month logo churn'
    """
    if metric not in _BY_GROUP:
        raise Refused(f"metric {metric!r} is not one that is compared by group; {did_you_mean(metric, _BY_GROUP)}")
    return _BY_GROUP[metric]


def spread_sentence(rows: pd.DataFrame, what: str) -> str:
    """Whether the groups of one metric differ: said only where the intervals of the farthest two do not overlap.

    `rows` holds the tidy rows of one metric by group (`by_group`); the pooled row has no say, nor has a group without
    a value and an interval. `what` is the metric in words (`called`).

    >>> rows = pd.DataFrame({"segment": ["event", "partner"], "value": [0.4, 0.1], "low": [0.3, 0.05],
    ...                      "high": [0.5, 0.2], "n": [80, 100]})
    >>> spread_sentence(rows, "churn")
    'Churn differs: partner 10.0% (95% interval 5.0–20.0%, n = 100), event 40.0% (30.0–50.0%, n = 80).'
    """
    known = rows[(rows["segment"] != ALL) & rows["low"].notna() & rows["high"].notna()]
    if len(known) < 2:
        return f"Fewer than two groups are large enough to compare {what}."
    ranked, started = known.sort_values("value", kind="stable"), f"{what[:1].upper()}{what[1:]}"
    lowest, highest = ranked.iloc[0], ranked.iloc[-1]
    shares = [
        f"{row['segment']} {formats.percent(row['value'])} ({lead}{formats.interval(row['low'], row['high'])}, "
        f"n = {formats.count(row['n'])})"
        for row, lead in ((lowest, "95% interval "), (highest, ""))
    ]
    if lowest["high"] < highest["low"]:
        return f"{started} differs: {shares[0]}, {shares[1]}."
    return f"{started}: the data does not tell the groups apart, from {shares[0]} to {shares[1]}."


def retention_sentence(net: Metric, gross: Metric) -> str:
    """The bottom line on revenue: what the accounts of 12 months ago pay today, with and without growth.

    >>> retention_sentence(net_revenue_retention([], []), gross_revenue_retention([], []))
    'What the accounts of 12 months ago pay today cannot be said: the data shows no revenue in force then.'
    """
    if net.value is None:
        why = formats.why_none(net)
        return f"What the accounts of 12 months ago pay today cannot be said: {why}."
    return (
        f"The accounts of 12 months ago pay {formats.estimate(net)} of what they paid then; without growth, "
        f"{formats.estimate(gross)}."
    )
