"""What is quoted holds: false differences, and how often an interval holds the truth, on made-up data of known truth.

nice -n 15 .venv/bin/python tests/benchmarks/quoted_intervals.py [--runs 400] [--seed 1] [--only groups]

One row a case: the rate in percent, its binomial standard error in points, how many runs it is of, and the limit. A
false difference must be said in at most 5% of the runs (6.5% for a change against a year before, which must not be
said at all where the verdict is `few`); an interval must hold the truth in at least 90% where the verdict is `ok`.
"""

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import metrics, stats
from helpers.metrics import base, core, process
from helpers.periods import parse

PERIOD = parse("2026-10")
LIMIT = {"false": "at most 5%", "changed": "at most 6.5%", "holds": "at least 90%"}
year_on_year = import_module("helpers.metrics.changes")  # `metrics.changes` is the function


def lived(rng, opening, heavy: float = 0.0, leave: float = 0.1):
    """MRR a year later: 10% leave, 8% shrink, 20% grow by 5–60%; `heavy`: this share grows by exp(N(½, 1))."""
    kind, factor = rng.random(len(opening)), np.ones(len(opening))
    factor[kind < leave] = 0
    is_less, is_more = (kind >= leave) & (kind < leave + 0.08), kind > 1 - (heavy or 0.2)
    factor[is_less] = rng.uniform(0.5, 0.95, is_less.sum())
    factor[is_more] = np.exp(rng.normal(0.5, 1, is_more.sum())) if heavy else rng.uniform(1.05, 1.6, is_more.sum())
    return np.round(opening * factor)


def sizes(rng, n: int, sigma: float):
    return np.round(1e5 * np.exp(sigma * rng.normal(size=n)))


def equal_groups(rng, runs: int) -> Iterator[tuple]:
    """Groups of accounts that do not differ; said to differ."""
    for k in (2, 5, 8, 12, 20):
        said = []
        for _ in range(5 * runs):
            lost = rng.binomial(60, 0.15, k)
            rows = [
                core.row("churn", str(place), PERIOD, metrics.churn_rate(one, 60)) for place, one in enumerate(lost)
            ]
            said.append("differs" in year_on_year.spread_sentence(pd.DataFrame(rows), "churn"))
        yield f"{k} equal groups of 60, churn 15%: differ", said, "false"
    for k, n, sigma, share in ((5, 12, 1, 1), (5, 60, 1, 1), (12, 30, 1, 1), (12, 120, 1, 1), (2, 120, 1, 4)):
        said = [said_to_differ(rng, [(n, 0.1)] * k, sigma) for _ in range(runs * share // 4)]
        yield f"{k} equal groups of {n}, NRR σ {sigma}: differ", said, "false"
    for n, sigma in ((120, 0.6), (250, 0.6), (250, 1), (250, 1.5), (600, 1)):
        said = [said_to_differ(rng, [(n, 0.1)] * 2, sigma) for _ in range(runs)]
        yield f"2 equal groups of {n}, NRR σ {sigma}: differ", said, "false"
    for n in (120, 250):
        said = [said_to_differ(rng, [(n, 0.1), (n, 0.25)], 1.0) for _ in range(runs)]
        yield f"2 groups of {n}, of which 10% and 25% leave, NRR σ 1: differ", said, "power"


def said_to_differ(rng, companies: list[tuple[int, float]], sigma: float) -> bool:
    """Whether groups of so many accounts, of which such a share leaves, are said to differ in NRR."""
    opening = [(sizes(rng, n, sigma), leave) for n, leave in companies]
    found = [metrics.net_revenue_retention(one, lived(rng, one, leave=leave)) for one, leave in opening]
    rows = [core.row("nrr", str(place), PERIOD, one) for place, one in enumerate(found)]
    return "differs" in year_on_year.spread_sentence(pd.DataFrame(rows), "NRR")


def months(rng, growth, noise: float, start: float = 100.0, n: int = 24) -> pd.DataFrame:
    """A base of MRR: `growth(month, opening)` is the expected change; the noise is a share of it."""
    level, rows = start, []
    for month in range(n):
        change = growth(month, level) * (1 + noise * rng.normal())
        rows.append((level, level + change))
        level += change
    frame = pd.DataFrame(rows, columns=["opening_cents", "closing_cents"])
    return frame.assign(month=pd.date_range("2024-11-01", periods=n, freq="MS"))


def growth_charts(rng, runs: int) -> Iterator[tuple]:
    """A signal of MRR growth in the last month, in bases that grow steadily, and in one whose growth fell."""
    bases = {
        "grows by the same amount": lambda month, level: 5.0,
        "grows by the same rate": lambda month, level: 0.04 * level,
        "grows by a rate that halves in two years": lambda month, level: 0.05 * level * 0.5 ** (month / 24),
        "does not grow": lambda month, level: 1e-9,
        "growth fell by three quarters 12 months ago": lambda month, level: 5.0 if month < 12 else 1.25,
        "growth fell by three quarters 3 months ago": lambda month, level: 5.0 if month < 21 else 1.25,
    }
    for name, growth in bases.items():
        for noise in (0.2, 0.5):
            charts = [process.growth_chart(months(rng, growth, noise)) for _ in range(5 * runs)]
            kind = "false" if "fell" not in name else "power"
            yield f"{name}, noise {noise:.0%}: signal", [bool(chart["signal"].iloc[-1]) for chart in charts], kind


def pairs(opening, closing) -> pd.DataFrame:
    """What `movements.pairs` gives for accounts of one segment."""
    accounts = [f"{place:06}" for place in range(len(opening))]
    return pd.DataFrame({"account_id": accounts, "segment": "S", "opening_cents": opening, "closing_cents": closing})


def year_before(rng, runs: int) -> Iterator[tuple]:
    """NRR of two years that are alike, with the accounts that both share: called changed."""
    for sigma, n in ((1.0, 30), (1.0, 100), (1.0, 200), (1.5, 60), (1.5, 200), (1.5, 1000)):
        rows = []
        for _ in range(runs):
            first = sizes(rng, n, sigma)
            middle = lived(rng, first)
            joined = sizes(rng, n - np.count_nonzero(middle), sigma)
            opening = np.r_[middle, joined]
            now = pairs(opening, lived(rng, opening))
            then = pairs(np.r_[first, joined * 0], np.r_[middle, joined * 0])
            tested = year_on_year.year_before(now, then, PERIOD).set_index(["metric", "segment"])
            rows.append(tested.loc[("net_revenue_retention", "all"), "verdict"])
        few = rows.count("few") / len(rows)
        yield f"NRR alike, σ {sigma}, n {n}: changed ({few:.0%} few)", [one == "changed" for one in rows], "changed"


def heavy_tails(rng, runs: int) -> Iterator[tuple]:
    """NRR where few accounts grow by exp(N(½, 1)), in bases that grow or shrink. Only what is not `few` counts."""
    pareto, even = lambda n: np.round(1e5 * (1 + rng.pareto(2.5, n))), lambda n: sizes(rng, n, 0.6)
    for name, draw, heavy, leave in (
        ("Pareto 2.5, 10% grow", pareto, 0.1, 0.1),
        ("lognormal σ .6, 10% grow", even, 0.1, 0.1),
        ("lognormal σ .6, 10% grow, 25% leave", even, 0.1, 0.25),
        ("lognormal σ 1, 5% grow", lambda n: sizes(rng, n, 1.0), 0.05, 0.1),
    ):
        truth = lived(rng, np.full(3_000_000, 1e6), heavy, leave).mean() / 1e6  # what becomes of one is not of its size
        for n, companies in ((60, 40 * runs), (150, 10 * runs), (300, 4 * runs), (600, 2 * runs), (1500, 2 * runs)):
            held = []
            for _ in range(companies):
                then = draw(n)
                now = lived(rng, then, heavy, leave)
                if stats.effective_n(then) >= core.FEW_EFFECTIVE and base.is_growth_known(then, now):
                    low, high = stats.ratio_interval(then, now)
                    held.append(low <= truth <= high)
            few = 1 - len(held) / companies
            yield f"NRR, {name}, n {n}, not few ({few:.1%} few)", held, "holds"


def nearly_still(rng, runs: int) -> Iterator[tuple]:
    """NRR where one account in fifty leaves and the others grow by next to nothing, or not at all."""
    for n, share, growth in ((52, 0.1, 0.001), (52, 0.3, 0.02), (100, 0.3, 0.01)):
        truth, found = 0.98 * (1 + share * growth), []
        for _ in range(runs):
            opening, factor = sizes(rng, n, 0.5), np.ones(n)
            grown = rng.random(n) < share
            factor[grown] += growth * rng.uniform(0.5, 1.5, grown.sum())
            factor[rng.random(n) < 0.02] = 0
            found.append(metrics.net_revenue_retention(opening, np.round(opening * factor)))
        held = [one.low <= truth <= one.high for one in found if one.verdict == "ok" and one.low is not None]
        yield f"NRR, 2% leave, {share:.0%} grow by {growth:.1%}, n {n}", held, "holds"


def totals(rng, runs: int) -> Iterator[tuple]:
    """Expansion pipeline: a Poisson number of accounts with lognormal amounts."""
    for expected in (12, 48, 200):
        for sigma in (1.0, 1.5):
            truth, held = expected * np.exp(sigma**2 / 2) * 1e5, []
            for _ in range(runs):
                amounts = sizes(rng, rng.poisson(expected), sigma)
                if len(amounts) >= core.FEW:
                    low, high = stats.total_interval(amounts)
                    held.append(low <= truth <= high)
            yield f"pipeline, about {expected} opportunities, σ {sigma}, ok", held, "holds"


def won_and_lost(rng, n: int, sigma: float):
    size, kind = sizes(rng, n, sigma), rng.random(n)
    won = np.select([kind < 0.1, kind < 0.3], [size, size * rng.uniform(0.05, 0.6, n)], 0)
    return won, np.select([kind > 0.9, kind > 0.82], [size, size * rng.uniform(0.05, 0.5, n)], 0)


def quick_ratios(rng, runs: int) -> Iterator[tuple]:
    for n, sigma in ((30, 1.0), (100, 1.0), (100, 1.5), (400, 1.0), (1500, 1.5), (4000, 1.5)):
        won, lost = won_and_lost(rng, 2_000_000, sigma)
        truth, held, rows = won.sum() / lost.sum(), [], []
        for _ in range(runs // 2):
            row = metrics.quick_ratio(*won_and_lost(rng, n, sigma))
            rows.append(row.verdict == "ok")
            if row.low is not None:
                held.append((row.low <= truth <= row.high, row.verdict == "ok"))
        yield f"quick ratio, σ {sigma}, n {n}, any verdict", [one for one, _ in held], "shown as few"
        if any(rows):
            yield f"quick ratio, σ {sigma}, n {n}, ok", [one for one, is_ok in held if is_ok], "holds"


def destinations(rng, runs: int) -> Iterator[tuple]:
    """Shares of the lost MRR; `linked`: large accounts go to a competitor more often."""

    def lost(n: int, sigma: float, linked: float):
        z, kind = rng.normal(size=n), rng.random(n)
        competitor = 1 / (1 + (1 / 0.35 - 1) * np.exp(-linked * z))
        where = np.select(
            [kind < competitor, kind < competitor + 0.3 * (1 - competitor)], ["competitor", "nothing"], "x"
        )
        return np.exp(sigma * z), where

    for n, sigma, linked in ((10, 1.0, 0.0), (10, 1.5, 0.0), (10, 1.5, 0.7), (30, 1.5, 0.7), (100, 1.0, 0.7)):
        mrr, where = lost(1_000_000, sigma, linked)
        for name in ("competitor", "nothing"):
            truth, held = mrr[where == name].sum() / mrr.sum(), []
            for _ in range(5 * runs):
                some, gone = lost(n, sigma, linked)
                if (gone == name).any():
                    low, high = stats.weighted_share_interval(some, gone == name)
                    held.append(low <= truth <= high)
            yield f"lost to {name}, {n} losses, σ {sigma}, linked {linked}", held, "holds"


def clusters(rng, runs: int) -> Iterator[tuple]:
    """Renewals of 1–5 subscriptions an account that share their account's fate."""
    for n, share in ((15, 0.85), (40, 0.95), (40, 0.85)):
        held, alike = [], []
        for _ in range(5 * runs):
            accounts = np.repeat(np.arange(n), rng.integers(1, 6, n))
            renewed = (rng.random(n) < share)[accounts]
            effect = core.design_effect(renewed, accounts)
            low, high = stats.wilson(renewed.sum() / effect, len(renewed) / effect)
            held.append(low <= share <= high)
            alike += [held[-1]] if renewed.all() else []
        yield f"renewals, {n} accounts, {share:.0%}", held, "holds"
        if len(alike) >= 20:
            yield f"renewals, {n} accounts, {share:.0%}, all renewed", alike, "holds"


CASES = {
    "groups": equal_groups,
    "growth": growth_charts,
    "change": year_before,
    "heavy": heavy_tails,
    "still": nearly_still,
    "pipeline": totals,
    "quick": quick_ratios,
    "lost": destinations,
    "clusters": clusters,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=CASES, default=None)
    given = parser.parse_args()
    for name, case in CASES.items():
        if given.only in (None, name):
            for what, found, kind in case(np.random.default_rng([given.seed, len(name)]), given.runs):
                rate, n = (np.mean(found), len(found)) if found else (np.nan, 0)
                error = 100 * np.sqrt(rate * (1 - rate) / n) if n else np.nan
                print(f"{what:72} {100 * rate:6.1f}% ({error:.1f})  n {n:5}  {LIMIT.get(kind, kind)}", flush=True)


if __name__ == "__main__":
    main()
