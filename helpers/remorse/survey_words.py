"""What customers say, in sentences: regret, silence, and words against deeds; no claim beyond the intervals."""

import pandas as pd

from helpers import formats, stats
from helpers.metrics import Metric


def remorse_sentence(rate: Metric | None, response: Metric | None, months: int) -> str:
    """How many of those who answered regret, and how many answered; or that nobody asked."""
    if rate is None or response is None:
        return "There is no survey in this source, so nobody can say how many customers regret the purchase."
    if rate.value is None:
        return f"Regret in the last {months} months: {formats.estimate(rate)}."
    answered = f"; {formats.percent(response.value, 0)} of those asked answered" if response.value is not None else ""
    when = f"in the last {months} months"
    return f"{formats.estimate(rate)} of the customers who answered {when} regret the purchase{answered}."


def age_sentence(ages: pd.DataFrame) -> str:
    """Whether regret is higher early than late: the first band with answers enough against the last one."""
    known = ages[ages["verdict"] == "ok"] if len(ages) else ages
    if len(known) < 2:
        return "There are too few answers to compare regret early and late."
    first, last = known.iloc[0], known.iloc[-1]
    apart, low, high = stats.share_difference(
        int(first["numerator"]), int(first["denominator"]), int(last["numerator"]), int(last["denominator"])
    )
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
    apart, low, high = stats.share_difference(
        int(other["numerator"]), int(other["denominator"]), int(one["numerator"]), int(one["denominator"])
    )
    shown = apart_words(apart, low, high, f"n = {formats.count(other['n'])} and {formats.count(one['n'])}")
    if low <= 0 <= high:
        return f"Whether detractors leave more often than promoters, the data cannot tell: {shown}."
    more, less = ("Detractors", "promoters") if low > 0 else ("Promoters", "detractors")
    return f"{more} left more often than {less}: {shown}."


def has_rate(lines: pd.DataFrame) -> bool:
    """Whether a table of rates holds at least one."""
    return len(lines) > 0 and bool(lines["value"].notna().any())


def trend_sentence(quarters: pd.DataFrame) -> str:
    """The latest quarter with answers enough against the one four before it, named a change only where it is one."""
    known = quarters[quarters["verdict"] == "ok"] if len(quarters) else quarters
    if len(known) < 2:
        return "There are too few answers for a trend."
    now, then = known.iloc[-1], known.iloc[max(len(known) - 5, 0)]
    apart, low, high = stats.share_difference(
        int(now["numerator"]), int(now["denominator"]), int(then["numerator"]), int(then["denominator"])
    )
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
    parts = [
        f"{row['what']} {'higher' if row['difference'] > 0 else 'lower'} among respondents"
        for row in apart.to_dict("records")
    ]
    return f"Who answered differs from who did not: {', '.join(parts)} ({n})."


def against_sentence(against: pd.DataFrame) -> str:
    """How many promoters are about to leave, and how many detractors stay."""
    n = against["group"].value_counts()
    leaving, staying = int(n.get("promoters about to leave", 0)), int(n.get("detractors who stay", 0))
    return (
        f"{formats.plural(leaving, 'promoter')} among the tenth of accounts with the highest risk; "
        f"{formats.plural(staying, 'detractor')} in the lower half of risk after a year and more."
    )
