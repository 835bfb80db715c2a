"""Is the known truth of the sample company recovered? Many fresh companies, one line of results each, resumable.

    python tests/benchmarks/remorse_recovery.py --out recovery.jsonl --seeds 100          # go on where it stopped
    python tests/benchmarks/remorse_recovery.py --out recovery.jsonl --seeds 0            # only the table

Corrected log-odds are compared with the truth of the company; Shapley shares and attributable fractions, which have no
truth in a parameter, with the same estimate from one very large company. Next to each coverage is its binomial
error.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path

from helpers import remorse, sample, sources
from helpers.ledger import account_months
from helpers.remorse.signals import DRIVERS
from helpers.sample.parameters import PARAMETERS

TRUTH = PARAMETERS["churn"]["drivers"]
FIRST_SEED, LARGE_SEED = 1000, 7
WAYS = {
    "log-odds as measured": ("log_odds", "low", "high"),
    "log-odds, SIMEX": ("log_odds_corrected", "low_corrected", "high_corrected"),
    "Shapley share": ("share", "share_low", "share_high"),
    "attributable fraction": ("paf", "paf_low", "paf_high"),
}


def one(accounts: int, seed: int, draws: int) -> dict:
    """The attribution of one fresh company, and whether its score passed."""
    with tempfile.TemporaryDirectory() as folder:
        sample.write(Path(folder) / "company", accounts, seed)
        found = remorse.diagnose(sources.open(Path(folder) / "company" / "source.toml"), draws=draws)
    result, verdict = found.attribution, found.validation.verdict
    return {
        "seed": seed,
        "accounts": accounts,
        "n": result.n,
        "n_losses": result.n_losses,
        "verdict": verdict,
        "reason": result.reason,
        "table": result.table.to_dict("records"),
    }


def read(out: Path) -> list[dict]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []


def run(out: Path, seeds: int, accounts: int, large: int, draws: int) -> None:
    """Add the companies that are not in the file yet; the very large one first."""
    done = {(line["accounts"], line["seed"]) for line in read(out)}
    account_months.every_kth = lambda *_: 1  # the very large company is not sampled
    wanted = [(large, LARGE_SEED, 2), *((accounts, FIRST_SEED + k, draws) for k in range(seeds))]
    for size, seed, n_draws in wanted if seeds else ():
        if (size, seed) not in done:
            line = json.dumps(one(size, seed, n_draws))
            with out.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            print(f"{size} accounts, seed {seed}: done", flush=True)


def covered(k: int, n: int) -> str:
    """A coverage with its binomial error.

    >>> covered(95, 100)
    '95.0% ± 2.2'
    """
    share = k / n
    return f"{100 * share:.1f}% ± {100 * math.sqrt(share * (1 - share) / n):.1f}"


def report(lines: list[dict], accounts: int, large: int) -> None:
    """Print coverage, mean estimate and truth of each driver and way, and how often the order was right."""
    own = [line for line in lines if line["accounts"] == accounts and line["table"]]
    very = next((line for line in lines if line["accounts"] == large), None)
    n = len(own)
    is_every = n == sum(line["accounts"] == accounts for line in lines)
    print(f"{n} companies of {accounts} accounts; every one attributed: {is_every}")
    if not n:
        return
    for way, (value, low, high) in WAYS.items():
        for driver in DRIVERS:
            rows = [row for line in own for row in line["table"] if row["driver"] == driver]
            truth = TRUTH[driver]
            if not way.startswith("log-odds"):
                if very is None:
                    continue
                truth = next(row[value] for row in very["table"] if row["driver"] == driver)
            mean = sum(row[value] for row in rows) / n
            inside = sum(row[low] <= truth <= row[high] for row in rows)
            print(f"{way:24}{driver:16} truth {truth:.3f}  mean {mean:.3f}  covered {covered(inside, n)}")
    right = sorted(DRIVERS, key=TRUTH.get, reverse=True)
    orders = [[row["driver"] for row in line["table"]] for line in own]
    print(f"order of all four right: {covered(sum(order == right for order in orders), n)}")
    print(f"strongest driver right:  {covered(sum(order[0] == right[0] for order in orders), n)}")
    print(f"validation passed:       {covered(sum(line['verdict'] == 'passed' for line in own), n)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="where the results are kept, one line a company")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--accounts", type=int, default=6000)
    parser.add_argument("--large", type=int, default=60_000, help="accounts of the very large company")
    parser.add_argument("--draws", type=int, default=15, help="draws of SIMEX a noise level")
    options = parser.parse_args()
    run(options.out, options.seeds, options.accounts, options.large, options.draws)
    report(read(options.out), options.accounts, options.large)


if __name__ == "__main__":
    main()
