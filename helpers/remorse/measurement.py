"""How well the signals measure their drivers: Cronbach's alpha, one common factor, and the noise of a score."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from helpers.remorse.signals import DRIVERS, of_driver

FEWEST = 30  # accounts with both of two signals, under which their correlation is not used
UNMEASURED = "too few accounts show a driver's signals, or these do not go together"
_BOUNDS = (0.05, 0.95)


# Cronbach's alpha with its 95% interval (None where undefined), the number of items and of subjects.
Alpha = namedtuple("Alpha", "value low high k n")


def cronbach(items: pd.DataFrame) -> Alpha:
    """Cronbach's alpha: k ÷ (k − 1) × (1 − sum of the items' variances ÷ variance of their sum), at most 1.

    `items` has one row a subject and one column an item; covariances are pairwise where answers are missing. Interval:
    Feldt (1965), exact for complete normal items, by the F distribution with n − 1 and (n − 1)(k − 1) degrees of
    freedom. Undefined (None) for fewer than two items that vary, or two subjects, or items that do not covary.

    >>> cronbach(pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]})).value
    1.0
    """
    varies = items[items.columns[(items.nunique() > 1).to_numpy(dtype=bool)]].dropna(how="all")
    n, k = varies.shape
    covariance = varies.cov().to_numpy() if min(n, k) > 1 else np.zeros((1, 1))
    total = covariance.sum()
    if not 0 < total < np.inf:
        return Alpha(None, None, None, k, n)
    value = k / (k - 1) * (1 - np.trace(covariance) / total)
    df1, df2 = n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - value) * special.fdtri(df1, df2, share) for share in (0.975, 0.025))
    return Alpha(float(value), float(low), float(high), k, n)


def loadings(items: pd.DataFrame) -> pd.Series | None:
    """Each item's correlation with the one factor behind them all (principal axis factoring of pairwise correlations).

    One factor needs three items that vary and are seen together on 30 subjects or more; two are taken as equally good.
    None where that cannot be had, or where the items do not belong together. An item turned against the others is held
    at .05.
    """
    varies = items[items.columns[(items.max() > items.min()).to_numpy()]]
    if varies.shape[1] < 2:
        return None
    correlation = varies.corr(min_periods=FEWEST)
    r = correlation.to_numpy(copy=True)
    if not np.isfinite(r).all() or r.sum() <= len(r):
        return None
    if len(r) == 2:
        return pd.Series(np.sqrt(np.clip(r[0, 1], _BOUNDS[0] ** 2, _BOUNDS[1] ** 2)), index=correlation.columns)
    own = np.clip(np.max(np.abs(r - np.eye(len(r))), axis=1), *_BOUNDS)
    for _ in range(200):
        np.fill_diagonal(r, own)
        values, vectors = np.linalg.eigh(r)
        factor = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
        factor = factor if factor.sum() >= 0 else -factor
        before, own = own, np.clip(factor**2, _BOUNDS[0] ** 2, _BOUNDS[1] ** 2)
        if np.abs(own - before).max() < 1e-7:
            break
    return pd.Series(np.clip(factor, *_BOUNDS), index=correlation.columns)


@dataclass(frozen=True)
class Measured:
    """The drivers behind the scores, one column a driver by account_id: `latent` is the unbiased reading of the driver
    in its own SD, `noise` the SD of its measurement error (missing together). A driver of which one factor cannot be
    had is not in the columns."""

    latent: pd.DataFrame
    noise: pd.DataFrame

    @property
    def best(self) -> pd.DataFrame:
        """The best guess of each driver: the reading drawn toward the average by its reliability, 1 ÷ (1 + noise²);
        the average (0) where there is no reading."""
        return (self.latent / (1 + self.noise**2)).fillna(0.0)


def measured(z: pd.DataFrame, learn: pd.DataFrame | None = None) -> Measured:
    """What the z-scores of the signals say of each driver, account by account, under one common factor a driver.

    With loadings λ over the signals that an account shows: reading = Σz ÷ Σλ, error variance = Σ(1 − λ²) ÷ (Σλ)².
    So an account with few or weak signals has a reading as unbiased as the others', and a noisier one. At least half of
    the recipe's signals must be there, as for the score. Nothing here comes from the outcome. `learn`: the accounts
    that loadings, means and SDs are taken from (default: all).
    """
    learn = z if learn is None else learn
    latent, noise = {}, {}
    for driver in DRIVERS:
        items = [name for name in of_driver(driver) if name in z.columns]
        of = loadings(learn[items])
        if of is None:
            continue
        model, own = (frame[of.index].to_numpy() for frame in (learn, z))
        own = (own - np.nanmean(model, axis=0)) / np.nanstd(model, axis=0, ddof=1)
        seen, of = ~np.isnan(own), of.to_numpy()
        is_read = z[items].notna().sum(axis=1).to_numpy() >= len(of_driver(driver)) / 2
        weight = np.where(is_read & (seen @ of > 0), seen @ of, np.nan)
        latent[driver] = np.nansum(own, axis=1) / weight
        noise[driver] = np.sqrt(seen @ (1 - of**2)) / weight
    return Measured(pd.DataFrame(latent, index=z.index), pd.DataFrame(noise, index=z.index))
