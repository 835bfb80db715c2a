"""The sentences that a reader may quote: what was found, interval, n and design; a difference only where it holds."""

import math

import pandas as pd

from helpers import formats
from helpers.programs.core import LOG_ODDS, RISK
from helpers.programs.lifecycle import only_first_year

_VERB = {"churn": "leave", "expansion": "expand"}
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
    verb = _VERB[row["outcome"]]
    if pd.isna(row["estimate"]):
        return f"{called}: whether it changes who {verb}s cannot be said: {row['note']}."
    who = "accounts that were offered it" if row["scale"] == RISK else "enrolled accounts"
    shown = written(row, "estimate")
    bounds = f"{written(row, 'low').removesuffix(' points')} to {written(row, 'high')}"
    few = "; few, so read with care" if row["verdict"] == "few" else ""
    rests = (
        f"95% interval {bounds}; n = {formats.plural(int(row['n_accounts']), 'account')}, "
        f"{formats.plural(int(row['n_events']), 'event')}; {_BY[row['design']]}{few}"
    )
    if not is_shown(row):
        return f"{called}: no effect on whether accounts {verb} is shown: {_unit(row)} {shown} ({rests})."
    more = "more" if row["estimate"] > 0 else "less"
    return f"{called}: {who} are {more} likely to {verb}: {_unit(row)} {shown} ({rests})."


def names(programs: pd.DataFrame | None, known) -> dict[str, str]:
    """What people call each program: its name on record, else its short name as words. `known`: the short names met.

    >>> names(None, ["value_coaching"])
    {'value_coaching': 'Value coaching'}
    """
    said = programs.set_index("program")["name"].dropna().to_dict() if programs is not None else {}
    return {program: str(said.get(program) or plain(program)) for program in sorted(known)}


def sentences(quoted: pd.DataFrame, called: dict[str, str]) -> pd.DataFrame:
    """The sentence that a reader may quote for each program, and what the naive figure would have said.

    Columns: program, what_may_be_quoted, what_the_naive_figure_would_say; one row a row of `quoted`.
    """
    rows = [
        (called[row["program"]], effect(row, called[row["program"]]), naive(row, called[row["program"]]))
        for _, row in quoted.iterrows()
    ]
    return pd.DataFrame(rows, columns=["program", "what_may_be_quoted", "what_the_naive_figure_would_say"])


def in_short(quoted: pd.DataFrame, called: dict[str, str]) -> pd.DataFrame:
    """`contribution.quoted` as a reader wants it: two digits, the interval in one cell, what the figure rests on."""

    def number(value) -> str:
        return "" if pd.isna(value) else f"{value:+.2f}".replace("-", "−")

    bounds = [
        f"{number(row['low'])} to {number(row['high'])}" if pd.notna(row["low"]) else "" for _, row in quoted.iterrows()
    ]
    return pd.DataFrame({
        "program": quoted["program"].map(called), "outcome": quoted["outcome"], "design": quoted["design"],
        "naive": quoted["naive"].map(number), "uncorrected": quoted["uncorrected"].map(number),
        "estimate": quoted["estimate"].map(number), "95% interval": bounds,
        "E-value": ["" if pd.isna(value) else f"{value:.2f}" for value in quoted["e_value"]],
        "accounts": quoted["n_accounts"], "events": quoted["n_events"], "verdict": quoted["verdict"],
    })  # fmt: skip


def title(quoted: pd.DataFrame, outcome: str, called: dict[str, str]) -> str:
    """The finding of one outcome over all programs on the log-odds scale, as the title of a chart.

    >>> title(pd.DataFrame(columns=["program", "outcome", "estimate", "low", "high", "scale"]), "churn", {})
    'No program can be compared on who leaves'
    """
    known = quoted[(quoted["outcome"] == outcome) & quoted["estimate"].notna() & (quoted["scale"] == LOG_ODDS)]
    if known.empty:
        return f"No program can be compared on who {_VERB[outcome]}s"
    shown = [called[row["program"]] for _, row in known.iterrows() if is_shown(row)]
    if not shown:
        n = formats.plural(len(known), "program")
        return f"None of {n} is shown to change who {_VERB[outcome]}s"
    return f"{', '.join(shown)}: shown to change who {_VERB[outcome]}s; of {len(known) - len(shown)} others it is not"


def randomize(quoted: pd.DataFrame) -> str:
    """What to make of it when no offer was made by lot, and how to do it next time; else which one was.

    >>> randomize(pd.DataFrame({"program": ["p"], "scale": ["log-odds"], "outcome": ["churn"]}))[:53]
    'No offer was made by lot, so every figure here can be'
    """
    if quoted.empty:
        return (
            "To learn what a first program does, offer it to a random half of the accounts that could have it, and "
            "record "
            "the lot for both halves (is_randomized, was_offered)."
        )
    drawn = sorted(set(quoted.loc[quoted["scale"] == RISK, "program"]))
    if drawn:
        return (
            f"Made by lot: {', '.join(plain(name) for name in drawn)}. For the others, a hidden cause can be at work."
        )
    return (
        "No offer was made by lot, so every figure here can be a hidden cause that makes accounts both take part and "
        "stay; the E-values below say how strong it would have to be. To know, offer the next program to a random half "
        "of the accounts that could have it, and record the lot for both halves (is_randomized, was_offered)."
    )


def hidden_causes(quoted: pd.DataFrame, called: dict[str, str]) -> list[str]:
    """`hidden_cause` of every effect that is shown and has an E-value."""
    found = [
        hidden_cause(row, f"{called[row['program']]} and who {_VERB[row['outcome']]}s") for _, row in quoted.iterrows()
    ]
    return [sentence for sentence in found if sentence]


def chance(rows: pd.DataFrame) -> str:
    """How many of so many comparisons would look like effects by chance alone.

    >>> chance(pd.DataFrame({"estimate": [0.1] * 8}))
    'Of 8 programs without any effect, 0.4 would be blue by chance.'
    """
    n = int(rows["estimate"].notna().sum())
    return f"Of {formats.plural(n, 'program')} without any effect, {0.05 * n:.2g} would be blue by chance." if n else ""


def basis(scores: pd.DataFrame | None, basis: str) -> str:
    """What stands for the health of accounts in the models.

    >>> basis(None, "")
    'No driver score is on record: enrolment follows health, and nothing here takes that into account.'
    """
    if scores is None:
        return "No driver score is on record: enrolment follows health, and nothing here takes that into account."
    drivers = ", ".join(name for name in scores.columns if name not in ("account_id", "known_no"))
    n = formats.plural(len(scores), "account")
    return f"Driver scores ({drivers}) of {n} stand for their health in the models. Scored: {basis}."


def first_year(counts: pd.DataFrame | None, called: dict[str, str]) -> str:
    """Which programs end with a customer's first year.

    >>> first_year(None, {})
    'No contact is on record.'
    """
    if counts is None or counts.empty:
        return "No contact is on record."
    ended = [called.get(name, plain(name)) for name in only_first_year(counts)]
    n = counts["program"].nunique()
    if not ended:
        return f"None of {formats.plural(n, 'program')} ends with a customer's first year."
    alone = counts[counts["program"].map(lambda name: called.get(name, plain(name))).isin(ended)]["n_touches"].sum()
    share = formats.percent(alone / counts["n_touches"].sum())
    return (
        f"Only in a customer's first year: {', '.join(ended)} ({len(ended)} of {formats.plural(n, 'program')}, "
        f"{share} of "
        "all contacts on record)."
    )


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
    called, verb = name or plain(row["program"]), _VERB[row["outcome"]]
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


def headline(quoted: pd.DataFrame, names: dict[str, str] | None = None) -> list[str]:
    """At most two sentences: the programs whose effect on churn is shown, and how many show none.

    >>> headline(pd.DataFrame(columns=["program", "outcome", "estimate", "low", "high"]))
    ['No program can be judged: no contact of a program with an account is on record.']
    """
    own = quoted[quoted["outcome"] == "churn"]
    if own.empty:
        return ["No program can be judged: no contact of a program with an account is on record."]
    known = own[own["estimate"].notna()]
    shown = known[[is_shown(row) for _, row in known.iterrows()]] if len(known) else known
    called = names or {}
    found = [effect(row, called.get(row["program"], "")) for _, row in shown.head(1).iterrows()]
    silent = len(own) - len(known)
    others = f"not shown for {formats.count(len(known) - len(shown))}, and cannot be judged for {formats.count(silent)}"
    n = f"{formats.count(len(shown))} of {formats.plural(len(own), 'program')}"
    return [*found, f"An effect on churn is shown for {n}, {others} (95% intervals)."]


def power(risk: float | None, plan: pd.DataFrame, n_eligible: int, detectable: float | None) -> str:
    """What the next randomized offer needs, ready to hand over.

    >>> power(None, pd.DataFrame(), 0, None)
    'The next randomized offer cannot be planned yet: nobody was at risk in the last 12 months.'
    """
    if risk is None:
        return "The next randomized offer cannot be planned yet: nobody was at risk in the last 12 months."
    n = formats.plural(n_eligible, "account")
    base = f"Without an offer, {formats.percent(risk)} of the accounts leave in 12 months"
    if detectable is None:
        return f"{base}; the {n} in force are too few for a lot to show any effect on it."
    return (
        f"{base}; a lot over all {formats.plural(n_eligible, 'account')} in force, half of them offered, has a power "
        "of 80% "
        f"to show a risk that is lower by {formats.points(detectable).removeprefix('+')} or more after 12 months."
    )
