"""What programs cost, and what a retained or expanded dollar cost, where an effect is shown."""

import numpy as np
import pandas as pd

from helpers.programs.contribution import is_shown
from helpers.programs.core import RISK
from helpers.programs.hazard import exposed

NUMBERS = ["cost_cents", "moved_cents", "effect_cents", "low", "high", "cost_per_dollar"]
SIDES = ["estimate", "low", "high"]
COLUMNS = ["program", "owner", "n_touches", "cost_cents", "outcome", *NUMBERS[1:], "verdict"]


def costs(
    quoted: pd.DataFrame,
    months: pd.DataFrame,
    enrolments: pd.DataFrame,
    programs: pd.DataFrame | None,
    lots: pd.DataFrame,
    touches: pd.DataFrame | None,
    last: int,
) -> pd.DataFrame:
    """Cost of each program over the 12 months that end with `last`, against the MRR that it kept or added in them.

    `quoted` is `contribution.quoted`; `touches` has program and n_touches of these months; `programs` gives owner and
    cost_per_touch. A randomized offer is counted from its lot instead: all contacts, and −risk difference × MRR
    offered. moved_cents: MRR that enrolled accounts lost (churn) or added (expansion). effect_cents: lost × (1 ÷ odds
    ratio − 1), or added × (1 − 1 ÷ odds ratio): what it would have been without; low, high from the interval of the
    odds ratio. cost_per_dollar: cost ÷ effect, in dollars of one month's recurring revenue, only where an effect
    is shown (`contribution.is_shown`) and gains. Columns: COLUMNS; a row that cannot be judged has no effect_cents.
    """
    columns = ["owner", "cost_per_touch"]
    listed = programs.set_index("program").reindex(columns=columns) if programs is not None else None
    made = touches.groupby("program")["n_touches"].sum() if touches is not None else pd.Series(dtype="int64")
    recent = months[months["month_no"] > last - 12]
    rows = []
    for _, row in quoted.iterrows():
        name, is_drawn = row["program"], row["scale"] == RISK
        owner, price = listed.loc[name] if listed is not None and name in listed.index else (None, None)
        ever = enrolments.loc[enrolments["program"] == name, "n_touches"].sum()
        n = int(ever if is_drawn else made.get(name, 0))
        cost = None if pd.isna(price) else n * round(float(price) * 100)
        found = {"program": name, "owner": owner if isinstance(owner, str) else "", "n_touches": n, "cost_cents": cost}
        found |= {"outcome": row["outcome"], "verdict": "undefined"}
        is_judged = pd.notna(row["estimate"])
        if is_judged and is_drawn and row["outcome"] == "churn":
            found |= _effect(row, cost, *_of_offer(row, months, lots[lots["program"] == name]))
        elif is_judged and not is_drawn:
            found |= _effect(row, cost, *_of_odds(row, recent, enrolments))
        rows.append(found)
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def _of_odds(row: pd.Series, recent: pd.DataFrame, enrolments: pd.DataFrame) -> tuple[float, pd.Series]:
    """MRR that enrolled accounts lost or added, and the effect on it with both ends of its interval."""
    is_churn = row["outcome"] == "churn"
    happened = recent["has_left" if is_churn else "has_expanded"].to_numpy()
    moved = recent["change_cents"].to_numpy()[happened & exposed(recent, enrolments, row["program"])]
    total = float(np.abs(moved).sum())
    return total, (-1 if is_churn else 1) * total * -np.expm1(-row[SIDES].astype("float64"))


def _of_offer(row: pd.Series, months: pd.DataFrame, drawn: pd.DataFrame) -> tuple[float, pd.Series]:
    """MRR that the accounts offered it lost, and the effect on what they paid."""
    offered = drawn.loc[drawn["is_offered"], ["account_id", "month_no"]]
    own = months.merge(offered.rename(columns={"month_no": "lot_no"}), on="account_id")
    after = own["month_no"] - own["lot_no"]
    lost = own.loc[after.between(1, 12) & own["has_left"], "change_cents"]
    mrr = float(own.loc[after == 1, "opening_cents"].sum())
    return float(lost.abs().sum()), -mrr * row[SIDES].astype("float64")


def _effect(row: pd.Series, cost: float | None, moved: float, effect: pd.Series) -> dict:
    low, high = sorted(effect[1:])
    gains = low > 0 and is_shown(row)
    return {
        "moved_cents": moved,
        "effect_cents": effect["estimate"],
        "low": low,
        "high": high,
        "cost_per_dollar": cost / effect["estimate"] if cost is not None and gains else None,
        "verdict": row["verdict"] if gains else "no effect shown",
    }
