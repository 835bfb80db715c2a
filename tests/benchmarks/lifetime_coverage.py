"""Lifetime value and the value of the base: how often each 95% interval holds the truth.

nice -n 15 .venv/bin/python tests/benchmarks/lifetime_coverage.py --runs 200 --seed 1

A company wins accounts over 36 months: 55% small (300 a month), 30% middle (900), 15% large (4,000), each lognormal
around it (σ .5). `alike`: 2.15% of each kind leave a month. `large stay`: 3%, 1.8% and .6%. `and grow`: besides, what
an account pays grows by .4% a month. One row a company and number of accounts: share of runs whose interval holds the
truth, its binomial standard error, truth below and above it, mean value ÷ truth. The base is worth what its accounts
pay until they leave, discounted; with two renewals of a year seen the page says a range by scenario, no interval.
`no fit`: how often the projection is said not to fit (the first four are no sBG either, but as good as one).

Last, the projection itself, of companies whose lives no such model has: `early` (most leave in the first months, the
rest nearly never), `telco` (10% in the first month, less and less until four years, then more again; monthly, yearly
and two-yearly contracts), and of one that it has (`model`, α = .8, β = 8). Share of runs in which it is said not to
fit, so that no interval is given, and share of runs with an interval that is wrong at month 36 (at most 5%).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import metrics
from helpers.cohorts.survival import projection
from helpers.errors import Refused

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


def alive(start, lost, term: int, months: int, size=100_00) -> pd.DataFrame:
    """`movements.lifetimes` of accounts that began and are lost in these months, at the end of `months`."""
    here = lost >= months
    return pd.DataFrame(
        {
            "cohort_no": start,
            "first_lost_no": pd.array(np.where(here, None, lost), dtype="Int64"),
            "term_months": pd.array([term] * len(start), dtype="Int64"),
            "n_accounts": 1,
            "n_returned": 0,
            "is_left_truncated": False,
            "n_in_force": here.astype(int),
            "mrr_cents": np.where(here, size, 0.0),
            "first_cents": size,
            "first_squared": np.floor(size / 100) ** 2,
        }
    )


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
        lives = alive(start, lost, term, MONTHS, size)
        fitted = projection.fit(lives, term, MONTHS - 1)
        missed += not fitted.fits
        row = projection.base_value(lives, {term: fitted}).iloc[0]
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


def chances(name: str, months: int) -> np.ndarray:
    """The chance to leave at each renewal 1, 2 … of month-to-month accounts."""
    age = np.arange(1, months + 1)
    if name == "early":
        return np.where(age <= 3, 0.20, np.where(age <= 6, 0.08, 0.004))
    if name == "model":
        return 0.8 / (8.8 + age - 1)
    steps = [age == 1, age <= 6, age <= 24, age <= 48]
    return np.select(steps, [0.10, 0.045, 0.02, 0.016], 0.025)


CONTRACTS = {12: (0.22, 0.045), 24: (0.24, 0.03)}  # of a telco: share of its accounts, chance to leave at a renewal


def projected_case(name: str, n: int, runs: int, seed: int, months: int = 72) -> list[str]:
    """How often a projection is said not to fit, and how often an interval that is given is wrong, by contract."""
    rng = np.random.default_rng([seed, n, len(name)])
    told: dict[int, list] = {}
    for _ in range(runs):
        terms = rng.choice([1, *CONTRACTS], n, p=[0.54, 0.22, 0.24]) if name == "telco" else np.ones(n, int)
        for term in np.unique(terms):
            here = int((terms == term).sum())
            leaves = chances(name, 999) if term == 1 else np.full(999, CONTRACTS[term][1])
            stays = np.cumprod(1 - leaves)
            start = rng.integers(0, months, here)
            lost = start + term * (np.searchsorted(-stays, -rng.random(here), side="right") + 1)
            table = alive(start, lost, term, months)
            try:
                fitted = projection.fit(table, int(term), months - 1, by_revenue=False)
            except Refused:
                told.setdefault(int(term), []).append((np.nan, np.nan))
                continue
            row = projection.project(fitted).set_index("age").loc[36 // term]
            is_wrong = fitted.fits and not row["low"] <= stays[36 // term - 1] <= row["high"]
            told.setdefault(int(term), []).append((not fitted.fits, is_wrong))
    lines = []
    for term, found in sorted(told.items()):
        known = np.array(found, dtype=float)
        known = known[~np.isnan(known[:, 0])]
        shares = known.mean(axis=0)
        errors = np.sqrt(shares * (1 - shares) / len(known))
        said, wrong = (f"{share:6.3f} ({error:.3f})" for share, error in zip(shares, errors, strict=True))
        lines.append(f"projection, {name}, {term} months, n = {n:5}: no fit {said}, wrong {wrong}, {len(known)} runs")
    return lines


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
    for company, accounts in (("early", 300), ("early", 3_000), ("telco", 900), ("telco", 7_000), ("model", 3_000)):
        print(*projected_case(company, accounts, options.runs // 2, options.seed), sep="\n", flush=True)
