"""A randomized offer: what it did to those it was made to (intention to treat), and what the next one needs."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.programs.core import RISK, TOO_FEW, Effect, verdict

HORIZON = 12
DESIGN = "randomized offer"
UNADJUSTED = f"{DESIGN}, unadjusted"
ENDS = ("estimate", "low", "high")
PLAN = {"horizon_months": "int64", "difference": "float64", "risk": "float64"}
PLAN |= dict.fromkeys(("n_per_arm", "n_accounts", "n_months"), "Int64") | {"is_enough_now": "boolean"}


def outcomes(lots: pd.DataFrame, months: pd.DataFrame, last: int, outcome: str, horizon: int = HORIZON) -> pd.DataFrame:
    """What became of each account of a lot in the `horizon` months after the month of the lot.

    `lots` has account_id, month_no and is_offered for one program; `months` is `account_months.History.months`.
    Columns: account_id, month_no, is_offered, has_event (lost, or expanded, at least once), n_months (of the horizon
    that the data covers). Accounts that did not pay when it was drawn had left before and are left out.
    """
    own = months.merge(lots[["account_id", "month_no"]].rename(columns={"month_no": "lot_no"}), on="account_id")
    after = own[(own["month_no"] > own["lot_no"]) & (own["month_no"] <= own["lot_no"] + horizon)]
    happened = after.loc[after["has_left" if outcome == "churn" else "has_expanded"], "account_id"].unique()
    in_force = own.loc[own["month_no"] == own["lot_no"] + 1, "account_id"].unique()
    found = lots[lots["account_id"].isin(in_force)]
    return found[["account_id", "month_no", "is_offered"]].assign(
        has_event=found["account_id"].isin(happened), n_months=np.minimum(last - found["month_no"], horizon)
    )


def effect(
    program: str, outcome: str, drawn: pd.DataFrame, attended, covariates: pd.DataFrame | None = None
) -> tuple[Effect, Effect]:
    """The risk difference between offered and not offered, adjusted by CUPED, and the same unadjusted.

    `drawn` is `outcomes`; `attended` the accounts that came; `covariates` has account_id and numbers that were known
    before the offer. CUPED (Deng, Xu, Kohavi and Walker 2013) takes from each outcome what the covariates foretold:
    Y − θ'(X − mean X), θ by least squares over both arms; the interval is that of a difference of two means with
    unequal variances. Under ten events (or ten accounts without one) nothing is adjusted, and the interval is
    Newcombe's. Only accounts whose whole horizon is covered; where none is, the months that all have are the horizon.
    """
    whole = drawn[drawn["n_months"] == drawn["n_months"].max()] if len(drawn) else drawn
    horizon = int(whole["n_months"].max()) if len(whole) else 0
    offered, event = whole["is_offered"].to_numpy(dtype=bool), whole["has_event"].to_numpy(dtype=float)
    arms, events = (int(offered.sum()), int((~offered).sum())), (int(event[offered].sum()), int(event[~offered].sum()))
    sizes = {"n_accounts": sum(arms), "n_events": sum(events), "n_enrolled": arms[0], "n_events_enrolled": events[0]}
    plain = Effect(program, outcome, UNADJUSTED, scale=RISK, **sizes)
    if min(arms) < TOO_FEW:
        plain = replace(plain, verdict="too few", note=f"{arms[0]} offered and {arms[1]} not")
    elif horizon < 1:
        plain = replace(plain, note="no month has passed since the offer")
    if plain.note:
        return replace(plain, design=DESIGN), plain
    came = whole["account_id"].isin(set(attended)).to_numpy()
    naive = float(event[came].mean() - event[~came].mean()) if 0 < came.sum() < len(came) else None
    says = verdict(min(sum(events), len(event) - sum(events)), min(arms))
    simple = stats.share_difference(events[0], arms[0], events[1], arms[1])
    note = f"{horizon} months; Newcombe's interval"
    plain = replace(plain, naive=naive, verdict=says, note=note, **dict(zip(ENDS, simple, strict=True)))
    values, explained = cuped(event, _matrix(whole["account_id"], covariates)) if says == "ok" else (event, 0)
    adjusted = mean_difference(values, offered) if says == "ok" else simple
    note = (
        f"{horizon} months; risk {event[~offered].mean():.4f} without the offer; {came[offered].mean():.2f} of those "
        f"offered came; covariates known before explain {explained:.3f} of the variance"
    )
    found = {"design": DESIGN, "note": note, "uncorrected": simple[0]} | dict(zip(ENDS, adjusted, strict=True))
    return replace(plain, **found), plain


def cuped(outcome, covariates: np.ndarray) -> tuple[np.ndarray, float]:
    """The outcome less what covariates known before the offer foretell, and the share of its variance that they do.

    >>> adjusted, explained = cuped([0.0, 0.0, 1.0, 1.0], np.array([[0.0], [0.0], [1.0], [1.0]]))
    >>> adjusted.round(6).tolist(), round(explained, 6)
    ([0.5, 0.5, 0.5, 0.5], 1.0)
    """
    y = np.asarray(outcome, dtype=float)
    spread = y - y.mean()
    if covariates.shape[1] == 0 or not spread.any():
        return y, 0.0
    centered = covariates - covariates.mean(axis=0)
    theta = np.linalg.lstsq(centered, spread, rcond=1e-9)[0]
    adjusted = y - centered @ theta
    return adjusted, float(1 - adjusted.var() / y.var())


def mean_difference(values, is_first) -> tuple[float, float, float]:
    """Mean of the first group less that of the second, with the interval of unequal variances.

    >>> mean_difference([1, 1, 0, 0], [True, True, False, False])
    (1.0, 1.0, 1.0)
    """
    x, first = np.asarray(values, dtype=float), np.asarray(is_first, dtype=bool)
    one, other = x[first], x[~first]
    difference = float(one.mean() - other.mean())
    half = stats.Z * math.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return difference, difference - half, difference + half


def covariates_before(lots: pd.DataFrame, months: pd.DataFrame, scores: pd.DataFrame | None = None) -> pd.DataFrame:
    """Numbers on each account of a lot that were known when it fell: account_id and one column each.

    Segment, age, MRR, months since a use case and whether a change window was open, as at the opening of the month
    after the lot; driver scores that were known by then (`known_no` at most the month of the lot).
    """
    at = lots[["account_id", "month_no"]].assign(month_no=lots["month_no"] + 1)
    months = months.drop_duplicates(["account_id", "month_no"]).astype({"account_id": "str"})
    known = at.merge(months, on=["account_id", "month_no"], how="left", validate="one_to_one")
    segments = sorted(known["segment"].dropna().unique())[1:]
    before = known[["account_id"]].assign(
        **{f"segment {name}": (known["segment"] == name).astype(float) for name in segments},
        age=known["age_months"].astype(float),
        log_mrr=np.log1p(known["opening_cents"].astype(float)),
        in_change_window=known["in_change_window"].astype(float),
        stagnant=(known["months_since_use_case"] - 6).clip(lower=0),
    )
    if scores is None or scores.empty:
        return before
    early = lots.merge(scores, on="account_id", how="left", validate="one_to_one")
    drivers = early[[name for name in scores.columns if name not in ("account_id", "known_no")]]
    return before.join(drivers.where(early["known_no"] <= early["month_no"]).astype(float))


def _matrix(accounts: pd.Series, covariates: pd.DataFrame | None) -> np.ndarray:
    """Covariates in the order of `accounts`: gaps at the mean, each gappy column with a flag, too many cut short."""
    if covariates is None:
        return np.empty((len(accounts), 0))
    own = covariates.set_index("account_id").reindex(accounts).astype(float).dropna(axis=1, how="all")
    columns = [column for name in own for column in (own[name].fillna(np.nanmean(own[name])), own[name].isna() * 1.0)]
    # Ten accounts a covariate at the least, or the adjustment fits noise.
    kept = [values for values in columns if np.ptp(values) > 0][: len(accounts) // 20]
    return np.column_stack(kept) if kept else np.empty((len(accounts), 0))


def accounts_per_arm(without: float, with_offer: float, power: float = 0.8) -> int:
    """Accounts in each arm that show two shares to differ: the two-sided two-proportion formula at 5%, rounded up.

    n = (z₁₋α⸝₂ √(2 p̄ (1 − p̄)) + z_power √(p₀ (1 − p₀) + p₁ (1 − p₁)))² ÷ (p₁ − p₀)² (Fleiss, Levin and Paik 2003,
    formula 4.14; R's power.prop.test(p1 = .50, p2 = .75, power = .90) gives 76.7). Raises ValueError for shares outside
    0–1 or alike.

    >>> accounts_per_arm(0.50, 0.75, power=0.90)
    77
    """
    if not (0 <= without <= 1 and 0 <= with_offer <= 1) or without == with_offer:
        raise ValueError(f"two different shares of 0–1 are needed, not {without} and {with_offer}")
    if not 0 < power < 1:
        raise ValueError("power is a share of 0–1")
    middle = (without + with_offer) / 2
    null = stats.Z * math.sqrt(2 * middle * (1 - middle))
    other = special.ndtri(power) * math.sqrt(without * (1 - without) + with_offer * (1 - with_offer))
    return math.ceil(((null + other) / (without - with_offer)) ** 2 - 1e-9)


def plan(
    risk_12_months: float, n_eligible: int, n_new_a_month: float, smallest=(0.03, 0.05, 0.08), horizons=(6, 12)
) -> pd.DataFrame:
    """How large and how long the next randomized offer has to be, for differences that would matter.

    `risk_12_months`: share lost in 12 months without the offer; `n_eligible`: paying accounts that could be in the
    lot; `n_new_a_month`: accounts that become eligible. One row a horizon and difference, columns: horizon_months,
    difference (lower risk over the horizon, 0–1), risk (without, over the horizon), n_per_arm, n_accounts (both arms,
    random halves), n_months (to fill the lot and to wait for the last), is_enough_now. Accounts are drawn as they come:
    a lot drawn at once when it is full takes longer, because some leave while it fills. Where the difference is not
    below the risk, or the lot would never fill, the numbers are missing.

    >>> plan(0.2, 2000, 10, smallest=(0.05,), horizons=(12,))[["n_accounts", "n_months"]].values.tolist()
    [[1812, 12]]
    """
    rows = []
    for horizon in horizons:
        risk = 1 - (1 - risk_12_months) ** (horizon / 12)
        for difference in smallest:
            row = {"horizon_months": horizon, "difference": difference, "risk": risk}
            if difference < risk:
                arm = accounts_per_arm(risk, risk - difference)
                row |= {"n_per_arm": arm, "n_accounts": 2 * arm, "is_enough_now": 2 * arm <= n_eligible}
                missing = max(0, 2 * arm - n_eligible)
                if not missing or n_new_a_month > 0:
                    row["n_months"] = horizon + (math.ceil(missing / n_new_a_month) if missing else 0)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(PLAN)).astype(PLAN)


def detectable(risk: float, n_accounts: int) -> float | None:
    """The smallest lower risk that a lot of `n_accounts` (halves) would show; None where not even a risk of 0 would.

    >>> round(detectable(0.2, 1812), 3)
    0.05
    """
    per_arm, low, high = n_accounts // 2, 0.0, risk
    if risk <= 0 or per_arm < 2 or accounts_per_arm(risk, 0.0) > per_arm:
        return None
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if accounts_per_arm(risk, risk - middle) > per_arm else (low, middle)
    return high


def rates(months: pd.DataFrame, last: int) -> tuple[float | None, float]:
    """What a plan starts from: the 12-month risk of loss of accounts that paid a year ago, and new accounts a month.

    From `account_months.History.months` over the 12 months that end with `last`; the risk is 1 − Π (1 − share lost) by
    month, None where nobody was at risk.
    """
    recent = months[months["month_no"] > last - 12]
    if recent.empty:
        return None, 0.0
    monthly = recent.groupby("month_no")["has_left"].mean()
    return float(1 - (1 - monthly).prod()), int(recent["age_months"].eq(1).sum()) / 12
