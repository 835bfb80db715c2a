"""How numbers are written for people, the only place where a rate becomes a percentage; and templates of sentences."""

import html
import math
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import cache, partial
from pathlib import Path

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = (
    "estimate percent points money exact_money count plural ordinal interval in_unit finding short title"
).split()
__dir__ = __all__.copy

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
DASH = "–"
FOR_PAGES = "AFTER_THE_DEAL_PAGES"  # set while a report runs: figures are drawn for its pages and its mail as well
MOST_SAVED = 100_000  # rows of a saved table: it travels inside the notebook, and a spreadsheet has to open it
# Characters that nobody sees: controls, which HTML forbids, and orders to turn the direction of the text around them.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_PLAIN = re.compile(r"n_|.*_(count|ratio|per_month)$")
UNITS = (("B", 1e9), ("M", 1e6), ("k", 1e3))


def _missing(value) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def symbol(currency: str) -> str:
    """What stands before an amount.

    >>> symbol("EUR"), symbol("CHF")
    ('€', 'CHF ')
    """
    return SYMBOLS.get(currency, f"{currency} ")


def percent(rate: float | None, digits: int = 1) -> str:
    """A rate (0–1) as a percentage.

    >>> percent(0.1234), percent(1.1, 0), percent(None)
    ('12.3%', '110%', 'undefined')
    """
    return "undefined" if _missing(rate) else f"{100 * rate:.{digits}f}%".replace("-", "−")


def points(difference: float | None, digits: int = 1) -> str:
    """A difference of two rates in percentage points, signed.

    >>> points(0.0312), points(-0.2), points(0)
    ('+3.1 points', '−20.0 points', '±0.0 points')
    """
    if _missing(difference):
        return "undefined"
    shown = f"{100 * abs(difference):.{digits}f}"
    sign = "±" if float(shown) == 0 else "+" if difference > 0 else "−"
    return f"{sign}{shown} points"


def bounds(low: float, high: float) -> str:
    """An interval of a difference in percentage points, without the word; whole points where it is wide.

    >>> bounds(-0.01, 0.038), bounds(-0.101, 0.084), bounds(0.003, 0.084)
    ('−1.0 to +3.8', '−10 to +8', '+0.3 to +8.4')
    """
    return " to ".join(points(side, _digits(low, high)).removesuffix(" points") for side in (low, high))


def _digits(low: float, high: float, *values: float) -> int:
    """The decimals of an interval of rates in percent: none where it is wider than 5 points.

    Unless an end would then be read as exactly 0 or 100%, which it is not, or as leaving out one of its `values`.
    """
    first, last = (round(100 * end, 0) for end in (low, high))
    is_told = all(100 * end == at or at not in (-100, 0, 100) for end, at in ((low, first), (high, last)))
    is_told &= all(first <= round(100 * value, 1) <= last for value in values)
    return 0 if high - low > 0.05 and is_told else 1


def money(cents: float | None, currency: str = "USD", *, signed: bool = False) -> str:
    """An amount in cents, in the reporting currency: three leading digits, thousands as k and millions as M.

    >>> money(1_234_567_89), money(-51_000_00, "EUR"), money(950_00, signed=True), money(0, "CHF")
    ('$1.23M', '−€51.0k', '+$950', 'CHF 0')
    """
    if _missing(cents):
        return "undefined"
    amount = abs(cents) / 100
    before = ("−" if cents < 0 else "+" if signed and cents > 0 else "") + symbol(currency)
    # 999.5 and 999,500 already round up into the next unit.
    for unit, size in UNITS:
        if amount >= size * (0.9995 if size > 1e3 else 0.9999995):
            scaled = amount / size
            return f"{before}{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"
    return f"{before}{amount:,.{2 if amount % 1 and amount < 100 else 0}f}"


def exact_money(cents: int, currency: str = "USD") -> str:
    """An amount to the cent.

    >>> exact_money(-123456789)
    '−$1,234,567.89'
    """
    return f"{'−' if cents < 0 else ''}{symbol(currency)}{abs(cents) / 100:,.2f}"


def team(owner: str) -> str:
    """The team that owns a play or a program, as people call it.

    >>> team("success"), team("sales")
    ('Customer success', 'Sales')
    """
    return "Customer success" if owner == "success" else owner[:1].upper() + owner[1:]


def count(n: int | None) -> str:
    """A count with thousands separated.

    >>> count(1234567)
    '1,234,567'
    """
    return "undefined" if _missing(n) else f"{n:,.0f}"


def interval(low: float | None, high: float | None, *values: float) -> str:
    """A 95% interval of a rate, in whole percent where it is wider than 5 points and the `values` lie in it so.

    >>> interval(0.102, 0.146), interval(0.1, 0.156), interval(-0.021, 0.094), interval(None, None)
    ('10.2–14.6%', '10–16%', '−2 to 9%', 'no interval')
    """
    return "no interval" if _missing(low) else between(low, high, percent, *values)


def between(low: float, high: float | None, write: Callable[[float], str], *values: float) -> str:
    """From one value to another, the unit behind them said once; without a high end, from where on.

    >>> between(0.004, 0.156, percent), between(-120_00, 300_00, money), between(9, None, "{} days".format)
    ('0.4–15.6%', '−$120 to $300', '9 days or more')
    >>> between(0.25, 0.55, lambda score: in_unit("net_promoter_score_relationship", score))
    '+25 to +55'
    """
    if _missing(high) or high == math.inf:
        return f"{write(low)} or more"
    first, last = write(low), write(high)
    if last.endswith("%") and not _digits(low, high, *values):
        first, last = percent(low, 0), percent(high, 0)
    for unit in ("%", " points", " days"):
        first = first.removesuffix(unit) if last.endswith(unit) else first
    return f"{first}{' to ' if low < 0 or last.startswith('+') else DASH}{last}"


def ordinal(number: int) -> str:
    """A place in an order.

    >>> ordinal(1), ordinal(22), ordinal(13)
    ('1st', '22nd', '13th')
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{count(number)}{ending}"


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> plural(1, "account"), plural(2000, "account"), plural(0, "reply", "replies")
    ('1 account', '2,000 accounts', '0 replies')
    """
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def joined(names: Iterable[str], most: int = 3) -> str:
    """Names in one sentence; of more than `most`, the first and how many others.

    >>> joined(["A"]), joined("ABC"), joined("ABCD")
    ('A', 'A, B and C', 'A, B, C and 1 other')
    """
    names = list(names)
    left = len(names) - most
    *first, last = [*names[:most], plural(left, "other")] if left > 0 else names
    return f"{', '.join(first)} and {last}" if first else last


def why_none(metric) -> str:
    """Why a metric has no value.

    >>> from types import SimpleNamespace as Given
    >>> why_none(Given(method="Wilson; undefined: no account is paying", verdict="undefined", n=0))
    'no account is paying'
    """
    is_few = metric.verdict == "too few"
    return f"only {plural(metric.n, 'account')}" if is_few else metric.method.rpartition("undefined: ")[2]


def estimate(metric, show=percent) -> str:
    """A metric in words: value, 95% interval and n; or why there is no value.

    `metric` has value, low, high, n, method and verdict (`metrics.Metric`); `show` writes its unit.

    >>> from types import SimpleNamespace as Given
    >>> estimate(Given(value=0.9, low=0.69897, high=0.97213, n=20, method="Wilson", verdict="ok"))
    '90.0% (95% interval 70–97%, n = 20)'
    >>> estimate(Given(value=None, low=None, high=None, n=3, method="Wilson", verdict="too few"))
    'no rate: only 3 accounts'
    """
    if metric.verdict == "undefined":
        return f"undefined ({why_none(metric)})"
    if metric.verdict == "too few":
        return f"no rate: {why_none(metric)}"
    if _missing(metric.low):
        return f"{show(metric.value)} (no interval, n = {count(metric.n)})"
    is_range = show is percent or _missing(metric.high) or metric.high == math.inf
    low, high, value = metric.low, metric.high, metric.value
    bounds = between(low, high, show, value) if is_range else f"{show(low)} to {show(high)}"
    few = "; few, so read with care" if metric.verdict == "few" else ""
    return f"{show(value)} (95% interval {bounds}, n = {count(metric.n)}{few})"


def visible(text: str) -> str:
    """A text in which each character that nobody sees, but that acts, has become the sign for an unreadable one.

    >>> visible("a" + chr(0x202e) + "b\\0c")
    'a\ufffdb\ufffdc'
    """
    return _UNSEEN.sub("\ufffd", text)


def short(sentence: str) -> str:
    """A finding without its parentheses, as the title of a chart; the caption keeps the whole.

    >>> short("After 12 months 90.0% stay (95% interval 60–98%, n = 10); so it is.")
    'After 12 months 90.0% stay; so it is'
    """
    return re.sub(r" \([^()]*\)", "", sentence).rstrip(".")


def title(text: str) -> str:
    """The first sentence of a finding as a chart's title, without its parentheses; a long one ends before its numbers.

    >>> title("Net revenue retention shows no clear change since October 2025: −0.9 points (n = 10). Gross fell.")
    'Net revenue retention shows no clear change since October 2025'
    """
    sentence = short(text.partition(". ")[0])
    return re.split(r"[:;] |, compared with ", sentence, maxsplit=1)[0] if sentence.count(" ") > 10 else sentence


@cache
def _declared() -> dict[str, str]:
    declared = tomllib.loads((Path(__file__).parents[1] / "metrics" / "definitions.toml").read_text(encoding="utf-8"))
    return {name: entry["unit"] for name, entry in declared.items()}


def unit_of(metric: str) -> str:
    """The unit of a metric, as declared in metrics/definitions.toml; of any other name, what its ending says.

    >>> unit_of("churn_rate"), unit_of("quick_ratio"), unit_of("spent_cents"), unit_of("n_calls")
    ('share', 'number', 'money', 'number')
    """
    by_name = "money" if metric.endswith("_cents") else "days" if "_days" in metric else "share"
    return _declared().get(metric, "number" if _PLAIN.match(metric) else by_name)


def in_unit(metric: str, value: float | None, currency: str = "USD") -> str:
    """A value in the unit of its metric (`unit_of`): money, days, NPS points, a plain number, or a percentage.

    >>> in_unit("expansion_pipeline_cents", 120000.0), in_unit("reference_velocity_days_12_months", 6.0)
    ('$1.20k', '6 days')
    >>> in_unit("net_promoter_score_relationship", 0.4), in_unit("quick_ratio", 2.5), in_unit("churn_rate", 0.05)
    ('+40', '2.5', '5.0%')
    >>> in_unit("n_reference_calls", 7.0), in_unit("calls_per_month", 0.5), in_unit("seat_count", 3.0)
    ('7', '0.5', '3')
    """
    if _missing(value):
        return "undefined"
    writers = {
        "money": partial(money, currency=currency),
        "days": lambda days: plural(round(days), "day"),
        "score": lambda score: f"{round(100 * score):+d}".replace("-", "−").replace("+0", "0"),
        "number": lambda number: f"{number:.1f}".removesuffix(".0"),
    }
    return writers.get(unit_of(metric), percent)(value)


def finding(metric, template: str) -> str:
    """A title with the metric's percentage at `{}`; where it has none, why.

    >>> from types import SimpleNamespace as Given
    >>> finding(Given(value=0.9, method="Wilson", verdict="ok", n=20), "{} of the accounts stay")
    '90.0% of the accounts stay'
    >>> finding(Given(value=None, method="Wilson; undefined: no account", verdict="undefined", n=0), "{} stay")
    'No figure: no account'
    """
    if metric.value is None:
        return f"No figure: {why_none(metric)}"
    return template.format(percent(metric.value))


class Shown:
    """How what a face returns shows itself in a notebook: a line a field, with what it holds. For dataclasses.

    The class's own docstring is the heading; `field(metadata={"holds": "…"})` says what a field holds.
    """

    def _repr_html_(self) -> str:
        lines = "".join(f"<tr>{_cells(self, part)}</tr>" for part in fields(self) if part.repr)
        head = "".join(f'<th style="text-align:left">{title}</th>' for title in ("name", "holds", "rows"))
        about = html.escape((type(self).__doc__ or "").partition("\n")[0])
        return f'<table class="mathjax_ignore"><caption>{about}</caption><tr>{head}</tr>{lines}</table>'


def _cells(shown: Shown, part) -> str:
    value = getattr(shown, part.name)
    rows = count(len(value)) if hasattr(value, "__len__") and not isinstance(value, str) else ""
    told = "not in this source" if value is None else part.metadata.get("holds", "")
    return "".join(f'<td style="text-align:left">{html.escape(text)}</td>' for text in (f".{part.name}", told, rows))
