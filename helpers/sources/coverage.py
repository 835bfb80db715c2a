"""Which months the data of a source covers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from helpers import periods
from helpers.sources import schema


@dataclass(frozen=True)
class Coverage:
    """Which months the data covers, as month numbers; `data_until` is its last day where the source states it.

    `latest`: the latest day on which a row became known.

    >>> print(between(date(2024, 1, 15), date(2024, 3, 2)), "|", between(date(2024, 1, 15), None, date(2024, 3, 9)))
    2024-01 to 2024-03 | 2024-01 to 2024-03-09
    """

    first_month: int
    last_month: int
    last_complete_month: int
    data_until: date | None
    latest: date | None = None

    def __str__(self) -> str:
        last = self.data_until.isoformat() if self.data_until else periods.month_text(self.last_month)
        return f"{periods.month_text(self.first_month)} to {last}"


def query(names: tuple[str, ...]) -> str:
    """SQL for the first day of a subscription (`first`) and the latest day in any of these tables (`last`)."""
    days = [f"select max({column}) as day from _all_{name}" for name, column in schema.dated(names).items()]
    latest = f"select max(day) from ({' union all '.join(days)}) as latest"
    return f"select min(starts_on) as first, ({latest}) as last from _all_subscriptions"


def latest_before(
    until: date | None, latest: date | None, today: date, names: tuple[str, ...], run: Callable[[str], pd.DataFrame]
) -> date | None:
    """`latest`, where `until` (what the source says of its last day) is doubtful; None where it is not.

    It is doubtful more than a month after the latest row, if it is still to come, or if each of the twelve months up to
    that row has rows, and at their pace five or more would have followed by then. `run` answers a query.
    """
    if not until or not latest or (until - latest).days <= 31:
        return None
    if until > today:
        return latest
    first = periods.month_start(periods.month_no(latest) - 11)
    held = " union all ".join(
        f"select extract(year from {column}) * 12 + extract(month from {column}) as month_no from _all_{name} "
        f"where {column} >= date '{first:%Y-%m-%d}'"
        for name, column in schema.dated(names).items()
    )
    n = run(f"select count(*) as n_rows, count(distinct month_no) as n_months from ({held}) as held").iloc[0]
    is_steady = n["n_months"] == 12 and n["n_rows"] / 12 * (until - latest).days / 30 >= 5
    return latest if is_steady else None


def between(first: date | pd.Timestamp, last: date | pd.Timestamp | None, until: date | None = None) -> Coverage:
    """The coverage from the first to the last day seen, or to `until`, where the source says so.

    Where nobody says until when the data goes, the month of the latest row is taken as unfinished.

    >>> between(date(2024, 1, 15), date(2024, 3, 31)).last_complete_month == periods.month_no(date(2024, 2, 1))
    True
    """
    begins, latest = periods.month_no(first), None if last is None else pd.Timestamp(last).date()
    if until:
        return Coverage(begins, periods.month_no(until), periods.last_complete_month(until), until, latest)
    return Coverage(begins, periods.month_no(last), periods.month_no(last) - 1, None, latest)


def of_levels(last: date | pd.Timestamp, until: date | None) -> date:
    """The last day of the last month of MRR by month: that one is as complete as the others, and none is beyond it.

    >>> of_levels(date(2024, 2, 1), None), of_levels(date(2024, 2, 1), date(2024, 2, 9))
    (datetime.date(2024, 2, 29), datetime.date(2024, 2, 9))
    """
    return min(periods.month_end(periods.month_no(last)), until or date.max)
