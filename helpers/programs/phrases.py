"""One effect in words: what was found, with interval, n and design; a difference is claimed only where it holds."""

import math

import pandas as pd

from helpers import formats
from helpers.programs.core import LOG_ODDS, RISK
from helpers.programs.hazard import BLIND

VERB = {"churn": "leave", "expansion": "expand"}
_BY = {
    "randomized offer": "randomized offer, intention to treat",
    "hazard, SIMEX": "monthly hazard with time-varying enrolment, corrected for noisy scores",
    "hazard": "monthly hazard with time-varying enrolment",
    "landmark": "landmark, Mantel–Haenszel",
    "difference in differences": "difference in differences",
}


def effect(row: pd.Series, name: str = "") -> str:
    """What one row of `contribution.quoted` says, in one sentence.

    >>> row = pd.Series({"program": "club", "outcome": "churn", "design": "hazard", "estimate": -0.6931, "low": -1.2,
    ...     "high": -0.1, "naive": -1.5, "scale": "log-odds", "n_accounts": 900, "n_events": 80, "verdict": "ok",
    ...     "n_enrolled": 200, "note": ""})
    >>> effect(row)
    'Club: enrolled accounts are less likely to leave: odds 50.0% lower (95% interval 69.9% lower to 9.5% lower; \
n = 900 accounts, 80 events; monthly hazard with time-varying enrolment).'
    """
    called = name or plain(row["program"])
    verb = VERB[row["outcome"]]
    if pd.isna(row["estimate"]):
        return f"{called}: whether it changes who {verb}s cannot be said: {row['note']}."
    who = "accounts that were offered it" if row["scale"] == RISK else "enrolled accounts"
    shown = written(row, "estimate")
    bounds = f"{written(row, 'low').removesuffix(' points')} to {written(row, 'high')}"
    few = "; few, so read with care" if row["verdict"] == "few" else ""
    rests = (
        f"95% interval {bounds}; n = {formats.plural(int(row['n_accounts']), 'account')}, "
        f"{formats.plural(int(row['n_events']), 'event')}; {_BY[row['design']]}{_caution(row)}{few}"
    )
    if not is_shown(row):
        return f"{called}: no effect on whether accounts {verb} is shown: {_unit(row)} {shown} ({rests})."
    more = "more" if row["estimate"] > 0 else "less"
    return f"{called}: {who} are {more} likely to {verb}: {_unit(row)} {shown} ({rests})."


def _caution(row: pd.Series) -> str:
    """What a design leaves out, where it is known to leave much out."""
    if BLIND in str(row["note"]):
        return ", health of the accounts not taken into account"
    return ", coarse strata that leave some of the accounts' health in it" if row["design"] == "landmark" else ""


def is_shown(row: pd.Series) -> bool:
    """Whether the interval of an effect lies on one side of no effect.

    >>> is_shown(pd.Series({"low": -0.2, "high": 0.1})), is_shown(pd.Series({"low": 0.1, "high": 0.2}))
    (False, True)
    """
    return bool(row["low"] > 0 or row["high"] < 0)


def plain(program: str) -> str:
    """A program's short name as words.

    >>> plain("value_coaching")
    'Value coaching'
    """
    text = str(program).replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def written(row: pd.Series, column: str) -> str:
    """One value of an effect in the words of its scale.

    >>> written(pd.Series({"scale": "risk difference", "low": -0.058}), "low")
    '−5.8 points'
    """
    value = row[column]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "unknown"
    if row["scale"] == LOG_ODDS:
        return odds(value)
    if row["scale"] == RISK:
        return formats.points(value)
    return f"{value:+.2f}".replace("-", "−")


def odds(log_odds: float) -> str:
    """A log odds ratio as a change of the odds.

    >>> odds(-0.6931), odds(0.0953), odds(0.0)
    ('50.0% lower', '10.0% higher', 'unchanged')
    """
    change = math.exp(log_odds) - 1
    if abs(change) < 0.0005:
        return "unchanged"
    if log_odds > math.log(3):
        return f"{math.exp(log_odds):.1f} times as high"
    return f"{formats.percent(abs(change))} {'lower' if change < 0 else 'higher'}"


def _unit(row: pd.Series) -> str:
    units = {LOG_ODDS: "odds", RISK: "risk"}
    return units.get(row["scale"], "expansions an account and year")


def naive(row: pd.Series, name: str = "") -> str:
    """What the naive comparison would have said of the same program, and why it is not to be believed.

    >>> naive(pd.Series({"program": "club", "outcome": "churn", "naive": -1.5, "scale": "log-odds"}))
    'Club: the odds to leave of accounts that ever took part are 77.7% lower than those of accounts that never did; an \
account must stay to take part, so this is no effect of the program.'
    """
    called, verb = name or plain(row["program"]), VERB[row["outcome"]]
    if pd.isna(row["naive"]):
        return f"{called}: there is no naive comparison, for nobody, or everybody, took part."
    if row["scale"] == RISK:
        return (
            f"{called}: comparing those who came with those who did not gives {formats.points(row['naive'])}; who "
            "comes "
            "is no matter of chance, so only the offer is compared."
        )
    why = {
        "churn": "an account must stay to take part, so this is no effect of the program",
        "expansion": "who stays longer has more time for both, so this is no effect of the program",
    }[row["outcome"]]
    said = odds(row["naive"])
    said = "alike" if said == "unchanged" else f"{said} {'than' if said.endswith(('er',)) else 'as'} those of accounts"
    end = " to those of accounts that never did" if said == "alike" else " that never did"
    return f"{called}: the odds to {verb} of accounts that ever took part are {said}{end}; {why}."


def hidden_cause(row: pd.Series, name: str = "") -> str:
    """What a hidden cause would have to be to explain an effect away (E-value); an empty text where there is none.

    >>> row = pd.Series({"program": "club", "e_value": 2.7, "e_value_low": 1.4, "low": -1.0, "high": -0.1})
    >>> hidden_cause(row)[:75]
    'Club: a hidden cause that goes with both taking part and the outcome by a r'
    """
    if pd.isna(row["e_value"]) or not is_shown(row):
        return ""
    return (
        f"{name or plain(row['program'])}: a hidden cause that goes with both taking part and the outcome by a risk "
        "ratio "
        f"of {row['e_value']:.1f} each could explain all of it, and one of {row['e_value_low']:.1f} each would make "
        "the "
        "interval reach no effect."
    )
