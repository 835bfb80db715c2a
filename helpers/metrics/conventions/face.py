"""The definitions in use as a notebook reads them: one call, then rows, accounts and sentences of each metric."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import formats
from helpers.formats import Shown
from helpers.ledger import Ledger, movements
from helpers.metrics.card import Card
from helpers.metrics.conventions.core import Found, Window
from helpers.metrics.conventions.definitions import CHARTMOGUL, CONVENTIONS, DOCUMENTED, OURS, WRONG, evaluate
from helpers.metrics.core import TOO_FEW
from helpers.sources import Tables

_NAMES = {"net_revenue_retention": "NRR", "gross_revenue_retention": "GRR"}
_EXPLAINED = {"explained_by_accounts": "Int64", "explained_by_cents": "Int64", "remainder": "float64"}
_TEXTS = dict.fromkeys(["metric", "convention", "account_id", "name", "segment"], "str")


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
        rows, name = self.rows(metric), _NAMES.get(metric, metric.replace("_", " "))
        is_wrong, is_known = rows["convention"].str.endswith(WRONG), rows["value"].notna()
        known = rows.loc[is_known & ~is_wrong, "value"]
        if known.empty:
            return f"No definition of {name} gives a number here: {rows['note'].iloc[-1]}."
        low, high, ours = (self._written(metric, value) for value in (known.min(), known.max(), rows["value"].iloc[0]))
        given = "; ours is undefined" if pd.isna(rows["value"].iloc[0]) else f"; ours {ours}"
        text = f"Definitions of {name} in use give {low if low == high else f'{low} to {high}'} on this data{given}."
        for row in rows[is_wrong & is_known].itertuples():
            wrong = f"The {row.convention.removesuffix(WRONG)}, {self._written(metric, row.value)}"
            text += f" {wrong}, counts new customers, so it is not retention."
        return text

    def why(self, metric: str, convention: str = CHARTMOGUL) -> str:
        """How many accounts explain a definition's difference to ours, the largest of them, and what is left over."""
        row, accounts = self._of(metric, convention)
        name = f"{_NAMES.get(metric, metric.replace('_', ' ').capitalize())} by {convention}"
        if pd.isna(row["difference_to_ours"]):
            return f"{name} cannot be compared with ours: {row['note'] or 'ours is undefined'}."
        value, difference = (self._written(metric, row["value"]), self._signed(metric, row["difference_to_ours"], 1))
        text = f"{name} is {value} ({difference} compared with ours)"
        if accounts.empty:
            return f"{text}; it is not taken apart by account." if row["difference_to_ours"] else f"{text}."
        count, first = int(row["explained_by_accounts"]), accounts.iloc[0]
        makes = f"{formats.plural(count, 'account')} {'explains' if count == 1 else 'explain'}"
        shares, largest, together, nothing = (
            self._signed(metric, share, 2) for share in (accounts["share"].sum(), first["share"], row["remainder"], 0.0)
        )
        text = f"{text}. {makes} {shares} of it"
        # Among very many accounts even the largest share is nothing.
        if largest != nothing:
            text += f"; {first['name']} has the largest effect ({largest})"
        return text + (f". The other {together} come from several together." if together != nothing else ".")

    def unexplained(self, metric: str, convention: str = CHARTMOGUL) -> float:
        """What is left of a difference without the accounts' shares and the stated remainder: 0 but for rounding."""
        row, accounts = self._of(metric, convention)
        left = row["difference_to_ours"] - row["remainder"] - accounts["share"].sum()
        return 0.0 if pd.isna(left) else float(left)

    def _of(self, metric: str, convention: str) -> tuple[pd.Series, pd.DataFrame]:
        is_here = (self.accounts["metric"] == metric) & (self.accounts["convention"] == convention)
        return self.rows(metric).set_index("convention").loc[convention], self.accounts[is_here]

    def _written(self, metric: str, value: float) -> str:
        return formats.money(value, self.currency) if metric == "lifetime_value" else formats.percent(value)

    def _signed(self, metric: str, value: float, digits: int) -> str:
        is_money = metric == "lifetime_value"
        return formats.money(value, self.currency, signed=True) if is_money else formats.points(value, digits)


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
    rows, parts = [], [pd.DataFrame(columns=[*_TEXTS, "share", "cents"])]
    for metric, names in CONVENTIONS.items():
        ours = found[metric][0].value
        for name, one in zip(names, found[metric], strict=True):
            difference = None if one.value is None or ours is None else one.value - ours
            explained = _explained(metric, one, difference, window)
            rows.append((metric, name, one.value, difference, *explained, one.note, *DOCUMENTED[metric, name]))
            if one.shares is not None:
                parts.append(_largest(metric, name, one, window, limit))
    columns = ["metric", "convention", "value", "difference_to_ours", *_EXPLAINED, "note", "documented_by", "address"]
    table = pd.DataFrame(rows, columns=columns).astype({"value": "float64", "difference_to_ours": "float64"})
    accounts = pd.concat(parts[1:] or parts, ignore_index=True).astype(_TEXTS | {"share": "float64", "cents": "Int64"})
    return OtherDefinitions(table.astype(_EXPLAINED), accounts, currency)


def _explained(metric: str, found: Found, difference: float | None, window: Window | None) -> tuple:
    if difference is None or found.shares is None:
        return None, None, difference
    cents = _cents(metric, found, window)
    remainder = 0.0 if found.is_exact else difference - float(found.shares.sum())
    return np.count_nonzero(found.shares), None if cents is None else int(cents.sum()), remainder


def _largest(metric: str, name: str, found: Found, window: Window, limit: int) -> pd.DataFrame:
    cents = _cents(metric, found, window)
    table = window.accounts.assign(share=found.shares, cents=pd.NA if cents is None else cents)
    table = table[table["share"] != 0].sort_values("share", key=np.abs, ascending=False, kind="stable")
    rest = table.iloc[limit:]
    if len(rest):
        others = {"account_id": "", "name": f"the other {formats.plural(len(rest), 'account')}", "segment": ""}
        others |= {"share": rest["share"].sum(), "cents": pd.NA if cents is None else rest["cents"].sum()}
        table = pd.concat([table.iloc[:limit].astype({"cents": "Int64"}), pd.DataFrame([others])])
    return table.assign(metric=metric, convention=name)[[*_TEXTS, "share", "cents"]].astype({"cents": "Int64"})


def _cents(metric: str, found: Found, window: Window) -> np.ndarray | None:
    return None if metric == "logo_churn" else np.rint(found.shares * window.level[:, 0].sum()).astype("int64")
