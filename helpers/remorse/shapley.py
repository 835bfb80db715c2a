"""Shapley (LMG) shares of McFadden's R²: what each group of columns adds, averaged over every order of adding them."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.stats import Z


def shapley(names: Sequence[str], worth: Mapping[frozenset, float]) -> dict[str, float]:
    """Each name's mean gain in `worth` over all orders (Shapley 1953; LMG: Lindeman, Merenda and Gold 1980).

    `worth` has a number for every subset of the names, the empty one too; the values add up to worth(all) −
    worth(none).

    >>> worth = {frozenset(): 0.0, frozenset("a"): 4.0, frozenset("b"): 2.0, frozenset("ab"): 10.0}
    >>> shapley(["a", "b"], worth)
    {'a': 6.0, 'b': 4.0}
    """
    return {name: sum(weight * worth[of] for of, weight in _weights(names, name).items()) for name in names}


def _weights(names, name) -> dict[frozenset, float]:
    others, n = [other for other in names if other != name], len(names)
    found = {}
    for size in range(n):
        share = factorial(size) * factorial(n - size - 1) / factorial(n)
        for group in combinations(others, size):
            found[frozenset(group)] = -share
            found[frozenset((*group, name))] = share
    return found


def lmg(y, x: pd.DataFrame, players: Sequence[str], cluster) -> pd.DataFrame:
    """Shapley shares of what the `players` (columns of `x`) add to McFadden's R² beyond the other columns of `x`.

    Columns: name, r2 (its part of R²), share (of the players' parts, 0–1), low, high. Interval: the influence of each
    cluster on every submodel's log-likelihood (infinitesimal jackknife, which the envelope theorem makes exact to first
    order), on the logit scale, or on the share's own where that reaches less far up or further down. Errors as for
    `regression.logit`.
    """
    outcome = np.asarray(y, dtype=float)
    base = [name for name in x.columns if name not in players]
    groups = np.unique(np.asarray(cluster), return_inverse=True)[1]
    average = special.logit(outcome.mean())
    null = _by_group(outcome, np.full(len(outcome), average), groups)
    full = stats.logit(outcome, x).estimate
    worth, pull = {}, {}
    for size in range(len(players) + 1):
        for group in combinations(players, size):
            own = x[[*base, *group]]
            fitted = _fitted(outcome, own, full) if own.shape[1] else average
            part = _by_group(outcome, np.broadcast_to(fitted, outcome.shape), groups)
            of = frozenset(group)
            worth[of] = 1 - part.sum() / null.sum()
            pull[of] = -(part * null.sum() - part.sum() * null) / null.sum() ** 2
    r2 = shapley(players, worth)
    moves = {name: sum(weight * pull[of] for of, weight in _weights(players, name).items()) for name in players}
    return pd.DataFrame([_row(name, r2, moves) for name in players])


def _fitted(outcome, x: pd.DataFrame, full: pd.Series) -> np.ndarray:
    """The log-odds of a submodel; it starts where the full one ended, since the likelihood is all that counts."""
    given = stats.Given.of(outcome, x, None, None)
    return given.matrix @ stats.newton(given, given.matrix, full[list(given.names)].to_numpy())


def _by_group(outcome, log_odds, groups) -> np.ndarray:
    return np.bincount(groups, weights=-np.logaddexp(0, -np.where(outcome > 0, log_odds, -log_odds)))


def _row(name, r2, moves) -> dict:
    total = sum(r2.values())
    share = r2[name] / total if total > 0 else np.nan
    move = (moves[name] - share * sum(moves.values())) / total
    n = len(move)
    error = np.sqrt(n / max(n - 1, 1) * float((move - move.mean()) @ (move - move.mean())))
    inside = np.clip(share, 1e-6, 1 - 1e-6)
    half = Z * error / (inside * (1 - inside))
    low, high = special.expit(special.logit(inside) + np.array([-half, half]))
    # Near 0 the logit scale has no end above and cannot hold 0 below; there the share's own scale has both.
    low, high = min(low, max(share - Z * error, 0.0)), min(high, share + Z * error)
    return {"name": name, "r2": r2[name], "share": share, "low": min(low, share), "high": max(high, share)}
