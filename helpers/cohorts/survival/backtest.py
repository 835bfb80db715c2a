"""The projection's test: everything after one day is hidden, projected, and set beside what came."""

import numpy as np
import pandas as pd

from helpers.cohorts.survival import projection

COLUMNS = ("term_months", "month_no", "n_at_cut", "observed", "projected", "low", "high", "constant_churn")


def backtest(lives: pd.DataFrame, term_months: int, last_month: int, hidden_months: int = 12) -> pd.DataFrame:
    """Of the accounts past their last renewal at a cut-off, `hidden_months` back, the share never lost since, by month.

    Who leaves within a term has left at its end, as in the model; month to month, the accounts are those there.
    Both models know only what had happened by the cut-off, in all cohorts at once. sBG: each cohort goes on from its
    own age. Constant churn: one rate a term, lost ÷ at risk until then. The interval is of what is counted: the model's
    uncertainty (bootstrap) and chance (each draw's accounts leave or stay at random).

    Columns: term_months, month_no, n_at_cut, observed, projected, low, high, constant_churn (shares, 0–1). Refused as
    for `projection.fit`, by what was known at the cut-off.
    """
    cut = last_month - hidden_months
    known = projection.fit(_until(lives, cut), term_months, cut, by_revenue=False)
    cohorts = known.alive.index.to_numpy()
    later = projection.alive_by_term(lives, term_months, last_month).loc[cohorts].to_numpy()
    months = np.arange(cut + 1, last_month + 1)
    age, start = (months[:, None] - cohorts) // term_months, (cut - cohorts) // term_months
    row = np.arange(len(cohorts))
    there = later[row, start].astype("int64")
    stays = 1 - known.lost.sum() / known.at_risk.sum()
    expected = {
        "projected": there * known.model.survival(age) / known.model.survival(start),
        "constant_churn": there * stays ** (age - start),
    }
    shares = {name: alive.sum(axis=1) / there.sum() for name, alive in expected.items()}
    low, high = np.quantile(_paths(known.draws, there, start, age) / there.sum(), [0.025, 0.975], axis=0)
    values = shares | {"low": np.minimum(low, shares["projected"]), "high": np.maximum(high, shares["projected"])}
    counted = {"n_at_cut": int(there.sum()), "observed": later[row, age].sum(axis=1) / there.sum()}
    table = pd.DataFrame({"term_months": term_months, "month_no": months} | counted | values)
    return table[list(COLUMNS)].round(dict.fromkeys(values, 8))


def backtests(lives: pd.DataFrame, last_month: int, hidden_months: int = 12):
    """`backtest` for every contract term: (tables by term, refusals by term in words)."""
    return projection.each_term(lives, lambda term: backtest(lives, term, last_month, hidden_months))


def _until(lives: pd.DataFrame, month: int) -> pd.DataFrame:
    """Lives as they were known then: later losses have not happened."""
    return lives.assign(first_lost_no=lives["first_lost_no"].where(lives["first_lost_no"] <= month))


def _paths(draws, there: np.ndarray, start: np.ndarray, age: np.ndarray, seed: int = 2) -> np.ndarray:
    """Accounts still there by month in each draw: draws × months."""
    rng, found = np.random.default_rng(seed), []
    for drawn in draws:
        alive, before, path = there, start, []
        for now in age:
            alive = rng.binomial(alive, drawn.survival(now) / drawn.survival(before))
            before = now
            path.append(alive.sum())
        found.append(path)
    return np.array(found)


def errors(table: pd.DataFrame) -> tuple[float, float]:
    """Mean absolute error over the hidden months, in shares: (sBG, constant churn).

    >>> errors(pd.DataFrame({"observed": [0.9, 0.8], "projected": [0.9, 0.82], "constant_churn": [0.85, 0.75]}))
    (0.01, 0.05)
    """
    both = [(table[name] - table["observed"]).abs().mean() for name in ("projected", "constant_churn")]
    return round(float(both[0]), 8), round(float(both[1]), 8)
