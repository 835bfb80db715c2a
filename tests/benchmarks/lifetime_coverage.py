"""Lifetime value and the value of the base: how often each 95% interval holds the truth.

nice -n 15 .venv/bin/python tests/benchmarks/lifetime_coverage.py --runs 200 --seed 1

A company wins accounts over 36 months: 55% small (300 a month), 30% middle (900), 15% large (4,000), each lognormal
around it (σ .5). `alike`: 2.15% of each kind leave a month. `large stay`: 3%, 1.8% and .6%. `and grow`: besides, what
an account pays grows by .4% a month. One row a company and number of accounts: share of runs whose interval holds the
truth, its binomial standard error, truth below and above it, mean value ÷ truth. The base is worth what its accounts
pay until they leave, discounted; with two renewals of a year seen the page says a range by scenario, no interval.
`no fit`: how often the projection is said not to fit (the first four are no sBG either, but as good as one).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import metrics
from helpers.cohorts import survival

SHARES, SIZES, MONTHS = np.array([0.55, 0.30, 0.15]), np.array([300.0, 900.0, 4000.0]), 36
ALIKE, LARGE_STAY = np.full(3, 0.0215), np.array([0.03, 0.018, 0.006])
COMPANIES = {"alike": (ALIKE, 0.0), "large stay": (LARGE_STAY, 0.0), "large stay and grow": (LARGE_STAY, 0.004)}


def paid(rng, n: int, leaves: np.ndarray, growth: float) -> np.ndarray:
    """What n accounts pay by month of age; missing where they have not reached it."""
    start, kind = rng.integers(0, MONTHS, n), rng.choice(3, n, p=SHARES)
    size, life = SIZES[kind] * np.exp(rng.normal(0, 0.5, n) - 0.125), rng.geometric(leaves[kind])
    age = np.arange(MONTHS)
    pays = size[:, None] * (1 + growth) ** age * (age < life[:, None])
    return np.where(age < (MONTHS - start)[:, None], pays, np.nan)


def truth(months: int, leaves: np.ndarray, growth: float) -> float:
    """The discounted revenue of a new account over its first months, by adding up."""
    age = np.arange(months)
    weight = 1.1 ** (-age / 12) * (1 + growth) ** age
    return float(sum(s * size * weight @ (1 - p) ** age for s, size, p in zip(SHARES, SIZES, leaves, strict=True)))


def tally(label: str, found: list[tuple]) -> str:
    """`found`: (truth, value, low, high) a run; without an interval a run misses."""
    true, value, low, high = (np.array(side, dtype=float) for side in zip(*found, strict=True))
    held = np.mean((low <= true) & (true <= high))
    error = (held * (1 - held) / len(true)) ** 0.5
    sides = f"{np.mean(true < low):7.3f}{np.mean(true > high):7.3f}"
    return f"{label:40}{held:8.3f}{error:7.3f}{sides}{np.mean(value / true):8.3f}"


def lifetime_case(name: str, n: int, runs: int, seed: int) -> str:
    """The observed lifetime value in fresh companies of one kind."""
    leaves, growth = COMPANIES[name]
    rng = np.random.default_rng([seed, n, list(COMPANIES).index(name)])
    found = []
    for _ in range(runs):
        metric = metrics.customer_lifetime_value_observed(paid(rng, n, leaves, growth))
        months = int(metric.method.split()[1])
        found.append((truth(months, leaves, growth), metric.value, metric.low, metric.high))
    return tally(f"lifetime value, {name}, n = {n}", found)


YEARLY = {"alike": np.full(3, 0.18), "large stay": np.array([0.25, 0.18, 0.08])}


def base_case(name: str, term: int, n: int, runs: int, seed: int) -> str:
    """The value of the base, by revenue, of month-to-month accounts or contracts of a year."""
    leaves = COMPANIES[name][0] if term == 1 else YEARLY[name]
    rng, found, missed = np.random.default_rng([seed, n, term, list(COMPANIES).index(name)]), [], 0
    for _ in range(runs):
        start, kind = rng.integers(0, MONTHS, n), rng.choice(3, n, p=SHARES)
        size = np.round(100 * SIZES[kind] * np.exp(rng.normal(0, 0.5, n) - 0.125))
        lost = start + term * rng.geometric(leaves[kind])
        here = lost >= MONTHS
        lives = pd.DataFrame(
            {
                "cohort_no": start,
                "first_lost_no": pd.array(np.where(here, None, lost), dtype="Int64"),
                "term_months": pd.array([term] * n, dtype="Int64"),
                "n_accounts": 1,
                "n_returned": 0,
                "is_left_truncated": False,
                "n_in_force": here.astype(int),
                "mrr_cents": np.where(here, size, 0.0),
                "first_cents": size,
                "first_squared": np.floor(size / 100) ** 2,
            }
        )
        fitted = survival.fit(lives, term, MONTHS - 1)
        missed += not fitted.fits
        row = survival.base_value(lives, {term: fitted}).iloc[0]
        month, stays = 1.1 ** (-1 / 12), 1 - leaves[kind[here]]
        paid, left = (
            np.insert(np.cumsum(month ** np.arange(term)), 0, 0.0),
            term - 1 - (MONTHS - 1 - start[here]) % term,
        )
        later = stays / (1 - stays * month**term) * paid[term]
        true = (size[here] * (paid[left] + month**left * later)).sum()
        if fitted.fits:
            found.append((true, row["value_cents"], row["low"], row["high"]))
    return f"{tally(f'base value, {name}, {term} months, n = {n}', found)}   no fit: {missed} of {runs}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{'case':40}{'held':>8}{'s.e.':>7}{'below':>7}{'above':>7}{'÷ truth':>8}")
    for company in COMPANIES:
        for accounts in (300, 900):
            print(lifetime_case(company, accounts, options.runs, options.seed), flush=True)
    for months, accounts in ((1, 900), (12, 420)):
        for company in YEARLY:
            print(base_case(company, months, accounts, options.runs // 2, options.seed), flush=True)
