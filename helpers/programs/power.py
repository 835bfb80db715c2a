"""What the next randomized offer needs: accounts, months, and the smallest difference that it could show."""

import math

import pandas as pd
from scipy import special

from helpers import stats

HORIZONS = (6, 12)
SMALLEST = (0.03, 0.05, 0.08)
COLUMNS = {"horizon_months": "int64", "difference": "float64", "risk": "float64"}
COLUMNS |= dict.fromkeys(("n_per_arm", "n_accounts", "n_months"), "Int64") | {"is_enough_now": "boolean"}


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
    risk_12_months: float, n_eligible: int, n_new_a_month: float, smallest=SMALLEST, horizons=HORIZONS
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
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


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
    new = int((months["age_months"].eq(1) & (months["month_no"] > last - 12)).sum())
    return float(1 - (1 - monthly).prod()), new / 12
