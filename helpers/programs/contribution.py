"""Every design that the data allows for every program and both outcomes, and which of them is to be quoted."""

from collections.abc import Mapping

import pandas as pd

from helpers.programs import difference, hazard, landmark, randomized
from helpers.programs.core import COLUMNS, DESIGNS, OUTCOMES, table

_STRENGTH = {design: place for place, design in enumerate(DESIGNS)}


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
    given = hazard.model(months, enrolments, outcome, scores, noise)
    found = hazard.effects(given, enrolments, outcome, draws)
    naive = {effect.program: effect.naive for effect in found}
    score = _one_score(scores)
    programs = sorted({*enrolments["program"], *lots["program"]})
    for name in programs:
        drawn = lots[lots["program"] == name]
        if len(drawn):
            came = _attended(drawn, enrolments, name)
            outcomes = randomized.outcomes(drawn, months, last, outcome)
            known = randomized.covariates_before(drawn, months, scores)
            found += randomized.effect(name, outcome, outcomes, came, known)
        there = landmark.at_landmark(months, enrolments, name, last, outcome)
        found.append(landmark.effect(name, outcome, there, score))
        if outcome == "expansion":
            stack = difference.stacked(months, enrolments, name)
            found.append(difference.effect(name, stack, naive.get(name)))
    order = {name: place for place, name in enumerate(programs)}
    frame = table(found)
    keys = pd.DataFrame({"program": frame["program"].map(order), "design": frame["design"].map(_STRENGTH).fillna(99)})
    return frame.iloc[keys.sort_values(["program", "design"], kind="stable").index].reset_index(drop=True)


def scores_of(readings: pd.DataFrame | None, known_on: pd.Series) -> pd.DataFrame | None:
    """Driver readings by account_id, and the day on which each account's were known, as `scores` of the designs.

    Columns: account_id, known_no (month of that day), and one column a reading; None where there is no reading.

    >>> days = pd.Series(pd.to_datetime(["2024-02-01"]), index=["a"])
    >>> scores_of(pd.DataFrame({"value": [0.5]}, index=["a"]), days).values.tolist()
    [['a', 24289, 0.5]]
    """
    if readings is None or readings.empty or readings.isna().all(axis=None):
        return None
    day = known_on.reindex(readings.index)
    found = readings.assign(known_no=day.dt.year * 12 + day.dt.month - 1).rename_axis("account_id").reset_index()
    return found[["account_id", "known_no", *readings.columns]]


def _attended(drawn: pd.DataFrame, enrolments: pd.DataFrame, program: str) -> list[str]:
    """Accounts of a lot that the program contacted in the month of the lot or later."""
    own = enrolments[enrolments["program"] == program]
    both = drawn[["account_id", "month_no"]].merge(own, on="account_id", how="inner", validate="one_to_one")
    return both.loc[both["first_no"] >= both["month_no"], "account_id"].to_list()


def _one_score(scores: pd.DataFrame | None) -> pd.Series | None:
    """The mean of an account's scores, for strata."""
    if scores is None or scores.empty:
        return None
    return scores.set_index("account_id").drop(columns="known_no").mean(axis=1)


def together(*designs: pd.DataFrame) -> pd.DataFrame:
    """The designs of several outcomes in one table."""
    some = [frame for frame in designs if len(frame)]
    return pd.concat(some, ignore_index=True) if some else table([])


def quoted(*designs: pd.DataFrame) -> pd.DataFrame:
    """One row a program and outcome: the strongest design that has an estimate; where none has, why.

    The order of strength is that of `core.DESIGNS`. Columns: COLUMNS.

    >>> rows = pd.DataFrame({"program": "p", "outcome": "churn", "design": ["hazard", "landmark"]})
    >>> quoted(rows.assign(estimate=[None, 1]).reindex(columns=COLUMNS))["design"].tolist()
    ['landmark']
    """
    every = together(*designs)
    strength = every["design"].map(_STRENGTH)
    known = every[strength.notna()].assign(order=strength, is_missing=every["estimate"].isna())
    best = known.sort_values(["program", "outcome", "is_missing", "order"], kind="stable")
    best = best.drop_duplicates(["program", "outcome"])
    by_outcome = best["outcome"].map({name: place for place, name in enumerate(OUTCOMES)})
    return best.assign(by=by_outcome).sort_values(["by", "program"], kind="stable")[COLUMNS].reset_index(drop=True)
