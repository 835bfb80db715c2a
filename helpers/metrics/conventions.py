"""Why a number here does not match the billing tool: the conventions of one name side by side.

Everything is worked out from MRR at the ends of the months of a window (12 months that end with the period). The first
convention of each metric is ours. A share is the part of the difference to ours that one account makes:

- a convention with our denominator adds up by account: the account's amount there minus its amount here, ÷ denominator;
- a product of monthly rates is our number with other accounts or amounts in each month. An account's share is what
  the product changes when this account alone is counted as we count it. What the accounts change only together is
  stated as the remainder. (Deleting accounts outright explains nothing: it moves both numbers, and adds up to about 0.)

`conventions.toml` says of each who documents it, over which window and where, or that nobody does. The tools publish a
rate for the interval shown: the twelve months are compounded here. Their revenue churn includes downgrades, so it is
1 − gross revenue retention; `revenue_churn` here is that of the accounts that left. What MRR at month ends cannot show:
who joins and leaves within a month (Baremetrics counts them since its “Churn Update”, ProfitWell leaves them out), and
a loss capped at the MRR of 30 days before (Baremetrics). Chargebee's and Gainsight's rest on the subscriptions
(`queries/subscription_ends.sql`). `tests/metrics/test_conventions.py` has an example of four customers for each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from helpers import formats
from helpers.formats import Shown
from helpers.ledger import Ledger, movements
from helpers.metrics.card import Card
from helpers.metrics.core import TOO_FEW, said
from helpers.metrics.windows import CONVENTIONS, DOCUMENTED, Found, Window, evaluate
from helpers.sources import Tables

OURS, WRONG = " (ours)", " (wrong)"
CHARTMOGUL, BAREMETRICS = CONVENTIONS["net_revenue_retention"][3:5]
COMPOUNDED, TWELVEFOLD = "monthly rates compounded", "12 × monthly average"
_NAMES = {"net_revenue_retention": "NRR", "gross_revenue_retention": "GRR"}
_EXPLAINED = {"explained_by_accounts": "Int64", "explained_by_cents": "Int64", "remainder": "float64"}
_TEXTS = ["metric", "convention", "account_id", "name", "segment"]


@dataclass(frozen=True)
class OtherDefinitions(Shown):
    """Each metric as billing tools and surveys define it, and the accounts that make the difference."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and definition, ours first"})
    accounts: pd.DataFrame = field(metadata={"holds": "one row per metric, definition and account with a share of it"})
    currency: str = field(repr=False, default="USD")

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

    @property
    def others(self) -> str:
        """What `says` says of every metric but NRR, in one paragraph."""
        return " ".join(self.says(metric) for metric in CONVENTIONS if metric != "net_revenue_retention")

    def says(self, metric: str) -> str:
        """How far apart the definitions of a metric in use are on this data, and what a wrong one gives.

        >>> names = CONVENTIONS["net_revenue_retention"]
        >>> values = [1.0, 0.9, 1.0, 1.1, 1.05, 1.02, 1.0, None, 1.5]
        >>> rows = {"metric": "net_revenue_retention", "convention": names, "value": values, "note": ""}
        >>> OtherDefinitions(pd.DataFrame(rows), pd.DataFrame()).says("net_revenue_retention")
        'Definitions of NRR in use give 90.0% to 110.0% on this data; ours 100.0%. The total revenue ratio, 150.0%, \
counts new customers, so it is not retention.'
        """
        rows, (write, _) = self.rows(metric), self._writers(metric)
        ours, is_known = rows["value"].iloc[0], rows["value"].notna()
        is_wrong = rows["convention"].str.endswith(WRONG)
        known, wrong = rows.loc[is_known & ~is_wrong, "value"], rows[is_known & is_wrong]
        facts = {"name": _NAMES.get(metric, metric.replace("_", " ")), "ours": ours, "note": rows["note"].iloc[-1]}
        facts["ends"] = list(dict.fromkeys(map(write, (known.min(), known.max())))) if len(known) else []
        facts["wrong"] = [(row.convention.removesuffix(WRONG), row.value) for row in wrong.itertuples()]
        return said("other_definitions", **facts, write=write)

    def why(self, metric: str, convention: str = CHARTMOGUL) -> str:
        """How many accounts explain a definition's difference to ours, the largest of them, and what is left over."""
        (row, accounts), (write, signed) = self._of(metric, convention), self._writers(metric)
        facts = {"name": f"{_NAMES.get(metric, metric.replace('_', ' ').capitalize())} by {convention}"}
        facts |= {"row": row.to_dict(), "largest": accounts.head(1).to_dict("records"), "write": write}
        return said("why", **facts, shares=accounts["share"].sum(), signed=signed)

    def unexplained(self, metric: str, convention: str = CHARTMOGUL) -> float:
        """What is left of a difference without the accounts' shares and the stated remainder: 0 but for rounding."""
        row, accounts = self._of(metric, convention)
        left = row["difference_to_ours"] - row["remainder"] - accounts["share"].sum()
        return 0.0 if pd.isna(left) else float(left)

    def _of(self, metric: str, convention: str) -> tuple[pd.Series, pd.DataFrame]:
        is_here = (self.accounts["metric"] == metric) & (self.accounts["convention"] == convention)
        return self.rows(metric).set_index("convention").loc[convention], self.accounts[is_here]

    def _writers(self, metric: str) -> tuple[Callable, Callable]:
        """How a value and a difference are written; of a difference in points, with so many digits."""
        if metric != "lifetime_value":
            return formats.percent, formats.points
        money = partial(formats.money, currency=self.currency)
        return money, lambda cents, digits: money(cents, signed=True)


def other_definitions(tables: Tables, book: Ledger, card: Card) -> OtherDefinitions:
    """Every metric as each definition in use gives it over the 12 months to the period's end."""
    window = (tables.period.last - 12, tables.period.last)
    changes = movements.changes(tables, *window, n_opening=book.bridge["n_opening"])
    ends = tables.run("subscription_ends", opening_month=window[0], closing_month=window[1])
    lifetime = card["customer_lifetime_value_observed_cents"].value  # the one on the first page
    return switchboard(changes, *window, lifetime, TOO_FEW, ends, currency=tables.currency)


def switchboard(
    changes: pd.DataFrame | None,
    opening_month: int,
    closing_month: int,
    lifetime_value_cents: float | None = None,
    at_least: int = 2,
    subscriptions: pd.DataFrame | None = None,
    limit: int = 1_000,
    currency: str = "USD",
) -> OtherDefinitions:
    """Each metric under each convention, over the window after opening_month up to closing_month (12 months).

    `changes` is `movements.changes` (None: too many accounts to fetch), `lifetime_value_cents` our own lifetime value,
    `subscriptions` the query `subscription_ends` (None: Chargebee's and Gainsight's are not given);
    with fewer than `at_least` accounts paying at the opening no rate is given.

    Returns: `table` with metric, convention; value and difference_to_ours (rates 0–1, lifetime value in cents);
    explained_by_accounts (how many have a share of the difference); explained_by_cents (their shares × opening MRR;
    empty where accounts are counted); remainder (of the difference, in the metric's unit: with the shares of
    `accounts` it adds up); note (why a value is empty, or how to read it); documented_by and address
    (who publishes it, over which window, and where; or that nobody does). A lifetime value is not taken apart by
    account: ours is a mean of them all.
    `accounts`, the largest share first: metric, convention, account_id, name, segment, share (in the metric's unit),
    cents (share × opening MRR; empty where accounts are counted). Accounts beyond `limit` are one row without an
    account_id, so that the shares of a convention always add up to its difference less its `remainder`.

    >>> moved = pd.DataFrame({"account_id": ["A", "B", "C"], "name": ["Acme", "Bolt", "Cog"], "segment": "S",
    ...     "month_no": [0, 3, 5], "opening_cents": [100, 100, 0], "closing_cents": [100, 0, 50],
    ...     "movement": ["unchanged", "churn", "new"]})
    >>> table = switchboard(moved, 0, 12).table.set_index("convention")
    >>> table.loc[["cohort, point to point (ours)", "total revenue ratio (wrong)"], "value"].tolist()
    [0.5, 0.75]
    """
    window, found = evaluate(changes, opening_month, closing_month, lifetime_value_cents, at_least, subscriptions)
    whole = 0 if window is None else window.opening.sum()
    rows, parts = [], []
    for metric, names in CONVENTIONS.items():
        ours = found[metric][0].value
        for name, one in zip(names, found[metric], strict=True):
            difference = None if one.value is None or ours is None else one.value - ours
            explained = None, None, difference
            if one.shares is not None:
                cents = None if metric == "logo_churn" else np.rint(one.shares * whole)
                remainder = 0.0 if one.is_exact else difference - float(one.shares.sum())
                explained = np.count_nonzero(one.shares), None if cents is None else int(cents.sum()), remainder
                parts += _largest(metric, name, one, window, cents, limit)
            rows.append((metric, name, one.value, difference, *explained, one.note, *DOCUMENTED[metric, name]))
    columns = ["metric", "convention", "value", "difference_to_ours", *_EXPLAINED, "note", "documented_by", "address"]
    table = pd.DataFrame(rows, columns=columns).astype({"value": "float64", "difference_to_ours": "float64"})
    accounts = pd.DataFrame(parts, columns=[*_TEXTS, "share", "cents"])
    accounts = accounts.astype(dict.fromkeys(_TEXTS, "str") | {"share": "float64", "cents": "Int64"})
    return OtherDefinitions(table.astype(_EXPLAINED), accounts, currency)


def _largest(metric: str, name: str, found: Found, window: Window, cents: np.ndarray | None, limit: int) -> Iterator:
    """The rows of the accounts with a share, the largest first; those beyond `limit` are one row."""
    order = np.argsort(-np.abs(found.shares), kind="stable")
    order = order[found.shares[order] != 0]
    shares, amounts = found.shares[order], [None] * len(order) if cents is None else cents[order]
    texts = window.accounts.iloc[order[:limit]].itertuples(index=False, name=None)
    for text, share, amount in zip(texts, shares, amounts, strict=False):
        yield (metric, name, *text, share, amount)
    if len(order) > limit:
        others = f"the other {formats.plural(len(order) - limit, 'account')}"
        amount = None if cents is None else amounts[limit:].sum()
        yield metric, name, "", others, "", shares[limit:].sum(), amount
