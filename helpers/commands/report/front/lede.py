"""The month in a few words, at the head of the first page: revenue, retention, and how much needs a decision."""

from helpers import formats, stats
from helpers.commands.report.front import decisions, signals
from helpers.commands.report.front.signals import Signal
from helpers.commands.report.front.tiles import Shelf, growth

RETENTION, CHURN = ("net_revenue_retention", "gross_revenue_retention"), "churn_rate_12_months"
# Where MRR goes, on a signal, by whether it grows, and whether more than it used to.
_PACE = {
    (True, True): "Revenue is growing, above its normal pace.",
    (True, False): "Revenue is still growing, but more slowly.",
    (False, True): "Revenue is still shrinking, but more slowly.",
    (False, False): "Revenue is shrinking.",
}


def sentences(shelf: Shelf, n_decisions: int) -> tuple[str, str]:
    """The month in at most 35 words: the first sentence, which is set in bold, and the rest."""
    n = decisions.in_words(n_decisions).capitalize()
    things = f"{n} things need" if n_decisions > 1 else "One thing needs" if n_decisions else "Nothing needs"
    is_known = n_decisions or not shelf.metrics.empty
    todo = f"{things} a decision." if is_known else "The metrics are not in this report."
    first, *rest = [text for text in (*_revenue(shelf), _retention(shelf.known), todo) if text]
    return first, " ".join(rest)


def _revenue(shelf: Shelf) -> list[str]:
    """Where MRR is going, in a sentence and in a number; without a period before, what it is."""
    rate, when = growth(shelf), shelf.period.name.rpartition(" ")[0]
    if rate is None:
        now = shelf.history("mrr_cents").get("value", {}).get(str(shelf.period))
        return [f"MRR is {formats.money(now, shelf.currency)} at the end of {when}."] if now else []
    chart = signals.of("mrr_growth", shelf.known)
    is_flat, is_up = formats.points(rate).startswith("±"), rate > 0
    grew = "held steady" if is_flat else f"{'grew' if is_up else 'fell'} {formats.percent(abs(rate))}"
    if chart is None or not chart.is_signal:
        return [f"MRR {grew} in {when}{', within its normal range' if chart else ''}."]
    side, end = ("above", "upper") if chart.is_up else ("below", "lower")
    first = f"Revenue is flat, {side} its normal pace." if is_flat else _PACE[is_up, chart.is_up]
    eighth, near = f"the eighth month in a row of {side}-average growth", f"near the {end} end of its normal range"
    rule = {8: eighth, 4: near}.get(stats.process.months_of(chart.why), f"{side} its normal range")
    return [first, f"MRR {grew} in {when}, {rule}."]


def _retention(known: list[Signal]) -> str:
    """Whether retention is better or worse than a year ago, as far as the data can say."""
    compared = [each for each in known if each.table == "differences" and each.metric in (*RETENTION, CHURN)]
    changed = [each for each in compared if each.is_signal]
    if not compared:
        return ""
    if not changed:
        rated = [each for each in compared if each.metric in RETENTION] or compared
        if all(each.why for each in rated):
            return "There are too few accounts to compare retention."
        return "Retention has not clearly changed in a year."
    first = changed[0]
    if first.metric == CHURN:
        return f"{'More' if first.is_up else 'Fewer'} customers are leaving than a year ago."
    is_both = [each.is_up for each in changed if each.metric in RETENTION] == [first.is_up] * 2
    which = "Retention" if is_both else signals.about(first.metric)["label"]
    return f"{which} is {'better' if first.is_up else 'worse'} than a year ago."
