"""Intervals that hold: how often each 95% interval holds the truth, on companies whose truth is known.

.venv/bin/python tests/benchmarks/interval_coverage.py --runs 2000 --seed 1 --jobs 2

One row a case: share of runs whose interval holds the truth, its binomial standard error, the same among runs whose
verdict is ok, truth below and above the interval, mean width, the target, and what the verdict said. A run without an
interval misses. Proportions and Poisson counts are summed over all counts, not drawn, so they have no error.

Revenue is lognormal with standard deviation σ of its logarithm; an account leaves, shrinks to 50–95%, grows to 105–160%
or stays as it is, in `ordinary` independently of its size. The other companies try what the target does not name:
`sticky` (3% leave), `large stay` and `large leave` (the chance to leave falls or rises with size).
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import metrics, stats

# Company → chance to leave, to shrink, to grow, and how the log-odds to leave change with a standard deviation of size.
COMPANIES = {
    "ordinary": (0.10, 0.08, 0.20, 0.0),
    "sticky": (0.03, 0.03, 0.15, 0.0),
    "large stay": (0.10, 0.08, 0.20, -0.7),
    "large leave": (0.06, 0.08, 0.20, 0.7),
}
SHRINKS, GROWS = (0.5, 0.95), (1.05, 1.6)
SIZES, SIGMAS = (30, 100, 200, 1000), (1.0, 1.5)
ANSWERS = [(0.7, 0.2, 0.1), (0.5, 0.3, 0.2), (0.3, 0.4, 0.3), (0.2, 0.3, 0.5), (0.9, 0.08, 0.02)]
CENTS = 1_000_00
COLUMNS = ["coverage", "s.e.", "if ok", "below", "above", "width"]
HEADER = f"{'case':46}" + "".join(f"{name:>9}" for name in COLUMNS) + "  target  verdict"


def company(rng, n: int, sigma: float, name: str):
    """Revenue of n accounts then and today, in cents."""
    leave, shrink, grow, with_size = COMPANIES[name]
    size = rng.normal(0, 1, n)
    leaves = 1 / (1 + (1 / leave - 1) * np.exp(-with_size * size))
    kind, factor = rng.random(n), np.ones(n)
    factor[kind < shrink + grow] = rng.uniform(*GROWS, (kind < shrink + grow).sum())
    factor[kind < shrink] = rng.uniform(*SHRINKS, (kind < shrink).sum())
    factor[rng.random(n) < leaves] = 0
    opening = np.round(CENTS * np.exp(sigma * size))
    return opening, np.round(opening * factor)


@lru_cache
def truth(sigma: float, name: str, gross: bool) -> float:
    """The ratio in a company without end: by integration over size, weighted by revenue."""
    leave, shrink, grow, with_size = COMPANIES[name]
    # Weighted by revenue, a lognormal size is a normal one whose mean has moved by σ.
    size = np.linspace(-8, 8, 16_001) + sigma
    weight = np.exp(-((size - sigma) ** 2) / 2)
    stays = 1 - 1 / (1 + (1 / leave - 1) * np.exp(-with_size * size))
    of_those = 1 + shrink * (np.mean(SHRINKS) - 1) + (0 if gross else grow * (np.mean(GROWS) - 1))
    return float((stays * weight).sum() / weight.sum() * of_those)


def revenue_case(case, runs: int, seed: int):
    """NRR or GRR of one company at one n and σ; the verdict of each run with its interval."""
    name, sigma, n, gross = case
    rng = np.random.default_rng([seed, n, round(10 * sigma), list(COMPANIES).index(name)])
    function = metrics.gross_revenue_retention if gross else metrics.net_revenue_retention
    found = [function(*company(rng, n, sigma, name)) for _ in range(runs)]
    target = None if name != "ordinary" else 0.90 if n < 100 else 0.92
    label = f"{'GRR' if gross else 'NRR'} {name}, σ = {sigma}, n = {n}"
    return tally(label, [(truth(sigma, name, gross), each.low, each.high, each.verdict) for each in found], target)


def sums_case(case, runs: int, seed: int):
    """The same from sums alone (linearized), as the monthly series has them."""
    name, sigma, n, gross = case
    rng = np.random.default_rng([seed, n, round(10 * sigma), list(COMPANIES).index(name)])
    found = []
    for _ in range(runs):
        x, y = (amounts.astype("int64") for amounts in company(rng, n, sigma, name))
        k = np.minimum(x, y)
        row = {
            "n_opening": n,
            "opening_cents": x.sum(),
            "closing_cents": y.sum(),
            "kept_cents": k.sum(),
            "xx": x @ x,
            "xy": x @ y,
            "yy": y @ y,
            "xk": x @ k,
            "kk": k @ k,
        }
        each = metrics.revenue_ratio_from_sums(row, gross)
        found.append((truth(sigma, name, gross), each.low, each.high, each.verdict))
    return tally(f"{'GRR' if gross else 'NRR'} from sums, {name}, σ = {sigma}, n = {n}", found, None)


def nps_case(case, runs: int, seed: int):
    """NPS of n answers, for one share of promoters, passives and detractors."""
    shares, n = case
    rng = np.random.default_rng([seed, n])
    found = []
    for up, _, down in rng.multinomial(n, shares, runs):
        each = metrics.net_promoter_score([10] * up + [8] * (n - up - down) + [0] * down)
        found.append((shares[0] - shares[2], each.low, each.high, each.verdict))
    return tally(f"NPS {' / '.join(f'{share:.0%}' for share in shares)}, n = {n}", found, None)


def proportion_case(n: int, runs: int, seed: int):
    """Wilson at n, exactly: every k with its probability, p from .02 to .98 in steps of .01; so without an error."""
    from scipy import stats as exact

    del runs, seed
    k, p = np.arange(n + 1), np.arange(2, 99)[:, None] / 100
    low, high = np.array([stats.wilson(int(each), n) for each in k]).T
    chance = exact.binom.pmf(k, n, p)
    return exactly(f"proportion (Wilson), p .02–.98, n = {n}", chance, p, low, high, 0.93, metrics.churn_rate(0, n))


def poisson_case(means, runs: int, seed: int):
    """The exact Poisson interval, exactly, over means from .5 to 50; its coverage is never below .95."""
    from scipy import stats as exact

    del runs, seed
    k, mean = np.arange(200), np.linspace(*means, 100)[:, None]
    low, high = np.array([stats.poisson_interval(int(each)) for each in k]).T
    return exactly(f"Poisson (exact), means {means[0]}–{means[1]}", exact.poisson.pmf(k, mean), mean, low, high, 0.95)


def tally(label: str, found, target) -> dict:
    """One row of the table from (truth, low, high, verdict) of each run."""
    runs = [
        (low is not None and true < low, low is not None and true > high, low is None) for true, low, high, _ in found
    ]
    below, above, none = np.mean(runs, axis=0)
    verdicts = Counter(verdict for *_, verdict in found)
    sure = [not any(missed) for missed, (*_, verdict) in zip(runs, found, strict=True) if verdict == "ok"]
    held = 1 - below - above - none
    width = np.mean([high - low for _, low, high, _ in found if low is not None])
    error, if_ok = (held * (1 - held) / len(runs)) ** 0.5, np.mean(sure) if len(sure) >= 100 else None
    said = ", ".join(f"{verdict} {count / len(runs):.0%}" for verdict, count in verdicts.most_common())
    numbers = dict(zip(COLUMNS, (held, error, if_ok, below, above, width), strict=True))
    return {"label": label, "target": target, "verdict": said, **numbers}


def exactly(label: str, chance, true, low, high, target, metric=None) -> dict:
    """One row of the table from the probability of every count at every truth, averaged over the truths."""
    below, above, width = (
        (chance * each).sum(1).mean() for each in (true < low, true > high, np.broadcast_to(high - low, chance.shape))
    )
    numbers = dict(zip(COLUMNS, (1 - below - above, None, None, below, above, width), strict=True))
    return {"label": label, "target": target, "verdict": metric.verdict if metric else "", **numbers}


def cases() -> list[partial]:
    """Every case of the table."""
    ratios = [
        (name, sigma, n, gross) for name in COMPANIES for sigma in SIGMAS for n in SIZES for gross in (False, True)
    ]
    ordinary = [case for case in ratios if case[0] == "ordinary"]
    others = [case for case in ratios if case[2] == 100 or (case[0] == "sticky" and case[1:3] != (1.5, 1000))]
    todo = [partial(revenue_case, case) for case in dict.fromkeys(ordinary + others)]
    todo += [partial(sums_case, case) for case in ordinary]
    todo += [partial(nps_case, (shares, n)) for n in (10, 50) for shares in ANSWERS]
    todo += [partial(proportion_case, n) for n in (10, 50)] + [partial(poisson_case, (0.5, 50))]
    return todo


def shown(row: dict) -> str:
    numbers = "".join(f"{'' if row[name] is None else f'{row[name]:.3f}':>9}" for name in COLUMNS)
    target = "" if row["target"] is None else f"≥ {row['target']:.2f}"
    missed = " MISSED" if row["target"] is not None and row["coverage"] < row["target"] else ""
    return f"{row['label']:46}{numbers}  {target:6}  {row['verdict']}{missed}"


def call(case: partial, runs: int, seed: int) -> dict:
    return case(runs=runs, seed=seed)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=2000, help="companies a case (default 2000)")
    options.add_argument("--seed", type=int, default=1, help="seed of the companies (default 1)")
    options.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    given = options.parse_args()
    started = time.monotonic()
    print(HEADER)
    with ProcessPoolExecutor(given.jobs) as pool:
        for row in pool.map(partial(call, runs=given.runs, seed=given.seed), cases()):
            print(shown(row), flush=True)
    print(f"{given.runs} runs a case, seed {given.seed}, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
