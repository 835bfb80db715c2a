"""What every design that the data allows says of every program, which is to be quoted, and what the program cost."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.ledger.account_months import month_no
from helpers.programs import hazard, randomized
from helpers.programs.core import COLUMNS, DESIGNS, EVENT, QUOTED, RISK, table

NUMBERS = ["cost_cents", "moved_cents", "effect_cents", "low", "high", "cost_per_dollar"]
COSTS = ["program", "owner", "n_touches", "cost_cents", "outcome", *NUMBERS[1:], "verdict"]
ALPHA = 0.05
UNCORRECTED = (
    "nothing corrects this comparison for the health of the accounts, and intervals without that correction miss the "
    "truth too often"
)


def designs(
    months: pd.DataFrame,
    last: int,
    enrolments: pd.DataFrame,
    lots: pd.DataFrame,
    outcome: str,
    scores: pd.DataFrame | None = None,
    noise: Mapping[str, float | pd.Series] | None = None,
    draws: int = hazard.DRAWS,
) -> pd.DataFrame:
    """What each design says about each program, for one outcome (`churn` or `expansion`).

    `months` is `account_months.History.months` up to month `last`; `enrolments` has account_id, program, first_no;
    `lots` account_id, program, month_no, is_offered; `scores` account_id, known_no and one column a score, `noise` the
    standard deviation of each score's error (one number, or a Series by account_id). Columns: `core.COLUMNS`; one row a
    program and design.

    Raises Refused where enrolments hold no months: that would be an ever-member comparison.
    """
    model = hazard.model(months, enrolments, outcome, scores, noise)
    effects = hazard.effects(model, enrolments, outcome, draws)
    for name in sorted(lots["program"].unique()):
        drawn = lots[lots["program"] == name]
        outcomes = randomized.outcomes(drawn, months, last, outcome)
        before = randomized.covariates_before(drawn, months, scores)
        effects += randomized.effect(name, outcome, outcomes, _attended(drawn, enrolments, name), before)
    return _ranked(table(effects), "program", "strength")


def _ranked(frame: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Effects sorted by some of their columns, by `strength` of design, or by whether the estimate `is_missing`."""
    strength = frame["design"].map({design: place for place, design in enumerate(DESIGNS)})  # others come last
    ranked = frame.assign(strength=strength, is_missing=frame["estimate"].isna()).sort_values(list(by), kind="stable")
    return ranked[COLUMNS].reset_index(drop=True)


def scores_of(readings: pd.DataFrame | None, known_on: pd.Series) -> pd.DataFrame | None:
    """Driver readings by account_id, and the day on which each account's were known, as `scores` of the designs.

    Columns: account_id, known_no (month of that day), and one column a reading; None where there is no reading.

    >>> days = pd.Series(pd.to_datetime(["2024-02-01"]), index=["a"])
    >>> scores_of(pd.DataFrame({"value": [0.5]}, index=["a"]), days).values.tolist()
    [['a', 24289, 0.5]]
    """
    if readings is None or readings.empty or readings.isna().all(axis=None):
        return None
    scores = readings.assign(known_no=month_no(known_on.reindex(readings.index)))
    scores = scores.rename_axis("account_id").reset_index()
    return scores[["account_id", "known_no", *readings.columns]]


def _attended(drawn: pd.DataFrame, enrolments: pd.DataFrame, program: str) -> list[str]:
    """Accounts of a lot that the program contacted in the month of the lot or later."""
    members = enrolments[enrolments["program"] == program]
    both = drawn[["account_id", "month_no"]].merge(members, on="account_id", how="inner", validate="one_to_one")
    return both.loc[both["first_no"] >= both["month_no"], "account_id"].to_list()


def together(*designs: pd.DataFrame) -> pd.DataFrame:
    """The designs of several outcomes in one table."""
    some = [frame for frame in designs if len(frame)]
    return pd.concat(some, ignore_index=True) if some else table([])


def quoted(*designs: pd.DataFrame) -> pd.DataFrame:
    """One row a program and outcome: the strongest design of `core.QUOTED` that has an estimate; else why none has.

    Columns: COLUMNS and p_adjusted (`holm` over all rows, 0–1; missing without an estimate). An estimate by another
    design is not quoted: its row keeps it as `uncorrected` alone, and says why.

    >>> from helpers.programs.core import Effect
    >>> quoted(table([Effect("p", "churn", "hazard", estimate=2.0, low=1.0, high=3.0)]))["verdict"].tolist()
    ['undefined']
    """
    every = together(*designs)
    ranked = _ranked(every[every["design"].isin(DESIGNS)], "outcome", "program", "is_missing", "strength")
    best = ranked.drop_duplicates(["outcome", "program"], ignore_index=True)
    unfit = ~best["design"].isin(QUOTED) & best["estimate"].notna()
    best.loc[unfit, ["estimate", "low", "high", "e_value", "e_value_low"]] = np.nan
    best.loc[unfit, ["verdict", "note"]] = "undefined", UNCORRECTED
    return best.assign(p_adjusted=holm(best))


def holm(rows: pd.DataFrame) -> pd.Series:
    """How likely the strongest of so many comparisons looks at least this strong, were none of them an effect (0–1).

    From estimate, low and high (95%) by Student's t, adjusted by Holm (1979): sorted by strength, the kth p times the
    number not yet rejected, never below the one before. Missing where there is no estimate. Degrees of freedom: the
    events of the thinner side (enrolled or not) less 1, since the error is itself an estimate from them. By the normal
    distribution 6.4% of 110 made-up companies without any effect named one (tests/benchmarks/programs_recovery.py).

    >>> rows = pd.DataFrame({"estimate": [1.96, 3.0, None], "low": [0.0, 1.04, None], "high": [3.92, 4.96, None]})
    >>> holm(rows.assign(n_events=[500, 500, 0], n_events_enrolled=[101, 101, 0])).round(4).tolist()
    [0.0528, 0.0068, nan]
    >>> none = rows.tail(1).astype(object).assign(n_events=0, n_events_enrolled=0)
    >>> holm(none).tolist(), holm(none.head(0).astype(object)).tolist()
    ([nan], [])
    """
    # Of no rows at all, no column has a type yet.
    rows = rows[["estimate", "low", "high", "n_events", "n_events_enrolled"]].astype("float64")
    error = (rows["high"] - rows["low"]) / (2 * stats.Z)
    thinner = np.minimum(rows["n_events_enrolled"], rows["n_events"] - rows["n_events_enrolled"])
    p = 2 * special.stdtr(np.maximum(thinner - 1, 1), -(rows["estimate"] / error).abs())
    p = pd.Series(p, index=rows.index).dropna().sort_values(kind="stable")
    return (p * np.arange(len(p), 0, -1)).cummax().clip(upper=1.0).reindex(rows.index)


def is_shown(row: Mapping) -> bool:
    """Whether the effect of a row of `quoted` is clear after allowing for all comparisons (Holm).

    >>> is_shown({"p_adjusted": 0.051}), is_shown({"p_adjusted": 0.049})
    (False, True)
    """
    return bool(row["p_adjusted"] < ALPHA)


def costs(
    quoted: pd.DataFrame,
    months: pd.DataFrame,
    enrolments: pd.DataFrame,
    programs: pd.DataFrame | None,
    lots: pd.DataFrame,
    touches: pd.DataFrame | None,
    last: int,
    every: int = 1,
) -> pd.DataFrame:
    """Cost of each program over the 12 months that end with `last`, against the MRR that it kept or added in them.

    `quoted` is that of all outcomes; `touches` has program and n_touches of these months; `programs` gives owner and
    cost_per_touch. A randomized offer is counted from its lot instead: all contacts, and −risk difference × MRR
    offered. moved_cents: MRR that enrolled accounts lost (churn) or added (expansion). effect_cents: lost × (1 ÷ odds
    ratio − 1), or added × (1 − 1 ÷ odds ratio): what it would have been without; low, high from the interval of the
    odds ratio. cost_per_dollar: cost ÷ effect, in dollars of one month's recurring revenue, only where an effect
    is shown (`is_shown`) and gains. Of every kth account (`every` = k) are `months`, `enrolments` and `lots`, while
    `touches` and what comes out are of all. Columns: COSTS; a row that cannot be judged has no effect_cents.
    """
    listed = (pd.DataFrame() if programs is None else programs).reindex(columns=["program", "owner", "cost_per_touch"])
    listed = {name: (owner, price) for name, owner, price in listed.itertuples(index=False)}
    made = touches.groupby("program")["n_touches"].sum() if touches is not None else {}
    rows = []
    for row in quoted.to_dict("records"):
        name, is_offer, is_judged = row["program"], row["scale"] == RISK, pd.notna(row["estimate"])
        members = enrolments[enrolments["program"] == name]
        n = int(every * members["n_touches"].sum() if is_offer else made.get(name, 0))
        owner, price = listed.get(name, (None, None))
        cost = None if pd.isna(price) else n * round(float(price) * 100)
        found = {"program": name, "owner": owner if isinstance(owner, str) else "", "n_touches": n, "cost_cents": cost}
        found |= {"outcome": row["outcome"], "verdict": "undefined"}
        if is_judged and is_offer and row["outcome"] == "churn":
            found |= _effect(row, cost, every, *_of_offer(row, months, lots[lots["program"] == name]))
        elif is_judged and not is_offer:
            recent = months[months["month_no"] > last - 12]
            found |= _effect(row, cost, every, *_of_odds(row, recent, enrolments))
        rows.append(found)
    return pd.DataFrame(rows, columns=COSTS).astype(dict.fromkeys(NUMBERS, "float64"))


def _of_odds(row: dict, recent: pd.DataFrame, enrolments: pd.DataFrame) -> tuple[float, np.ndarray]:
    """MRR that enrolled accounts lost or added, and the effect on it with both ends of its interval."""
    happened = recent[EVENT[row["outcome"]]].to_numpy() & hazard.exposed(recent, enrolments, row["program"])
    moved = float(recent["change_cents"][happened].abs().sum())
    sign = 1 if row["outcome"] == "churn" else -1
    return moved, sign * moved * np.expm1([-row[end] for end in randomized.ENDS])


def _of_offer(row: dict, months: pd.DataFrame, drawn: pd.DataFrame) -> tuple[float, np.ndarray]:
    """MRR that the accounts offered it lost, and the effect on what they paid."""
    offered = drawn.loc[drawn["is_offered"], ["account_id", "month_no"]]
    own = months.merge(offered.rename(columns={"month_no": "lot_no"}), on="account_id")
    after = own["month_no"] - own["lot_no"]
    lost = own.loc[after.between(1, 12) & own["has_left"], "change_cents"]
    mrr = float(own.loc[after == 1, "opening_cents"].sum())
    return float(lost.abs().sum()), -mrr * np.array([row[end] for end in randomized.ENDS])


def _effect(row: dict, cost: float | None, every: int, moved: float, effect: np.ndarray) -> dict:
    estimate, *ends = every * effect
    low, high = sorted(ends)
    gains = low > 0 and is_shown(row)
    per_dollar = cost / estimate if cost is not None and gains else None
    numbers = dict(zip(NUMBERS[1:], (every * moved, estimate, low, high, per_dollar), strict=True))
    return numbers | {"verdict": row["verdict"] if gains else "no effect shown"}
