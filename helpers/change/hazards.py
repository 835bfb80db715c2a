"""The risk to leave after each kind of change at the customer, and while it finds no new use for what it bought."""

import numpy as np
import pandas as pd

from helpers import formats, stats
from helpers.ledger import account_months

BASELINE, ANY, STAGNATING, SLOPE = ("neither", "any change", "stagnating", "a further month of stagnation")
COLUMNS = [
    "state",
    "n_accounts",
    "n_months",
    "n_events",
    "hazard",
    "low",
    "high",
    "log_odds",
    "log_odds_low",
    "log_odds_high",
    "verdict",
    "note",
]
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
    own = months.reset_index(drop=True)
    kinds = {
        kind: _in_window(own, changes[changes["kind"] == kind], window) for kind in sorted(changes["kind"].unique())
    }
    any_change = _in_window(own, changes, window)
    since = own["months_since_use_case"].to_numpy()
    beyond = np.fmax(since - account_months.ENOUGH, 0.0) if len(since) else since
    stagnating = beyond > 0
    states = {BASELINE: ~any_change & ~stagnating, ANY: any_change} | kinds
    if np.isfinite(since).any():
        states[STAGNATING] = stagnating
    rows = [{"state": name} | _rate(own, on) for name, on in states.items()]
    together = {ANY: any_change, STAGNATING: stagnating}
    apart = kinds | {SLOPE: np.nan_to_num(beyond)}
    fitted = _log_odds(own, together) | {
        name: found for name, found in _log_odds(own, apart).items() if name not in together
    }
    if np.isfinite(since).any():
        rows.append({"state": SLOPE} | {key: rows[-1][key] for key in ("n_accounts", "n_months", "n_events")})
    for row in rows:
        row |= fitted.get(row["state"], {})
    frame = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["hazard", "low", "high", "log_odds", "log_odds_low", "log_odds_high"]
    return frame.astype(dict.fromkeys(numbers, "float64")).assign(
        verdict=[_verdict(row) for row in rows], note=[row.get("note", "") for row in rows]
    )


def _in_window(months: pd.DataFrame, changes: pd.DataFrame, window: int) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return account_months.months_since(months, changes) < window


def _rate(months: pd.DataFrame, on: np.ndarray) -> dict:
    n, events = int(on.sum()), int(months["has_left"].to_numpy()[on].sum())
    found = {"n_accounts": int(months["account_id"][on].nunique()), "n_months": n, "n_events": events}
    if found["n_accounts"] < TOO_FEW:
        return found
    low, high = stats.wilson(events, n)
    return found | {"hazard": events / n, "low": low, "high": high}


def _verdict(row: dict) -> str:
    if not row["n_months"]:
        return "undefined"
    return "too few" if row["n_accounts"] < TOO_FEW else "few" if row["n_events"] < FEW else "ok"


def _log_odds(months: pd.DataFrame, states: dict[str, np.ndarray]) -> dict[str, dict]:
    """State → its log odds with interval, or a note that says why there is none."""
    y = months["has_left"].to_numpy(dtype=float)
    if not 0 < y.sum() < len(y):
        return {name: {"note": "nobody has left" if len(y) else "no account-month at risk"} for name in states}
    found, columns = {}, {}
    for name, values in states.items():
        on = values > 0
        if min(y[on].sum(), y[~on].sum()) < TOO_FEW and name != SLOPE:
            found[name] = {"note": f"{int(y[on].sum())} lost in this state: too few for odds"}
        else:
            columns[name] = values.astype(float)
    others = _covariates(months)
    if y.sum() < 5 * (len(columns) + len(others)):
        others = {}
    x, unused = stats.screen(y, pd.DataFrame(columns | others))
    found |= {name: {"note": f"no odds: {why}"} for name, why in unused.items() if name in states}
    wanted = [name for name in columns if name in x.columns]
    if not wanted:
        return found
    try:
        fit = stats.logit(y, x, months["account_id"].cat.codes.to_numpy())
    except ValueError as error:
        return found | {name: {"note": f"no odds: {error}"} for name in wanted}
    for name in wanted:
        low, high = fit.interval(name)
        found[name] = {"log_odds": float(fit.estimate[name]), "log_odds_low": low, "log_odds_high": high}
    return found


def _covariates(months: pd.DataFrame) -> dict[str, np.ndarray]:
    segments = sorted(months["segment"].unique())[1:]
    found = {f"segment {name}": (months["segment"] == name).to_numpy(dtype=float) for name in segments}
    return found | {
        "age": months["age_months"].to_numpy(dtype=float) / 12,
        "cohort": (months["cohort_no"] - months["cohort_no"].min()).to_numpy(dtype=float) / 12,
        "left truncated": months["is_left_truncated"].to_numpy(dtype=float),
        "renewal": months["is_renewal"].to_numpy(dtype=float),
    }


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
    at = pd.merge_asof(
        events.astype({"month_no": "int64"}), steps.astype({"month_no": "int64"}), on="month_no", by="account_id"
    )
    return int((at["closing_cents"] == 0).sum())


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """`by_state` as a reader wants it: the risk a month and the odds against other months, each with its interval."""

    def odds(row: pd.Series) -> str:
        if pd.isna(row["log_odds"]):
            return ""
        middle, low, high = (f"{np.exp(row[side]):.2f}" for side in ("log_odds", "log_odds_low", "log_odds_high"))
        return f"×{middle} ({low} to {high})"

    def risk(row: pd.Series) -> str:
        if pd.isna(row["hazard"]):
            return ""
        return f"{formats.percent(row['hazard'])} ({formats.interval(row['low'], row['high'])})"

    risks = [risk(row) for _, row in table.iterrows()]
    return pd.DataFrame(
        {
            "state": table["state"].str.replace("_", " "),
            "accounts": table["n_accounts"],
            "account-months": table["n_months"],
            "left": table["n_events"],
            "leave in a month": risks,
            "odds, all else alike": [odds(row) for _, row in table.iterrows()],
            "verdict": table["verdict"],
            "note": table["note"],
        }
    )


def change_sentence(table: pd.DataFrame, window: int = account_months.WINDOW) -> str:
    """What a change at the customer does to the risk, as far as the data show.

    >>> change_sentence(pd.DataFrame(columns=COLUMNS))
    'No change at a customer is on record, so its risk cannot be told.'
    """
    rows = table.set_index("state")
    if ANY not in rows.index or not rows.loc[ANY, "n_months"]:
        return "No change at a customer is on record, so its risk cannot be told."
    row, without = rows.loc[ANY], rows.loc[BASELINE]
    if pd.isna(row["hazard"]):
        return f"Only {formats.plural(int(row['n_accounts']), 'account')} had a change while at risk: no rate."
    against = (
        ""
        if pd.isna(without["hazard"])
        else f", against {formats.percent(without['hazard'])} in months with neither a change nor stagnation"
    )
    said = (
        f"In the {formats.plural(window, 'month')} after a change was detected, {formats.percent(row['hazard'])} of "
        "the accounts leave a "
        "month "
        f"(95% interval {formats.interval(row['low'], row['high'])}, n = {formats.count(int(row['n_accounts']))} "
        "accounts)"
        f"{against}"
    )
    if pd.isna(row["log_odds"]):
        return f"{said}; {row['note']}."
    held = "all else alike, the odds to leave are"
    bounds = " to ".join(f"{np.exp(row[side]):.1f}" for side in ("log_odds_low", "log_odds_high"))
    shown = "" if row["log_odds_low"] > 0 or row["log_odds_high"] < 0 else ": no difference is shown"
    return f"{said}; {held} {np.exp(row['log_odds']):.1f} times as high (95% interval {bounds}){shown}."


def stagnation_sentence(table: pd.DataFrame) -> str:
    """What finding no new use does to the risk, as far as the data show.

    >>> stagnation_sentence(pd.DataFrame(columns=COLUMNS))
    'New use cases are not on record, so stagnation cannot be told.'
    """
    rows = table.set_index("state")
    if STAGNATING not in rows.index:
        return "New use cases are not on record, so stagnation cannot be told."
    row = rows.loc[STAGNATING]
    if pd.isna(row["hazard"]):
        n = formats.plural(int(row["n_accounts"]), "account")
        return f"Only {n} went more than six months without a new use: no rate."
    said = (
        f"Accounts without a new use case for more than six months leave at {formats.percent(row['hazard'])} a month "
        f"(95% interval {formats.interval(row['low'], row['high'])}, n = {formats.count(int(row['n_accounts']))} "
        "accounts)"
    )
    slope = rows.loc[SLOPE]
    if pd.isna(slope["log_odds"]):
        return f"{said}."
    per = f"{formats.percent(abs(np.expm1(slope['log_odds'])))} {'higher' if slope['log_odds'] > 0 else 'lower'}"
    bounds = formats.interval(float(np.expm1(slope["log_odds_low"])), float(np.expm1(slope["log_odds_high"])))
    if slope["log_odds_low"] <= 0 <= slope["log_odds_high"]:
        return f"{said}; that each further month changes the odds is not shown ({per}, 95% interval {bounds})."
    return f"{said}; each further month makes the odds {per} (95% interval {bounds})."
