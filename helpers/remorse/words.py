"""The diagnosis in sentences, each computed from its numbers, with n and interval, and no claim beyond the evidence."""

import numpy as np
import pandas as pd

from helpers import formats, stats
from helpers.metrics import Metric
from helpers.remorse.attribution import THIN, Attribution, gap
from helpers.remorse.diagnosis import Diagnosis
from helpers.remorse.recipe import DRIVERS, LABELS, of_driver
from helpers.remorse.validation import Validation


def remorse_sentence(rate: Metric | None, response: Metric | None, months: int) -> str:
    """How many of those who answered regret, and how many answered; or that nobody asked."""
    if rate is None or response is None:
        return "There is no survey in this source, so nobody can say how many customers regret the purchase."
    if rate.value is None:
        return f"Regret in the last {months} months: {formats.estimate(rate)}."
    answered = f"; {formats.percent(response.value, 0)} of those asked answered" if response.value is not None else ""
    when = f"in the last {months} months"
    return f"{formats.estimate(rate)} of the customers who answered {when} regret the purchase{answered}."


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
    parts = [f"{row['about'].lower()} {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f}, n = "
             f"{formats.count(row['n'])})".replace("-", "−") for row in low.to_dict("records")]  # fmt: skip
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


def age_sentence(ages: pd.DataFrame) -> str:
    """Whether regret is higher early than late: the first band with a rate against the last one."""
    known = ages[ages["value"].notna()] if len(ages) else ages
    if len(known) < 2:
        return "There are too few answers to compare regret early and late."
    first, last = known.iloc[0], known.iloc[-1]
    apart, low, high = stats.share_difference(int(first["numerator"]), int(first["denominator"]),
                                              int(last["numerator"]), int(last["denominator"]))  # fmt: skip
    n = f"n = {formats.count(first['n'])} and {formats.count(last['n'])} answers"
    shown = apart_words(apart, low, high, n)
    if low > 0:
        return f"Regret is higher in {first['segment']} than in {last['segment']}: {shown}."
    if high < 0:
        return f"Regret is lower in {first['segment']} than in {last['segment']}: {shown}."
    return f"Regret in {first['segment']} and in {last['segment']} cannot be told apart: {shown}."


def apart_words(apart: float, low: float, high: float, n: str) -> str:
    """A difference of two shares with its interval and n.

    >>> apart_words(0.1, 0.02, 0.18, "n = 50 and 60")
    '+10.0 points (95% interval +2.0 to +18.0 points, n = 50 and 60)'
    """
    between = f"{formats.points(low).removesuffix(' points')} to {formats.points(high)}"
    return f"{formats.points(apart)} (95% interval {between}, {n})"


def silence_sentence(estimates: pd.DataFrame) -> str:
    """What weighting changes, and how wide the worst case is."""
    if estimates.empty:
        return "Nobody was asked, so silence hides everything."
    rows = estimates.set_index("estimate")
    raw, weighted, bounds = (rows.loc[name] for name in ("as answered", "weighted", "worst-case bounds"))
    if pd.isna(raw["value"]) or pd.isna(bounds["low"]):
        return "There are too few answers for an estimate."
    text = f"{formats.percent(raw['value'])} as answered"
    if pd.notna(weighted["value"]):
        around = f" ({formats.interval(weighted['low'], weighted['high'])})" if pd.notna(weighted["low"]) else ""
        text += f", {formats.percent(weighted['value'])}{around} weighted for who answers"
    between = formats.interval(bounds["low"], bounds["high"])
    n = f"n = {formats.count(raw['n'])} answers of {formats.count(bounds['n'])} asked"
    return f"{text}; whatever the silent think, the share lies within {between} ({n})."


def promoter_sentence(share: Metric) -> str:
    """How many of the lost accounts had called themselves promoters."""
    if share.value is None:
        return f"Whether lost accounts had called themselves promoters: {formats.estimate(share)}."
    return (
        f"{formats.estimate(share)} of the accounts lost in the last 12 months had called themselves promoters before."
    )


def stance_sentence(left: pd.DataFrame) -> str:
    """Whether promoters left less often than detractors."""
    rows = left.set_index("segment")
    one, other = rows.loc["promoter"], rows.loc["detractor"]
    if pd.isna(one["value"]) or pd.isna(other["value"]):
        return "There are too few answers to compare promoters and detractors."
    apart, low, high = stats.share_difference(int(other["numerator"]), int(other["denominator"]),
                                              int(one["numerator"]), int(one["denominator"]))  # fmt: skip
    shown = apart_words(apart, low, high, f"n = {formats.count(other['n'])} and {formats.count(one['n'])}")
    if low <= 0 <= high:
        return f"Whether detractors leave more often than promoters, the data cannot tell: {shown}."
    more, less = ("Detractors", "promoters") if low > 0 else ("Promoters", "detractors")
    return f"{more} left more often than {less}: {shown}."


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
    if found.lives.lost_before:
        parts.append(f"{formats.count(found.lives.lost_before)} lost by then, scored but without an outcome to explain")
    return f"{text}{'; ' + '; '.join(parts) if parts else ''}."


def scored_sentence(found: Diagnosis) -> str:
    """Which drivers have a score, and against what."""
    n = found.scores.score.notna().sum()
    has = [f"{LABELS[driver].lower()} {formats.count(int(n[driver]))}" for driver in DRIVERS if n[driver]]
    none = [f"{LABELS[driver].lower()} (it takes {-(-len(of_driver(driver)) // 2)} of {len(of_driver(driver))} signals)"
            for driver in DRIVERS if not n[driver]]  # fmt: skip
    text = f"Accounts with a score: {', '.join(has)}. " if has else "No account has a score. "
    text += f"Without a score for anybody: {', '.join(none)}. " if none else ""
    return f"{text}Scored {found.scores.basis}." if has else f"{text}{found.scores.basis.capitalize()}."


def has_rate(lines: pd.DataFrame) -> bool:
    """Whether a table of rates holds at least one."""
    return len(lines) > 0 and bool(lines["value"].notna().any())


def trend_sentence(quarters: pd.DataFrame) -> str:
    """The latest quarter's rate against the one four quarters earlier, named a change only where it is one."""
    known = quarters[quarters["value"].notna()] if len(quarters) else quarters
    if len(known) < 2:
        return "There are too few answers for a trend."
    now, then = known.iloc[-1], known.iloc[max(len(known) - 5, 0)]
    apart, low, high = stats.share_difference(int(now["numerator"]), int(now["denominator"]),
                                              int(then["numerator"]), int(then["denominator"]))  # fmt: skip
    shown = apart_words(apart, low, high, f"n = {formats.count(now['n'])} and {formats.count(then['n'])} answers")
    what = "no change that the data can tell" if low <= 0 <= high else "more regret" if low > 0 else "less regret"
    return f"Early regret in the quarter from {now['period']} against the one from {then['period']}: {what}, {shown}."


def difference_sentence(comparison: pd.DataFrame) -> str:
    """On what respondents and non-respondents differ, as far as the data can tell."""
    if comparison.empty:
        return "Respondents and non-respondents cannot be compared: too few of one of them."
    apart = comparison[(comparison["low"] > 0) | (comparison["high"] < 0)]
    ours, theirs = (formats.count(comparison[name].max()) for name in ("n_respondents", "n_non_respondents"))
    n = f"n = {ours} and {theirs}"
    if apart.empty:
        return f"On nothing that is known of both do respondents and non-respondents differ measurably ({n})."
    parts = [f"{row['what']} {'higher' if row['difference'] > 0 else 'lower'} among respondents"
             for row in apart.to_dict("records")]  # fmt: skip
    return f"Who answered differs from who did not: {', '.join(parts)} ({n})."


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


def against_sentence(against: pd.DataFrame) -> str:
    """How many promoters are about to leave, and how many detractors stay."""
    n = against["group"].value_counts()
    leaving, staying = int(n.get("promoters about to leave", 0)), int(n.get("detractors who stay", 0))
    return (
        f"{formats.plural(leaving, 'promoter')} among the tenth of accounts with the highest risk; "
        f"{formats.plural(staying, 'detractor')} in the lower half of risk after a year and more."
    )


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
