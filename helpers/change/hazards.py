"""The risk to leave after each kind of change at the customer, and while it finds no new use for what it bought."""

import numpy as np
import pandas as pd

from helpers import stats
from helpers.ledger import account_months

BASELINE, ANY, STAGNATING, SLOPE = ("neither", "any change", "stagnating", "a further month of stagnation")
COUNTS, NUMBERS = "n_accounts n_months n_events".split(), "hazard low high log_odds log_odds_low log_odds_high".split()
COLUMNS = ["state", *COUNTS, *NUMBERS, "verdict", "note"]
POOLED = (BASELINE, ANY, STAGNATING)  # together they hold every account-month
FEW, TOO_FEW = 10, 5


def by_state(months: pd.DataFrame, changes: pd.DataFrame, window: int = account_months.WINDOW) -> pd.DataFrame:
    """The monthly hazard of churn in each state, and its log odds against the months without, all else alike.

    `months` is `account_months.History.months`; `changes` has account_id, kind, month_no (of the detection). A month is
    in the window of a kind when one was detected in the `window` months before it; it is `stagnating` when the last new
    use case lies more than six months back at its opening. Columns: state (`neither`, `any change`, each kind,
    `stagnating`, `a further month of stagnation`), n_accounts, n_months (account-months), n_events (lost), hazard with
    low and high (a month, 0–1; Wilson), log_odds with log_odds_low and log_odds_high (one logit with segment, age,
    cohort and renewal month, clustered by account), verdict, note. The last state has a slope and no hazard of its own.
    """
    months = months.reset_index(drop=True)
    any_change = _in_window(months, changes, window)
    kinds = {kind: _in_window(months, rows, window) for kind, rows in changes.groupby("kind")}
    since = months["months_since_use_case"].to_numpy()
    beyond = np.fmax(since - account_months.ENOUGH, 0.0) if len(since) else since
    stagnating = beyond > 0
    states = {BASELINE: ~any_change & ~stagnating, ANY: any_change} | kinds
    if np.isfinite(since).any():
        states[STAGNATING] = stagnating
    rows = [{"state": name} | _rate(months, on) for name, on in states.items()]
    by_kind = _log_odds(months, kinds | {SLOPE: np.nan_to_num(beyond)})
    fitted = by_kind | _log_odds(months, {ANY: any_change, STAGNATING: stagnating})
    if np.isfinite(since).any():
        rows.append({"state": SLOPE} | {key: rows[-1][key] for key in COUNTS})
    rows = [{"note": ""} | row | fitted.get(row["state"], {}) for row in rows]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))
    is_few = frame["n_events"] < FEW
    enough = frame["n_accounts"] >= TOO_FEW
    verdict = np.select([frame["n_months"] == 0, ~enough, is_few], ["undefined", "too few", "few"], "ok")
    return frame.assign(verdict=verdict.astype(object), note=frame["note"].astype(object))


def _in_window(months: pd.DataFrame, changes: pd.DataFrame, window: int) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return account_months.months_since(months, changes) < window


def _rate(months: pd.DataFrame, on: np.ndarray) -> dict:
    n, events = int(on.sum()), int(months["has_left"].to_numpy()[on].sum())
    counts = {"n_accounts": int(months["account_id"][on].nunique()), "n_months": n, "n_events": events}
    if counts["n_accounts"] < TOO_FEW:
        return counts
    low, high = stats.wilson(events, n)
    return counts | {"hazard": events / n, "low": low, "high": high}


def _log_odds(months: pd.DataFrame, states: dict[str, np.ndarray]) -> dict[str, dict]:
    """State → its log odds with interval, or a note that says why there is none."""
    y = months["has_left"].to_numpy(dtype=float)
    if not 0 < y.sum() < len(y):
        return {name: {"note": "nobody has left" if len(y) else "no account-month at risk"} for name in states}
    lost = {name: (int(y[on > 0].sum()), int(y[on <= 0].sum())) for name, on in states.items()}
    few = {name for name, counts in lost.items() if min(counts) < TOO_FEW and name != SLOPE}
    odds = {name: {"note": f"{lost[name][0]} lost in this state: too few for odds"} for name in few}
    usable = {name: on.astype(float) for name, on in states.items() if name not in few}
    columns = pd.DataFrame(usable, index=months.index)
    # The states of this model take the place of the two that every other model holds equal.
    others = account_months.covariates(months).drop(columns=["change window", "stagnation"])
    enough = y.sum() >= 5 * (columns.shape[1] + others.shape[1])
    x, unused = stats.screen(y, columns.join(others) if enough else columns)
    odds |= {name: {"note": f"no odds: {why}"} for name, why in unused.items() if name in states}
    fitted = [name for name in columns if name in x.columns]
    try:
        fit = stats.logit(y, x, months["account_id"].cat.codes.to_numpy()) if fitted else None
    except stats.UNESTIMABLE as error:
        return odds | {name: {"note": f"no odds: {error}"} for name in fitted}
    for name in fitted:
        low, high = fit.interval(name)
        odds[name] = {"log_odds": float(fit.estimate[name]), "log_odds_low": low, "log_odds_high": high}
    return odds


def odds(states: pd.DataFrame) -> pd.DataFrame:
    """The states for readers: odds in place of their logarithms, with the interval in words.

    >>> row = pd.DataFrame({"state": ["a_b"], "log_odds": [0.0], "log_odds_low": [-0.7], "log_odds_high": [0.7]})
    >>> odds(row.reindex(columns=COLUMNS))[["state", "odds"]].values.tolist()
    [['a b', '×1.0 (0.5 to 2.0)']]
    """
    triples = np.exp(states[["log_odds", "log_odds_low", "log_odds_high"]]).itertuples(index=False)
    texts = ["" if np.isnan(middle) else f"×{middle:.1f} ({low:.1f} to {high:.1f})" for middle, low, high in triples]
    table = states.assign(state=states["state"].str.replace("_", " "), odds=texts)
    return table[[*COLUMNS[:7], "odds", "verdict", "note"]]


def too_late(changes: pd.DataFrame, levels: pd.DataFrame) -> int:
    """Changes that were learned of only when the account had left: they count nowhere.

    >>> levels = pd.DataFrame({"account_id": ["a"], "month_no": [5], "closing_cents": [0]})
    >>> too_late(pd.DataFrame({"account_id": ["a", "a"], "month_no": [4, 6]}), levels)
    1
    """
    if changes.empty:
        return 0
    events = changes[["account_id", "month_no"]].sort_values("month_no", kind="stable")
    steps = levels[["account_id", "month_no", "closing_cents"]].astype({"account_id": events["account_id"].dtype})
    steps = steps.sort_values("month_no", kind="stable")
    events, steps = (table.astype({"month_no": "int64"}) for table in (events, steps))
    at = pd.merge_asof(events, steps, on="month_no", by="account_id")
    return int((at["closing_cents"] == 0).sum())
