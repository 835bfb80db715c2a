"""Attributable fractions against lives lived again: does the 95% interval hold what would in fact have been kept?

.venv/bin/python tests/benchmarks/remorse_fraction.py --companies 20

The truth: a large sample company in which nobody leaves, so that every account's chance of leaving is known in every
month; once as it is, and once with one driver no worse than the median from the cut-off on. Nothing is simulated twice:
the chances are multiplied out. Each small company is read and attributed as notebook 30 does it.
"""

import argparse
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import sample, sources
from helpers.remorse import attribution, outcomes, scores, signals
from helpers.remorse.signals import DRIVERS
from helpers.sample import world as worlds
from helpers.sample.parameters import MONTHS, PARAMETERS

LARGE_SEED, CUTOFF = 7, 3  # months after the first in which day 90 lies


def truths(n: int) -> dict[str, float]:
    """By driver: 1 − expected first losses with it no worse than the median ÷ as it is, from day 90 to the end."""
    world = worlds.people(n, LARGE_SEED, cast=False)
    numbers = worlds.draws(world)
    numbers["churn"][:] = 1.0
    hazard = worlds.live(world, numbers, months=MONTHS).hazard[:, :MONTHS]
    first = worlds.month_of(world.start)
    month = np.arange(MONTHS)[None, :]
    is_before = (month > first[:, None]) & (month <= first[:, None] + CUTOFF)
    is_after = month > first[:, None] + CUTOFF
    # Who was there when the data begins has an unknown day 90, and is not diagnosed.
    some = world.is_customer & ~world.is_base & is_after.any(axis=1)
    reaches = np.prod(np.where(is_before, 1 - hazard, 1.0), axis=1) * some
    log_odds = np.log(np.maximum(hazard, 1e-12)) - np.log1p(-hazard)
    lost = reaches @ (1 - np.prod(np.where(is_after, 1 - hazard, 1.0), axis=1))
    found = {}
    for place, driver in enumerate(worlds.DRIVERS):
        values = world.drivers[:, place]
        gain = PARAMETERS["churn"]["drivers"][driver] * np.minimum(np.median(values[some]) - values, 0.0)
        instead = worlds.logistic(log_odds + gain[:, None]) * (hazard > 0)
        kept = reaches @ (1 - np.prod(np.where(is_after, 1 - instead, 1.0), axis=1))
        found[driver] = float(1 - kept / lost)
    return found


def one(accounts: int, seed: int, draws: int) -> pd.DataFrame:
    """The attribution of one fresh company."""
    with tempfile.TemporaryDirectory() as folder:
        sample.write(Path(folder) / "company", accounts, seed)
        tables = sources.open(Path(folder) / "company" / "source.toml")
        found = signals.read(tables)
        lives = outcomes.read(tables, found)
        scored = scores.score(found, *scores.against(tables, found))
    return attribution.attribute(lives.months, scored.z, draws=draws).table.assign(seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--companies", type=int, default=60)
    parser.add_argument("--accounts", type=int, default=1200)
    parser.add_argument("--large", type=int, default=20_000, help="accounts of the company that gives the truth")
    parser.add_argument("--draws", type=int, default=12, help="draws of SIMEX a noise level (the page's: 12)")
    parser.add_argument("--first", type=int, default=2001, help="the first seed")
    options = parser.parse_args()
    truth, tables = truths(options.large), []
    for seed in range(options.first, options.first + options.companies):
        tables.append(one(options.accounts, seed, options.draws))
        rows = pd.concat(tables)
        print(f"{len(tables)} companies of {options.accounts} accounts")
        for driver in DRIVERS:
            own = rows[rows["driver"] == driver]
            n, inside = len(own), ((own["paf_low"] <= truth[driver]) & (truth[driver] <= own["paf_high"])).mean()
            error = math.sqrt(inside * (1 - inside) / n)
            mean, spread = own["paf"].mean(), own["paf"].std() / math.sqrt(n)
            print(
                f"  {driver:16} truth {truth[driver]:.3f}, mean {mean:.3f} ± {spread:.3f} "
                f"({100 * (mean / truth[driver] - 1):+.0f}% ± {100 * spread / truth[driver]:.0f}), "
                f"inside {inside:.3f} ± {error:.3f}; target ≥ 0.90",
                flush=True,
            )


if __name__ == "__main__":
    main()
