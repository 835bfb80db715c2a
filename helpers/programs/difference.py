"""Difference in differences: did accounts expand more after they enrolled than before, against others in those months?

For expansion only: an account that has left has no before and after. Just before they enrol, accounts often do
unusually badly or well (Ashenfelter's dip), so the baseline ends some months earlier.
"""

import math

import numpy as np
import pandas as pd

from helpers import stats
from helpers.programs.core import RATE, Effect, e_values, refuse_ever_member, verdict

BASELINE, DIP, AFTER = 6, 3, 6
DESIGN = "difference in differences"


def stacked(
    months: pd.DataFrame,
    enrolments: pd.DataFrame,
    program: str,
    baseline: int = BASELINE,
    dip: int = DIP,
    after: int = AFTER,
) -> pd.DataFrame:
    """One row an account and enrolment month: enrolled in it, or not enrolled until `after` months later.

    Columns: account_id, joined_no, is_member, before and behind (expansions a month in the `baseline` months that end
    `dip` months before, and in the `after` months that follow). Only accounts at risk in every one of these months.
    """
    refuse_ever_member(DESIGN, enrolments)
    own = enrolments[enrolments["program"] == program].set_index("account_id")["first_no"]
    if not len(months):
        return pd.DataFrame(columns=["account_id", "joined_no", "is_member", "before", "behind"])
    ids = months["account_id"].cat.categories
    start, width = int(months["month_no"].min()), int(months["month_no"].max() - months["month_no"].min() + 1)
    place = (months["account_id"].cat.codes.to_numpy(), months["month_no"].to_numpy() - start)
    held, grown = np.zeros((len(ids), width + 1)), np.zeros((len(ids), width + 1))
    held[place[0], place[1] + 1] = 1
    grown[place[0], place[1] + 1] = months["has_expanded"]
    held, grown = held.cumsum(axis=1), grown.cumsum(axis=1)
    first = pd.Series(ids).map(own).to_numpy(dtype=float) - start
    parts = []
    for joined in np.unique(first[~np.isnan(first)]).astype(int):
        begin, end = joined - dip - baseline, joined + after + 1
        if begin < 0 or end > width:
            continue
        there = held[:, end] - held[:, begin] == end - begin
        is_member, is_other = first == joined, ~(first <= joined + after)
        keep = np.flatnonzero(there & (is_member | is_other))
        parts.append(
            pd.DataFrame(
                {
                    "account_id": ids[keep],
                    "joined_no": joined + start,
                    "is_member": is_member[keep],
                    "before": (grown[keep, joined - dip] - grown[keep, begin]) / baseline,
                    "behind": (grown[keep, end] - grown[keep, joined + 1]) / after,
                }
            )
        )
    columns = ["account_id", "joined_no", "is_member", "before", "behind"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def effect(program: str, stack: pd.DataFrame, naive: float | None = None) -> Effect:
    """The change of the members less that of the others, in expansions an account and year, clustered by account.

    `stack` is `stacked`. Each enrolment month has its own comparison; they are averaged by their members. The E-value
    is of the ratio of the members' rate to what it would have been.
    """
    sizes = stack.groupby("joined_no")["is_member"].agg(["sum", "size"]) if len(stack) else pd.DataFrame()
    usable = sizes[(sizes["sum"] > 0) & (sizes["size"] > sizes["sum"])].index if len(sizes) else []
    own = stack[stack["joined_no"].isin(usable)]
    member = own["is_member"].to_numpy(dtype=bool)
    n_members, n_others = int(member.sum()), int(own.loc[~member, "account_id"].nunique()) if len(own) else 0
    events = round(float((own["before"] * BASELINE + own["behind"] * AFTER)[member].sum())) if len(own) else 0
    base = {
        "program": program,
        "outcome": "expansion",
        "design": DESIGN,
        "scale": RATE,
        "naive": naive,
        "n_accounts": own["account_id"].nunique() if len(own) else 0,
        "n_events": events,
        "n_enrolled": n_members,
    }
    if min(n_members, n_others) < 5:
        why = f"{n_members} enrolled and {n_others} not, in force all through the months compared"
        return Effect(**base, verdict="too few", note=why)
    change = 12 * (own["behind"] - own["before"]).to_numpy()
    estimate, half = _pooled(change, member, own["joined_no"], own["account_id"])
    low, high = estimate - half, estimate + half
    rate = 12 * float(own.loc[member, "behind"].mean())
    note = f"{rate:.3f} expansions an account and year after enrolment; survivors of the whole window only"
    found = {}
    expected = [rate - side for side in (estimate, low, high)]
    if rate > 0 and min(expected) > 0:
        found = e_values(*(math.log(rate / side) for side in expected), 0.0, "risk")
    return Effect(
        **base, estimate=estimate, low=low, high=high, verdict=verdict(n_members, n_others), note=note, **found
    )


def _pooled(change: np.ndarray, member: np.ndarray, joined: pd.Series, accounts: pd.Series) -> tuple[float, float]:
    """Mean difference over the enrolment months weighted by members, and the half-width of its clustered interval."""
    group = np.unique(joined.to_numpy(), return_inverse=True)[1]
    n_in, n_out = np.bincount(group, member), np.bincount(group, ~member)
    mean_in, mean_out = np.bincount(group, change * member) / n_in, np.bincount(group, change * ~member) / n_out
    total = member.sum()
    estimate = float((n_in * (mean_in - mean_out)).sum() / total)
    pull = np.where(member, change - mean_in[group], -(change - mean_out[group]) * n_in[group] / n_out[group]) / total
    # The members' own mean effects differ by enrolment month; that spread is part of the error.
    pull += np.where(member, (mean_in - mean_out)[group] - estimate, 0.0) / total
    unit = np.unique(accounts.to_numpy(dtype=str), return_inverse=True)[1]
    sums = np.bincount(unit, pull)
    n = len(sums)
    return estimate, float(stats.Z * math.sqrt(n / (n - 1) * (sums**2).sum()))
