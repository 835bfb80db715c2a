"""The month in a few words, at the head of the first page: revenue, retention, and how much needs a decision."""

import pandas as pd

from helpers import formats, stats
from helpers.commands.report.front import decisions, signals
from helpers.commands.report.front.tiles import Shelf, growth, growth_chart

RETENTION, CHURN = ("net_revenue_retention", "gross_revenue_retention"), "churn_rate_12_months"


def sentences(shelf: Shelf, n_decisions: int) -> tuple[str, str]:
    """The month in at most 35 words: the first sentence, which is set in bold, and the rest."""
    n = decisions.in_words(n_decisions).capitalize()
    things = f"{n} things need" if n_decisions > 1 else "One thing needs" if n_decisions else "Nothing needs"
    said = [*_revenue(shelf), _retention(shelf.known), f"{things} a decision."]
    first, *rest = [text for text in said if text]
    return first, " ".join(rest)


def _revenue(shelf: Shelf) -> list[str]:
    """Where MRR is going, in a sentence and in a number; nothing without a period before."""
    rate, when = growth(shelf), shelf.period.name.rpartition(" ")[0]
    if rate is None:
        return []
    chart = growth_chart(shelf.known)
    is_flat, is_up = formats.points(rate).startswith("±"), rate > 0
    grew = "held steady" if is_flat else f"{'grew' if is_up else 'fell'} {formats.percent(abs(rate))}"
    if chart is None or not chart.is_signal:
        return [f"MRR {grew} in {when}{', within its normal range' if chart else ''}."]
    going = "flat" if is_flat else "growing" if is_up else "shrinking"
    side, end = ("above", "upper") if chart.is_up else ("below", "lower")
    first = f"Revenue is {going}, {side} its normal pace."
    if going == "growing" and not chart.is_up:
        first = "Revenue is still growing, but more slowly."
    eighth, near = f"the eighth month in a row {side} its average", f"near the {end} end of its normal range"
    rule = {8: eighth, 4: near}.get(stats.process.months_of(chart.why), f"{side} its normal range")
    return [first, f"MRR {grew} in {when}, {rule}."]


def _retention(known: pd.DataFrame) -> str:
    """Whether retention is better or worse than a year ago, as far as the data can say."""
    compared = known[(known["table"] == "differences") & known["metric"].isin((*RETENTION, CHURN))]
    changed = compared[compared["is_signal"]]
    if compared.empty:
        return ""
    is_few = compared.loc[compared["metric"].isin(RETENTION), "why"] != ""
    if (compared["why"] != "").all() or (changed.empty and len(is_few) and is_few.all()):
        return "There are too few accounts to compare retention."
    if changed.empty:
        return "Retention has not clearly changed in a year."
    first = changed.iloc[0]
    if first["metric"] == CHURN:
        return f"{'More' if first['is_up'] else 'Fewer'} customers are leaving than a year ago."
    both = list(changed.loc[changed["metric"] != CHURN, "is_up"])
    which = "Retention" if both == [first["is_up"]] * 2 else signals.about(first["metric"])["label"]
    return f"{which} is {'better' if first['is_up'] else 'worse'} than a year ago."
