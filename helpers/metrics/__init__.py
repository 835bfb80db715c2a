"""The customer-marketing metrics: counts, revenues and as-of tables in, a `Metric` with its interval out.

Every rate travels with its numerator, denominator and n. A zero denominator is `undefined`, never 0 and never infinity.
"""

from helpers.metrics.advocacy import (
    advocacy_load,
    advocacy_participation_rate,
    expansion_pipeline,
    reference_velocity,
    references_per_month,
    review_volume,
    reviews_per_100_accounts,
)
from helpers.metrics.base import gross_revenue_retention, net_revenue_retention
from helpers.metrics.benchmarks import published
from helpers.metrics.card import Card, card
from helpers.metrics.changes import by_group, changes, compare_groups
from helpers.metrics.conventions import other_definitions
from helpers.metrics.core import ALL, COLUMNS, Metric, amount, count, proportion, undefined
from helpers.metrics.lifetime import (
    customer_lifetime_value_margin_over_churn,
    customer_lifetime_value_observed,
    customer_lifetime_value_simple,
    customer_lifetime_value_survival,
)
from helpers.metrics.process import process_charts
from helpers.metrics.retention import (
    churn_rate,
    quick_ratio,
    renewal_rate,
    revenue_ratio_from_sums,
    share_of_growth,
    trial_conversion_rate,
)
from helpers.metrics.surveys import latest_answers, net_promoter_score, regret_answers, remorse_rate, response_rate

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = (
    "card changes process_charts other_definitions published compare_groups count proportion amount undefined "
    "churn_rate net_revenue_retention gross_revenue_retention quick_ratio renewal_rate trial_conversion_rate "
    "net_promoter_score response_rate remorse_rate latest_answers advocacy_participation_rate "
    "references_per_month reference_velocity review_volume reviews_per_100_accounts expansion_pipeline"
).split()
__dir__ = __all__.copy
