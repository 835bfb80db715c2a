"""Correction of a logistic regression for noise in its columns: simulation and extrapolation (SIMEX)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy  # loads scipy.special when it is first used, which an unchanged pack never does

from helpers.stats.logit import Given, Logit, NoEstimate, covariance_of, groups_of, information_of, logit, newton

LAMBDAS = (0.5, 1.0, 1.5, 2.0)  # variances of noise that are added, in multiples of what is there
LEVELS = (0.0, *LAMBDAS)
# What each level weighs in the least-squares quadratic at −1.
_TO_END = np.array([1.0, -1.0, 1.0]) @ np.linalg.pinv(np.vander(LEVELS, 3, increasing=True))
ENOUGH = 1e-6  # of a refit's log-likelihood: the draws differ by far more
LEAST_LEFT = 0.1  # of the variation of a noisy column, net of the others, must be signal


@dataclass(frozen=True)
class Simex(Logit):
    """A fit corrected for noise in its columns; `naive` is the fit as if there were none.

    `path`: one row a level of noise (`level` 0 = as measured) with the mean estimate of each name. The log-likelihoods
    are those of the fit without correction.
    """

    naive: Logit
    path: pd.DataFrame


def simex(y, x: pd.DataFrame, noise: Mapping, cluster=None, draws: int = 50, seed: int = 0, offset=None) -> Simex:
    """The logit that noise-free columns would have given, by simulation and extrapolation (Cook and Stefanski 1994).

    `noise`: column → standard deviation of its measurement error, on the column's own scale, one number or one a row.
    More noise is added (λ = ½ to 2 times its variance, `draws` times each), the estimate is followed as it decays, and
    extended to λ = −1, where there would be none. A column that is constant within each `cluster` gets one draw a
    cluster: a score is an account's, not an account-month's. What is extended by a quadratic is the difference to the
    decay that a linear model would show, which is known in closed form: the bare quadratic falls 6% short at a
    reliability of .74.
    Covariance: the mean model-based one minus the one between draws, extended alike (Stefanski and Cook 1995), plus
    the luck of the draws; where it is not positive, its nearest one that is. Errors as for `logit`, and where the noise
    is all that a column says.
    """
    given = Given.of(y, x, None, offset)
    naive = logit(y, x, cluster, offset=offset)
    errors = [_Error.of(given, name, sd, cluster) for name, sd in noise.items()]
    share = _noise_share(given, naive, errors)
    rng, names, groups = np.random.default_rng(seed), list(naive.names), groups_of(cluster)
    # Level by level: the mean estimate, its covariance (mean model-based − between draws), and the luck of the draws.
    followed = [(naive.estimate.to_numpy(), naive.covariance.to_numpy(), np.zeros(naive.covariance.shape))]
    for level in LAMBDAS:
        start = _decay(share, level) @ naive.estimate.to_numpy()
        refits, within = _noisier(given, errors, level, draws, start, groups, rng)
        between = np.cov(refits.T).reshape(within.shape)
        followed.append((refits.mean(axis=0), within - between, between / draws))
    estimates, covariances, luck = map(np.array, zip(*followed, strict=True))
    estimate, covariance = _extended(estimates, covariances, share)
    covariance = _positive(covariance + np.tensordot(_TO_END**2, luck, axes=1))
    path = pd.DataFrame(estimates, columns=names)
    path.insert(0, "level", LEVELS)
    corrected = {"estimate": pd.Series(estimate, names), "covariance": pd.DataFrame(covariance, names, names)}
    return Simex(**vars(naive) | corrected, naive=naive, path=path)


def simex_by_samples(plain: Logit, y, x: pd.DataFrame, noise: Mapping, cluster, draws: int, rows: int) -> Logit:
    """`plain` without the noise of its columns; above `rows` rows, on all events and two samples of the other rows.

    Only the correction (SIMEX less the plain fit on the same rows) is taken from the samples; its mean is added to the
    plain fit on all rows, and the variance is the plain one stretched by what SIMEX does to it. The luck of the samples
    widens it: a quarter of the squared difference of the two corrections ÷ the variance, mean over all but the noisy.
    """
    outcome = np.asarray(y, dtype=float)
    if len(outcome) <= rows:
        fits = [simex(outcome, x, noise, cluster, draws=draws)]
    else:
        fits = [_sampled(outcome, x, noise, cluster, max(draws // 2, 2), half, rows) for half in range(2)]
    moves = [fit.estimate - fit.naive.estimate for fit in fits]
    stretch = np.sqrt(np.mean([np.diag(fit.covariance) / np.diag(fit.naive.covariance) for fit in fits], axis=0))
    covariance = plain.covariance * np.outer(stretch, stretch)
    luck = ((moves[0] - moves[-1]) ** 2 / (4 * np.diag(covariance))).drop(list(noise)).mean()
    return replace(plain, estimate=plain.estimate + sum(moves) / len(moves), covariance=covariance * (1 + luck))


def _sampled(outcome, x, noise, cluster, draws, seed, rows) -> Simex:
    """SIMEX on all events and a sample of the other rows, about `rows` in all."""
    kept, offset = events_and_some(outcome, rows, seed)
    sd = {name: values[kept] for name, values in noise.items()}
    return simex(outcome[kept], x.iloc[kept], sd, np.asarray(cluster)[kept], draws=draws, seed=seed, offset=offset)


def events_and_some(outcome, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The places of all events and of a sample of the other rows, about `rows` in all, and the offset that they need.

    All events and a share of the other rows: the odds are 1 ÷ share too high, which an offset takes back.

    >>> kept, offset = events_and_some([1, 0, 0, 1], rows=4)
    >>> kept.tolist(), offset.tolist()
    ([0, 1, 2, 3], [-0.0, -0.0, -0.0, -0.0])
    """
    is_event = np.asarray(outcome, dtype=float) > 0
    share = min(1.0, max(rows - is_event.sum(), 1) / max((~is_event).sum(), 1))
    kept = np.flatnonzero(is_event | (np.random.default_rng(seed).random(len(is_event)) < share))
    return kept, np.full(len(kept), -np.log(share))


def linear_correction(y, x: pd.DataFrame, noise: Mapping, offset=None) -> pd.Series:
    """What `simex` would find if the decay were that of a linear model: closed form, for use many times.

    (1 − share)⁻¹ times the uncorrected estimate, where `share` is the part of each column's variation, net of the
    others, that is noise. Returns the estimate by name. Errors as for `simex`.

    Nothing is corrected where nothing is noise.

    >>> y, x = [0, 1, 0, 1, 1, 0], pd.DataFrame({"score": [1.0, 2.0, 3.0, 4.0, 5.0, 2.0]})
    >>> bool(abs(linear_correction(y, x, {"score": 0.0})["score"] - logit(y, x).estimate["score"]) < 1e-9)
    True
    """
    given, naive = Given.of(y, x, None, offset), logit(y, x, offset=offset)
    errors = [_Error.of(given, name, sd, None) for name, sd in noise.items()]
    share = _noise_share(given, naive, errors)
    return pd.Series(_decay(share, -1.0) @ naive.estimate.to_numpy(), index=list(naive.names))


@dataclass(frozen=True)
class _Error:
    """The measurement error of one column: its standard deviation a row, and the unit of each row; one draw a unit."""

    column: int
    sd: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, given: Given, name: str, sd, cluster) -> "_Error":
        if name not in given.names:
            raise ValueError(f"noise is given for {name}, which the regression does not hold")
        column, sd = given.names.index(name), np.broadcast_to(np.asarray(sd, dtype=float), given.outcome.shape)
        if not (np.isfinite(sd).all() and (sd >= 0).all()):
            raise ValueError(f"the noise of {name} is a standard deviation of 0 or more, and never missing")
        unit, values = groups_of(cluster), given.matrix[:, column]
        if unit is not None:
            first = np.zeros(unit.max() + 1)
            first[unit] = values
        if unit is None or (first[unit] != values).any():
            unit = np.arange(len(sd))
        return cls(column, sd, unit)


def _noisier(given, errors, level, draws, start, groups, rng) -> tuple[np.ndarray, np.ndarray]:
    """Estimates with added noise, one row a draw, and their mean model-based covariance."""
    estimates, within = [], np.zeros((len(start), len(start)))
    for _ in range(draws):
        matrix = given.matrix.copy()
        for error in errors:
            luck = rng.standard_normal(error.unit.max() + 1)[error.unit]
            matrix[:, error.column] += np.sqrt(level) * (error.sd * luck)
        estimates.append(newton(given, matrix, start, ENOUGH))
        within += covariance_of(given, matrix, estimates[-1], groups) / draws
    return np.array(estimates), within


def _noise_share(given, naive, errors) -> np.ndarray:
    """The share of each column's variation, net of the others, that is noise: information⁻¹ × noise, a matrix."""
    chance = scipy.special.expit(given.matrix @ naive.estimate.to_numpy() + given.offset)
    weight = given.weights * chance * (1 - chance)
    information = information_of(given, given.matrix, chance)
    noise = np.zeros(len(information))
    for error in errors:
        noise[error.column] = weight @ error.sd**2
    _refuse_mere_noise(given, information, noise, [error.column for error in errors])
    return np.linalg.solve(information, np.diag(noise))


def _refuse_mere_noise(given, information, noise, columns) -> None:
    """Refuse where less than a tenth of a noisy column, or of a mix of them, net of the other columns is signal."""
    scale = np.sqrt(np.diag(information))
    inverse = np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    net = np.linalg.inv(inverse[np.ix_(columns, columns)])
    width = np.sqrt(np.diag(net))
    values, vectors = np.linalg.eigh(net / np.outer(width, width))
    root = (vectors / np.sqrt(np.maximum(values, 1e-12))) @ vectors.T
    noisy, mixes = np.linalg.eigh(root @ np.diag(noise[columns] / width**2) @ root)
    if noisy[-1] > 1 - LEAST_LEFT:
        name = given.names[columns[int(np.argmax(np.abs(mixes[:, -1])))]]
        raise NoEstimate(f"{name} is little but noise: no estimate of what it would say without")


def _decay(share, level) -> np.ndarray:
    """What added noise makes of the estimate in a linear model: (1 + λ × share)⁻¹ times the one as measured."""
    return np.linalg.inv(np.eye(len(share)) + level * share)


def _extended(estimates: np.ndarray, covariances: np.ndarray, share) -> tuple[np.ndarray, np.ndarray]:
    """Estimate and covariance at −1: those of the linear decay, and a quadratic (least squares) through the rest."""
    decay = [_decay(share, level) for level in (*LEVELS, -1.0)]
    straight = np.array([one @ estimates[0] for one in decay])
    wide = np.array([one @ covariances[0] @ one.T for one in decay])
    beyond, wider = (
        np.tensordot(_TO_END, rest, axes=1) for rest in (estimates - straight[:-1], covariances - wide[:-1])
    )
    return straight[-1] + beyond, wide[-1] + wider


def _positive(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vectors * np.maximum(values, 1e-12)) @ vectors.T
