"""The customer-marketing metrics: counts and revenues in, a `Metric` with its interval out.

Every rate travels with its numerator, denominator and n. A zero denominator is `undefined`, never 0 and never infinity.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
from helpers.errors import Refused
from helpers.periods import Period

COLUMNS = ["metric", "segment", "period", "value", "low", "high", "numerator", "denominator", "n", "method", "verdict"]
ALL = "all"
FEW, TOO_FEW, FEW_EFFECTIVE = 10, 5, 30


@dataclass(frozen=True)
class Metric:
    """A number and what it rests on.

    `value`, `low`, `high` are in the metric's own unit (a rate is 0–1, NPS −1…1), `low`/`high` a 95% interval or None;
    `n` counts the independent units; `verdict` is ok, few, too few (no rate is given) or undefined (`method` says why).
    """

    value: float | None
    low: float | None
    high: float | None
    numerator: float | None
    denominator: float | None
    n: int
    method: str
    verdict: str


def _undefined(method: str, reason: str, numerator=None, denominator=None, n: int = 0) -> Metric:
    return Metric(None, None, None, numerator, denominator, n, f"{method}; undefined: {reason}", "undefined")


def _proportion(k: int, n: int, method: str, reason: str) -> Metric:
    if k < 0 or n < 0 or k > n:
        raise ValueError(f"{method}: {k} of {n} is not a share")
    if n == 0:
        return _undefined(method, reason, 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, k, n, n, method, "too few")
    low, high = stats.wilson(k, n)
    return Metric(k / n, low, high, k, n, n, method, "few" if n < FEW else "ok")


def churn_rate(n_lost: int, n_opening: int) -> Metric:
    """Logo churn: accounts in force at the opening and not at the close ÷ accounts in force at the opening, 0–1.

    Accounts won in the period are in neither number; an account that left and returned within it was retained. Over a
    year it is the 12-month cohort's rate, never 12 × the monthly one. Interval: Wilson.

    Raises ValueError unless 0 ≤ n_lost ≤ n_opening.

    >>> churn_rate(n_lost=5, n_opening=100).value
    0.05
    >>> churn_rate(0, 0).verdict, churn_rate(1, 3).verdict
    ('undefined', 'too few')
    """
    reason = "no account was in force at the opening"
    return _proportion(int(n_lost), int(n_opening), "lost ÷ in force at the opening; Wilson", reason)


def net_revenue_retention(opening, closing) -> Metric:
    """NRR (NDR): revenue today of the accounts in force then ÷ their revenue then; a ratio, 1 = unchanged.

    `opening` and `closing` hold one amount an account, in the same unit; accounts that were not in force then
    (opening 0) have no say, so new customers never enter; what returns or expands does. Interval: studentized bootstrap
    over accounts, linearized at an effective n of 200 and more.

    Raises ValueError on negative or missing amounts or unequal lengths.

    >>> accounts = [10_000] * 10
    >>> net_revenue_retention(accounts, [0] + [10_000] * 7 + [20_000] * 2).value  # −10,000 churn, +20,000 upsell
    1.1
    """
    x, y = _revenues(opening, closing)
    return _revenue_ratio(x, y, "revenue today ÷ then, same accounts", ceiling=None)


def gross_revenue_retention(opening, closing) -> Metric:
    """GRR: Σ min(revenue today, revenue then) ÷ Σ revenue then, the minimum taken account by account; 0–1.

    Input, interval and errors as for `net_revenue_retention`. Never above 1 and never above NRR: one account's growth
    does not make up for another's loss.

    >>> gross_revenue_retention([100] * 10, [50] + [150] * 9).value
    0.95
    """
    x, y = _revenues(opening, closing)
    return _revenue_ratio(x, np.minimum(x, y), "min(today, then) per account ÷ then", ceiling=1.0)


def _revenues(opening, closing) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(opening, dtype=float), np.asarray(closing, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"opening and closing need one amount an account each, not {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (x >= 0).all() and (y >= 0).all()):
        raise ValueError("opening and closing must be amounts of 0 or more, with none missing")
    return x[x > 0], y[x > 0]


def _revenue_ratio(x: np.ndarray, y: np.ndarray, method: str, ceiling: float | None) -> Metric:
    sums = [float(total) for total in (y.sum(), x.sum())]
    interval = stats.ratio_interval(x, y) if len(x) >= TOO_FEW else None
    return _ratio(*sums, len(x), stats.effective_n(x), interval, method, ceiling)


def revenue_ratio_from_sums(row: pd.Series, gross: bool) -> Metric:
    """NRR or (`gross`) GRR from the sums of `movements.year_on_year`, where the accounts are too many to fetch.

    Linearized interval; amounts in cents.
    """
    x, y = int(row["opening_cents"]), int(row["kept_cents" if gross else "closing_cents"])
    xy, yy = (int(row[name]) for name in (("xk", "kk") if gross else ("xy", "yy")))
    n, xx = int(row["n_opening"]), int(row["xx"])
    interval = stats.ratio_interval_from_sums(n, x, y, xx, xy, yy) if n >= TOO_FEW else None
    method = "min(today, then) per account ÷ then" if gross else "revenue today ÷ then, same accounts"
    return _ratio(y, x, n, x * x / xx if xx else 0.0, interval, method, 1.0 if gross else None)


def _ratio(numerator, denominator, n, effective, interval, method, ceiling) -> Metric:
    if denominator <= 0:
        return _undefined(method, "no revenue was in force then", numerator, denominator, n)
    if n < TOO_FEW:
        return Metric(None, None, None, numerator, denominator, n, method, "too few")
    value = numerator / denominator
    verdict = "few" if effective < FEW_EFFECTIVE else "ok"
    if interval is None and ceiling is not None and value >= ceiling:
        # Nothing was lost, so nothing varies: what n accounts without a loss leave possible (Clopper and Pearson 1934).
        interval, method = (0.025 ** (1 / effective), ceiling), f"{method}; exact bound at no loss"
    elif interval is None:
        return Metric(value, None, None, numerator, denominator, n, f"{method}; no interval: no variation", verdict)
    else:
        method += "; linearized" if effective >= stats.LARGE else "; studentized bootstrap"
    low, high = max(0.0, min(interval[0], value)), max(interval[1], value)
    return Metric(
        value, low, high if ceiling is None else min(high, ceiling), numerator, denominator, n, method, verdict
    )


def net_promoter_score(scores: Iterable[float | None]) -> Metric:
    """NPS: share of 9–10 minus share of 0–6 among the answers, −1…1 (Reichheld 2003 writes it × 100).

    A missing score is an ask without an answer: it counts as non-response, never as a detractor. Interval: adjusted
    Wald (Bonett and Price 2012), clipped to ±1. `denominator` and `n` are the answers.

    Raises Refused on a score that is not a whole number from 0 to 10, naming its position.

    >>> round(net_promoter_score([10] * 70 + [8] * 20 + [3] * 10).value, 12)
    0.6
    >>> net_promoter_score([None, None]).verdict
    'undefined'
    """
    given = [(row, float(score)) for row, score in enumerate(scores) if score is not None and not pd.isna(score)]
    wrong = [f"row {row}: {score:g}" for row, score in given if score not in range(11)]
    if wrong:
        raise Refused(f"a net promoter score is a whole number from 0 to 10, not {'; '.join(wrong[:3])}")
    n, method = len(given), "promoters − detractors; adjusted Wald"
    up, down = sum(score >= 9 for _, score in given), sum(score <= 6 for _, score in given)
    if n == 0:
        return _undefined(method, "nobody answered", 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, up - down, n, n, method, "too few")
    low, high = stats.adjusted_wald_nps(up, n - up - down, down)
    value = (up - down) / n
    return Metric(value, min(low, value), max(high, value), up - down, n, n, method, "few" if n < FEW else "ok")


def customer_lifetime_value_simple(average_purchase: float, purchases_per_year: float, years: float) -> Metric:
    """CLV by the simple method: average purchase × purchases a year × years, in the unit of `average_purchase`.

    Without interval: it is arithmetic on three assumptions. Raises ValueError where one is negative or missing.

    >>> customer_lifetime_value_simple(100, 5, 10).value
    5000.0
    """
    factors = (float(average_purchase), float(purchases_per_year), float(years))
    if not all(factor >= 0 for factor in factors):
        raise ValueError(f"a purchase, a frequency and a life are 0 or more, not {factors}")
    value = factors[0] * factors[1] * factors[2]
    method = "average purchase × purchases a year × years; no interval: three assumptions"
    return Metric(value, None, None, value, 1.0, 0, method, "ok")


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
        rows += churn_rows(sums[wanted.n_months], wanted)
        rows += retention_rows(sums[12], wanted, accounts)
    of_all = {lag: table[table["segment"] == ALL] for lag, table in sums.items()}
    for month in of_all[1].loc[of_all[1]["month_no"] <= period.last, "month_no"]:
        rows += churn_rows(of_all[1], periods.of_month(month)) + retention_rows(of_all[12], periods.of_month(month))
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


def monthly(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The monthly series of one metric over all segments, the months in which it is defined."""
    months = table["period"].str.fullmatch(r"\d{4}-\d{2}")
    return table[months & (table["metric"] == name) & (table["segment"] == ALL) & table["value"].notna()]


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


def churn_rows(sums: pd.DataFrame, period: Period) -> list[dict]:
    """Logo churn within a period for each segment of `pooled` sums, whose lag is the period's length."""
    return [
        row("churn_rate", at["segment"], period, churn_rate(at["n_opening"] - at["n_retained"], at["n_opening"]))
        for _, at in sums[sums["month_no"] == period.last].iterrows()
    ]


def spread_sentence(ranked: pd.DataFrame, what: str) -> str:
    """Whether the groups of one metric differ: said only where the intervals of the farthest two do not overlap.

    `ranked` holds the tidy rows of one rate by group, those that have a value, the lowest first.

    >>> rows = pd.DataFrame({"segment": ["partner", "event"], "value": [0.1, 0.4], "low": [0.05, 0.3], "high": [0.2, 0.5],
    ...                      "n": [100, 80]})
    >>> spread_sentence(rows, "12-month churn")
    '12-month churn differs: 10.0% of partner (95% interval 5.0–20.0%, n = 100), but 40.0% of event (30.0–50.0%, n = 80).'
    """
    if len(ranked) < 2:
        return f"Fewer than two groups are large enough to compare {what}."
    best, worst = ranked.iloc[0], ranked.iloc[-1]
    shares = [
        f"{formats.percent(row['value'])} of {row['segment']} ({lead}{formats.interval(row['low'], row['high'])}, "
        f"n = {formats.count(row['n'])})"
        for row, lead in ((best, "95% interval "), (worst, ""))
    ]
    if best["high"] < worst["low"]:
        return f"{what} differs: {shares[0]}, but {shares[1]}."
    return f"{what}: the data does not tell the groups apart, from {shares[0]} to {shares[1]}."
