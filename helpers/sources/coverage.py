"""Which months the data of a source covers."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from helpers import periods
from helpers.sources import schema


@dataclass(frozen=True)
class Coverage:
    """Which months the data covers, as month numbers; `data_until` is its last day where the source states it.

    >>> print(between(date(2024, 1, 15), date(2024, 3, 2)), "|", between(date(2024, 1, 15), None, date(2024, 3, 9)))
    2024-01 to 2024-03 | 2024-01 to 2024-03-09
    """

    first_month: int
    last_month: int
    last_complete_month: int
    data_until: date | None

    def __str__(self) -> str:
        last = self.data_until.isoformat() if self.data_until else periods.month_text(self.last_month)
        return f"{periods.month_text(self.first_month)} to {last}"


def query(names: tuple[str, ...]) -> str:
    """SQL for the first day of a subscription (`first`) and the latest day in any of these tables (`last`)."""
    known = {name: schema.cut(name).known_on for name in names if schema.cut(name).known_on}
    days = [f"select max({column}) as day from _all_{name}" for name, column in known.items()]
    latest = f"select max(day) from ({' union all '.join(days)}) as latest"
    return f"select min(starts_on) as first, ({latest}) as last from _all_subscriptions"


def between(first: date | pd.Timestamp, last: date | pd.Timestamp | None, until: date | None = None) -> Coverage:
    """The coverage from the first to the last day seen, or to `until`, where the source says so.

    Where nobody says until when the data goes, the month of the latest row is taken as unfinished.

    >>> between(date(2024, 1, 15), date(2024, 3, 31)).last_complete_month == periods.month_no(date(2024, 2, 1))
    True
    """
    if until:
        return Coverage(periods.month_no(first), periods.month_no(until), periods.last_complete_month(until), until)
    return Coverage(periods.month_no(first), periods.month_no(last), periods.month_no(last) - 1, None)


def of_levels(last: date | pd.Timestamp, until: date | None) -> date:
    """The last day of the last month of MRR by month: that one is as complete as the others, and none is beyond it.

    >>> of_levels(date(2024, 2, 1), None), of_levels(date(2024, 2, 1), date(2024, 2, 9))
    (datetime.date(2024, 2, 29), datetime.date(2024, 2, 9))
    """
    return min(periods.month_end(periods.month_no(last)), until or date.max)
