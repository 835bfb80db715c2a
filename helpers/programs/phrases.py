"""One effect in words: what was found, with interval, n and design; a difference is claimed only where it holds."""

import math

import pandas as pd

from helpers import formats
from helpers.programs.contribution import ALPHA
from helpers.programs.core import LOG_ODDS, RISK

VERB = {"churn": "leave", "expansion": "expand"}
ING = {"churn": "leaving", "expansion": "expanding"}
_WHY = {
    "churn": "An account must stay to take part, so this is not an effect of the program",
    "expansion": "Accounts that stay longer have more time for both, so this is not an effect of the program",
}


def effect(row: pd.Series, name: str = "", n_compared: int = 1) -> str:
    """What one row of `contribution.quoted` says, in one sentence; `n_compared`: estimates that share the 5%.

    >>> row = pd.Series({"program": "club", "outcome": "churn", "design": "hazard, SIMEX", "estimate": -0.6931,
    ...     "low": -1.2, "high": -0.1, "p_adjusted": 0.01, "scale": "log-odds", "n_accounts": 900, "n_events": 80,
    ...     "verdict": "ok", "note": ""})
    >>> effect(row)
    'Club: enrolled accounts are less likely to leave (odds 50% lower, 95% interval 70% to 10% lower, n = 900 \
accounts, 80 events).'
    """
    name, verb = name or plain(row["program"]), VERB[row["outcome"]]
    if pd.isna(row["estimate"]):
        return f"{name}: we cannot judge whether it changes who {verb}s ({row['note']})."
    basis = (
        f"{'odds' if row['scale'] == LOG_ODDS else 'risk'} {written(row, 'estimate')}, 95% interval {_bounds(row)}, "
        f"n = {formats.plural(int(row['n_accounts']), 'account')}, {formats.plural(int(row['n_events']), 'event')}"
        f"{', few events' if row['verdict'] == 'few' else ''}"
    )
    if is_shown(row):
        accounts = "accounts offered it at random" if row["scale"] == RISK else "enrolled accounts"
        return f"{name}: {accounts} are {'more' if row['estimate'] > 0 else 'less'} likely to {verb} ({basis})."
    if row["low"] > 0 or row["high"] < 0:
        basis += f"; one of {n_compared} comparisons, so this can be chance"
    return f"{name}: no clear effect on whether accounts {verb} ({basis})."


def _bounds(row: pd.Series) -> str:
    """Both ends of an effect's interval, what they share said once."""
    if row["scale"] == RISK:
        return f"{formats.bounds(row['low'], row['high'])} points"
    low, high = written(row, "low"), written(row, "high")
    shared = next((end for end in (" lower", " higher") if low.endswith(end) and high.endswith(end)), "")
    return f"{low.removesuffix(shared)} to {high}"


def is_shown(row: pd.Series) -> bool:
    """Whether an effect is clear after allowing for all comparisons (Holm).

    >>> is_shown(pd.Series({"p_adjusted": 0.051})), is_shown(pd.Series({"p_adjusted": 0.049}))
    (False, True)
    """
    return bool(row["p_adjusted"] < ALPHA)


def shown(quoted: pd.DataFrame) -> pd.DataFrame:
    """The rows whose effect is shown (`is_shown`).

    >>> shown(pd.DataFrame({"program": ["a", "b", "c"], "p_adjusted": [0.051, 0.049, None]}))["program"].tolist()
    ['b']
    """
    return quoted[quoted["p_adjusted"] < ALPHA]


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
    return "unknown" if pd.isna(value) else odds(value) if row["scale"] == LOG_ODDS else formats.points(value)


def odds(log_odds: float) -> str:
    """A log odds ratio as a change of the odds.

    >>> odds(-0.6931), odds(0.0953), odds(0.0), odds(0.01)
    ('50% lower', '10% higher', 'unchanged', '1.0% higher')
    """
    change = math.exp(log_odds) - 1
    if abs(change) < 0.0005:
        return "unchanged"
    if log_odds > math.log(3):
        return f"{math.exp(log_odds):.1f} times as high"
    return f"{formats.percent(abs(change), int(abs(change) < 0.095))} {'lower' if change < 0 else 'higher'}"


def simple(row: pd.Series, name: str = "") -> str:
    """What the simple comparison would have said of the same program, and why it misleads.

    >>> simple(pd.Series({"program": "club", "outcome": "churn", "naive": -1.5, "scale": "log-odds"}))
    'Club: the odds of leaving are 78% lower among accounts that ever took part. An account must stay to take part, so \
this is not an effect of the program.'
    """
    name = name or plain(row["program"])
    if pd.isna(row["naive"]):
        return f"{name}: everyone or no one took part, so there is no simple comparison."
    if row["scale"] == RISK:
        difference = formats.points(row["naive"])
        return f"{name}: the risk of those who came differs by {difference}. They chose to come, so compare the offer."
    ratio, outcome = odds(row["naive"]), ING[row["outcome"]]
    return f"{name}: the odds of {outcome} are {ratio} among accounts that ever took part. {_WHY[row['outcome']]}."


def hidden_cause(row: pd.Series, name: str = "") -> str:
    """What a hidden cause would have to be to explain an effect away (E-value); an empty text where there is none.

    >>> row = pd.Series({"program": "club", "e_value": 2.7, "e_value_low": 1.4, "p_adjusted": 0.01})
    >>> hidden_cause(row)
    'Club: a hidden cause could explain all of it if it raised both taking part and the outcome 2.7 times (1.4 times \
to reach the end of the interval).'
    """
    if pd.isna(row["e_value"]) or not is_shown(row):
        return ""
    times = f"{row['e_value']:.1f} times ({row['e_value_low']:.1f} times to reach the end of the interval)"
    cause = "a hidden cause could explain all of it if it raised both taking part and the outcome"
    return f"{name or plain(row['program'])}: {cause} {times}."
