"""Every metric beyond retention, from the as-of tables to rows of the tidy table: by period, for all and each segment.

definitions.toml says which table a metric needs; a table that the source does not have gives no rows.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from types import MappingProxyType

import numpy as np
import pandas as pd

from helpers import formats
from helpers.metrics import definitions, lifetime
from helpers.metrics.advocacy import ATTRIBUTIONS, expansion_pipelines, with_touches
from helpers.metrics.core import ALL, Metric, row, segments
from helpers.metrics.retention import quick_ratio, share_of_growth
from helpers.periods import Period
from helpers.sources import schema

RETENTION, VOICE, GROWTH = (tuple(definitions.having("family", name)) for name in ("retention", "voice", "growth"))
# table → the metrics that are measured from it.
MEASURES = MappingProxyType(
    {
        table: definitions.having("from", table)
        for table in dict.fromkeys(definitions.texts()[name]["from"] for name in definitions.having("from"))
    }
)
SAMPLED = ("subscriptions", "surveys")  # so large at some companies that their rates are of every kth account


def declared(table: str, of_paying: bool) -> list[str]:
    """The metrics of a table that are, or are not, measured among paying accounts.

    >>> declared("advocacy", of_paying=True)
    ['advocacy_participation_rate', 'reviews_per_100_accounts']
    """
    return [name for name in MEASURES[table] if ("of" in definitions.texts()[name]) == of_paying]


def rows(
    table: str,
    frame: pd.DataFrame | None,
    accounts: pd.DataFrame,
    wanted: Iterable[Period],
    months: Iterable[Period] = (),
) -> list[dict]:
    """The metrics of one as-of table, but those of paying accounts; none where the table is None.

    `accounts` has account_id and segment. `wanted` periods come for all accounts and each segment, the `months` of the
    series for all accounts only.

    >>> from helpers.periods import parse
    >>> rows("advocacy", None, pd.DataFrame(), [parse("2026-10")])
    []
    """
    if frame is None:
        return []
    # As categories, a few thousand comparisons with one of a few words cost a tenth.
    words = [column for column in frame.columns if column == "item" or schema.kind(table, column) == "choice"]
    frame = frame.astype(dict.fromkeys(words, "category"))
    found, parts = [], {}
    for name in declared(table, of_paying=False):
        prepared, measure = definitions.prepared(name), definitions.measure(name)
        if prepared not in parts:
            parts[prepared] = by_segment(prepared(frame), accounts)
        found += _each(parts[prepared], wanted, months, _one(name, measure))
    return found


def _one(name: str, measure: Callable) -> Callable:
    return lambda part, period: {name: measure(part, period=period)}


def _each(parts: Mapping[str, pd.DataFrame], wanted: Iterable[Period], months: Iterable[Period], figures) -> list[dict]:
    """A row a figure of `figures(part, period)`: the wanted periods of all accounts and each segment, and the months of
    all accounts. A metric that a source cannot have (None) has none.
    """
    return [
        row(name, segment, period, figure)
        for segment, period in dict.fromkeys([*product(parts, wanted), *product([ALL], months)])
        for name, figure in figures(parts[segment], period).items()
        if figure is not None
    ]


def sampling_sentences(every: Mapping[str, int]) -> list[str]:
    """Which tables' rates are of every kth account only: table → k; nothing where k is 1.

    >>> sampling_sentences({"subscriptions": 1, "surveys": 35})
    ['Rates from surveys are of every 35th account, in order of account_id.']
    """
    return [
        f"Rates from {table} are of every {formats.ordinal(k)} account, in order of account_id."
        for table, k in every.items()
        if k > 1
    ]


def by_segment(frame: pd.DataFrame, accounts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of all accounts (`all`) and those of each segment; rows of accounts not in `accounts` are left out.

    >>> base = pd.DataFrame({"account_id": ["a", "b"], "segment": ["S", "M"]})
    >>> parts = by_segment(pd.DataFrame({"account_id": ["a", "a", "gone"]}), base)
    >>> {segment: len(part) for segment, part in parts.items()}
    {'all': 2, 'M': 0, 'S': 2}
    """
    place = pd.Index(accounts["account_id"]).get_indexer(frame["account_id"])
    codes, names = pd.factorize(accounts["segment"], sort=True)
    code = np.append(codes, -1)[place]
    parts = {ALL: frame[code >= 0]}
    return parts | {name: frame[code == n] for n, name in enumerate(names) if name != ALL}


def paying_rows(table: str, frame: pd.DataFrame | None, paying: Mapping[Period, pd.DataFrame]) -> list[dict]:
    """The metrics of one as-of table among paying accounts; `paying`: period → the accounts that pay at its close.

    Give a frame whose segment is `all` where only the pooled figure is wanted.

    >>> paying_rows("advocacy", None, {})
    []
    """
    if frame is None:
        return []
    found, measured = [], {name: definitions.measure(name) for name in declared(table, of_paying=True)}
    for period, accounts in paying.items():
        for segment, part in by_segment(frame, accounts).items():
            base = accounts.loc[(accounts["segment"] == segment) | (segment == ALL), "account_id"]
            figures = {name: measure(part, base, period=period) for name, measure in measured.items()}
            found += [row(name, segment, period, figure) for name, figure in figures.items() if figure is not None]
    return found


def kind_rows(
    kinds: pd.DataFrame | None, names: Iterable[str], wanted: Iterable[Period], months: Iterable[Period] = ()
) -> list[dict]:
    """What expansion and contraction are made of in each period, in cents; `kinds` is `movements.kinds`.

    >>> kind_rows(None, ["upsell"], [])
    []
    """
    if kinds is None:
        return []
    method = "Σ over the period, at account level; no interval: all are counted"
    complete = [name for name in names if not kinds[f"{name}_cents"].isna().any()]

    def figures(part: pd.DataFrame, period: Period) -> dict[str, Metric]:
        sums = part[part["month_no"].between(period.first, period.last)].sum(numeric_only=True)
        cents = {name: float(sums[f"{name}_cents"]) for name in complete}
        return {
            f"{name}_cents": Metric(total, None, None, total, None, int(sums[f"n_{name}"]), method, "ok")
            for name, total in cents.items()
        }

    return _each({ALL: kinds} | dict(tuple(kinds.groupby("segment"))), wanted, months, figures)


def pipeline_rows(
    opportunities: pd.DataFrame | None,
    touches: pd.DataFrame | None,
    accounts: pd.DataFrame,
    wanted: Iterable[Period],
    months: Iterable[Period] = (),
) -> list[dict]:
    """The expansion pipeline created, sourced and influenced, in cents; without touches nothing is influenced.

    >>> pipeline_rows(None, None, pd.DataFrame(), [])
    []
    """
    if opportunities is None:
        return []
    nobody = {"account_id": pd.Series([], dtype="str"), "touched_on": pd.to_datetime([])}
    touched = with_touches(opportunities, touches if touches is not None else pd.DataFrame(nobody))
    names = {one: f"expansion_pipeline_{one}_cents".replace("_all", "") for one in ATTRIBUTIONS}

    def figures(part: pd.DataFrame, period: Period) -> dict[str, Metric]:
        return {names[one]: figure for one, figure in expansion_pipelines(part, period).items()}

    return _each(by_segment(touched, accounts), wanted, months, figures)


def lifetime_rows(
    lives: pd.DataFrame, paid: pd.DataFrame, period: Period, margin: float, discount_rate: float
) -> list[dict]:
    """Lifetime value by the three methods that need data, in cents, for all accounts and for each segment.

    `lives` is `movements.lives`, `paid` `movements.paid`. Segments are counted over the months that all together reach.
    """
    found, economics, months = [], (margin, discount_rate), lifetime.months_observed(paid.to_numpy())
    for segment, own in segments(lives):
        new = paid[(paid.index == segment) | (segment == ALL)].to_numpy()
        there = own[(own["window_cents"] > 0) | (own["n_losses"] > 0)]
        by_method = {
            "observed": lifetime.customer_lifetime_value_observed(new, *economics, months=months),
            "survival": lifetime.customer_lifetime_value_survival(new, *economics, months=months),
            "margin_over_churn": lifetime.customer_lifetime_value_margin_over_churn(
                there["window_cents"], there["n_losses"], margin
            ),
        }
        found += [row(f"customer_lifetime_value_{name}_cents", segment, period, one) for name, one in by_method.items()]
    return found


def growth_rows(moved: pd.DataFrame, period: Period) -> list[dict]:
    """The quick ratio and new logos' share of the MRR won, by segment; `moved` is `movements.moved` over the period.

    Give a frame whose segment is `all` where only the pooled figure is wanted.
    """
    found = []
    for segment, accounts in segments(moved[["segment", "change_cents", "is_new"]]):
        change = accounts["change_cents"].to_numpy()
        gained, lost = np.maximum(change, 0), np.maximum(-change, 0)
        new = np.where(accounts["is_new"], gained, 0)
        found.append(row("quick_ratio", segment, period, quick_ratio(gained, lost)))
        found.append(row("new_logo_share_of_growth", segment, period, share_of_growth(new, gained)))
    return found
