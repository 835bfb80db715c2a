"""The definitions in use as a notebook reads them: one call, then rows and sentences of each metric."""

from dataclasses import dataclass, field

import pandas as pd

from helpers.formats import Shown
from helpers.ledger import Ledger, movements
from helpers.metrics.card import Card
from helpers.metrics.conventions.definitions import CHARTMOGUL, CONVENTIONS, OURS
from helpers.metrics.conventions.table import by_account, switchboard
from helpers.metrics.conventions.words import explain, explain_difference
from helpers.metrics.core import TOO_FEW
from helpers.sources import Tables


@dataclass(frozen=True)
class OtherDefinitions(Shown):
    """Each metric as billing tools and surveys define it, and the accounts that make the difference."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and definition, ours first"})
    accounts: pd.DataFrame = field(metadata={"holds": "one row per metric, definition and account with a share of it"})
    currency: str = field(repr=False)

    @property
    def rates(self) -> pd.DataFrame:
        """The definitions of retention and churn, for a reader: metric, convention, value and how they differ."""
        rates = self.table[self.table["metric"] != "lifetime_value"].drop(columns=["remainder", "note", "address"])
        is_ours = rates["convention"].str.endswith(OURS)
        return rates.assign(difference_to_ours=rates["difference_to_ours"].mask(is_ours))

    @property
    def lifetime_values(self) -> pd.DataFrame:
        """The definitions of lifetime value, for a reader."""
        cents = {"value": "value_cents", "difference_to_ours": "difference_to_ours_cents"}
        return self.rows("lifetime_value")[["convention", *cents, "note", "documented_by"]].rename(columns=cents)

    def rows(self, metric: str) -> pd.DataFrame:
        """One metric under each definition."""
        return self.table[self.table["metric"] == metric]

    def says(self, metric: str) -> str:
        """How far apart the definitions of a metric in use are on this data."""
        return explain(self.table, metric, self.currency)

    @property
    def others(self) -> str:
        """The same of every metric but NRR, in one paragraph."""
        return " ".join(self.says(metric) for metric in CONVENTIONS if metric != "net_revenue_retention")

    def why(self, metric: str, convention: str = CHARTMOGUL) -> str:
        """Which accounts make a definition differ from ours."""
        return explain_difference(self.table, self.accounts, metric, convention, self.currency)

    def unexplained(self, metric: str, convention: str = CHARTMOGUL) -> float:
        """What is left of a difference without the accounts' shares and the stated remainder: 0 but for rounding."""
        row = self.rows(metric).set_index("convention").loc[convention]
        is_here = (self.accounts["metric"] == metric) & (self.accounts["convention"] == convention)
        left = row["difference_to_ours"] - row["remainder"] - self.accounts.loc[is_here, "share"].sum()
        return 0.0 if pd.isna(left) else float(left)


def other_definitions(tables: Tables, book: Ledger, card: Card) -> OtherDefinitions:
    """Every metric as each definition in use gives it over the 12 months to the period's end."""
    window = (tables.period.last - 12, tables.period.last)
    changes = movements.changes(tables, *window, n_opening=book.bridge["n_opening"])
    ends = tables.run("subscription_ends", opening_month=window[0], closing_month=window[1])
    lifetime = card["customer_lifetime_value_observed_cents"].value  # the one on the first page
    table = switchboard(changes, *window, lifetime, TOO_FEW, ends)
    return OtherDefinitions(table, by_account(changes, *window, at_least=TOO_FEW, subscriptions=ends), tables.currency)
