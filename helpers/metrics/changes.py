"""What differs: figures from those of a year before, with Simpson's check, and groups of accounts from one another."""

from dataclasses import dataclass, field
from functools import cache, partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.ledger import movements
from helpers.metrics import definitions
from helpers.metrics.base import base
from helpers.metrics.card import Card
from helpers.metrics.core import ALL, Metric, pick, row, said, segments, table
from helpers.periods import Period
from helpers.sources import Tables

COLUMNS = ["metric", "segment", "period", "compared_with", "difference", "low", "high", "n", "verdict"]


@dataclass(frozen=True)
class Changes(Shown):
    """12-month figures against a year before, paired by account."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and segment: difference with interval"})

    def says(self, name: str) -> str:
        """Whether a metric of all accounts differs from a year before; of one that is not tested, how to test it."""
        if (untested := definitions.not_tested(name, "a year before")) and name not in set(self.table["metric"]):
            return untested
        return change_sentence(self.table, name, definitions.called(name))

    def mix(self, name: str) -> str:
        """Whether the segments moved the way the total did."""
        return simpson_sentence(self.table, name, definitions.called(name))


def changes(card: Card) -> Changes:
    """What changed against a year before, at the end of the period, by segment: every metric that is so tested.

    Those of `_PAIRED` are compared account by account; the others (definitions.toml) as two separate windows.
    """
    now, then, figures = card.period, card.period.year_before, cache(partial(pick, card.table))
    paired = year_before(card.pairs[now], card.pairs[then], now, card.table)
    rows = [
        _row(name, segment, now, figures(now, segment)[name], figures(then, segment).get(name))
        for name in definitions.having("tested", "a year before")
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


FALSE_DIFFERENCES = 0.03  # of equal groups, so that the 5% that a reader expects hold for skewed revenue, too
_BY_GROUP = (
    "churn_rate_12_months",
    "net_revenue_retention",
    "gross_revenue_retention",
    "expanding_accounts_12_months",
    "expansion_12_months",
)


@dataclass(frozen=True)
class Groups(Shown):
    """Retention and expansion over 12 months by group of accounts."""

    table: pd.DataFrame = field(metadata={"holds": "one row per metric and group, all accounts first"})
    rows: pd.DataFrame = field(metadata={"holds": "those of the metric that is compared"})
    pooled: Metric = field(metadata={"holds": "the metric of all accounts"})
    what: str = field(metadata={"holds": "what the metric is called"})
    sentence: str = field(metadata={"holds": "whether the groups differ"})

    def says(self, metric: str) -> str:
        """Whether the groups differ in another of the metrics of `table`."""
        return spread_sentence(self.table[self.table["metric"] == metric], called(metric))

    @property
    def adds_up(self) -> bool:
        """Whether every account is in one group: counts and numerators of the groups are those of all accounts."""
        groups = self.rows[self.rows["segment"] != ALL]
        return groups["n"].sum() == self.pooled.n and groups["numerator"].sum() == self.pooled.numerator


def compare_groups(tables: Tables, groups: pd.DataFrame, metric: str) -> Groups:
    """Retention and expansion over the 12 months to the period's end; `groups` has account_id and label, once each.

    Raises Refused where a metric is not one of `by_group`, an account is in two groups, or a paying account is in none.
    """
    what, period = called(metric), tables.period
    if twice := groups.loc[groups["account_id"].duplicated(), "account_id"].head(3).to_list():
        raise Refused(f"groups: one row per account, but {', '.join(twice)} has several; take one label of each")
    accounts = movements.moved(tables, period.last - 12, period.last)
    if left_out := sorted(set(accounts["account_id"]) - set(groups["account_id"]))[:3]:
        raise Refused(f"groups: no label for {', '.join(left_out)}; select every account, an empty label included")
    pairs = accounts.merge(groups, on="account_id", validate="one_to_one")
    found = by_group(pairs, "label", period)
    rows = found[found["metric"] == metric]
    return Groups(found, rows, pick(found, period)[metric], what, spread_sentence(rows, what))


def by_group(pairs: pd.DataFrame, column: str, period: Period) -> pd.DataFrame:
    """12-month churn, NRR, GRR and expansion for each value of any column of the accounts, the pooled rows in front.

    `pairs` is `movements.moved` over 12 months, joined to the column; a missing value is the group `unknown`. Returns
    the tidy table, the value standing in `segment`.

    >>> pairs = pd.DataFrame({"source": ["event"] * 6, "opening_cents": [100] * 6, "closing_cents": [100] * 5 + [0]})
    >>> by_group(pairs, "source", "2026-10").query("metric == 'churn_rate_12_months'")["numerator"].tolist()
    [1.0, 1.0]
    """
    rows, labels = [], pairs[column].astype("str").fillna("unknown")
    for name, accounts in segments(pairs.assign(segment=labels)):
        figures = base(accounts["opening_cents"], accounts["closing_cents"])
        rows += [row(metric, name, period, figures[metric]) for metric in _BY_GROUP]
    return table(rows)


def called(metric: str) -> str:
    """What a metric of `by_group` is called in a sentence; another one is `Refused`.

    >>> called("churn_rate_12_months")
    '12-month logo churn'
    """
    if metric not in _BY_GROUP:
        raise Refused(f"metric {metric!r} is not one that is compared by group; {did_you_mean(metric, _BY_GROUP)}")
    return definitions.label(metric)


def spread_sentence(rows: pd.DataFrame, what: str) -> str:
    """Whether the groups of one metric differ: said only of a pair that differs with allowance for all pairs.

    `rows` holds the tidy rows of one metric by group (`by_group`); the pooled row has no say, nor has a group without
    a value and an interval, nor one of few accounts a difference. `what` is the metric in words (`called`). Equal
    groups are said to differ in about 3% of the cases, however many they are (tests/benchmarks/quoted_intervals.py).

    >>> rows = pd.DataFrame({"segment": ["event", "partner"], "value": [0.4, 0.1], "low": [0.3, 0.05],
    ...                      "high": [0.5, 0.2], "n": [80, 100], "verdict": ["ok", "ok"]})
    >>> spread_sentence(rows, "churn")
    'Churn differs: partner 10.0% (95% interval 5–20%, n = 100), event 40.0% (30–50%, n = 80).'
    """
    valued = rows[(rows["segment"] != ALL) & rows["value"].notna()]
    known = valued[valued["low"].notna() & valued["high"].notna()].sort_values("value", kind="stable")
    facts = {"what": what, "started": f"{what[:1].upper()}{what[1:]}", "n": len(valued)}
    if len(known) > 1:
        pair = _clearest_pair(known)
        facts |= {"differs": bool(pair), "rows": known.iloc[list(pair or (0, -1))].to_dict("records")}
    elif len(valued) > 1:
        facts |= {"alike": valued.drop(known.index).iloc[0], "n_values": valued["value"].nunique()}
    return said("spread", **facts)


def _clearest_pair(ranked: pd.DataFrame) -> tuple[int, int] | None:
    """The two groups whose difference is largest for its interval, lower one first; None where no pair is clear.

    `ranked` is in order of value. A difference's interval is made of the two groups' own, square and add (Zou and
    Donner 2008), each widened so that those of all pairs hold together in 97% of the cases (Bonferroni): the intervals
    of skewed revenue hold in 90–97%, so at 95% two equal groups were said to differ in up to 8%. A pair with a group
    whose interval rests on few accounts is never clear.
    """
    value, low, high = (ranked[name].to_numpy(dtype="float64") for name in ("value", "low", "high"))
    is_few = (ranked["verdict"] != "ok").to_numpy()
    reach = np.where(is_few[:, None] | is_few, np.inf, np.hypot((high - value)[:, None], (value - low)[None, :]))
    apart = np.triu(value[None, :] - value[:, None], 1) / np.where(reach > 0, reach, np.inf)
    lower, higher = np.unravel_index(apart.argmax(), apart.shape)
    widened = stats.simultaneous_z(len(value) * (len(value) - 1) // 2, FALSE_DIFFERENCES) / stats.Z
    return (int(lower), int(higher)) if apart[lower, higher] > widened else None
