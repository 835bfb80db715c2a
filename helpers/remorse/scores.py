"""Four driver scores an account: orient, winsorize, z-score against a frozen reference, average, read as percentile."""

from collections import namedtuple
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from helpers.errors import Refused
from helpers.formats.sentences import Sentences
from helpers.ledger.account_months import month_no
from helpers.remorse import reference
from helpers.remorse.signals import DRIVERS, LABELS, SIGNALS, Signals, of_driver
from helpers.sources import Tables

LIMITS = (0.01, 0.99)
REFERENCE_MONTHS = 12
FEWEST_PAIRS = 30  # accounts with both of two signals, under which their correlation is not used
UNMEASURED = "too few accounts show a driver's signals, or these do not go together"
_BOUNDS = (0.05, 0.95)
_SHARES = np.arange(0, 101, 5) / 100


@dataclass(frozen=True)
class Scores:
    """z: one column a signal (SD of the reference, more is worse); score and percentile (0–1): one column a driver.

    All by account_id. `reference` is what they were scored against, and `basis` says in words where it comes from.
    """

    z: pd.DataFrame
    score: pd.DataFrame
    percentile: pd.DataFrame
    reference: pd.DataFrame
    basis: str


def score(signals: Signals, against: pd.DataFrame, basis: str = "") -> Scores:
    """The scores of all accounts against a reference (`helpers.remorse.reference`).

    A signal is oriented so that more is worse, cut at the reference's winsor limits (1st and 99th percentile), and
    z-scored with its mean and SD; a driver's score is the mean over its signals that are present, if at least half of
    those in the recipe are, else missing; the percentile is read off the reference's anchors.
    """
    rows = against[against["kind"] == "signal"].set_index("name")
    names = [name for name in signals.values.columns if name in rows.index]
    low, high, mean, sd = rows.loc[names, ["low", "high", "mean", "sd"]].to_numpy(dtype=float).T
    values = oriented(signals.values[names]).to_numpy()
    # In a reference where all are alike, nobody stands out.
    z = (np.clip(values, low, high) - mean) / np.where(sd > 0, sd, np.inf)
    z = pd.DataFrame(z, index=signals.accounts.index, columns=names)
    found = driver_scores(z)
    anchors = against[against["kind"] == "score"].set_index("name")[reference.ANCHORS].astype(float)
    percentile = found.apply(lambda values: _percentile(values, anchors.reindex([values.name]).to_numpy()[0]))
    return Scores(z, found, percentile, against, basis)


def oriented(values: pd.DataFrame) -> pd.DataFrame:
    """Signals, a column each, turned so that more is worse: 1–7 items on which high is good are mirrored at 4.

    >>> oriented(pd.DataFrame({"states_value": [7.0, 1.0]}))["states_value"].tolist()
    [1.0, 7.0]
    """
    return values.assign(**{name: 8 - values[name] for name in values.columns if SIGNALS[name].is_reversed})


def driver_scores(z: pd.DataFrame) -> pd.DataFrame:
    """Mean z of each driver's signals, missing where fewer than half of the recipe's are there.

    >>> z = pd.DataFrame({"cost_exceeded": [1.0, 1.0], "go_live_slip": [0.0, np.nan]})
    >>> driver_scores(z)["implementation"].tolist()
    [0.5, nan]
    """
    found = {}
    for driver in DRIVERS:
        own = z[z.columns.intersection(of_driver(driver), sort=False)]
        found[driver] = own.mean(axis=1).where(own.count(axis=1) >= len(of_driver(driver)) / 2)
    return pd.DataFrame(found, index=z.index, dtype="float64")


def observed(z: pd.DataFrame) -> pd.DataFrame:
    """Mean z of each driver's signals that are no survey items, missing where none is there: known of the silent, too.

    Columns: `observed <label>`, of the drivers that have such a signal.
    """
    found = {}
    for driver, label in LABELS.items():
        names = [name for name in of_driver(driver) if SIGNALS[name].table != "surveys" and name in z.columns]
        if names:
            found[f"observed {label.lower()}"] = z[names].mean(axis=1)
    return pd.DataFrame(found, index=z.index)


def _percentile(values: pd.Series, anchors: np.ndarray) -> pd.Series:
    # Half of those who are equal stand below: all alike is the 50th percentile.
    below = np.interp(values, anchors, _SHARES, left=0.0, right=1.0)
    above = 1 - np.interp(-values, -anchors[::-1], _SHARES, left=0.0, right=1.0)
    return pd.Series((below + above) / 2, index=values.index).where(values.notna() & ~np.isnan(anchors[0]))


def freeze(signals: Signals, as_of) -> pd.DataFrame:
    """A reference from these accounts: one row a signal that varies or is there at all, and one a driver's score.

    Columns as for `helpers.remorse.reference.read`. Raises Refused without an account that shows any signal.
    """
    if not signals.values.notna().any(axis=None):
        raise Refused("a reference needs accounts that have reached their cut-off and show at least one signal")
    rows = _rows("signal", oriented(signals.values), as_of)
    return pd.concat([rows, _rows("score", score(signals, rows).score, as_of)], ignore_index=True)


def _rows(kind: str, values: pd.DataFrame, as_of) -> pd.DataFrame:
    rows = []
    for name, column in values.dropna(axis=1, how="all").items():
        known = np.sort(column.dropna().to_numpy())
        low, high = np.quantile(known, LIMITS) if kind == "signal" else known[[0, -1]]
        cut = np.clip(known, low, high)
        sd = cut.std(ddof=1) if len(cut) > 1 else 0.0
        facts = (len(known), cut.mean(), sd if sd > 1e-9 else 0.0, low, high)
        rows.append((kind, name, str(as_of), *facts, *np.quantile(known, _SHARES)))
    return pd.DataFrame(rows, columns=reference.COLUMNS)


def earliest(signals: Signals) -> Signals:
    """The signals of the accounts that first paid in the earliest months of the data; they stay the same ever after."""
    month = month_no(signals.accounts["first_paid_on"])
    at = month.index[month < month.min() + REFERENCE_MONTHS]
    return replace(signals, **{name: getattr(signals, name).loc[at] for name in ("accounts", "values", "known_on")})


def against(tables: Tables, signals: Signals) -> tuple[pd.DataFrame, str]:
    """The reference of a source, and in words where it comes from; without a row where no account shows anything.

    It is `reference.csv` beside the source file; without one, the accounts of the fixed earliest 12 months.
    """
    frozen, own = reference.read(tables.settings.file), earliest(signals)
    is_shown = bool(own.values.notna().any(axis=None))
    facts = {"frozen": frozen, "first": own.accounts, "is_shown": is_shown, "every": signals.every}
    basis = Sentences(__file__, facts | {"months": REFERENCE_MONTHS}).basis
    if frozen is not None:
        return frozen, basis
    return freeze(own, tables.as_of) if is_shown else pd.DataFrame(columns=reference.COLUMNS), basis


# How well the signals measure their drivers: Cronbach's alpha, one common factor, and the noise of a score.

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
    correlation = varies.corr(min_periods=FEWEST_PAIRS)
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
