"""Months, quarters, ranges and the last day of each. Nothing here reads a clock.

A month is an integer, year × 12 + month − 1, wherever months are added or compared (`month_no`); people see `2026-10`.
"""

import re
from calendar import month_name, monthrange
from dataclasses import dataclass
from datetime import date

from helpers.errors import Refused

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_ISO = re.compile(rf"\b{_MONTH.pattern}(-\d\d)?\b")
_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


def month_no(day: date) -> int:
    """The month of a day, counted from year 0.

    >>> month_no(date(2026, 10, 31)) - month_no(date(2025, 10, 1))
    12
    """
    return day.year * 12 + day.month - 1


def month_text(month: int) -> str:
    """A month as people write it.

    >>> month_text(2026 * 12 + 9)
    '2026-10'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def name_of(day: date) -> str:
    """The month of a day as a page names it.

    >>> name_of(date(2026, 10, 1))
    'Oct 2026'
    """
    return f"{_NAMES[day.month - 1]} {day.year}"


def day_name(day: date) -> str:
    """A day as a page names it.

    >>> day_name(date(2026, 10, 31))
    'Oct 31, 2026'
    """
    return f"{_NAMES[day.month - 1]} {day.day}, {day.year}"


def named(text: str) -> str:
    """A text whose days and months, as files have them, are as a page names them.

    >>> named("2023-11 to 2026-10-31, USD")
    'Nov 2023 to Oct 31, 2026, USD'
    """
    return _ISO.sub(lambda day: day_name(date.fromisoformat(day[0])) if day[3] else short_name(day[0]), text)


def month_start(month: int) -> date:
    """The first day of a month.

    >>> month_start(2026 * 12 + 1)
    datetime.date(2026, 2, 1)
    """
    return date(month // 12, month % 12 + 1, 1)


def month_end(month: int) -> date:
    """The last day of a month.

    >>> month_end(2024 * 12 + 1)
    datetime.date(2024, 2, 29)
    """
    return month_start(month).replace(day=monthrange(month // 12, month % 12 + 1)[1])


def last_complete_month(data_until: date) -> int:
    """The last month that ends on or before the last day that the data covers.

    >>> month_text(last_complete_month(date(2011, 12, 9))), month_text(last_complete_month(date(2011, 12, 31)))
    ('2011-11', '2011-12')
    """
    month = month_no(data_until)
    return month if data_until == month_end(month) else month - 1


@dataclass(frozen=True, order=True)
class Period:
    """A month or a quarter: `first` and `last` are month numbers, both inside it.

    >>> quarter = parse("2026-Q3")
    >>> str(quarter), str(quarter.previous), str(quarter.year_before), quarter.as_of
    ('2026-Q3', '2026-Q2', '2025-Q3', datetime.date(2026, 9, 30))
    """

    first: int
    last: int

    def __str__(self) -> str:
        if self.n_months == 1:
            return month_text(self.last)
        return f"{self.last // 12:04d}-Q{self.last % 12 // 3 + 1}"

    @property
    def name(self) -> str:
        """The period as a page names it.

        >>> parse("2026-10").name, parse("2026-Q3").name
        ('October 2026', 'July–September 2026')
        """
        names = [month_name[month % 12 + 1] for month in (self.first, self.last)]
        return f"{'–'.join(dict.fromkeys(names))} {self.last // 12}"

    @property
    def n_months(self) -> int:
        """How many months it is long."""
        return self.last - self.first + 1

    @property
    def opening(self) -> int:
        """The month whose last day the period opens with."""
        return self.first - 1

    @property
    def as_of(self) -> date:
        """The last day of the period: nothing learned later is used."""
        return month_end(self.last)

    @property
    def previous(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return self.shifted(-self.n_months)

    @property
    def year_before(self) -> "Period":
        """The same months a year earlier."""
        return self.shifted(-12)

    def shifted(self, months: int) -> "Period":
        """As many months later, or earlier where the number is negative.

        >>> str(parse("2026-Q3").shifted(-12))
        '2025-Q3'
        """
        return Period(self.first + months, self.last + months)


def of_month(month: int) -> Period:
    """The period that one month is.

    >>> str(of_month(2026 * 12 + 9))
    '2026-10'
    """
    return Period(month, month)


def parse(text: str) -> Period:
    """A period from its text: `2026-10` or `2026-Q3`; anything else is `Refused`, with what was probably meant.

    >>> parse("2026-10").as_of
    datetime.date(2026, 10, 31)
    >>> parse("2026-1")
    Traceback (most recent call last):
    helpers.errors.Refused: '2026-1' is not a period; did you mean 2026-01? Write a month as 2026-10, \
a quarter as 2026-Q3.
    """
    if found := _MONTH.fullmatch(text):
        return of_month(int(found[1]) * 12 + int(found[2]) - 1)
    if found := _QUARTER.fullmatch(text):
        last = int(found[1]) * 12 + int(found[2]) * 3 - 1
        return Period(last - 2, last)
    meant = _probably_meant(text)
    hint = f"; did you mean {meant}?" if meant else "."
    raise Refused(f"{text!r} is not a period{hint} Write a month as 2026-10, a quarter as 2026-Q3.")


def short_name(period: str) -> str:
    """A period as a page names it in a sentence or a table.

    >>> short_name("2025-10"), short_name("2026-Q3")
    ('Oct 2025', 'Q3 2026')
    """
    parsed = parse(period)
    return name_of(parsed.as_of) if parsed.n_months == 1 else " ".join(reversed(period.split("-")))


def _probably_meant(text: str) -> str:
    if found := re.fullmatch(r"\s*(\d{4})[-/. _]?0?(\d{1,2})([-/.]\d{1,2})?\s*", text):
        year, month = int(found[1]), int(found[2])
        return f"{year}-{month:02d}" if 1 <= month <= 12 else ""
    if found := re.fullmatch(r"\s*(\d{4})[-/. _]?[qQ]([1-4])\s*|\s*[qQ]([1-4])[-/. _]?(\d{4})\s*", text):
        return f"{found[1] or found[4]}-Q{found[2] or found[3]}"
    return ""


def parse_range(text: str) -> list[Period]:
    """The periods of `2026-01..2026-10` or `2026-Q1..2026-Q3`, or the one that the text names, oldest first.

    >>> [str(period) for period in parse_range("2026-Q3..2027-Q1")]
    ['2026-Q3', '2026-Q4', '2027-Q1']
    >>> parse_range("2026-10..2026-09")
    Traceback (most recent call last):
    helpers.errors.Refused: '2026-10..2026-09' is not a range of periods: it ends before it begins.
    """
    if ".." not in text:
        return [parse(text)]
    first, last = (parse(part) for part in text.split("..", 1))
    if first.n_months != last.n_months:
        raise Refused(f"{text!r} is not a range of periods: it mixes a month and a quarter.")
    if last < first:
        raise Refused(f"{text!r} is not a range of periods: it ends before it begins.")
    steps = (last.first - first.first) // first.n_months
    return [first.shifted(step * first.n_months) for step in range(steps + 1)]
