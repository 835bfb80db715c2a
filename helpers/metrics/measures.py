"""Every metric beyond retention, from the as-of tables to rows of the tidy table: by period, for all and each segment.

One place says which table a metric needs; a table that the source does not have gives no rows.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import pandas as pd

from helpers import formats
from helpers.metrics import lifetime
from helpers.metrics.advocacy import (
    advocacy_load,
    advocacy_participation_rate,
    expansion_pipeline,
    reference_velocity,
    references_per_month,
    review_volume,
    reviews_per_100_accounts,
)
from helpers.metrics.core import ALL, Metric, row
from helpers.metrics.retention import quick_ratio, renewal_rate, share_of_growth
from helpers.metrics.surveys import latest_answers, net_promoter_score, remorse_rate, response_rate
from helpers.periods import Period
from helpers.sources import schema

Measure = Callable[[pd.DataFrame, Period], Metric]


def _nps(surveys: pd.DataFrame, period: Period, survey: str) -> Metric:
    answers = latest_answers(surveys, survey, "recommend", period)
    return net_promoter_score(answers["score"], answers["account_id"].to_list())


def _response(surveys: pd.DataFrame, period: Period, survey: str, months: int = 0) -> Metric:
    return response_rate(surveys, survey, period, months)


def _load(advocacy: pd.DataFrame, period: Period, part: str) -> Metric:
    return advocacy_load(advocacy, period)[part]


# table → metric → how it is measured from that table.
MEASURES: dict[str, dict[str, Measure]] = {
    "subscriptions": {"renewal_rate": renewal_rate},
    "surveys": {
        "net_promoter_score_relationship": partial(_nps, survey="nps_relationship"),
        "response_rate_nps_relationship": partial(_response, survey="nps_relationship"),
        "net_promoter_score_transactional": partial(_nps, survey="nps_transactional"),
        "response_rate_nps_transactional": partial(_response, survey="nps_transactional"),
        "remorse_rate_12_months": remorse_rate,
        "response_rate_purchase_regret_12_months": partial(_response, survey="purchase_regret", months=12),
    },
    "advocacy": {
        "advocacy_asks_per_advocate_12_months": partial(_load, part="asks_per_advocate"),
        "advocacy_share_over_cap_12_months": partial(_load, part="share_over_cap"),
        "reference_velocity_days_12_months": reference_velocity,
        "references_per_month": references_per_month,
        "review_volume": review_volume,
        "review_volume_incentivized": partial(review_volume, is_incentivized=True),
    },
}


RETENTION = ("churn_rate", "churn_rate_12_months", "net_revenue_retention", "gross_revenue_retention", "renewal_rate")
VOICE = (*MEASURES["surveys"], "advocacy_participation_rate", *MEASURES["advocacy"], "reviews_per_100_accounts")
GROWTH = (
    "mrr_cents",
    "arr_cents",
    "arpa_cents",
    "revenue_churn_12_months",
    "expanding_accounts_12_months",
    "expansion_12_months",
    "quick_ratio",
    "new_logo_share_of_growth",
    "expansion_pipeline_cents",
    "expansion_pipeline_sourced_cents",
    "expansion_pipeline_influenced_cents",
    "customer_lifetime_value_observed_cents",
    "customer_lifetime_value_survival_cents",
    "customer_lifetime_value_margin_over_churn_cents",
)


def rows(
    table: str,
    frame: pd.DataFrame | None,
    accounts: pd.DataFrame,
    wanted: Iterable[Period],
    months: Iterable[Period] = (),
) -> list[dict]:
    """All metrics of one as-of table; none where the table is None. `accounts` has account_id and segment.

    `wanted` periods come for all accounts and each segment, the `months` of the series for all accounts only.

    >>> from helpers.periods import parse
    >>> rows("advocacy", None, pd.DataFrame(), [parse("2026-10")])
    []
    """
    wanted, months = list(wanted), list(months)
    if frame is None:
        return []
    # As categories, a few thousand comparisons with one of a few words cost a tenth.
    words = [column for column in frame.columns if column == "item" or schema.kind(table, column) == "choice"]
    frame = frame.astype(dict.fromkeys(words, "category"))
    parts, found = by_segment(frame, accounts), []
    for name, measure in MEASURES[table].items():
        found += _measured(name, parts, wanted, months, measure)
    return found


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
    of_row = frame["account_id"].map(accounts.set_index("account_id")["segment"]).astype("category")
    everyone = {ALL: frame[of_row.notna()]}
    return everyone | {segment: frame[of_row == segment] for segment in sorted(accounts["segment"].unique())}


def _measured(name: str, parts: Mapping[str, pd.DataFrame], wanted, months, measure: Measure) -> list[dict]:
    """One metric for the wanted periods, of all accounts and each segment, and for the months of all accounts."""
    found = [row(name, segment, period, measure(part, period)) for segment, part in parts.items() for period in wanted]
    return found + [row(name, ALL, period, measure(parts[ALL], period)) for period in months]


def participation_rows(advocacy: pd.DataFrame | None, in_force: Mapping[Period, pd.DataFrame]) -> list[dict]:
    """Advocacy participation and reviews per 100 accounts; `in_force`: period → accounts in force at its close.

    Give a frame whose segment is `all` where only the pooled figure is wanted.

    >>> participation_rows(None, {})
    []
    """
    found = []
    for period, accounts in in_force.items() if advocacy is not None else ():
        for segment, own in by_segment(advocacy, accounts).items():
            base = accounts[(accounts["segment"] == segment) | (segment == ALL)]["account_id"]
            rate = advocacy_participation_rate(own, base, period)
            found.append(row("advocacy_participation_rate", segment, period, rate))
            per_100 = reviews_per_100_accounts(own, len(base), period)
            found.append(row("reviews_per_100_accounts", segment, period, per_100))
    return found


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
    known = touches if touches is not None else pd.DataFrame(nobody)
    found, wanted, months, parts = [], list(wanted), list(months), by_segment(opportunities, accounts)
    for attribution in ("all", "sourced", "influenced"):

        def measure(part: pd.DataFrame, period: Period, attribution: str = attribution) -> Metric:
            return expansion_pipeline(part, known, period, attribution)

        name = "expansion_pipeline_cents" if attribution == "all" else f"expansion_pipeline_{attribution}_cents"
        found += _measured(name, parts, wanted, months, measure)
    return found


def lifetime_rows(
    lives: pd.DataFrame, paid: pd.DataFrame, period: Period, margin: float, discount_rate: float
) -> list[dict]:
    """Lifetime value by the three methods that need data, in cents, for all accounts and for each segment.

    `lives` is `movements.lives`, `paid` `movements.paid`. Segments are counted over the months that all together reach.
    """
    found, economics, months = [], (margin, discount_rate), lifetime.months_observed(paid.to_numpy())
    for segment in (ALL, *sorted(lives["segment"].unique())):
        new = paid[(paid.index == segment) | (segment == ALL)].to_numpy()
        own = lives[(lives["segment"] == segment) | (segment == ALL)]
        window = own[(own["window_cents"] > 0) | (own["n_losses"] > 0)]
        by_method = {
            "observed": lifetime.customer_lifetime_value_observed(new, *economics, months=months),
            "survival": lifetime.customer_lifetime_value_survival(new, *economics, months=months),
            "margin_over_churn": lifetime.customer_lifetime_value_margin_over_churn(
                window["window_cents"], window["n_losses"], margin
            ),
        }
        found += [
            row(f"customer_lifetime_value_{name}_cents", segment, period, metric) for name, metric in by_method.items()
        ]
    return found


def growth_rows(moved: Mapping[Period, pd.DataFrame]) -> list[dict]:
    """The quick ratio and new logos' share of the MRR won, by segment; `moved`: period → `movements.moved` over it.

    Give a frame whose segment is `all` where only the pooled figure is wanted.
    """
    found = []
    for period, accounts in moved.items():
        for segment in dict.fromkeys((ALL, *sorted(accounts["segment"].unique()))):
            own = accounts[(accounts["segment"] == segment) | (segment == ALL)]
            gained, lost = own["change_cents"].clip(lower=0), -own["change_cents"].clip(upper=0)
            found.append(row("quick_ratio", segment, period, quick_ratio(gained, lost)))
            new = gained.where(own["movement"] == "new", 0)
            found.append(row("new_logo_share_of_growth", segment, period, share_of_growth(new, gained)))
    return found
