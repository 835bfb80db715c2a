"""What expansion is made of (upsell, cross-sell, price), and contraction (downgrade, product dropped); to the cent."""

import pandas as pd

from helpers.ledger import movements
from helpers.sources import Tables

KINDS = {"expansion": ("upsell", "cross_sell", "price_increase"), "contraction": ("downgrade", "product_dropped")}
NAMES = [name for kinds in KINDS.values() for name in kinds]
CENTS = [f"{name}_cents" for name in NAMES]


def read(tables: Tables) -> pd.DataFrame | None:
    """The kinds by segment and month, from the products and seats of the subscriptions; None without products.

    Of an expansion, cross-sell is a product that the account did not pay for, price what a product costs more at the
    same number of seats, upsell the rest. Of a contraction, a product dropped, and downgrade, the rest. A product taken
    and another dropped in one month is a change of plan: upsell or downgrade. What an account loses on one product
    while it grows is taken from its upsell first. Without seats on record price is missing, and within upsell.

    Returns: segment, month_no, then `…_cents` and `n_…` (accounts) of each of NAMES.
    """
    recorded = tables.query("select count(product) as products, count(n_seats) as seats from subscriptions").iloc[0]
    if not recorded["products"]:
        return None
    found = tables.run("movement_kinds", last_month=tables.period.last)
    return found if recorded["seats"] else found.assign(price_increase_cents=float("nan"))


def beside(table: pd.DataFrame, kinds: pd.DataFrame | None) -> pd.DataFrame:
    """The movement table (`movements.by_month`, `by_segment`) with CENTS as further columns; empty where not recorded.

    >>> monthly = pd.DataFrame({"month": pd.to_datetime(["2024-01-01"]), "expansion_cents": [500]})
    >>> amounts = dict.fromkeys(CENTS, 0) | {"upsell_cents": 500}
    >>> made_of = pd.DataFrame({"segment": ["S"], "month_no": [24288]} | amounts)
    >>> beside(monthly, made_of)[["expansion_cents", "upsell_cents", "cross_sell_cents"]].values.tolist()
    [[500, 500, 0]]
    """
    if kinds is None:
        return table.assign(**dict.fromkeys(CENTS, float("nan")))
    keys = ["segment", "month"] if "segment" in table else ["month"]
    dated = kinds.assign(month=movements.month_of(kinds["month_no"]))
    sums = dated.groupby(keys)[CENTS].sum(min_count=1)
    known = [name for name in CENTS if not kinds[name].isna().any()]
    merged = table.merge(sums, how="left", left_on=keys, right_index=True, validate="one_to_one")
    return merged.fillna(dict.fromkeys(known, 0)).astype(dict.fromkeys(known, "int64"))
