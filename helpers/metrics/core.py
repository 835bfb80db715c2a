"""What a metric is: a number with its interval, its counts, and a verdict; and the tidy table of them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import formats, periods, stats
from helpers.formats.sentences import Sentences
from helpers.periods import Period

COLUMNS = ["metric", "segment", "period", "value", "low", "high", "numerator", "denominator", "n", "method", "verdict"]
ALL = "all"
FEW, TOO_FEW, FEW_EFFECTIVE = 10, 5, 30
WAVE = "latest wave, to "  # in the method of a figure from the wave of a survey before the period


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


def said(name: str, /, **facts) -> str:
    """A sentence of words.toml about these facts.

    >>> said("mix", what="Churn", n=1)
    'Churn: fewer than two segments to compare with the total.'
    """
    return getattr(Sentences(Path(__file__).with_name("words.toml"), facts), name)


def undefined(method: str, reason: str, numerator=None, denominator=None, n: int = 0) -> Metric:
    """No value, and why: the reason is at the end of `method`."""
    return Metric(None, None, None, numerator, denominator, n, f"{method}; undefined: {reason}", "undefined")


def proportion(k: int, n: int, method: str, reason: str, clusters: float = 1.0) -> Metric:
    """k of n with Wilson's interval; `clusters` is the design effect of repeated answers (1 = all independent).

    Raises ValueError unless 0 ≤ k ≤ n. `reason` says why a share of nothing is undefined.

    >>> proportion(9, 10, "share", "nobody").verdict
    'ok'
    """
    if k < 0 or n < 0 or k > n:
        raise ValueError(f"{method}: {k} of {n} is not a share")
    if n == 0:
        return undefined(method, reason, 0, 0)
    if n < TOO_FEW:
        return Metric(None, None, None, k, n, n, method, "too few")
    low, high = stats.wilson(k / clusters, n / clusters)
    return Metric(k / n, low, high, k, n, n, method, "few" if n / clusters < FEW else "ok")


def count(k: int, method: str, per: float = 1.0, denominator: float | None = None) -> Metric:
    """A number of independent events with its exact Poisson interval, divided by `per`.

    >>> count(0, "reviews").high == stats.poisson_interval(0)[1]
    True
    """
    low, high = stats.poisson_interval(k)
    return Metric(k / per, low / per, high / per, k, denominator, k, f"{method}; Poisson (exact)", "ok")


def amount(cents: Sequence[float], method: str, reason: str) -> Metric:
    """A total of amounts in cents, one per account, with the interval of `stats.total_interval`; undefined of none.

    >>> amount([20_000.0] * 12, "spend on training", "nobody bought any").value
    240000.0
    """
    x = np.asarray(cents, dtype=float)
    if not len(x):
        return undefined(method, reason, 0, 0)
    is_normal = stats.effective_n(x) > stats.MANY
    how = "normal, accounts as Poisson counts" if is_normal else "studentized bootstrap over accounts"
    (low, high), value = stats.total_interval(x), float(x.sum())
    verdict = "few" if len(x) < FEW else "ok"
    return Metric(value, min(low, value), max(high, value), value, None, len(x), f"{method}; {how}", verdict)


def design_effect(values, clusters) -> float:
    """How much less n answers say when they come in clusters: variance of the mean by cluster ÷ by answer, at least 1.

    Answers that are all alike have no variance to compare; then each cluster counts as one answer given k times, and
    the effect is its largest possible one, Σk² ÷ Σk (Kish 1965).

    >>> design_effect([1, 1, 0, 0], ["a", "a", "b", "b"]) > design_effect([1, 0, 1, 0], ["a", "a", "b", "b"])
    True
    """
    labeled = clusters if isinstance(clusters, pd.Series) else np.asarray(clusters, dtype=object)
    x, (codes, labels) = np.asarray(values, dtype=float), pd.factorize(labeled)
    n, n_clusters = len(x), len(labels)
    if n_clusters == n:
        return 1.0
    apart = x - x.mean()
    alone = float((apart**2).sum()) * n / max(n - 1, 1)
    if n_clusters < 2 or alone == 0:
        return float((np.bincount(codes) ** 2).sum()) / n
    together = float((np.bincount(codes, weights=apart) ** 2).sum()) * n_clusters / (n_clusters - 1)
    return max(1.0, together / alone)


def within(days: pd.Series, period: Period, months: int = 0) -> np.ndarray:
    """Which days lie in a period, or in the `months` that end with it."""
    first = periods.month_start(period.last - months + 1 if months else period.first)
    day = np.asarray(days, dtype="datetime64[us]")
    return (day >= np.datetime64(first)) & (day <= np.datetime64(period.as_of))


def segments(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """All rows, as the segment `all`, then those of each segment by name; not twice where `all` is the only one.

    >>> [(name, len(rows)) for name, rows in segments(pd.DataFrame({"segment": ["S", "M", "S"]}))]
    [('all', 3), ('M', 1), ('S', 2)]
    """
    yield ALL, frame
    for name in sorted({*frame["segment"]} - {ALL}):
        yield name, frame[frame["segment"] == name]


def row(name: str, segment: str, period: Period | str, metric: Metric) -> dict:
    """One line of the tidy metrics table.

    >>> row("churn_rate", "all", "2026-10", proportion(5, 100, "share", "nobody"))["value"]
    0.05
    >>> row("reference_velocity_days", "all", "2026-10", Metric(12, 9, None, None, None, 10, "median", "ok"))["high"]
    inf
    """
    line = {"metric": name, "segment": segment, "period": str(period), **vars(metric)}
    # An interval that is open above, as a median's may be, still has two ends in the table.
    return line | ({"high": math.inf} if metric.low is not None and metric.high is None else {})


def table(rows: Iterable[dict]) -> pd.DataFrame:
    """The tidy metrics table, one row a metric, segment and period, without repetition, in a stated order.

    Columns: COLUMNS. Order: metric as first met, then segment (`all` first), then period.
    """
    frame = pd.DataFrame(list(rows), columns=COLUMNS).drop_duplicates(["metric", "segment", "period"])
    number = dict.fromkeys(["value", "low", "high", "numerator", "denominator"], "float64")
    places = {
        "metric": pd.factorize(frame["metric"])[0],
        "segment": frame["segment"].where(frame["segment"] != ALL, ""),
    }
    order = frame.assign(**places).sort_values(["metric", "segment", "period"], kind="stable").index
    return frame.loc[order].astype(number | {"n": "int64"}).reset_index(drop=True)


def pick(table: pd.DataFrame, period: Period, segment: str = ALL) -> dict[str, Metric]:
    """The metrics of one period and segment, by name.

    >>> rows = [row("churn_rate", "all", "2026-10", proportion(5, 100, "share", "nobody"))]
    >>> pick(table(rows), "2026-10")["churn_rate"].value
    0.05
    """
    lines = table[(table["segment"] == segment) & (table["period"] == str(period))]
    figures = lines[COLUMNS[3:]].to_dict("records")
    return {
        name: Metric(**{part: None if value != value else value for part, value in figure.items()})
        for name, figure in zip(lines["metric"], figures, strict=True)
    }


def readable(table: pd.DataFrame, period: Period, names: Iterable[str]) -> pd.DataFrame:
    """Some metrics of one period and all accounts, in the order of `names`; without a row a metric is left out.

    Columns: metric, value, low, high, n, verdict (or why there is no value). `page.table` writes each in its unit.

    >>> rows = table([row("churn_rate", "all", "2026-10", proportion(0, 0, "share", "nobody was there"))])
    >>> readable(rows, "2026-10", ["churn_rate"])["verdict"].to_list()
    ['nobody was there']
    """
    known, lines = pick(table, period), []
    for name in names:
        if name in known:
            one = known[name]
            why = formats.why_none(one) if one.verdict == "undefined" else one.verdict
            why = f"{WAVE}{wave}" if (wave := one.method.partition(WAVE)[2]) and one.value is not None else why
            lines.append((name, one.value, one.low, one.high, one.n, why))
    frame = pd.DataFrame(lines, columns=["metric", "value", "low", "high", "n", "verdict"])
    return frame.astype(dict.fromkeys(["value", "low", "high"], "float64"))
