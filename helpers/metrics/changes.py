"""What changed against a year before: differences by account with their intervals, and Simpson's check."""

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.formats import Shown
from helpers.metrics.base import base
from helpers.metrics.card import Card
from helpers.metrics.core import ALL, Metric, pick, said
from helpers.metrics.definitions import called, having, not_tested
from helpers.periods import Period

COLUMNS = ["metric", "segment", "period", "compared_with", "difference", "low", "high", "n", "verdict"]


@dataclass(frozen=True)
class Changes(Shown):
    """12-month figures against a year before, paired by account."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and segment: difference with interval"})

    def says(self, name: str) -> str:
        """Whether a metric of all accounts differs from a year before; of one that is not tested, how to test it."""
        if (untested := not_tested(name, "a year before")) and name not in set(self.table["metric"]):
            return untested
        return change_sentence(self.table, name, called(name))

    def mix(self, name: str) -> str:
        """Whether the segments moved the way the total did."""
        return simpson_sentence(self.table, name, called(name))


def changes(card: Card) -> Changes:
    """What changed against a year before, at the end of the period, by segment: every metric that is so tested.

    Those of `_PAIRED` are compared account by account; the others (definitions.toml) as two separate windows.
    """
    now, then = card.period, card.period.year_before
    paired = year_before(card.pairs[now], card.pairs[then], now, card.table)
    rows = [
        _row(name, segment, now, pick(card.table, now, segment)[name], pick(card.table, then, segment).get(name))
        for name in having("tested", "a year before")
        if name not in _PAIRED
        for segment in card.table.loc[(card.table["metric"] == name) & (card.table["period"] == str(now)), "segment"]
    ]
    return Changes(pd.concat([paired, pd.DataFrame(rows, columns=COLUMNS)], ignore_index=True) if rows else paired)


def year_before(
    pairs: pd.DataFrame | None, earlier: pd.DataFrame | None, period: Period, table: pd.DataFrame | None = None
) -> pd.DataFrame:
    """12-month retention at the end of a period against the same window a year before, by segment.

    `pairs` and `earlier` are `movements.moved` over the two windows; `table` has the figures where they are known
    (`Card.table`). The interval is made of those of the two figures (`stats.difference`), with the correlation of the
    accounts that are in both. Columns: COLUMNS; difference, low and high in points of a rate (0.01 = one percentage
    point); verdict is `changed` where the interval leaves 0 out, `no change shown`, `few` where one of the figures is,
    `too few` (under 5 accounts in one of the windows) or `undefined`. Without the accounts (None: too many to fetch)
    there are no rows.
    """
    rows = []
    if pairs is None or earlier is None:
        return pd.DataFrame(rows, columns=COLUMNS)
    columns = ["account_id", "segment", "opening_cents", "closing_cents"]
    windows = [accounts.loc[accounts["opening_cents"] > 0, columns] for accounts in (pairs, earlier)]
    both = windows[0].merge(windows[1], on=columns[:2], how="outer", suffixes=("_now", "_then"))
    both = both.sort_values("account_id").fillna(0)
    for segment in (ALL, *sorted(pairs["segment"].unique())):
        of_segment = both if segment == ALL else both[both["segment"] == segment]
        figures, divided = [], []
        for when, at in (("now", period), ("then", period.year_before)):
            ends = [of_segment[f"{column}_{when}"].to_numpy() for column in columns[2:]]
            known = {} if table is None else pick(table, at, segment)
            figures.append(known if {*_PAIRED} <= {*known} else base(*ends))
            divided.append(ends)
        for name, parts in _PAIRED.items():
            correlation = partial(stats.ratio_correlation, *parts(*divided[0]), *parts(*divided[1]))
            rows.append(_row(name, segment, period, *(at[name] for at in figures), correlation))
            rows[-1]["n"] = len(of_segment)
    return pd.DataFrame(rows, columns=COLUMNS)


# Metric → what of the opening and closing MRR of each account it divides by what (x, y: y ÷ x).
_PAIRED = MappingProxyType(
    {
        "net_revenue_retention": lambda x, closing: (x, closing),
        "gross_revenue_retention": lambda x, closing: (x, np.minimum(x, closing)),
        "churn_rate_12_months": lambda x, closing: ((x > 0) * 1.0, ((x > 0) & (closing == 0)) * 1.0),
        "revenue_churn_12_months": lambda x, closing: (x, np.where(closing == 0, x, 0)),
    }
)


def _row(name: str, segment: str, period: Period, now: Metric, then: Metric | None, correlation=lambda: 0.0) -> dict:
    """One row of COLUMNS: two figures as the card gives them, and the interval of their difference."""
    row = {"metric": name, "segment": segment, "period": str(period), "compared_with": str(period.year_before)}
    row |= {"n": now.n, "difference": np.nan, "low": np.nan, "high": np.nan}
    verdicts = [one.verdict if one else "undefined" for one in (now, then)]
    for worst in ("undefined", "too few"):
        if worst in verdicts:
            return row | {"verdict": worst}
    ends = [(one.value, *((one.low, one.high) if one.low is not None else (one.value,) * 2)) for one in (now, then)]
    difference, low, high = stats.difference(*ends, correlation())
    verdict = "changed" if low > 0 or high < 0 else "no change shown"
    verdict = "few" if "few" in verdicts else verdict
    return row | {"difference": difference, "low": low, "high": high, "verdict": verdict}


def change_sentence(changes: pd.DataFrame, name: str, what: str) -> str:
    """Whether a 12-month figure differs from a year before, with interval.

    >>> row = dict(zip(COLUMNS, ["m", "all", "2026-10", "2025-10", 0.02, -0.01, 0.05, 100, "no change shown"]))
    >>> change_sentence(pd.DataFrame([row]), "m", "NRR")
    'NRR shows no clear change since October 2025: +2.0 points (95% interval −1 to +5, n = 100).'
    """
    rows = changes[(changes["metric"] == name) & (changes["segment"] == ALL)].to_dict("records")
    row = rows[0] if rows else {"difference": None, "compared_with": "2000-01"}
    return said("change", **row | {"what": what, "since": periods.parse(row["compared_with"]).name})


def simpson_sentence(changes: pd.DataFrame, name: str, what: str) -> str:
    """Whether every segment moved against the total, as it can when the mix of segments shifts (Simpson 1951).

    >>> rows = [dict(zip(COLUMNS, ["m", s, "2026-10", "2025-10", d, 0, 0, 9, ""])) for s, d in
    ...         [("all", 0.02), ("a", -0.01), ("b", -0.02)]]
    >>> simpson_sentence(pd.DataFrame(rows), "m", "Churn")
    'Churn rose in total and fell in every segment: the mix of segments changed, so read the segments.'
    """
    own = changes[(changes["metric"] == name) & changes["difference"].notna()].set_index("segment")["difference"]
    parts = own.drop(ALL, errors="ignore")
    same = parts * own.get(ALL, np.nan)
    n = len(parts) if ALL in own.index else 0
    counts = {"n": n, "n_alike": int((same > 0).sum()), "n_against": int((same < 0).sum())}
    return said("mix", what=what, is_up=own.get(ALL, 0) > 0, **counts)
