"""MRR at risk where contracts can be left only at renewals: does the page's interval hold what leaves?

.venv/bin/python tests/benchmarks/remorse_terms.py --companies 20

Made-up companies whose hazard at a renewal is known, by the length of the term: 1, 3, 6 and 12 months, and a mix of 1
and 12. The true share of MRR at risk in 12 months is the MRR-weighted mean of 1 − (1 − h)^(renewals in 12 months). Each
company is written as CSV, and read and modeled as notebook 30 does it. Beside each share stands its binomial error.
"""

import argparse
import math
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import sources
from helpers.remorse import outcomes, risk, scores, signals

LAST = date(2026, 10, 31)
FIRST_NO, LAST_NO = 2023 * 12, 2026 * 12 + 9
HAZARDS = {1: 0.03, 3: 0.08, 6: 0.11, 12: 0.20}  # of leaving at a renewal, by months of the term
DESIGNS = {"1": (1,), "3": (3,), "6": (6,), "12": (12,), "1 and 12": (1, 12)}


def contracts(terms: tuple[int, ...], n: int, seed: int) -> pd.DataFrame:
    """The subscriptions of n accounts, a row a term, as known on the last day; and the term of each row as `term`."""
    rng = np.random.default_rng(seed)
    term = rng.choice(terms, n)
    start = rng.integers(FIRST_NO, LAST_NO, n)
    mrr = np.rint(100 * np.exp(rng.standard_normal(n)))
    # The number of the renewal at which each leaves; a contract runs on until then.
    lives = rng.geometric([HAZARDS[each] for each in term])
    n_rows = np.minimum(lives, (LAST_NO - start) // term + 1)
    row = np.repeat(np.arange(n), n_rows)
    nth = np.arange(n_rows.sum()) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
    begins = start[row] + nth * term[row]
    ends = begins + term[row]
    days = {"starts_on": begins, "renews_on": ends, "ends_on": ends}
    found = pd.DataFrame({name: [date(int(m) // 12, int(m) % 12 + 1, 1) for m in at] for name, at in days.items()})
    return found.assign(
        subscription_id=[f"s{number}" for number in range(len(found))],
        account_id=[f"A{number:04d}" for number in row],
        mrr=mrr[row],
        currency="USD",
        term=term[row],
    )


def risk_of(subscriptions: pd.DataFrame) -> tuple[pd.Series, tuple[float, float, float]]:
    """Each account's chance of leaving in 12 months by the project, and MRR at risk as a share with its interval."""
    with tempfile.TemporaryDirectory() as folder:
        subscriptions.drop(columns="term").to_csv(Path(folder) / "subscriptions.csv", index=False)
        ids = pd.DataFrame({"account_id": subscriptions["account_id"].unique()})
        ids.assign(name=ids["account_id"], segment="S").to_csv(Path(folder) / "accounts.csv", index=False)
        head = f"[source]\ndata_until = {LAST}\n"
        parts = [f'[tables.{name}]\nfrom = "{name}.csv"\n' for name in ("accounts", "subscriptions")]
        file = Path(folder) / "source.toml"
        file.write_text(head + "".join(parts), encoding="utf-8")
        tables = sources.open(file)
        found = signals.read(tables)
        readings = scores.measured(scores.score(found, *scores.against(tables, found)).z)
        lives = outcomes.read(tables, found)
    model = risk.fitted(lives, readings)
    if isinstance(model, str):
        raise ValueError(model)
    own = outcomes.in_force(lives, lives.last_no)
    projected = risk.project(model, lives, readings, own, lives.last_no)
    mrr = own["mrr_cents"].astype(float)
    return projected["probability"], tuple(
        part / mrr.sum() for part in risk.total(model, risk.sums(model, projected, mrr))
    )


def truth_of(subscriptions: pd.DataFrame, accounts: pd.Index, seed: int) -> tuple[float, float]:
    """The share of the MRR of these accounts that is expected to leave within 12 months, and the share that leaves."""
    latest = subscriptions.drop_duplicates("account_id", keep="last").set_index("account_id").loc[accounts]
    chance = 1 - (1 - latest["term"].map(HAZARDS)) ** (12 / latest["term"])
    leaves = np.random.default_rng(seed).random(len(chance)) < chance
    return float(np.average(chance, weights=latest["mrr"])), float(np.average(leaves, weights=latest["mrr"]))


def share(k: int, n: int) -> str:
    """A share with its binomial error.

    >>> share(95, 100)
    '0.950 ± 0.022 (95 of 100)'
    """
    return f"{k / n:.3f} ± {math.sqrt(k / n * (1 - k / n) / n):.3f} ({k:.0f} of {n})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--companies", type=int, default=60, help="companies a design (seeds 1 and up)")
    parser.add_argument("--accounts", type=int, default=400)
    options = parser.parse_args()
    for name, terms in DESIGNS.items():
        rows = []
        for seed in range(1, options.companies + 1):
            made = contracts(terms, options.accounts, seed)
            chances, (value, low, high) = risk_of(made)
            truth, left = truth_of(made, chances.index, seed)
            rows.append((value, truth, low <= truth <= high, low <= left <= high))
        n, (value, truth, held, held_left) = len(rows), np.array(rows, dtype=float).T
        print(
            f"term {name:10} said {value.mean():.3f} ± {(value - truth).std() / math.sqrt(n):.3f}, truth "
            f"{truth.mean():.3f}; inside: expected {share(held.sum(), n)}, left {share(held_left.sum(), n)}; "
            "target ≥ 0.90",
            flush=True,
        )


if __name__ == "__main__":
    main()
