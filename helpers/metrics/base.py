"""The base in figures: retention of accounts and revenue over 12 months, MRR, ARR, revenue per account, expansion."""

from dataclasses import replace

import numpy as np

from helpers import stats
from helpers.metrics.core import FEW_EFFECTIVE, Metric, proportion, undefined
from helpers.metrics.retention import churn_rate, revenue_ratios, revenues

FEW_GROWN = 6
UNSURE_GROWTH = 0.15
ALIKE_GROWTH = 0.35  # SD of the logarithm of closing ÷ opening


def net_revenue_retention(opening, closing) -> Metric:
    """NRR (NDR): revenue today of the accounts that paid then ÷ their revenue then; a ratio, 1 = unchanged.

    `opening` and `closing` hold one amount an account, in the same unit; accounts that did not pay then
    (opening 0) have no say, so new customers never enter; what returns or expands does. Interval:
    `stats.ratio_interval`. `few` also where another sample would show another growth (`is_growth_known`).

    Raises ValueError on negative or missing amounts or unequal lengths.

    >>> accounts = [10_000] * 10
    >>> net_revenue_retention(accounts, [0] + [10_000] * 7 + [20_000] * 2).value  # −10,000 churn, +20,000 upsell
    1.1
    """
    return retained(opening, closing)["net_revenue_retention"]


def gross_revenue_retention(opening, closing) -> Metric:
    """GRR: Σ min(revenue today, revenue then) ÷ Σ revenue then, the minimum taken account by account; 0–1.

    Input, interval and errors as for `net_revenue_retention`. Never above 1 and never above NRR: one account's growth
    does not make up for another's loss.

    >>> gross_revenue_retention([100] * 10, [50] + [150] * 9).value
    0.95
    """
    return retained(opening, closing)["gross_revenue_retention"]


def retained(opening, closing) -> dict[str, Metric]:
    """NRR, GRR, revenue churn and expansion of the same accounts, from the same draws.

    Expansion is the MRR that the accounts of then added ÷ MRR then. Input as for `net_revenue_retention`.

    >>> {name: figure.value for name, figure in retained([100] * 10, [50] + [150] * 9).items()}["expansion_12_months"]
    0.45
    """
    x, y = revenues(opening, closing)
    added = np.clip(y - x, 0, None)
    found = revenue_ratios(
        x,
        {
            "net_revenue_retention": (y, "revenue today ÷ then, same accounts", None),
            "gross_revenue_retention": (np.minimum(x, y), "min(today, then) per account ÷ then", 1.0),
            "revenue_churn_12_months": (np.where(y > 0, x, 0), "MRR then of accounts that left ÷ MRR then", 1.0),
            "expansion_12_months": (added, "MRR added by the accounts of then ÷ MRR then", None),
        },
    )
    net, kept = found["net_revenue_retention"], found["revenue_churn_12_months"]
    if net.verdict == "ok" and not is_growth_known(x, y):
        found["net_revenue_retention"] = replace(net, verdict="few")
    return found | {"revenue_churn_12_months": _rest_of(kept)}


def is_growth_known(opening, closing) -> bool:
    """Whether another sample of such accounts would show much the same growth: else an NRR is of `few`.

    Not where the growth comes from an effective n of under 6 accounts, where its own error (√Σ added² ÷ Σ then) is
    above 15 points, or where none of an effective n of under 200 grew. Nor where accounts may grow by very different
    factors (the SD of their logarithm may exceed .35) and an effective n of under 30, by what they opened with, did.
    How much was added would not do for that: a sample in which none of the few that multiply is seen looks safe
    (tests/benchmarks/quoted_intervals.py).

    >>> is_growth_known([100] * 60, [0] * 6 + [110] * 54), is_growth_known([100] * 60, [0] * 6 + [100] * 53 + [900])
    (True, False)
    >>> is_growth_known([100] * 60, [0] * 6 + [100] * 42 + [110, 120, 130, 150] * 3)
    True
    >>> is_growth_known([100] * 200, [0] * 20 + [100] * 160 + [110, 120, 150, 500] * 5)
    False
    """
    x, y = np.asarray(opening, dtype=float), np.asarray(closing, dtype=float)
    grew, added = y > x, np.clip(y - x, 0, None)
    if not grew.any():
        return stats.effective_n(x) >= stats.LARGE
    if stats.effective_n(added) < FEW_GROWN or np.linalg.norm(added) > UNSURE_GROWTH * x.sum():
        return False
    is_alike = stats.sd_at_most(np.log(y[grew] / x[grew])) <= ALIKE_GROWTH
    return is_alike or stats.effective_n(x[grew]) >= FEW_EFFECTIVE


def _rest_of(kept: Metric) -> Metric:
    """What is not kept."""
    lost = {"numerator": (kept.denominator or 0) - (kept.numerator or 0)}
    if kept.value is None:
        return replace(kept, **lost)
    ends = (None, None) if kept.low is None else (1 - kept.high, 1 - kept.low)
    return replace(kept, value=1 - kept.value, low=ends[0], high=ends[1], **lost)


def base(opening, closing) -> dict[str, Metric]:
    """The figures of accounts of which each has its MRR (cents) 12 months ago and now, in the order of the page.

    12-month logo churn, then `retained`. MRR is Σ now, ARR 12 × that, ARPA MRR ÷ paying accounts: all are counted, so
    they have no interval. Expanding accounts are those that paid then and pay more now ÷ those that paid then (Wilson).

    >>> found = base([100] * 9 + [0], [0] + [100] * 7 + [150, 50])
    >>> found["mrr_cents"].value, found["arr_cents"].value, round(found["arpa_cents"].value, 2)
    (900.0, 10800.0, 100.0)
    >>> [round(found[f"{name}_12_months"].value, 3) for name in ("revenue_churn", "expanding_accounts", "expansion")]
    [0.111, 0.111, 0.056]
    """
    opening, closing = np.asarray(opening), np.asarray(closing)
    n, mrr = int((closing > 0).sum()), float(closing.sum())
    arpa = undefined("MRR ÷ paying accounts", "no account is paying", mrr, 0)
    if n:
        arpa = Metric(mrr / n, None, None, mrr, n, n, "MRR ÷ paying accounts; no interval: all are counted", "ok")
    was, ratios = opening > 0, retained(opening, closing)
    grown, method = int((closing > opening)[was].sum()), "accounts that pay more ÷ accounts that paid then; Wilson"
    return {
        "churn_rate_12_months": churn_rate(int((closing[was] == 0).sum()), int(was.sum())),
        "net_revenue_retention": ratios["net_revenue_retention"],
        "gross_revenue_retention": ratios["gross_revenue_retention"],
        "mrr_cents": Metric(mrr, None, None, mrr, None, n, "Σ MRR at the close; no interval: all are counted", "ok"),
        "arr_cents": Metric(12 * mrr, None, None, mrr, None, n, "12 × MRR; no interval: all are counted", "ok"),
        "arpa_cents": arpa,
        "revenue_churn_12_months": ratios["revenue_churn_12_months"],
        "expanding_accounts_12_months": proportion(grown, int(was.sum()), method, "no account was paying then"),
        "expansion_12_months": ratios["expansion_12_months"],
    }
