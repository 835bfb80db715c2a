"""The diagnosis in sentences, each computed from its numbers, with n and interval, and no claim beyond the evidence."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.remorse.attribution import THIN, Attribution, gap
from helpers.remorse.diagnosis import Diagnosis
from helpers.remorse.recipe import DRIVERS, LABELS, of_driver
from helpers.remorse.validation import MOST_CHECKED, Validation


def odds(value: float, low: float, high: float, n: str) -> str:
    """Log-odds as a factor on the odds, with its interval and what it rests on.

    >>> odds(0.0, -0.6931, 0.6931, "n = 90")
    '×1.00 (95% interval 0.50–2.00, n = 90)'
    """
    return f"×{np.exp(value):.2f} (95% interval {np.exp(low):.2f}–{np.exp(high):.2f}, {n})"


def driver_sentence(found: Attribution) -> str:
    """Which driver goes with leaving most, and whether it can be told apart from the next; or why nobody can say."""
    if found.reason:
        return f"Why customers leave cannot be attributed: {found.reason}."
    top = found.table.iloc[0]
    name = LABELS[top["driver"]]
    base = f"n = {formats.plural(found.n, 'account')}, {formats.plural(found.n_losses, 'loss', 'losses')}"
    effect = odds(top["log_odds_corrected"], top["low_corrected"], top["high_corrected"], base)
    if top["low_corrected"] <= 0:
        return (
            "No driver shows an effect on leaving that the data can tell from none; the largest estimate is "
            f"{name.lower()}: a standard deviation worse, odds of leaving in a month {effect}."
        )
    text = f"Leaving goes with {name.lower()}: a standard deviation worse, the odds to leave in a month are {effect}"
    if len(found.table) == 1:
        return f"{text}; no other driver could be compared."
    other = found.table["driver"].iloc[1]
    _, low, _ = gap(found.fit, top["driver"], other)
    apart = "more than with any other driver" if low > 0 else f"it cannot be told apart from {LABELS[other].lower()}"
    return f"{text}; {apart}."


def order_warning(found: Attribution) -> str:
    """A warning where the order of the drivers rests on few accounts; "" where it does not."""
    if found.reason or found.n >= THIN:
        return ""
    return (
        f"The order of the drivers rests on {formats.plural(found.n, 'account')}, fewer than {THIN}: another sample of "
        "customers may well give another order."
    )


def left_out_sentence(found: Attribution) -> str:
    """Which drivers take no part, and why; "" where all do."""
    if found.table.empty:
        return ""
    parts = [f"{LABELS[driver].lower()} ({why})" for driver, why in found.left_out.items()]
    return f"Not attributed: {'; '.join(parts)}." if parts else ""


def verdict_sentence(checked: Validation) -> str:
    """Whether the score may be acted on, and why not."""
    if checked.verdict == "passed":
        text = "The score may be acted on: learned before the last 12 months, it told in them who would leave"
        return (
            f"{text} ({formats.plural(checked.n_lost, 'loss', 'losses')}, n = {formats.plural(checked.n, 'account')})."
        )
    if checked.verdict == "failed":
        return (
            f"Do not act on this score: {'; and '.join(checked.reasons)}, n = {formats.plural(checked.n, 'account')}."
        )
    return f"Do not act on this score yet: it cannot be validated, because {'; and '.join(checked.reasons)}."


def alpha_sentence(checked: Validation) -> str:
    """Which drivers' signals do not go together well enough; "" where all do."""
    alphas = checked.checks[checked.checks["measure"] == "Cronbach's alpha"]
    low, unknown = (alphas[alphas["verdict"] == verdict] for verdict in ("warn", "undefined"))
    parts = [
        f"{row['about'].lower()} {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f}, n = "
        f"{formats.count(row['n'])})".replace("-", "−")
        for row in low.to_dict("records")
    ]
    text = f"Under .70, so a noisy score: {'; '.join(parts)}. " if parts else ""
    if len(unknown):
        text += f"No alpha, for want of signals that vary: {', '.join(unknown['about'].str.lower())}."
    return text.strip()


def risk_sentence(found: Diagnosis, currency: str) -> str:
    """The MRR at risk within 12 months; or why there is no risk."""
    if found.total is None:
        why = found.model if isinstance(found.model, str) else "no account is in force"
        return f"No chance of leaving is given: {why}."
    value, low, high = (formats.money(amount, currency) for amount in found.total)
    mrr = formats.money(float(found.at_risk["mrr_cents"].sum()), currency)
    n = formats.plural(len(found.at_risk), "account")
    return f"Of {mrr} MRR, {value} is expected to leave within 12 months (95% interval {low} to {high}, n = {n})."


def action_sentence(found: Diagnosis, currency: str) -> str:
    """What the bottom line says to people who act: the risk where the score passed, else that it must not be used."""
    if found.validation.is_passed:
        may = verdict_sentence(found.validation)
        return f"{risk_sentence(found, currency).removesuffix('.')}; {may[0].lower()}{may[1:]}"
    return verdict_sentence(found.validation)


def who_is_diagnosed(found: Diagnosis) -> str:
    """How many accounts the diagnosis covers, and whom it leaves out."""
    signals = found.signals
    n = formats.plural(len(signals.accounts), "account")
    text = f"{n} diagnosed at day {signals.cutoff_days} after the first paid day"
    parts = []
    if signals.too_young:
        parts.append(f"{formats.count(signals.too_young)} not there yet")
    if signals.truncated:
        parts.append(
            f"{formats.count(signals.truncated)} whose first day is unknown, because the data begins with them"
        )
    if found.outcomes.lost_before:
        parts.append(
            f"{formats.count(found.outcomes.lost_before)} lost by then, scored but without an outcome to explain"
        )
    if found.outcomes.n_on_anniversary:
        n = formats.plural(found.outcomes.n_on_anniversary, "loss", "losses")
        parts.append(f"no renewal is on record and {n} came on an anniversary, so each anniversary is taken for one")
    if found.outcomes.every > 1:
        nth = formats.ordinal(found.outcomes.every)
        parts.append(f"the models use every {nth} account by id, their check at most {formats.count(MOST_CHECKED)}")
    return f"{text}{'; ' + '; '.join(parts) if parts else ''}."


def scored_sentence(found: Diagnosis) -> str:
    """Which drivers have a score, and against what."""
    n = found.scores.score.notna().sum()
    has = [f"{LABELS[driver].lower()} {formats.count(int(n[driver]))}" for driver in DRIVERS if n[driver]]
    none = [
        f"{LABELS[driver].lower()} (it takes {-(-len(of_driver(driver)) // 2)} of {len(of_driver(driver))} signals)"
        for driver in DRIVERS
        if not n[driver]
    ]
    text = f"Accounts with a score: {', '.join(has)}. " if has else "No account has a score. "
    text += f"Without a score for anybody: {', '.join(none)}. " if none else ""
    return f"{text}Scored {found.scores.basis}." if has else f"{text}{found.scores.basis.capitalize()}."


def basis_sentence(found: Attribution) -> str:
    """What an attribution rests on."""
    n, months = formats.plural(found.n, "account"), formats.count(found.n_months)
    return f"{n} with a reading of every driver, {formats.plural(found.n_losses, 'loss', 'losses')} in {months} months"


def calibration_sentence(checked: Validation) -> str:
    """Whether predicted and observed risk agree in spread."""
    rows = checked.checks[checked.checks["measure"] == "Calibration slope"]
    if rows.empty or pd.isna(rows["value"].iloc[0]):
        return "The risk does not vary, so its spread cannot be checked."
    slope, low, high = (float(rows[name].iloc[0]) for name in ("value", "low", "high"))
    shown = f"slope {slope:.2f} (95% interval {low:.2f} to {high:.2f}, n = {formats.count(checked.n)})".replace(
        "-", "−"
    )
    if low <= 1 <= high:
        return f"Predicted and observed risk do not differ measurably in spread: {shown}."
    return f"Predicted risks are {'too far apart' if slope < 1 else 'too close together'}: {shown}; 1 would be right."


def card_title(at_risk: pd.DataFrame, account_id: str) -> str:
    """Who a card is about, and what weighs most."""
    if account_id not in set(at_risk["account_id"]):
        return "The account with the worst scores"
    row = at_risk[at_risk["account_id"] == account_id].iloc[0]
    leading = "no driver adds to its risk" if pd.isna(row["leading_driver"]) else row["leading_driver"].lower()
    return f"{row['name']}: {leading}, chance of leaving {formats.percent(row['probability'], 0)}"


def card_sentence(at_risk: pd.DataFrame, account_id: str, currency: str) -> str:
    """One account for who calls it: MRR, chance of leaving, leading driver, evidence, play."""
    if account_id not in set(at_risk["account_id"]):
        return f"Account {account_id}: its signals, without a chance of leaving, for want of losses to learn one from."
    row = at_risk[at_risk["account_id"] == account_id].iloc[0]
    chance = f"{formats.percent(row['probability'], 0)} ({formats.interval(row['low'], row['high'], 0)})"
    text = (
        f"{row['name']}: {formats.money(row['mrr_cents'], currency)} MRR, chance of leaving within 12 months {chance}"
    )
    if pd.isna(row["leading_driver"]):
        return f"{text}; no driver adds to its risk."
    text += f"; {row['leading_driver'].lower()}: {row['evidence']}"
    return f"{text}. Next: {row['play']} ({row['owner']})." if pd.notna(row["play"]) else f"{text}."


def story_sentence(story: pd.DataFrame) -> str:
    """How long the way to first value is, and how many have a use case written down and a value review held."""
    rows = story[(story["cohort"] == "all") & story["value"].notna()].set_index("measure") if len(story) else story
    parts = []
    for measure, text in _STORY.items():
        if len(rows) and measure in rows.index:
            row = rows.loc[measure]
            shown, low, high = (_in(row["unit"], row[name]) for name in ("value", "low", "high"))
            parts.append(f"{text} {shown} ({low} to {high}, n = {formats.count(row['n'])})")
    text = "; ".join(parts)
    return (
        f"{text[0].upper()}{text[1:]}."
        if parts
        else "The source tells too little of value: see the table for what it does."
    )


_STORY = {
    "signature to first value (median)": "From signature to first value it takes half of the accounts",
    "use case written down": "a use case is written down for",
    "value review held": "a value review is held in the first year with",
}


def _in(unit: str, value: float) -> str:
    if pd.isna(value):
        return "open"
    if unit == "share":
        return formats.percent(value, 0)
    return formats.plural(round(value), "day") if unit in ("time", "days") else f"{value:.1f}"
