"""Kaplan–Meier curves, their medians, and the log-rank test.

Ages are whole numbers of a stated unit (months, terms, days); an event is a loss, anything else is censored.
"""

import numpy as np
import pandas as pd
import scipy

from helpers.stats import intervals


def kaplan_meier(duration, event) -> pd.DataFrame:
    """The product-limit estimate (Kaplan and Meier 1958) with Greenwood's log-log 95% band.

    `duration` (≥ 0) and `event` (True = lost at that age, False = still there when last seen) hold one value a unit.
    Columns, one row per age at which somebody is lost or censored: time, n_at_risk, n_events, survival, low, high (0–1;
    low and high are missing once nobody is left).

    Raises ValueError on unequal lengths, missing or negative durations.

    >>> kaplan_meier([1, 2, 2, 3], [True, True, False, True])[["time", "survival"]].values.tolist()
    [[1.0, 0.75], [2.0, 0.5], [3.0, 0.0]]
    """
    time, lost = np.asarray(duration, dtype=float), np.asarray(event, dtype=bool)
    if time.shape != lost.shape or time.ndim != 1:
        raise ValueError(f"duration and event need one value a unit each, not {time.shape} and {lost.shape}")
    if not (np.isfinite(time).all() and (time >= 0).all()):
        raise ValueError("a duration is 0 or more and never missing")
    ages, place = np.unique(time, return_inverse=True)
    leaves, events = np.bincount(place, minlength=len(ages)), np.bincount(place, weights=lost, minlength=len(ages))
    return from_counts(ages, len(time) - np.concatenate([[0], np.cumsum(leaves)[:-1]]), events.astype("int64"))


def from_counts(ages, n_at_risk, n_events, z: float = intervals.Z) -> pd.DataFrame:
    """Kaplan–Meier from counts that are added up by age; `z` is the band's quantile. Columns as for `kaplan_meier`.

    >>> from_counts([1, 2], [100, 80], [10, 8])["survival"].tolist()
    [0.9, 0.81]
    """
    at_risk, events = np.asarray(n_at_risk, dtype="int64"), np.asarray(n_events, dtype="int64")
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    left = at_risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(left > 0, events / (at_risk * np.maximum(left, 1)), np.inf))
        half = z * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    some = (survival > 0) & (survival < 1)
    # Nobody lost yet: the band is the curve. Nobody left: there is none.
    low, high = (np.where(some, side, np.where(survival > 0, survival, np.nan)) for side in (low, high))
    counts = {"time": np.asarray(ages, dtype=float), "n_at_risk": at_risk, "n_events": events}
    return pd.DataFrame(counts | {"survival": survival, "low": low, "high": high})


def median(curve: pd.DataFrame) -> tuple[float | None, float | None, float | None]:
    """The first age at which survival is ½ or less, with the ages at which its band crosses ½ (Brookmeyer and Crowley).

    None where that is not reached.

    >>> median(kaplan_meier([1, 2, 3, 4], [True] * 4))[0]
    2.0
    """

    def crossing(column: str) -> float | None:
        below = np.flatnonzero(curve[column].to_numpy() <= 0.5 + 1e-12)
        return float(curve["time"].iat[below[0]]) if len(below) else None

    middle = crossing("survival")
    return middle, crossing("low"), crossing("high")


def logrank(duration, event, group) -> tuple[float, float]:
    """The log-rank test of two groups or more (Mantel 1966): (chi-squared with groups − 1 degrees of freedom, p).

    Raises ValueError on fewer than two groups.

    >>> chi, p = logrank([1, 2, 3, 4], [True] * 4, ["a", "a", "b", "b"])
    >>> round(chi, 3), round(p, 3)
    (2.882, 0.09)
    """
    time, lost, label = np.asarray(duration, dtype=float), np.asarray(event, dtype=bool), np.asarray(group)
    names = sorted(set(label.tolist()))
    if len(names) < 2:
        raise ValueError(f"the log-rank test compares two groups or more, not {len(names)}")
    ages = np.unique(time[lost])
    at_risk = np.array([(time[label == name][:, None] >= ages).sum(axis=0) for name in names])
    events = np.array([(time[(label == name) & lost][:, None] == ages).sum(axis=0) for name in names])
    return logrank_from_counts([(at_risk, events)])


def logrank_from_counts(strata) -> tuple[float, float]:
    """The log-rank test from counts, over one stratum or more: (chi-squared, p).

    Each stratum is a pair of arrays groups × ages: how many were at risk, how many were lost. Observed minus expected
    losses and their hypergeometric covariances are added up over ages and strata. (nan, nan) where nobody was lost.

    >>> chi, p = logrank_from_counts([([[2, 0], [2, 2]], [[2, 0], [0, 2]])])
    >>> round(chi, 3)
    3.0
    """
    surplus, spread = 0.0, 0.0
    for at_risk, events in strata:
        risk, lost = np.asarray(at_risk, dtype=float), np.asarray(events, dtype=float)
        n, d = risk.sum(axis=0), lost.sum(axis=0)
        share = risk / np.maximum(n, 1)
        surplus = surplus + (lost - share * d).sum(axis=1)
        weight = d * (n - d) / np.maximum(n - 1, 1)
        spread = spread + np.diag(share @ weight) - (share * weight) @ share.T
    # One group follows from the others, and a group that was never at risk says nothing.
    informs = np.flatnonzero(np.diag(spread) > 0)[:-1]
    if not len(informs):
        return np.nan, np.nan
    part = np.ix_(informs, informs)
    chi_squared = float(surplus[informs] @ np.linalg.pinv(spread[part]) @ surplus[informs])
    return chi_squared, float(scipy.special.chdtrc(len(informs), chi_squared))
