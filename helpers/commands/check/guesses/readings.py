"""What a column of text holds, and how it can be read: dates of one country or another, amounts, labels."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from helpers.commands.check.guesses import names

# A style of strptime, or the sign between the parts of a date that several styles may have written.
_DATES, _DAY_NUMBERS, _TIMES, _NUMBERS = names.SHAPES.values()
_TIME = re.compile("|".join(f"(?:{shape.pattern})$" for shape in _TIMES.values()), re.IGNORECASE)
GAPS = "'’ \u00a0\u202f"  # between thousands, besides points and commas
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_FLAGS = {"true", "false", "yes", "no", "t", "f", "y", "n", "0", "1"}
_SIGN = "|".join([*(re.escape(sign) for sign in sorted(names.SIGNS, key=len, reverse=True)), "[A-Z]{3}"])
_AMOUNT = re.compile(
    rf"[-+ ]*[(]?[-+{GAPS}]*({_SIGN})?\.?[-+{GAPS}]*(\d[\d.,{GAPS}]*?)[{GAPS}]*({_SIGN})?\.?[{GAPS}]*[)]?-?"
)
_WHOLE = re.compile(r"[-+]?\d+(\.0+)?")
ENOUGH = 0.6  # of the values must read as a kind before a column is taken for one


@dataclass(frozen=True)
class Reading:
    """How the values of a column read. `dates` and `numbers` name the style, empty where they are neither.

    `dates` is a format of strptime, or `/` (`/y`, `-`, `-y`) where nothing tells 03/04/2026 of March from one of April;
    `day_numbers`: how whole numbers would be read as days. `numbers` is `1.234` where a point may part thousands.
    `symbol`: the sign or code of a currency at the amounts; `gaps`: what parts their thousands besides points and
    commas; `has_brackets`: an amount below zero is written (50.00). `times`: the styles of the times of day behind the
    dates. `no_days`, `no_amounts`: words that mean that there is no day, or that nothing is paid.
    """

    n: int
    dates: str = ""
    numbers: str = ""
    is_whole: bool = False
    is_flag: bool = False
    n_distinct: int = 0
    symbol: str = ""
    gaps: str = ""
    has_brackets: bool = False
    labels: frozenset[str] = frozenset()
    times: tuple[str, ...] = ()
    day_numbers: str = ""
    no_days: tuple[str, ...] = ()
    no_amounts: tuple[str, ...] = ()

    def fits(self, kind: str) -> bool:
        """Whether a column of ours of this kind could hold such values; an empty column fits any.

        >>> read(["2026-10-31", "2026-11-02"]).fits("date"), read(["Acme", "Bolt"]).fits("money"), read([]).fits("date")
        (True, False, True)
        """
        if not self.n or kind in ("id", "choice"):
            return not (self.n and self.dates)
        if kind in ("date", "month"):
            return bool(self.dates or self.day_numbers)
        if kind == "flag":
            return self.is_flag
        if kind == "text":
            return not self.dates and not (self.numbers and not self.is_whole)
        return bool(self.numbers) and not (self.dates and not self.is_whole) and (kind != "count" or self.is_whole)


def read(values: Iterable[object]) -> Reading:
    """How the values of a column read; empty ones, and words for no day, are left out.

    >>> read(["03/14/2026", "03/04/2026"]).dates, read(["14/03/2026"]).dates, read(["03/04/2026"]).dates
    ('%m/%d/%Y', '%d/%m/%Y', '/')
    >>> read(["12/31/2010 8:26"]).dates, read(["12/31/2010 8:26"]).times, read(["5-Jan-2020", "31-MAY-2020"]).dates
    ('%m/%d/%Y', (' %H:%M',), '%d-%b-%Y')
    >>> read(["2026-10-31 09:00:00 UTC"]).dates, read(["2026-10-31T09:00:00Z"]).dates
    ('%Y-%m-%d zone', '%Y-%m-%d')
    >>> read(["1.234,50", "7,00"]).numbers, read(["$1,200", "$90"]).numbers, read(["12", "7.5"]).numbers
    ('1.234,50', '1,234.50', 'plain')
    >>> read(["2026-10-31", "NULL"]).no_days, read(["45230", "45231"]).day_numbers, read(["¥1'234"]).symbol
    (('null',), 'serial', '¥')
    >>> read(["90", "Churned", "-"]).no_amounts, read(["$ 1,200.00", "$ -"]).numbers
    (('churned',), '1,234.50')
    """
    return _read(tuple(text for value in values if (text := _text(value))))


def _text(value: object) -> str:
    """A value's text; a list or a structure of JSON lines has one, too."""
    return "" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value).strip()


@lru_cache(maxsize=256)
def _read(values: tuple[str, ...]) -> Reading:
    """One column is asked for in a dozen places: its text is looked through once."""
    texts = Counter(values)
    no_days = tuple(sorted({text.lower() for text in texts if _is_no_day(text)}))
    days = Counter()
    for text, count in texts.items():
        if not _is_no_day(text):
            days[_TIME.sub("", text)] += count
    dates = _dates(days)
    numbered = [kind for kind, shape in _DAY_NUMBERS.items() if days and all(map(shape.fullmatch, days))]
    times = {hit.group() for text in texts if (hit := _TIME.search(text))}
    amounts = {text: hit for text in texts if (hit := _AMOUNT.fullmatch(text))}
    signs = Counter(sign for hit in amounts.values() if (sign := hit[1] or hit[3]))
    bare = {text: hit[2] for text, hit in amounts.items()}
    nothing = {text for text in texts if text not in amounts and _is_nothing(text)}
    if not days and texts:
        # A column of nothing but `0` or `-` may hold the ends of nobody.
        return Reading(0, no_days=no_days, labels=frozenset(texts))
    return Reading(
        n=texts.total(),
        dates=dates,
        numbers=_numbers(bare, texts, bool(signs), sum(texts[text] for text in nothing)),
        is_whole=bool(texts) and all(_WHOLE.fullmatch(text) for text in texts),
        is_flag={text.lower() for text in texts} <= _FLAGS,
        n_distinct=len(texts),
        symbol=signs.most_common(1)[0][0] if signs else "",
        gaps="".join(gap for gap in GAPS if any(gap in text for text in bare.values())),
        has_brackets=any(text.startswith("(") for text in amounts),
        labels=frozenset(texts) if len(texts) <= 40 else frozenset(),
        times=tuple(style for style, shape in _TIMES.items() if dates and any(map(shape.fullmatch, times))),
        day_numbers=numbered[0] if numbered else "",
        no_days=no_days,
        no_amounts=tuple(sorted({text.lower() for text in nothing if set(text) - set("-–— ")})),
    )


def _is_nothing(text: str) -> bool:
    """Whether a text in a column of amounts means that nothing is paid: `$ -`, `n/a`, `churned`."""
    word = text.lower().strip("-–— " + "".join(sign for sign in names.SIGNS if not sign.isalnum() and len(sign) == 1))
    return not word or _is_no_day(text) or word in names.listed("ended")


def _is_no_day(text: str) -> bool:
    return not names.listed("no_day").isdisjoint(("_".join(text.lower().split()), text.lower()[:10]))


def _usual(shapes: dict[str, re.Pattern], texts: dict[str, int], n: float) -> tuple[str, dict[str, re.Match], int]:
    """The style that most of the texts have, if enough of `n` have it; those that do; how many have any style."""
    hits = {style: {text: hit for text in texts if (hit := shape.fullmatch(text))} for style, shape in shapes.items()}
    counts = {style: sum(map(texts.get, found)) for style, found in hits.items()}
    style = max(counts, key=lambda name: counts[name])
    return style if counts[style] >= max(1, ENOUGH * n) else "", hits[style], sum(counts.values())


def _dates(texts: Counter[str]) -> str:
    style, hits, n = _usual(_DATES, texts, texts.total())
    if not style:
        return "mixed" if n and n >= ENOUGH * texts.total() else ""
    if style not in names.AMBIGUOUS:
        return style
    fits = {way: sum(_can_be(way, hit) for hit in hits.values()) for way in names.AMBIGUOUS[style]}
    best = [way for way in fits if fits[way] == max(fits.values())]
    return best[0] if len(best) == 1 else style


def _can_be(style: str, hit: re.Match) -> bool:
    parts = dict(zip(re.findall("%(.)", style), map(int, hit.groups()), strict=True))
    return 1 <= parts["m"] <= 12 and 1 <= parts["d"] <= 31


def _numbers(bare: dict[str, str], texts: Counter[str], is_dressed: bool, n_nothing: int) -> str:
    """The style of amounts without their dress; with a sign at them, commas may part their thousands."""
    written = {text: re.sub(f"[{GAPS}]", "", number) for text, number in bare.items()}
    numbers = Counter()
    for text, number in written.items():
        numbers[number] += texts[text]
    style, *_ = _usual(_NUMBERS, numbers, texts.total() - n_nothing)
    if style != "plain":
        return style
    with_point = [number for number in numbers if "." in number]
    if with_point and all(map(_THOUSANDS.fullmatch, with_point)):
        return "1.234"
    return "1,234.50" if is_dressed or written != bare else "plain"
