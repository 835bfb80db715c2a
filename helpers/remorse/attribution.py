"""Why customers leave, three ways side by side: log-odds, Shapley shares, and the attributable fraction if causal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from math import comb

import numpy as np
import pandas as pd
from scipy import special

from helpers import formats, stats
from helpers.remorse.scores import UNMEASURED, measured
from helpers.remorse.signals import DRIVERS
from helpers.stats import Z

EVENTS_PER_DRIVER = 10
THIN = 500  # accounts under which the order of the drivers carries a warning
FOLDS = 10
ROWS = 60_000  # account-months above which corrections and shares rest on all losses and a sample of other months
COVERED = 0.5  # share of accounts that must show a driver for it to take part
COLUMNS = "driver log_odds low high log_odds_corrected low_corrected high_corrected".split()
COLUMNS += "share share_low share_high paf paf_low paf_high".split()


@dataclass(frozen=True)
class Attribution:
    """`table`: one row a driver (COLUMNS), empty where `reason` says why nothing is attributed.

    log_odds: monthly log-odds of leaving per SD of the driver, as measured; `_corrected` by SIMEX; share: of what the
    drivers explain (0–1); paf: share of the accounts lost (0–1, below 0 where the driver predicts fewer) that would
    still be there, if causal, were no account worse than the median. n accounts, n_losses in n_months; left_out: driver
    → why; fit: the corrected regression, None without one.
    """

    table: pd.DataFrame
    n: int
    n_losses: int
    n_months: int
    reason: str = ""
    left_out: dict[str, str] = field(default_factory=dict)
    fit: stats.Logit | None = None


def attribute(months: pd.DataFrame, z: pd.DataFrame, draws: int = 15) -> Attribution:
    """Attribute losses to the drivers. `months` is `outcomes.Outcomes.months`, `z` the signals' (`scores.Scores.z`).

    Accounts with a reading of every driver that takes part are used; a driver that fewer than half of them show, or
    whose signals have no common factor, does not. At least 10 losses a driver, else nothing is attributed. The
    regression holds what else was so in the month (segment, cohort, age, renewal, change, stagnation, programs). The
    corrected intervals hold the sampling of accounts, the luck of SIMEX's draws, and what is not known of the noise.
    """
    readings = measured(z)
    seen = readings.latent.notna().mean().reindex(list(DRIVERS)).fillna(0.0)
    names = [driver for driver in DRIVERS if seen[driver] >= COVERED]
    few = "fewer than half of the accounts have a score"
    none = "too few signals, or signals that do not vary or do not go together"
    left_out = {driver: few if seen[driver] else none for driver in DRIVERS if driver not in names}
    latent = readings.latent[names].dropna()
    rows = months.merge(latent, left_on="account_id", right_index=True, validate="many_to_one")
    n, n_losses = rows["account_id"].nunique(), int(rows["is_lost"].sum())
    empty = Attribution(pd.DataFrame(columns=COLUMNS), n, n_losses, len(rows), left_out=left_out)
    if not names:
        return replace(empty, reason=UNMEASURED)
    if n_losses < EVENTS_PER_DRIVER * len(names):
        drivers, needed = formats.plural(len(names), "driver"), EVENTS_PER_DRIVER * len(names)
        return replace(empty, reason=f"{few_losses(n_losses)} for {drivers} (at least {needed} needed)")
    try:
        return _attributed(empty, rows, names, readings, z, draws)
    except stats.UNESTIMABLE as error:
        return replace(empty, reason=str(error))


def few_losses(n: int) -> str:
    """That so few losses teach nothing.

    >>> few_losses(1), few_losses(12)
    ('1 loss is too few', '12 losses are too few')
    """
    return f"{formats.plural(n, 'loss', 'losses')} {'is' if n == 1 else 'are'} too few"


def covariates(rows: pd.DataFrame, names: list[str]) -> list[str]:
    """The columns beside the drivers, as many as leave 10 losses a column: renewal and change first, programs last."""
    fixed = ("account_id", "month_no", "is_lost", "term", *names)
    others = [name for name in rows.columns if name not in fixed]
    first = ("renewal", "change", "segment", "stagnation", "log", "cohort", "program")
    others.sort(key=lambda name: ((*first, name.split(" ")[0]).index(name.split(" ")[0]), name))
    return others[: max(int(rows["is_lost"].sum()) // EVENTS_PER_DRIVER - len(names), 0)]


def _attributed(empty, rows, names, readings, z, draws) -> Attribution:
    x, _ = stats.screen(rows["is_lost"], rows[[*names, *covariates(rows, names)]])
    names = [name for name in names if name in x.columns]
    y, account = rows["is_lost"].to_numpy(dtype=float), z.index.get_indexer(rows["account_id"])
    sd = {name: readings.noise[name].to_numpy()[account] for name in names}
    kept, offset = stats.events_and_some(y, ROWS)
    if len(y) <= ROWS:
        fit = stats.simex(y, x, sd, account, draws=draws)
        simple = fit.naive
    else:
        simple = stats.logit(y, x, account)
        fit = stats.simex_by_samples(simple, y, x, sd, account, draws, ROWS)
    unsure = _of_measurement(y[kept], x.iloc[kept], account[kept], names, z, offset)
    fit = replace(fit, covariance=fit.covariance + unsure)
    # Readings as spread out as the drivers are without the noise (their SD is 1): corrected odds are for those.
    exact = x.assign(**{name: x[name] / np.sqrt(1 + sd[name] ** 2) for name in names})
    frame = paf(fit, exact, names, _lives(rows))
    for suffix, model in {"": simple, "_corrected": fit}.items():
        frame[f"log_odds{suffix}"] = model.estimate[names].to_numpy()
        frame[[f"low{suffix}", f"high{suffix}"]] = [model.interval(name) for name in names]
    shares = lmg(y[kept], x.iloc[kept], names, account[kept], np.where(y[kept] > 0, 1.0, np.exp(offset)))
    frame[["share", "share_low", "share_high"]] = shares[["share", "low", "high"]]
    frame = frame.sort_values("log_odds_corrected", ascending=False, ignore_index=True, kind="stable")
    gone = {name: "the same everywhere" for name in DRIVERS if name not in names and name not in empty.left_out}
    return replace(empty, table=frame[COLUMNS], left_out=empty.left_out | gone, fit=fit)


def _of_measurement(y, x, account, names, z, offset) -> pd.DataFrame:
    """The covariance that the measurement model adds, its loadings being estimates: a jackknife over tenths of the
    accounts, in each of which the model is learned from the other nine tenths and applied to all."""
    part = np.arange(len(z)) % FOLDS
    found = []
    for fold in range(FOLDS):
        other = measured(z, learn=z[part != fold])
        if not set(names) <= set(other.latent.columns):
            continue
        own = x.assign(**{name: other.latent[name].to_numpy()[account] for name in names})
        noise = {name: other.noise[name].to_numpy()[account] for name in names}
        found.append(stats.linear_correction(y, own, noise, offset))
    return pd.DataFrame(found).cov(ddof=0) * (len(found) - 1)


def paf(fit: stats.Logit, x: pd.DataFrame, names: Sequence[str], lives: pd.DataFrame) -> pd.DataFrame:
    """Attributable fraction: the share of the accounts lost that would still be there, were none worse than the median.

    1 − Σ(1 − Π(1 − h′)) ÷ Σ(1 − Π(1 − h)), sums over accounts, products over each one's months to the end of the data,
    h the model's hazard as it is and h′ with the driver no higher than the median account's: a loss that would only
    have come later in the data counts as a loss. `lives` are those of the rows of `x` (`_lives`). Interval: delta
    method on log(1 − PAF) with the fit's covariance (Greenland and Drescher 1993). "If causal": it says what the model
    would have, were the driver a cause. Columns: driver, paf, paf_low, paf_high (below 1).
    """
    found, first = [], lives.drop_duplicates("account")["place"]
    lost, slope = _expected_losses(fit, x, lives)
    for name in names:
        better = x.assign(**{name: np.minimum(x[name], np.median(x[name].iloc[first]))})
        lost_then, slope_then = _expected_losses(fit, better, lives)
        left, move = lost_then / lost, slope_then / lost_then - slope / lost
        half = Z * np.sqrt(max(float(move @ fit.covariance.to_numpy() @ move), 0.0))
        found.append((name, 1 - left, 1 - left * np.exp(half), 1 - left * np.exp(-half)))
    return pd.DataFrame(found, columns=["driver", "paf", "paf_low", "paf_high"])


def _lives(rows: pd.DataFrame) -> pd.DataFrame:
    """The months of lives that last to the end of the data. After a loss, the hazard of its month goes on; of its
    renewals, as many as the term has.

    Columns: place (of the account-month in `rows`), account (a number), times (how many such months), renewal (1 or 0
    in months after a loss; missing: as in the account-month).
    """
    account, is_lost = pd.factorize(rows["account_id"])[0], rows["is_lost"].to_numpy(dtype=bool)
    months = pd.DataFrame({"place": np.arange(len(rows)), "account": account, "times": 1.0, "renewal": np.nan})
    ahead = (rows["month_no"].max() - rows["month_no"]).to_numpy()[is_lost]
    term = rows["term"].to_numpy()[is_lost] if "term" in rows else 0
    share = np.where(term > 0, 1 / np.maximum(term, 1), 0.0)
    after = {1.0: ahead * share, 0.0: ahead * (1 - share)}
    parts = [months[is_lost].assign(times=times, renewal=renewal) for renewal, times in after.items()]
    return pd.concat([months, *parts], ignore_index=True)


def _expected_losses(fit: stats.Logit, x: pd.DataFrame, lives: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Σ(1 − Π(1 − h)) over accounts, and its slope in the estimates."""
    x = x.iloc[lives["place"]].reset_index(drop=True)
    if "renewal" in x:
        x["renewal"] = lives["renewal"].fillna(x["renewal"])
    matrix = np.column_stack([np.ones(len(x)), x[list(fit.names[1:])].to_numpy(dtype=float)])
    hazard = special.expit(matrix @ fit.estimate.to_numpy())
    account, times = lives["account"].to_numpy(), lives["times"].to_numpy()
    stays = np.bincount(account, times * np.log1p(-hazard))
    pull = np.column_stack([np.bincount(account, times * hazard * column) for column in matrix.T])
    return float(-np.expm1(stays).sum()), np.exp(stays) @ pull


def gap(fit: stats.Logit, one: str, other: str) -> tuple[float, float, float]:
    """The difference of two log-odds of one fit with its 95% interval: (difference, low, high)."""
    apart = float(fit.estimate[one] - fit.estimate[other])
    cov = fit.covariance
    half = Z * np.sqrt(max(float(cov.loc[one, one] + cov.loc[other, other] - 2 * cov.loc[one, other]), 0.0))
    return apart, apart - half, apart + half


# Shapley (LMG) shares of McFadden's R²: what each column adds, averaged over every order of adding them.


def shapley(names: Sequence[str], worth: Mapping[frozenset, float]) -> dict[str, float]:
    """Each name's mean gain in `worth` over all orders (Shapley 1953; LMG: Lindeman, Merenda and Gold 1980).

    `worth` has a number for every subset of the names, the empty one too; the values add up to worth(all) −
    worth(none).

    >>> worth = {frozenset(): 0.0, frozenset("a"): 4.0, frozenset("b"): 2.0, frozenset("ab"): 10.0}
    >>> shapley(["a", "b"], worth)
    {'a': 6.0, 'b': 4.0}
    """
    found, n = {}, len(names)
    for name in names:
        others = [other for other in names if other != name]
        groups = [frozenset(group) for size in range(n) for group in combinations(others, size)]
        gains = [(worth[group | {name}] - worth[group]) / (n * comb(n - 1, len(group))) for group in groups]
        found[name] = sum(gains)
    return found


def lmg(y, x: pd.DataFrame, players: Sequence[str], cluster, weights=None) -> pd.DataFrame:
    """Shapley shares of what the `players` (columns of `x`) add to McFadden's R² beyond the other columns of `x`.

    Columns: name, r2 (its part of R²), share (of the players' parts, 0–1), low, high. Interval: the influence of each
    cluster on every submodel's log-likelihood (infinitesimal jackknife, which the envelope theorem makes exact to first
    order), on the logit scale, or on the share's own where that reaches less far up or further down. `weights` count
    rows several times. Errors as for `stats.logit`.
    """
    given = stats.Given.of(y, x, weights, None)
    base = [name for name in x.columns if name not in players]
    groups = np.unique(np.asarray(cluster), return_inverse=True)[1]
    full = stats.logit(given.outcome, x, weights=given.weights).estimate
    null = _by_group(given, np.full(len(groups), special.logit(given.share)), groups)
    parts = {}
    for group in chain.from_iterable(combinations(players, size) for size in range(len(players) + 1)):
        # A submodel starts where the full one ended, since the likelihood is all that counts.
        own = stats.Given.of(given.outcome, x[[*base, *group]], given.weights, None)
        fitted = stats.newton(own, own.matrix, full[list(own.names)].to_numpy())
        parts[frozenset(group)] = _by_group(own, own.matrix @ fitted, groups)
    gains, whole = pd.DataFrame(shapley(players, parts)), -null.sum()
    r2 = gains.sum() / whole
    total = r2.sum()
    share = r2 / total if total > 0 else r2 * np.nan
    moves = (gains + np.outer(null, r2)) / whole
    moves = (moves - np.outer(moves.sum(axis=1), share)) / total
    rows = []
    for name, error in (np.sqrt(len(moves)) * moves.std()).items():
        value = share[name]
        low, high = stats.on_logit(np.clip(value, 1e-6, 1 - 1e-6), Z * error)
        # Near 0 the logit scale has no end above and cannot hold 0 below; there the share's own scale has both.
        low, high = min(low, max(value - Z * error, 0.0)), min(high, value + Z * error)
        rows.append((name, r2[name], value, min(low, value), max(high, value)))
    return pd.DataFrame(rows, columns=["name", "r2", "share", "low", "high"])


def _by_group(given, log_odds, groups) -> np.ndarray:
    signed = np.where(given.outcome > 0, log_odds, -log_odds)
    return np.bincount(groups, weights=given.weights * -np.logaddexp(0, -signed))
