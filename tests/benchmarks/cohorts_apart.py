"""Cohorts that stand apart though all are alike: in how many companies at least one does.

nice -n 15 .venv/bin/python tests/benchmarks/cohorts_apart.py --runs 400 --seed 5

35 equal monthly cohorts of 12 or 40 accounts, of which 2% leave each month; compared at 12 months. At most 5% may.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "company"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from small_cohorts import drawn

from helpers import cohorts

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    for size in (12, 40):
        rng, n_apart = np.random.default_rng([options.seed, size]), 0
        for _ in range(options.runs):
            verdicts = cohorts.compare(drawn(rng, 0.02, 35, size), 12)["verdict"]
            n_apart += int(verdicts.isin(["better", "worse"]).any())
        share = n_apart / options.runs
        error = (share * (1 - share) / options.runs) ** 0.5
        print(f"cohorts of {size}: {n_apart} of {options.runs} = {share:.1%} (s.e. {error:.1%})", flush=True)
