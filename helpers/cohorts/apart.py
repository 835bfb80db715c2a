"""Which cohorts got better or worse: each against all others at the same age."""

import math

import numpy as np
import pandas as pd
import scipy

from helpers import stats
from helpers.cohorts import triangles
from helpers.stats import curves

EXACT = 3_000  # losses that a cohort may have at most, up to which they are counted out one by one
FEWEST, YOUNGEST = 10, 3  # accounts and months below which nothing is said of a cohort


def compare(never_lost: pd.DataFrame, age: int) -> pd.DataFrame:
    """Each cohort's share never lost against all others', at `age` months or the latest that it and 10 of them reached.

    `never_lost` is that triangle (monthly, or `grouped`). What the others kept is their Kaplan–Meier estimate, so young
    cohorts count for the ages they have. The interval of the difference combines Wilson's and the log-log interval
    (Zou and Donner 2008), at a level at which all intervals together hold in 95% of the cases (Bonferroni). A cohort
    stands apart only where the exact test of its losses agrees (`_p`); else its interval reaches 0. The left-truncated
    cohort is left out.

    Columns: cohort, age_months, n, n_kept, share, expected (what the others kept), difference, low, high, verdict
    (`better`, `worse`, `no clear difference`; `few`: under 10 accounts or 3 months of age).

    >>> ages = [0, 1, 2, 3] * 2
    >>> cells = pd.DataFrame({"cohort": pd.to_datetime(["2026-01-01"] * 4 + ["2026-02-01"] * 4), "age_months": ages,
    ...                       "n": [100, 95, 90, 90, 100, 60, 50, 45], "is_left_truncated": False})
    >>> compare(cells, 3)[["share", "expected", "verdict"]].values.tolist()
    [[0.9, 0.45, 'better'], [0.45, 0.9, 'worse']]
    """
    steps = triangles.steps(never_lost).rename(columns={"n_lost": "lost", "n_at_risk": "at_risk"})
    steps = steps[steps["age_months"] <= age]
    totals = steps.groupby("age_months")[["at_risk", "lost"]].sum()
    rows = []
    for cohort, own in steps.groupby("cohort"):
        own = own.set_index("age_months")
        others = (totals - own[["at_risk", "lost"]].reindex(totals.index, fill_value=0)).loc[: own.index.max()]
        # Compared where the others are enough to be compared with.
        others = others[(others["at_risk"] >= FEWEST).cummin()]
        reached = int(others.index.max()) if len(others) else int(own.index.max())
        p = _p(own.reindex(others.index), others)
        rows.append([cohort, reached, int(own["at_risk"].iloc[0]), int(own["n"].loc[reached]), others, p])
    told = [n >= FEWEST and reached >= YOUNGEST and len(others) > 0 for _, reached, n, _, others, _ in rows]
    z = stats.simultaneous_z(sum(told))
    level = 0.05 / max(sum(told), 1)
    found = [_row(*row, z, level * is_told) for row, is_told in zip(rows, told, strict=True)]
    columns = ["cohort", "age_months", "n", "n_kept", "share", "expected", "difference", "low", "high", "verdict"]
    return pd.DataFrame(found, columns=columns)


def _row(cohort, reached: int, n: int, kept: int, others: pd.DataFrame, p: float, z: float, level: float) -> tuple:
    share = kept / n if n else math.nan
    if not level:
        return cohort, reached, n, kept, share, math.nan, math.nan, math.nan, math.nan, "few"
    curve = curves.from_counts(others.index, others["at_risk"], others["lost"], z).iloc[-1]
    expected = float(curve["survival"])
    # Where the others have all gone, there is no band: the point is all that is known.
    low0, high0 = (expected if math.isnan(curve[side]) else float(curve[side]) for side in ("low", "high"))
    low1, high1 = stats.wilson(kept, n, z)
    difference = share - expected
    low = difference - math.hypot(share - low1, high0 - expected)
    high = difference + math.hypot(high1 - share, expected - low0)
    if p >= level:
        low, high = min(low, 0.0), max(high, 0.0)
    verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
    return cohort, reached, n, kept, share, expected, difference, low, high, verdict


def _p(own: pd.DataFrame, others: pd.DataFrame) -> float:
    """Two-sided p of a cohort's losses if it leaves as the others do: exact, so that it holds for twelve accounts, too.

    At each age, of all who are lost, its own are a hypergeometric number (as in the log-rank test); their sum is
    counted out. 0 where it may have so many losses that the interval alone is right.
    """
    n, rest, lost = (side.to_numpy(dtype="int64") for side in (own["at_risk"], others["at_risk"], others["lost"]))
    lost = lost + own["lost"].to_numpy(dtype="int64")
    most = np.minimum(n, lost)
    if most.sum() > EXACT:
        return 0.0
    chances, least = np.ones(1), 0

    def ways(m, k):
        return scipy.special.gammaln(m + 1) - scipy.special.gammaln(k + 1) - scipy.special.gammaln(m - k + 1)

    for mine, theirs, gone, top in zip(n, rest, lost, most, strict=True):
        k = np.arange(max(0, gone - theirs), top + 1)
        least += int(k[0])
        chances = np.convolve(chances, np.exp(ways(mine, k) + ways(theirs, gone - k) - ways(mine + theirs, gone)))
    place = int(own["lost"].sum()) - least
    return min(1.0, 2 * float(min(chances[: place + 1].sum(), chances[place:].sum())))
