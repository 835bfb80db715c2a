"""Four driver scores an account: orient, winsorize, z-score against a frozen reference, average, read as percentile."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused
from helpers.ledger.account_months import month_no
from helpers.remorse import reference
from helpers.remorse.signals import DRIVERS, LABELS, SIGNALS, Signals, of_driver
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
    found = reference.read(tables.settings.file)
    if found is not None:
        n, until = int(found["n"].max()), periods.named(str(found["as_of"].iloc[0]))
        return found, f"against {REFERENCE}, frozen from {formats.plural(n, 'account')} as of {until}"
    own = earliest(signals)
    if not own.values.notna().any(axis=None):
        return pd.DataFrame(columns=reference.COLUMNS), "there is nothing to score against: no account shows a signal"
    n, month = formats.plural(len(own.accounts), "account"), periods.name_of(own.accounts["first_paid_on"].min())
    # Of a large company they are not all who began then.
    whose = f"of every {formats.ordinal(signals.every)} account by id, the {n}" if signals.every > 1 else f"the {n}"
    thin = "; so few make a thin reference" if len(own.accounts) < FEWEST else ""
    return freeze(own, tables.as_of), (
        f"against {whose} that first paid in the {REFERENCE_MONTHS} months from {month}, "
        f"because there is no {REFERENCE} beside the source{thin}"
    )
