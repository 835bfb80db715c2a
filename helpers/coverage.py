"""Which months the data covers, and the last of them that it covers to its end."""

from dataclasses import dataclass
from datetime import date

from helpers import periods


@dataclass(frozen=True)
class Coverage:
    """Which months the data covers, as month numbers; `data_until` is its last day where the source states it."""

    first_month: int
    last_month: int
    last_complete_month: int
    data_until: date | None

    def __str__(self) -> str:
        last = self.data_until.isoformat() if self.data_until else periods.month_text(self.last_month)
        return f"{periods.month_text(self.first_month)} to {last}"


def between(first: date, latest: date, until: date | None) -> Coverage:
    """The months from the first start to the day that the source states (`until`), or to that of the latest row.

    >>> str(between(date(2023, 11, 1), date(2026, 10, 30), date(2026, 10, 31)))
    '2023-11 to 2026-10-31'
    >>> covered = between(date(2023, 11, 1), date(2026, 10, 30), None)
    >>> str(covered), periods.month_text(covered.last_complete_month)
    ('2023-11 to 2026-10', '2026-09')
    """
    month = periods.month_no(first)
    if until:
        return Coverage(month, periods.month_no(until), periods.last_complete_month(until), until)
    # Nobody said until when the data goes, so the month of the latest row is taken as unfinished.
    last = periods.month_no(latest)
    return Coverage(month, last, last - 1, None)
