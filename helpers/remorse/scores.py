"""Four driver scores an account: orient, winsorize, z-score against a frozen reference, average, read as percentile."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused
from helpers.remorse import reference
from helpers.remorse.recipe import DRIVERS, LABELS, SIGNALS, of_driver
from helpers.remorse.signals import Signals
from helpers.sources import Tables
from helpers.sources.settings import REFERENCE

LIMITS = (0.01, 0.99)
REFERENCE_MONTHS = 12
FEWEST = 30  # accounts in a reference under which it is called thin
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
    z = pd.DataFrame(
        {
            name: _z(oriented(name, signals.values[name]), rows.loc[name])
            for name in SIGNALS
            if name in signals.values.columns and name in rows.index
        },
        index=signals.accounts.index,
        dtype="float64",
    )
    found = driver_scores(z)
    anchors = against[against["kind"] == "score"].set_index("name")
    percentile = pd.DataFrame(
        {name: _percentile(found[name], anchors.loc[name]) if name in anchors.index else np.nan for name in DRIVERS},
        index=found.index,
        dtype="float64",
    )
    return Scores(z, found, percentile, against, basis)


def oriented(name: str, values: pd.Series) -> pd.Series:
    """A signal turned so that more is worse: 1–7 items on which high is good are mirrored at 4.

    >>> oriented("states_value", pd.Series([7.0, 1.0])).tolist()
    [1.0, 7.0]
    """
    return 8 - values if SIGNALS[name].is_reversed else values


def driver_scores(z: pd.DataFrame) -> pd.DataFrame:
    """Mean z of each driver's signals, missing where fewer than half of the recipe's are there.

    >>> z = pd.DataFrame({"cost_exceeded": [1.0, 1.0], "go_live_slip": [0.0, np.nan]})
    >>> driver_scores(z)["implementation"].tolist()
    [0.5, nan]
    """
    found = {}
    for driver in DRIVERS:
        names = of_driver(driver)
        own = z[[name for name in names if name in z.columns]]
        found[driver] = own.mean(axis=1).where(own.notna().sum(axis=1) >= len(names) / 2)
    return pd.DataFrame(found, index=z.index, dtype="float64")


def observed(z: pd.DataFrame) -> pd.DataFrame:
    """Mean z of each driver's signals that are no survey items, missing where none is there: known of the silent, too.

    Columns: `observed <label>`, of the drivers that have such a signal.
    """
    found = {}
    for driver in DRIVERS:
        names = [name for name in of_driver(driver) if SIGNALS[name].table != "surveys" and name in z.columns]
        if names:
            found[f"observed {LABELS[driver].lower()}"] = z[names].mean(axis=1)
    return pd.DataFrame(found, index=z.index)


def _z(values: pd.Series, row: pd.Series) -> pd.Series:
    # In a reference where all are alike, nobody stands out.
    return (values.clip(row["low"], row["high"]) - row["mean"]) / row["sd"] if row["sd"] > 0 else values * 0.0


def _percentile(values: pd.Series, row: pd.Series) -> pd.Series:
    anchors = row[reference.ANCHORS].to_numpy(dtype=float)
    # Half of those who are equal stand below: all alike is the 50th percentile.
    below = np.interp(values, anchors, _SHARES, left=0.0, right=1.0)
    above = 1 - np.interp(-values, -anchors[::-1], _SHARES, left=0.0, right=1.0)
    return pd.Series((below + above) / 2, index=values.index).where(values.notna())


def freeze(signals: Signals, as_of) -> pd.DataFrame:
    """A reference from these accounts: one row a signal that varies or is there at all, and one a driver's score.

    Columns as for `helpers.remorse.reference.read`. Raises Refused without an account that shows any signal.
    """
    if not len(signals.accounts) or not signals.values.notna().any(axis=None):
        raise Refused("a reference needs accounts that have reached their cut-off and show at least one signal")
    rows = [
        _row("signal", name, oriented(name, signals.values[name]), as_of)
        for name in signals.values.columns
        if signals.values[name].notna().any()
    ]
    own = score(signals, pd.DataFrame(rows)).score
    rows += [_row("score", name, own[name], as_of) for name in DRIVERS if own[name].notna().any()]
    return pd.DataFrame(rows)[reference.COLUMNS]


def _row(kind, name, values, as_of) -> dict:
    known = np.sort(values.dropna().to_numpy())
    low, high = np.quantile(known, LIMITS) if kind == "signal" else (known[0], known[-1])
    cut = np.clip(known, low, high)
    sd = float(cut.std(ddof=1)) if len(cut) > 1 else 0.0
    sd = sd if sd > 1e-9 else 0.0
    facts = (kind, name, str(as_of), len(known), float(cut.mean()), sd, float(low), float(high))
    return dict(zip(reference.COLUMNS, (*facts, *np.quantile(known, _SHARES).tolist()), strict=True))


def earliest(signals: Signals, months: int = REFERENCE_MONTHS) -> Signals:
    """The signals of the accounts that first paid in the earliest months of the data; they stay the same ever after."""
    first = signals.accounts["first_paid_on"]
    at = first.index
    if len(first):
        at = at[first < first.min().to_period("M").to_timestamp() + pd.DateOffset(months=months)]
    parts = {name: getattr(signals, name).loc[at] for name in ("accounts", "values", "known_on")}
    return replace(signals, **parts)


def against(tables: Tables, signals: Signals) -> tuple[pd.DataFrame, str]:
    """The reference of a source, and in words where it comes from; without a row where no account shows anything.

    It is `reference.csv` beside the source file; without one, the accounts of the fixed earliest 12 months.
    """
    found = reference.read(tables.settings.file)
    if found is not None:
        n = int(found["n"].max())
        until = periods.named(str(found["as_of"].iloc[0]))
        return (found, f"against {REFERENCE}, frozen from {formats.plural(n, 'account')} as of {until}")
    own = earliest(signals)
    if not len(own.accounts) or not own.values.notna().any(axis=None):
        return pd.DataFrame(columns=reference.COLUMNS), "there is nothing to score against: no account shows a signal"
    n, first = len(own.accounts), own.accounts["first_paid_on"].min()
    month = periods.name_of(first)
    thin = "; so few make a thin reference" if n < FEWEST else ""
    return freeze(own, tables.as_of), (
        f"against the {formats.plural(n, 'account')} that first paid in the {REFERENCE_MONTHS} months from {month}, "
        f"because there is no {REFERENCE} beside the source{thin}"
    )
