"""The base in figures: MRR, ARR, revenue per account, revenue churn, and how much of the base expands."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.metrics.core import ALL, Metric, proportion, row, undefined
from helpers.metrics.retention import revenue_ratio
from helpers.periods import Period


def base_rows(pairs: Mapping[Period, pd.DataFrame | None]) -> list[dict]:
    """Every figure of the base at the end of each period, for all accounts and each segment.

    `pairs`: period → its accounts over 12 months (`movements.pairs`; None, too many to fetch, gives no rows).

    >>> accounts = pd.DataFrame({"segment": ["S", "M"], "opening_cents": [100, 0], "closing_cents": [150, 50]})
    >>> [(line["segment"], line["value"]) for line in base_rows({"2026-10": accounts}) if line["metric"] == "mrr_cents"]
    [('all', 200.0), ('M', 50.0), ('S', 150.0)]
    """
    found = []
    for period, accounts in pairs.items():
        for segment in () if accounts is None else (ALL, *sorted(accounts["segment"].unique())):
            own = accounts[(accounts["segment"] == segment) | (segment == ALL)]
            figures = base(own["opening_cents"].to_numpy(), own["closing_cents"].to_numpy())
            found += [row(name, segment, period, figure) for name, figure in figures.items()]
    return found


def base(opening: np.ndarray, closing: np.ndarray) -> dict[str, Metric]:
    """The figures of accounts of which each has its MRR (cents) 12 months ago and now.

    MRR is Σ now, ARR 12 × that, ARPA MRR ÷ paying accounts: all are counted, so they have no interval. Revenue churn
    is MRR then of the accounts that left ÷ MRR then. Expansion is by accounts that paid then: the share that pays more
    now (Wilson), and the MRR they added ÷ MRR then.

    >>> found = base(np.array([100] * 9 + [0]), np.array([0] + [100] * 7 + [150, 50]))
    >>> found["mrr_cents"].value, found["arr_cents"].value, round(found["arpa_cents"].value, 2)
    (900.0, 10800.0, 100.0)
    >>> [round(found[f"{name}_12_months"].value, 3) for name in ("revenue_churn", "expanding_accounts", "expansion")]
    [0.111, 0.111, 0.056]
    """
    n, mrr = int((closing > 0).sum()), float(closing.sum())
    arpa = undefined("MRR ÷ paying accounts", "no account is paying", mrr, 0)
    if n:
        arpa = Metric(mrr / n, None, None, mrr, n, n, "MRR ÷ paying accounts; no interval: all are counted", "ok")
    return {
        "mrr_cents": Metric(mrr, None, None, mrr, None, n, "Σ MRR at the close; no interval: all are counted", "ok"),
        "arr_cents": Metric(12 * mrr, None, None, mrr, None, n, "12 × MRR; no interval: all are counted", "ok"),
        "arpa_cents": arpa,
        "revenue_churn_12_months": revenue_churn(opening, closing),
        **expansion(opening, closing),
    }


def expansion(opening: np.ndarray, closing: np.ndarray) -> dict[str, Metric]:
    """The expansion rate by accounts and by revenue, of accounts that paid then; opening and closing MRR in cents.

    >>> {name: metric.numerator for name, metric in expansion(np.array([100, 0]), np.array([150, 50])).items()}
    {'expanding_accounts_12_months': 1, 'expansion_12_months': 50.0}
    """
    then, now = opening[opening > 0].astype(float), closing[opening > 0].astype(float)
    grown, method = int((now > then).sum()), "accounts that pay more ÷ accounts that paid then; Wilson"
    added, added_method = np.clip(now - then, 0, None), "MRR added by the accounts of then ÷ MRR then"
    return {
        "expanding_accounts_12_months": proportion(grown, len(then), method, "no account was paying then"),
        "expansion_12_months": revenue_ratio(then, added, added_method, ceiling=None),
    }


def revenue_churn(opening: np.ndarray, closing: np.ndarray) -> Metric:
    """MRR then of the accounts that left ÷ MRR then, 0–1, from what is kept.

    >>> revenue_churn(np.array([100] * 9 + [0]), np.array([0] + [100] * 9)).numerator
    100.0
    """
    then, now = opening[opening > 0].astype(float), closing[opening > 0]
    kept = revenue_ratio(then, np.where(now > 0, then, 0), "MRR then of accounts that left ÷ MRR then", ceiling=1.0)
    lost = {"numerator": (kept.denominator or 0) - (kept.numerator or 0)}
    if kept.value is None:
        return replace(kept, **lost)
    ends = (None, None) if kept.low is None else (1 - kept.high, 1 - kept.low)
    return replace(kept, value=1 - kept.value, low=ends[0], high=ends[1], **lost)
