"""What the page says of all programs: the bottom line, titles, tables in words, and what to do next."""

import pandas as pd

from helpers import formats
from helpers.ledger.account_months import only_first_year
from helpers.programs.core import RISK
from helpers.programs.phrases import VERB, effect, hidden_cause, plain, shown, simple, written

RECORD = "record the draw for both halves (is_randomized, was_offered)"


def names(programs: pd.DataFrame | None, known) -> dict[str, str]:
    """What people call each program: its name on record, else its short name as words. `known`: the short names met.

    >>> names(None, ["value_coaching"])
    {'value_coaching': 'Value coaching'}
    """
    recorded = programs.set_index("program")["name"].dropna().to_dict() if programs is not None else {}
    return {program: str(recorded.get(program) or plain(program)) for program in sorted(known)}


def sentences(quoted: pd.DataFrame, called: dict[str, str], n_compared: int) -> pd.DataFrame:
    """The sentence that a reader may quote for each program, and what the simple comparison would have said.

    Columns: program, what_may_be_quoted, what_a_simple_comparison_says; one row a row of `quoted`.
    """
    rows = [
        (name, effect(row, name, n_compared), simple(row, name))
        for name, (_, row) in zip(quoted["program"].map(called), quoted.iterrows(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["program", "what_may_be_quoted", "what_a_simple_comparison_says"])


def title(quoted: pd.DataFrame, outcome: str, called: dict[str, str]) -> str:
    """The finding of one outcome over all programs, as the title of a chart.

    >>> title(pd.DataFrame(columns=["program", "outcome", "estimate", "p_adjusted"]), "churn", {})
    'We cannot judge what any program does to churn'
    """
    rows = quoted[quoted["outcome"] == outcome]
    judged, clear = rows[rows["estimate"].notna()], shown(rows)
    n, n_unclear = len(judged), len(judged) - len(clear)
    unjudged = f"; we cannot judge {len(rows) - n}" if len(rows) > n else ""
    if not n:
        return f"We cannot judge what any program does to {outcome}"
    if clear.empty and n == 1:
        return f"{called[judged['program'].iloc[0]]} does not clearly change {outcome}{unjudged}"
    if clear.empty:
        return f"None of {n} programs clearly changes {outcome}{unjudged}"
    up, some = clear["estimate"] > 0, len(clear) > 1
    verb = ("raise" if up.all() else "change" if up.any() else "lower") + ("" if some else "s")
    others = f"; {n_unclear} {'other shows' if n_unclear == 1 else 'others show'} no clear effect"
    listed = formats.joined(clear["program"].map(called))
    return f"{listed} clearly {verb} {outcome}{others if n_unclear else unjudged}"


def randomize(quoted: pd.DataFrame, called: dict[str, str]) -> str:
    """What to make of it when no offer was random, and how to do it next time; else which one was.

    >>> randomize(pd.DataFrame({"program": ["p"], "scale": ["log-odds"], "outcome": ["churn"]}), {})[:55]
    'No offer was random, so an unmeasured cause could be be'
    """
    if quoted.empty:
        return f"Offer a first program to a random half of the accounts that could have it, and {RECORD}."
    drawn = sorted(set(quoted.loc[quoted["scale"] == RISK, "program"]))
    if drawn:
        offered = ", ".join(called[name] for name in drawn)
        return f"Offered at random: {offered}. For the others, an unmeasured cause could be behind any effect."
    return (
        "No offer was random, so an unmeasured cause could be behind any effect. The E-values below say how strong it "
        f"would have to be. Offer the next program to a random half, and {RECORD}."
    )


def hidden_causes(quoted: pd.DataFrame, called: dict[str, str]) -> list[str]:
    """`hidden_cause` of every effect that is shown and has an E-value."""
    every = [
        hidden_cause(row, f"{called[row['program']]} and who {VERB[row['outcome']]}s") for _, row in quoted.iterrows()
    ]
    return [sentence for sentence in every if sentence]


def basis(scores: pd.DataFrame | None, basis: str) -> str:
    """What the models use for the health of accounts.

    >>> basis(None, "")
    'This source has no driver scores. Healthy accounts enroll more often, so only random offers can be judged.'
    """
    if scores is None:
        return (
            "This source has no driver scores. Healthy accounts enroll more often, so only random offers can be judged."
        )
    drivers = ", ".join(name for name in scores.columns if name not in ("account_id", "known_no"))
    n = formats.plural(len(scores), "account")
    return f"The models account for the health of {n} by their driver scores ({drivers}). Scored: {basis}."


def first_year(counts: pd.DataFrame | None, called: dict[str, str]) -> str:
    """Which programs end with a customer's first year.

    >>> first_year(None, {})
    'No contact is on record.'
    """
    if counts is None or counts.empty:
        return "No contact is on record."
    ended = only_first_year(counts)
    n = formats.plural(counts["program"].nunique(), "program")
    if not ended:
        return f"None of {n} ends with a customer's first year."
    share = counts.loc[counts["program"].isin(ended), "n_touches"].sum() / counts["n_touches"].sum()
    listed = ", ".join(called.get(name, plain(name)) for name in ended)
    return f"Only in a customer's first year: {listed} ({len(ended)} of {n}, {formats.percent(share)} of all contacts)."


def headline(quoted: pd.DataFrame, called: dict[str, str]) -> list[str]:
    """At most two sentences: the best supported effect, and how many programs show one.

    A random offer comes first, then the strongest evidence after allowing for all programs and outcomes.

    >>> headline(pd.DataFrame(columns=["program", "outcome", "estimate", "scale", "p_adjusted"]), {})
    ['No program can be judged: no contact of a program with an account is on record.']
    """
    if quoted.empty:
        return ["No program can be judged: no contact of a program with an account is on record."]
    known = quoted[quoted["estimate"].notna()]
    ranked = known.assign(is_model=known["scale"] != RISK).sort_values(["is_model", "p_adjusted"], kind="stable")
    first = [effect(row, called[row["program"]], len(known)) for _, row in shown(ranked).head(1).iterrows()]
    n_all, n_known, n_clear = (rows["program"].nunique() for rows in (quoted, known, shown(known)))
    if n_all == 1:
        return first or [effect(row, called[row["program"]], len(known)) for _, row in quoted.iterrows()]
    if not n_known:
        why = "; ".join(dict.fromkeys(note.partition(":")[0] for note in quoted["note"]))
        return [f"We cannot judge any of {n_all} programs ({why})."]
    parts = [f"{formats.count(n_known - n_clear)} {'shows' if n_known - n_clear == 1 else 'show'} no clear effect"]
    parts = parts * (n_known > n_clear) + [f"{formats.count(n_all - n_known)} cannot be judged"] * (n_all > n_known)
    clearly = f"{n_clear or 'None'} of {n_all} programs clearly {'change' if n_clear > 1 else 'changes'} who leaves or"
    rest, n = f": {formats.joined(parts)}" if parts else "", formats.plural(len(known), "comparison")
    return [*first, f"{clearly} expands{rest} (allowing for {n})."]


def power(risk: float | None, n_eligible: int, detectable: float | None) -> str:
    """What the next randomized offer could show, ready to hand over.

    >>> power(None, 0, None)
    'The next random offer cannot be planned yet: no account was at risk in the last 12 months.'
    """
    if risk is None:
        return "The next random offer cannot be planned yet: no account was at risk in the last 12 months."
    n, base = formats.plural(n_eligible, "account"), f"{formats.percent(risk)} of accounts leave in 12 months"
    if detectable is None:
        return f"Without an offer, {base}. The {n} we have are too few for a random offer to show any effect on that."
    lower = formats.points(detectable).removeprefix("+")
    return (
        f"Offer the next program to a random half of our {n}. After 12 months we could detect a drop in churn of "
        f"{lower} or more (from {formats.percent(risk)}, 80% power)."
    )


def actions(
    quoted: pd.DataFrame,
    called: dict[str, str],
    too_often: pd.DataFrame,
    cells: pd.DataFrame,
    milestones: pd.DataFrame | None = None,
) -> list[str]:
    """What to do, owner first: what to quote, what to test, who to congratulate, who not to ask again, where to ask.

    >>> actions(pd.DataFrame(columns=["program", "p_adjusted", "scale"]), {}, pd.DataFrame(), pd.DataFrame())
    ['Marketing: offer a first program to a random half of the accounts that could have it.']
    """
    clear, listed = shown(quoted), []
    if len(clear):
        parts = [
            f"{called[row['program']]} on {row['outcome']} ({written(row, 'estimate')})" for _, row in clear.iterrows()
        ]
        listed.append(f"Marketing: quote the effect of {formats.joined(parts, len(parts))}, always with its interval.")
    settled = {*clear["program"], *quoted.loc[quoted["scale"] == RISK, "program"]}
    ranked = quoted[~quoted["program"].isin(settled)].sort_values("p_adjusted", kind="stable")["program"].unique()
    if len(ranked):
        which = formats.joined([called[name] for name in ranked])
        one = "one of these" if len(ranked) > 1 else "this program"
        listed.append(f"Marketing and customer success: offer {one} to a random half next: {which}.")
    if quoted.empty:
        listed.append("Marketing: offer a first program to a random half of the accounts that could have it.")
    for owner, rows in milestones.groupby("owner", sort=False) if milestones is not None else ():
        names = " and ".join(f"{name} ({what})" for name, what in rows[["name", "milestone"]].head(2).to_numpy())
        n = formats.plural(len(rows), "milestone")
        listed.append(f"{formats.team(owner)}: celebrate {n}, first with {names}.")
    if len(too_often):
        listed.append(f"Customer success: do not ask {formats.joined(too_often['name'])} for anything more.")
    for _, gap in (cells[cells["n_stories"] == 0].head(1) if len(cells) else cells).iterrows():
        n = formats.plural(int(gap["n_accounts"]), "account")
        listed.append(f"Marketing: ask the {n} in {gap['industry']}, {gap['segment']} for a first story.")
    return listed
