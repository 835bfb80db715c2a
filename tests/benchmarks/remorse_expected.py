"""MRR expected to leave within 12 months: does the page's 95% prediction interval hold what then left?

.venv/bin/python tests/benchmarks/remorse_expected.py --companies 20

Fresh sample companies, each read as its report of a year ago read it, and held against what left in the 12 months
since. Beside each share stands its binomial error.
"""

import argparse
import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import sample, sources
from helpers.remorse import diagnosis, outcomes, risk, signals

FIRST_SEED = 4001


def one(accounts: int, seed: int) -> tuple[float, float, float, float] | str:
    """Expected, low, high and what left, all in cents; or why nothing was expected."""
    with tempfile.TemporaryDirectory() as folder:
        sample.write(Path(folder), accounts, seed)
        tables = sources.open(Path(folder) / "source.toml")
        before = diagnosis._year_before(tables, 90)
        now = outcomes.read(tables, signals.read(tables))
    model = risk.fitted(before.outcomes, before.readings)
    if isinstance(model, str):
        return model
    at = before.outcomes.last_no
    own = outcomes.in_force(before.outcomes, at)
    projected = risk.project(model, before.outcomes, before.readings, own, at)
    left = now.accounts["lost_no"].reindex(own.index) <= at + outcomes.HORIZON
    return *risk.total(model, risk.sums(model, projected, own["mrr_cents"])), float(own["mrr_cents"][left].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--companies", type=int, default=80)
    parser.add_argument("--accounts", type=int, default=900)
    options = parser.parse_args()
    inside = above = below = without = 0
    sums = [0.0, 0.0]
    for seed in range(FIRST_SEED, FIRST_SEED + options.companies):
        found = one(options.accounts, seed)
        if isinstance(found, str):
            without += 1
            continue
        value, low, high, left = found
        sums[0], sums[1] = sums[0] + value, sums[1] + left
        inside, above, below = inside + (low <= left <= high), above + (left > high), below + (left < low)
        n = inside + above + below
        share = inside / n
        print(
            f"{n} companies: inside {share:.3f} ± "
            f"{math.sqrt(share * (1 - share) / n):.3f} ({inside} of {n}; above {above}, below {below}); "
            f"expected ÷ left {sums[0] / sums[1]:.3f}; without an expectation {without}; target ≥ 0.92",
            flush=True,
        )


if __name__ == "__main__":
    main()
