"""What stands in a column of text, and how it can be read: dates of one country or another, amounts, labels."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

_SHORT = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_LONG = "(january|february|march|april|may|june|july|august|september|october|november|december)"
_DATES = {
    "%Y-%m-%d": re.compile(r"\d{4}-\d\d-\d\d([ T].*)?"),
    "%d.%m.%Y": re.compile(r"(\d{1,2})\.(\d{1,2})\.\d{4}"),
    "/": re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}"),
    "/y": re.compile(r"(\d{1,2})/(\d{1,2})/\d\d"),
    "%m/%Y": re.compile(r"(0?[1-9]|1[0-2])/\d{4}"),
    "%Y/%m/%d": re.compile(r"\d{4}/\d\d/\d\d"),
    "%Y%m%d": re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])"),
    "%Y-%m": re.compile(r"\d{4}-\d\d"),
    "%d %b %Y": re.compile(rf"\d{{1,2}} {_SHORT} \d{{4}}", re.IGNORECASE),
    "%d-%b-%Y": re.compile(rf"\d{{1,2}}-{_SHORT}-\d{{4}}", re.IGNORECASE),
    "%d-%b-%y": re.compile(rf"\d{{1,2}}-{_SHORT}-\d\d", re.IGNORECASE),
    "%b %d, %Y": re.compile(rf"{_SHORT} \d{{1,2}}, \d{{4}}", re.IGNORECASE),
    "%d %B %Y": re.compile(rf"\d{{1,2}} {_LONG} \d{{4}}", re.IGNORECASE),
    "%B %d, %Y": re.compile(rf"{_LONG} \d{{1,2}}, \d{{4}}", re.IGNORECASE),
}
# The time of day behind a date that is not written as 2026-10-31.
_TIMES = {
    " %H:%M": re.compile(r" \d{1,2}:\d\d"),
    " %H:%M:%S": re.compile(r" \d{1,2}:\d\d:\d\d"),
    " %I:%M %p": re.compile(r" \d{1,2}:\d\d [ap]m", re.IGNORECASE),
    " %I:%M:%S %p": re.compile(r" \d{1,2}:\d\d:\d\d [ap]m", re.IGNORECASE),
}
# What 03/04/2026 may be in two countries: the month first, or the day.
AMBIGUOUS = MappingProxyType({"/": ("%m/%d/%Y", "%d/%m/%Y"), "/y": ("%m/%d/%y", "%d/%m/%y")})
_TIME = re.compile("|".join(f"(?:{shape.pattern})$" for shape in _TIMES.values()), re.IGNORECASE)
_NUMBERS = {
    "plain": re.compile(r"[-+]?\d+(\.\d+)?"),
    "1,234.50": re.compile(r"[-+]?[$€£]?\s?[-+]?\d{1,3}(,\d{3})*(\.\d+)?"),
    "1.234,50": re.compile(r"[-+]?[$€£]?\s?[-+]?(\d{1,3}(\.\d{3})*|\d+),\d{1,2}\s?[$€£]?"),
    "symbol": re.compile(r"[-+]?[$€£]\s?[-+]?\d+(\.\d+)?"),
}
_FLAGS = {"true", "false", "yes", "no", "t", "f", "y", "n", "0", "1"}
_AROUND_A_SYMBOL = "-+() .,0123456789"
_IN_BRACKETS = re.compile(r"\([$€£]?\s?\d[\d.,]*\s?[$€£]?\)")
_WHOLE = re.compile(r"[-+]?\d+(\.0+)?")
ENOUGH = 0.6  # of the values must read as a kind before a column is taken for one


@dataclass(frozen=True)
class Reading:
    """How the values of a column read. `dates` and `numbers` name the style, empty where they are neither.

    `dates` is a format of strptime, or `/` (`/y`) where nothing tells 03/04/2026 of March from one of April.
    `has_brackets`: an amount below zero is written (50.00). `times`: the styles of the times of day behind the dates.
    """

    n: int
    dates: str = ""
    numbers: str = ""
    is_whole: bool = False
    is_flag: bool = False
    n_distinct: int = 0
    symbol: str = ""
    has_brackets: bool = False
    labels: frozenset[str] = frozenset()
    times: tuple[str, ...] = ()

    def fits(self, kind: str) -> bool:
        """Whether a column of ours of this kind could hold such values; an empty column fits any.

        >>> read(["2026-10-31", "2026-11-02"]).fits("date"), read(["Acme", "Bolt"]).fits("money"), read([]).fits("date")
        (True, False, True)
        """
        if not self.n or kind in ("id", "choice"):
            return not (self.n and self.dates)
        if kind in ("date", "month"):
            return bool(self.dates)
        if kind == "flag":
            return self.is_flag
        if kind == "text":
            return not self.dates and not (self.numbers and not self.is_whole)
        return bool(self.numbers) and not (self.dates and not self.is_whole) and (kind != "count" or self.is_whole)


def read(values: Iterable[object]) -> Reading:
    """How the values of a column read; empty ones are left out.

    >>> read(["03/14/2026", "03/04/2026"]).dates, read(["14/03/2026"]).dates, read(["03/04/2026"]).dates
    ('%m/%d/%Y', '%d/%m/%Y', '/')
    >>> read(["12/31/2010 8:26"]).dates, read(["12/31/2010 8:26"]).times, read(["5-Jan-2020", "31-MAY-2020"]).dates
    ('%m/%d/%Y', (' %H:%M',), '%d-%b-%Y')
    >>> read(["1.234,50", "7,00"]).numbers, read(["$1,200", "$90"]).numbers, read(["12", "7.5"]).numbers
    ('1.234,50', '1,234.50', 'plain')
    """
    texts = Counter(text for value in values if pd.notna(value) and (text := str(value).strip()))
    n = texts.total()
    if not n:
        return Reading(0)
    signs: Counter[str] = Counter()
    for text, count in texts.items():
        if (sign := text.strip(_AROUND_A_SYMBOL)) in tuple("$€£"):
            signs[sign] += count
    days: Counter[str] = Counter()
    for text, count in texts.items():
        days[_TIME.sub("", text)] += count
    dates = _dates(days, n)
    return Reading(
        n=n,
        dates=dates,
        numbers=_numbers(texts, n),
        is_whole=all(_WHOLE.fullmatch(text) for text in texts),
        is_flag={text.lower() for text in texts} <= _FLAGS,
        n_distinct=len(texts),
        symbol=signs.most_common(1)[0][0] if signs else "",
        has_brackets=any(_IN_BRACKETS.fullmatch(text) for text in texts),
        labels=frozenset(texts) if len(texts) <= 40 else frozenset(),
        times=_times(texts) if dates else (),
    )


def _times(texts: Iterable[str]) -> tuple[str, ...]:
    behind = {hit.group() for text in texts if (hit := _TIME.search(text))}
    return tuple(style for style, shape in _TIMES.items() if any(shape.fullmatch(time) for time in behind))


def _dates(texts: Counter[str], n: int) -> str:
    found = {
        style: [(hit, texts[text]) for text in texts if (hit := shape.fullmatch(text))]
        for style, shape in _DATES.items()
    }
    counts = {style: sum(count for _, count in hits) for style, hits in found.items()}
    style = max(counts, key=lambda name: counts[name])
    if counts[style] < ENOUGH * n:
        return "mixed" if sum(counts.values()) >= ENOUGH * n else ""
    if style not in AMBIGUOUS:
        return style
    first, second = ([int(hit[place]) for hit, _ in found[style]] for place in (1, 2))
    by_month, by_day = AMBIGUOUS[style]
    if max(first) > 12:
        return by_day
    return by_month if max(second) > 12 else style


def _numbers(texts: Counter[str], n: int) -> str:
    bare = [(text[1:-1] if _IN_BRACKETS.fullmatch(text) else text, count) for text, count in texts.items()]
    counts = {style: sum(count for text, count in bare if shape.fullmatch(text)) for style, shape in _NUMBERS.items()}
    style = max(counts, key=lambda name: counts[name])
    if counts[style] < ENOUGH * n:
        return ""
    return "1,234.50" if style == "symbol" else style
