"""What the page says of all programs: the bottom line, titles, tables in words, and what to do next."""

import pandas as pd

from helpers import formats
from helpers.programs.core import LOG_ODDS, RISK
from helpers.programs.lifecycle import only_first_year
from helpers.programs.phrases import VERB, effect, hidden_cause, is_shown, naive, plain


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
    return pd.DataFrame(
        {
            "program": quoted["program"].map(called),
            "outcome": quoted["outcome"],
            "design": quoted["design"],
            "naive": quoted["naive"].map(number),
            "uncorrected": quoted["uncorrected"].map(number),
            "estimate": quoted["estimate"].map(number),
            "95% interval": bounds,
            "E-value": ["" if pd.isna(value) else f"{value:.2f}" for value in quoted["e_value"]],
            "accounts": quoted["n_accounts"],
            "events": quoted["n_events"],
            "verdict": quoted["verdict"],
        }
    )


def title(quoted: pd.DataFrame, outcome: str, called: dict[str, str]) -> str:
    """The finding of one outcome over all programs on the log-odds scale, as the title of a chart.

    >>> title(pd.DataFrame(columns=["program", "outcome", "estimate", "low", "high", "scale"]), "churn", {})
    'No program can be compared on who leaves'
    """
    known = quoted[(quoted["outcome"] == outcome) & quoted["estimate"].notna() & (quoted["scale"] == LOG_ODDS)]
    if known.empty:
        return f"No program can be compared on who {VERB[outcome]}s"
    shown = [called[row["program"]] for _, row in known.iterrows() if is_shown(row)]
    if not shown:
        n = formats.plural(len(known), "program")
        return f"None of {n} is shown to change who {VERB[outcome]}s"
    return f"{', '.join(shown)}: shown to change who {VERB[outcome]}s; of {len(known) - len(shown)} others it is not"


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
        hidden_cause(row, f"{called[row['program']]} and who {VERB[row['outcome']]}s") for _, row in quoted.iterrows()
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
    base = f"Without an offer, {formats.percent(risk)} of the accounts leave in 12 months, for good or for a time"
    if detectable is None:
        return f"{base}; the {n} in force are too few for a lot to show any effect on it."
    return (
        f"{base}; a lot over all {formats.plural(n_eligible, 'account')} in force, half of them offered, has a power "
        "of 80% "
        f"to show a risk that is lower by {formats.points(detectable).removeprefix('+')} or more after 12 months."
    )
