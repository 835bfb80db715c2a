"""The ledger of MRR movements: what came, grew, shrank, left and returned, month by month, to the cent.

An account's MRR at a month's end is the sum over its subscriptions with month(starts_on) ≤ month < month(ends_on).
Its first month above 0 is its cohort (a free trial is no customer yet). Every change of the level from one month's end
to the next is one movement: `new`, `expansion`, `contraction`, `churn` or `reactivation` (a return after a gap).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers import periods
from helpers.periods import Period
from helpers.sources import Tables

MOVEMENTS = ("new", "expansion", "contraction", "churn", "reactivation")
COLUMNS = (
    "month opening_cents new_cents expansion_cents contraction_cents churn_cents reactivation_cents closing_cents "
    "n_opening n_new n_churned n_reactivated n_closing"
).split()
KINDS = {"expansion": ("upsell", "cross_sell", "price_increase"), "contraction": ("downgrade", "product_dropped")}
KIND_NAMES = [name for kinds in KINDS.values() for name in kinds]
KIND_CENTS = [f"{name}_cents" for name in KIND_NAMES]
_SUMS = ["n_opening", "n_retained", "opening_cents", "closing_cents", "kept_cents", "xx", "xy", "yy", "xk", "kk"]
_ALL_ROWS = 2**31 - 1  # the highest that Spark takes
PAID_ROWS = 100_000  # accounts whose months of life are held at once
PAIRS_LIMIT = 2_000_000  # a million accounts take a notebook some two gigabytes


def cube(tables: Tables) -> pd.DataFrame:
    """Movements by cohort, segment, month and kind, up to the end of the period: a few thousand rows at any size.

    Columns: cohort_no and month_no (months as integers), segment, movement, n_accounts, change_cents (signed),
    capped_change_cents (change of min(MRR, first MRR), for gross triangles), n_first_lost (never lost before).
    """
    return tables.run("movements", last_month=tables.period.last)


def month_of(month_nos) -> pd.DatetimeIndex:
    """Month numbers as the first days of their months.

    >>> month_of([24288])[0].date().isoformat()
    '2024-01-01'
    """
    return pd.DatetimeIndex([periods.month_start(int(month)) for month in month_nos]).as_unit("us")


def by_month(cube: pd.DataFrame, first_month: int, last_month: int) -> pd.DataFrame:
    """The movement table, one row a month, months without movements included.

    opening + new + reactivation + expansion − contraction − churn = closing, in cents; contraction_cents and
    churn_cents are amounts lost, so positive. n_opening + n_new + n_reactivated − n_churned = n_closing accounts.
    """
    months, values = pd.RangeIndex(first_month, last_month + 1, name="month_no"), ["change_cents", "n_accounts"]
    sums = cube.groupby(["month_no", "movement"])[values].sum().unstack(fill_value=0)
    columns = pd.MultiIndex.from_product([values, MOVEMENTS])
    sums = sums.reindex(index=months, columns=columns, fill_value=0).astype("int64")
    cents, counts = (sums[value] for value in values)
    change, gained = cents.sum(axis=1), counts["new"] + counts["reactivation"] - counts["churn"]
    # What is lost is shown as an amount of its own.
    table = (
        (cents * [1, 1, -1, -1, 1])
        .add_suffix("_cents")
        .assign(
            month=month_of(months),
            opening_cents=change.cumsum() - change,
            closing_cents=change.cumsum(),
            n_opening=gained.cumsum() - gained,
            n_new=counts["new"],
            n_churned=counts["churn"],
            n_reactivated=counts["reactivation"],
            n_closing=gained.cumsum(),
        )
    )
    return table[COLUMNS].rename_axis(columns=None).reset_index(drop=True)


def by_segment(cube: pd.DataFrame, first_month: int, last_month: int) -> pd.DataFrame:
    """The movement table of each segment: segment, then the columns of `by_month`. Over segments it adds up to it."""
    return of_each_segment(cube, lambda part: by_month(part, first_month, last_month))


def of_each_segment(cube: pd.DataFrame, build: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """`build(part)` of each segment's cube, one under the other: segment, then the columns of what is built."""
    parts = [build(part).assign(segment=name) for name, part in cube.groupby("segment", sort=True)]
    table = pd.concat(parts, ignore_index=True) if parts else build(cube).assign(segment="")
    return table[["segment", *table.columns.drop("segment")]]


def bridge(monthly: pd.DataFrame, period: Period) -> pd.Series:
    """The movement table of a period: a quarter's movements are the sums of its months.

    Returns the columns of `by_month` (without month): its first month's opening, its last month's closing.
    """
    first, last = (pd.Timestamp(periods.month_start(month)) for month in (period.first, period.last))
    inside = monthly[monthly["month"].between(first, last)].drop(columns="month")
    total = inside.sum()
    for end, at in (("opening", 0), ("closing", -1)):
        total[[f"{end}_cents", f"n_{end}"]] = inside[[f"{end}_cents", f"n_{end}"]].iloc[at]
    return total


def kinds(tables: Tables) -> pd.DataFrame | None:
    """What expansion and contraction are made of by segment and month, to the cent; None without products.

    From the products and seats of the subscriptions. Of an expansion, cross-sell is a product that the account did not
    pay for, price what a product costs more at the same number of seats, upsell the rest. Of a contraction, a product
    dropped, and downgrade, the rest. A product taken and another dropped in one month is a change of plan: upsell or
    downgrade. What an account loses on one product while it grows is taken from its upsell first. Without seats on
    record price is missing, and within upsell.

    Returns: segment, month_no, then `…_cents` and `n_…` (accounts) of each of KIND_NAMES.
    """
    recorded = tables.query("select count(product) as products, count(n_seats) as seats from subscriptions").iloc[0]
    if not recorded["products"]:
        return None
    found = tables.run("movement_kinds", last_month=tables.period.last)
    return found if recorded["seats"] else found.assign(price_increase_cents=float("nan"))


def with_kinds(table: pd.DataFrame, kinds: pd.DataFrame | None) -> pd.DataFrame:
    """The movement table (`by_month`, `by_segment`) with KIND_CENTS as further columns; empty where not recorded.

    >>> monthly = pd.DataFrame({"month": pd.to_datetime(["2024-01-01"]), "expansion_cents": [500]})
    >>> amounts = dict.fromkeys(KIND_CENTS, 0) | {"upsell_cents": 500}
    >>> made_of = pd.DataFrame({"segment": ["S"], "month_no": [24288]} | amounts)
    >>> with_kinds(monthly, made_of)[["expansion_cents", "upsell_cents", "cross_sell_cents"]].values.tolist()
    [[500, 500, 0]]
    """
    if kinds is None:
        return table.assign(**dict.fromkeys(KIND_CENTS, float("nan")))
    keys = ["segment", "month"] if "segment" in table else ["month"]
    dated = kinds.assign(month=month_of(kinds["month_no"]))
    sums = dated.groupby(keys)[KIND_CENTS].sum(min_count=1)
    known = [name for name in KIND_CENTS if not kinds[name].isna().any()]
    merged = table.merge(sums, how="left", left_on=keys, right_index=True, validate="one_to_one")
    return merged.fillna(dict.fromkeys(known, 0)).astype(dict.fromkeys(known, "int64"))


def year_on_year(tables: Tables, lag: int = 12) -> pd.DataFrame:
    """Sums over the accounts that paid `lag` months before each month, by segment, for every month of the data.

    Columns: segment, month_no, n_opening, n_retained (accounts); opening_cents (Σx), closing_cents (Σy), kept_cents
    (Σ min(x, y)); xx, xy, yy, xk, kk: sums of squares and products in cents², exact Python integers.
    """
    changes = tables.run("year_on_year", last_month=tables.period.last, lag=lag)
    months = range(tables.coverage.first_month, tables.period.last + 1)
    # Where nobody has ever paid, the months are still there, with nothing in them.
    paying = changes if len(changes) else tables.query("select distinct segment from accounts")
    segments = sorted(paying["segment"].unique())
    grid = pd.MultiIndex.from_product([segments, months], names=["segment", "month_no"])
    wide = changes.set_index(["segment", "month_no"])[_SUMS].astype(object).reindex(grid, fill_value=0)
    # Python integers all the way: cents² of a few thousand accounts pass 2^63.
    sums = wide.to_numpy().reshape(len(segments), len(months), len(_SUMS)).cumsum(axis=1)
    table = pd.DataFrame(sums.reshape(-1, len(_SUMS)), index=grid, columns=_SUMS)
    return table.astype(dict.fromkeys(_SUMS[:5], "int64")).reset_index()


def moved(tables: Tables, opening_month: int, closing_month: int, limit: int = _ALL_ROWS) -> pd.DataFrame:
    """Accounts that pay at either month's end with their MRR at both, the largest change first.

    Columns: account_id, name, segment, opening_cents, closing_cents, change_cents, movement (point to point).
    """
    return tables.run("moved", opening_month=opening_month, closing_month=closing_month, limit=limit)


class Steps:
    """Every change of MRR, held once, from which the accounts at both ends of any period follow."""

    def __init__(self, tables: Tables):
        changes = tables.run("steps", last_month=tables.period.last)
        accounts = changes.drop_duplicates("account_id")[["account_id", "segment", "cohort_no"]]
        self._accounts = accounts.sort_values("account_id", ignore_index=True)
        self._code = pd.Index(self._accounts["account_id"]).get_indexer(changes["account_id"])
        self._month, self._change = changes["month_no"].to_numpy(), changes["change_cents"].to_numpy()

    def _at(self, month: int) -> np.ndarray:
        known = self._month <= month
        # Whole cents stay whole in a float up to 2^53, ninety trillion a month.
        level = np.bincount(self._code[known], self._change[known], minlength=len(self._accounts))
        return level.round().astype("int64")

    def moved(self, opening_month: int, closing_month: int) -> pd.DataFrame:
        """As `moved`, in order of account_id: account_id, segment, the MRR at both ends, its change, is_new."""
        opening, closing = self._at(opening_month), self._at(closing_month)
        is_new = (opening == 0) & (self._accounts["cohort_no"] > opening_month)
        ends = self._accounts[["account_id", "segment"]].assign(opening_cents=opening, closing_cents=closing)
        ends = ends.assign(change_cents=closing - opening, is_new=is_new)
        return ends[(opening > 0) | (closing > 0)].reset_index(drop=True)


def pairs(steps: Steps, period: Period, n_opening: int) -> pd.DataFrame | None:
    """The accounts behind 12-month retention at the end of a period, to be resampled: `moved` over 12 months.

    Columns: account_id, segment, opening_cents, closing_cents. None where the `n_opening` accounts are too many to
    hold at once: there the sums of `year_on_year` say the same.
    """
    if n_opening > PAIRS_LIMIT:
        return None
    return steps.moved(period.last - 12, period.last).drop(columns=["change_cents", "is_new"])


def changes(tables: Tables, opening_month: int, closing_month: int, n_opening: int = 0) -> pd.DataFrame | None:
    """Every change of an account's MRR within a window of months, and the accounts that paid throughout without one.

    One row an account and month: account_id, name, segment, month_no, opening_cents and closing_cents (MRR before and
    after), movement. An account that paid at the opening and never changed has one row, `unchanged`, at opening_month.
    None where the `n_opening` accounts are too many to fetch.
    """
    if n_opening > PAIRS_LIMIT:
        return None
    return tables.run("changes", opening_month=opening_month, closing_month=closing_month)


def lives(tables: Tables) -> pd.DataFrame:
    """One row per account that has ever paid, as of the period's end.

    Columns: account_id, segment, acquisition_source, cohort_no and first_lost_no (month numbers; missing = never lost),
    mrr_cents (today), window_cents (what it paid a month, added up over the last 12 months), n_losses (in them),
    age_months (to the first loss or to the period's end), is_lost, is_left_truncated (was there when the data begins).
    """
    found = tables.run("accounts", last_month=tables.period.last)
    until = found["first_lost_no"].fillna(tables.period.last)
    return found.assign(
        age_months=(until - found["cohort_no"]).astype("int64"),
        is_lost=found["first_lost_no"].notna(),
        is_left_truncated=found["cohort_no"] == found["cohort_no"].min(),
    )


def paid(tables: Tables, horizon_months: int = 60) -> pd.DataFrame:
    """What each account of a known age paid in each month of its life, to the period's end: segment × age, in cents.

    One row an account, its segment the index, one column a month of age from 0; 0 where it paid nothing, missing where
    it has not reached that age yet. Accounts that were there when the data begins are left out. Above 100,000 accounts
    it is those of every kth account.
    """
    last, first = tables.period.last, tables.coverage.first_month
    levels = tables.run("levels", last_month=last, every=tables.every_kth("accounts", most=PAID_ROWS))
    levels = levels[levels["cohort_no"] > first]
    age, change = levels["month_no"] - levels["cohort_no"], levels["closing_cents"] - levels["opening_cents"]
    steps = levels.assign(age=age, change=change.astype(float))
    steps = steps.pivot(index=["account_id", "segment", "cohort_no"], columns="age", values="change")
    ages = np.arange(min(horizon_months, max(last - first, 0)))
    table = steps.reindex(columns=ages).fillna(0.0).cumsum(axis=1)
    is_seen = ages <= (last - table.index.get_level_values("cohort_no").to_numpy())[:, None]
    return table.where(is_seen).droplevel(["account_id", "cohort_no"])


def lifetimes(tables: Tables, last_month: int, term_months: int = 0) -> pd.DataFrame:
    """The lives of all accounts that have ever paid, counted: a few thousand rows at any size.

    Columns: segment, acquisition_source (`unknown` where empty), term_months (of the first contract; 1 = month to
    month: the source states renewals, but none for this account; missing where it states none at all, unless
    `term_months` says the term of all), cohort_no and first_lost_no (month numbers; missing = never lost),
    is_left_truncated (was there when the data begins), n_accounts, n_returned (of the lost, those that ever came
    back), n_in_force and mrr_cents at the end of `last_month`, first_cents (MRR of their first month, Σ) and
    first_squared (Σ of its squares, in whole units).
    """
    found = tables.run("lifetimes", last_month=last_month, first_month=tables.coverage.first_month)
    # Engines differ on whether what is missing comes first or last.
    order = ["segment", "acquisition_source", "term_months", "cohort_no", "first_lost_no"]
    found = found.sort_values(order, ignore_index=True)
    cut_off = found["cohort_no"] == tables.coverage.first_month
    terms = found["term_months"]
    if term_months:
        terms = pd.Series(term_months, index=found.index)
    elif terms.notna().any():
        terms = terms.clip(lower=1).fillna(1).astype("int64")
        # A term that began before the data does is seen in part: it is the shortest known one that is long enough.
        whole = set(terms[~cut_off])
        longer = terms.map(lambda term: min((other for other in whole if other >= term), default=term))
        terms = terms.where(~cut_off, longer)
    kinds = {"term_months": "Int64", "first_lost_no": "Int64"}
    return found.assign(term_months=terms, is_left_truncated=cut_off).astype(kinds)
