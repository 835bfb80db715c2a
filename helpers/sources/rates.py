"""Several currencies, brought to one at constant rates: a moving rate is neither expansion nor contraction.

Every amount of a report is converted at one rate per currency: the one valid on the first day of the report's twelve
months. Revenue at the opening of a twelve-month comparison is then worth what it was worth on that day, what is
compared with it is measured by the same rod, and the rate was known whenever the report could have been made.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pandas as pd

from helpers import periods
from helpers.sources import queries
from helpers.sources.dialects import DUCKDB, Dialect

# A rate is read as a whole number of these, so that it never passes through a float.
SCALE = 10**10


@dataclass(frozen=True)
class Rates:
    """What currencies are worth in the reporting currency `to`.

    `rows`: (currency, first day, rate). `opening`: the day whose rates hold for the whole report.
    `dialect`: that of the SQL in which amounts are converted.
    """

    to: str
    rows: tuple[tuple[str, date, Decimal], ...]
    opening: date | None = None
    dialect: Dialect = DUCKDB

    def at(self, period: periods.Period) -> "Rates":
        """The rates of a report for `period`; once they are chosen, they hold for every other period it looks at."""
        return self if self.opening else replace(self, opening=periods.month_start(period.last - 11))

    def first_days(self) -> dict[str, date]:
        """The first day on which each currency has a rate.

        >>> rows = (("EUR", date(2024, 5, 1), Decimal("1.1")), ("EUR", date(2024, 1, 1), Decimal("1.2")))
        >>> Rates("USD", rows).first_days()
        {'EUR': datetime.date(2024, 1, 1)}
        """
        return {currency: day for currency, day, _ in sorted(self.rows, reverse=True)}

    def is_unknown(self, currency: str, day: str) -> str:
        """The SQL condition that a row's currency is another one and has no rate by the row's `day`."""
        return queries.macros(__file__).is_unknown(self, currency, day)

    def in_force(self) -> dict[str, tuple[date, Decimal]]:
        """The rate of each currency on the opening day; of one that had none yet, its first.

        >>> rows = (("EUR", date(2024, 1, 1), Decimal("1.1")), ("EUR", date(2024, 5, 1), Decimal("1.2")))
        >>> Rates("USD", rows, date(2024, 4, 30)).in_force()
        {'EUR': (datetime.date(2024, 1, 1), Decimal('1.1'))}
        """
        found: dict[str, tuple[date, Decimal]] = {}
        for currency, day, rate in sorted(self.rows):
            if currency != self.to and (currency not in found or day <= self.opening):
                found[currency] = (day, rate)
        return found

    def amount(self, amount: str, currency: str) -> str:
        """The SQL of an amount in the reporting currency."""
        return queries.macros(__file__).amount(self, amount, currency)

    def code(self, currency: str) -> str:
        """The SQL of the currency that an amount is in, once it is converted."""
        return queries.macros(__file__).code(self, currency)

    def __str__(self) -> str:
        """The rates that the report uses, for a reader.

        >>> print(Rates("USD", (("EUR", date(2023, 9, 1), Decimal("1.1000")),), date(2023, 11, 1)))
        1 EUR = 1.1 USD (from 2023-09-01): the rates of 2023-11-01, for every amount of this report
        """
        rates = [(name, format(rate.normalize(), "f"), day) for name, (day, rate) in self.in_force().items()]
        used = [f"1 {currency} = {rate} {self.to} (from {day.isoformat()})" for currency, rate, day in rates]
        return f"{', '.join(used)}: the rates of {self.opening}, for every amount of this report"


def rates_in(rows: pd.DataFrame, to: str, dialect: Dialect = DUCKDB) -> Rates:
    """The rates into the currency `to` in the rows of `QUERY`.

    >>> rows = pd.DataFrame({"currency": ["EUR"], "valid_from": pd.to_datetime(["2024-01-01"]), "scaled": [12 * 10**9]})
    >>> rates_in(rows, "USD").rows
    (('EUR', datetime.date(2024, 1, 1), Decimal('1.2')),)
    """
    days = [pd.Timestamp(day).date() for day in rows["valid_from"]]
    worth = [Decimal(int(scaled)) / SCALE for scaled in rows["scaled"]]
    return Rates(to, tuple(sorted(zip(rows["currency"], days, worth, strict=True))), dialect=dialect)
