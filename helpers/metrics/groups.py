"""Retention and expansion by any group of the accounts: what the template compares."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import stats
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.ledger import movements
from helpers.metrics.base import base
from helpers.metrics.core import ALL, Metric, pick, row, said, table
from helpers.metrics.definitions import label
from helpers.periods import Period
from helpers.sources import Tables

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
    rows = []
    groups = pairs[column].astype("str").fillna("unknown")
    for name in (ALL, *sorted(groups.unique())):
        is_in = (groups == name).to_numpy() | (name == ALL)
        figures = base(*(pairs[f"{end}_cents"].to_numpy()[is_in] for end in ("opening", "closing")))
        rows += [row(metric, name, period, figures[metric]) for metric in _BY_GROUP]
    return table(rows)


def called(metric: str) -> str:
    """What a metric of `by_group` is called in a sentence; another one is `Refused`.

    >>> called("churn_rate_12_months")
    '12-month logo churn'
    """
    if metric not in _BY_GROUP:
        raise Refused(f"metric {metric!r} is not one that is compared by group; {did_you_mean(metric, _BY_GROUP)}")
    return label(metric)


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
