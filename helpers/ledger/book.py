"""The ledger as a notebook reads it: one call, and the period's movements in sentences."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from helpers import periods
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import movements
from helpers.periods import Period
from helpers.sources import Tables

RECENT = 13
WORDS = Path(__file__).with_name("words.toml")


@dataclass(frozen=True)
class Ledger(Shown):
    """Every change of MRR, month by month, and the accounts behind the changes of this period."""

    monthly: pd.DataFrame = field(metadata={"holds": "one row per month: opening + movements = closing, in cents"})
    by_segment: pd.DataFrame = field(metadata={"holds": "the same per segment and month"})
    bridge: pd.Series = field(metadata={"holds": "the same of the whole period"})
    accounts: pd.DataFrame = field(metadata={"holds": "one row per account paying at either end, largest change first"})
    kinds: pd.DataFrame | None = field(metadata={"holds": "what expansion and contraction are made of"})
    period: Period = field(repr=False)
    currency: str = field(repr=False)

    @property
    def net_cents(self) -> int:
        """The change of MRR over the period."""
        return int(self.bridge["closing_cents"] - self.bridge["opening_cents"])

    @property
    def moved(self) -> pd.DataFrame:
        """The accounts whose MRR changed, the largest change first."""
        return self.accounts[self.accounts["movement"] != "unchanged"]

    @property
    def recent(self) -> pd.DataFrame:
        """The last 13 months for a reader, latest first: month, the amounts, n_closing."""
        names = [name for name in self.monthly.columns if name.endswith("_cents") and name not in movements.KIND_CENTS]
        return self.monthly[["month", *names, "n_closing"]].tail(RECENT).iloc[::-1]

    @property
    def made_of(self) -> pd.DataFrame:
        """What expansion and contraction were made of in the last 13 months, latest first; empty without products."""
        recorded = [name for name in movements.KIND_CENTS if self.monthly[name].notna().any()]
        return self.monthly[["month", *recorded]].tail(RECENT).iloc[::-1] if recorded else self.monthly.head(0)

    @property
    def headline(self) -> str:
        """From which MRR to which, and how many accounts made the difference."""
        return Sentences(WORDS, self).headline

    @property
    def finding(self) -> str:
        """How much MRR grew or fell, and what was gained and lost on the way."""
        return Sentences(WORDS, self).finding

    @property
    def caveat(self) -> str:
        """What the first months cannot say where the data begins with them; empty where it begins earlier."""
        return Sentences(WORDS, self).caveat

    @property
    def is_balanced(self) -> bool:
        """Whether opening plus movements is closing in every month, in cents and in accounts."""
        month = self.monthly
        moved = "new_cents + reactivation_cents + expansion_cents - contraction_cents - churn_cents"
        is_whole = month.eval(f"opening_cents + {moved} == closing_cents")
        is_whole &= month.eval("n_opening + n_new + n_reactivated - n_churned == n_closing")
        is_split = self.kinds is None or all(
            month[f"{whole}_cents"].equals(month[[f"{name}_cents" for name in names]].sum(axis=1).astype("int64"))
            for whole, names in movements.KINDS.items()
        )
        return bool(is_whole.all() and is_split)

    @property
    def to_do(self) -> list[str]:
        """Which accounts to ask or call: the largest that left and that now pay less, by name and amount."""
        return Sentences(WORDS, self).to_do

    def largest(self, n: int = 10) -> pd.DataFrame:
        """The n largest changes by account: name, segment, opening, closing, change, movement."""
        return self.moved.head(max(n, 0)).drop(columns="account_id")

    def largest_sentence(self, n: int = 10) -> str:
        """What the n largest changes add up to, what the others do, and that together they are the change of MRR."""
        return Sentences(WORDS, SimpleNamespace(book=self, n=len(self.largest(n)))).largest


def read(tables: Tables) -> Ledger:
    """The ledger of a source up to the end of its period.

    Returns: `monthly` (`movements.by_month`, is_complete: the data covers the whole month, and `movements.KIND_CENTS`),
    `by_segment` (segment, then the same columns without is_complete), `bridge` (`movements.bridge`), `accounts`
    (`movements.moved` over the period).
    """
    cube, period, coverage = movements.cube(tables), tables.period, tables.coverage
    monthly = movements.by_month(cube, coverage.first_month, period.last)
    of_segments = movements.by_segment(cube, coverage.first_month, period.last)
    is_complete = monthly["month"].map(periods.month_no) <= coverage.last_complete_month
    made_of = movements.kinds(tables)
    return Ledger(
        movements.with_kinds(monthly.assign(is_complete=is_complete), made_of),
        movements.with_kinds(of_segments, made_of),
        movements.bridge(monthly, period),
        movements.moved(tables, period.opening, period.last),
        made_of,
        period,
        tables.currency,
    )
