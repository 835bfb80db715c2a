"""The landmark design: of accounts still there at one age, who was enrolled by then, and what became of them after.

Nobody is classified by what came after the landmark, so nobody is immortal; strata keep like with like.
"""

import math

import numpy as np
import pandas as pd

from helpers import formats, stats
from helpers.programs.core import Effect, e_values, naive_log_odds, refuse_ever_member, verdict

AGE, HORIZON = 6, 12
DESIGN = "landmark"


def mantel_haenszel(strata) -> tuple[float, float, float]:
    """The common log odds ratio of 2×2 tables with its 95% interval: (log OR, low, high).

    `strata`: rows (a, b, c, d) with a = enrolled and event, b = enrolled without, c = not enrolled and event, d = the
    rest. Mantel and Haenszel (1959), variance of Robins, Breslow and Greenland (1986). Raises ValueError where no
    stratum has both a discordant pair each way.

    >>> log_odds, low, high = mantel_haenszel([(8, 2, 4, 6)])  # one table: its own odds ratio, 6
    >>> round(math.exp(log_odds), 6)
    6.0
    """
    a, b, c, d = np.asarray(list(strata), dtype=float).reshape(-1, 4).T
    keep = (a + b + c + d) > 0
    a, b, c, d = a[keep], b[keep], c[keep], d[keep]
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    up, down = r.sum(), s.sum()
    if not (up > 0 and down > 0):
        raise ValueError("a common odds ratio needs events and non-events on both sides of at least one stratum")
    variance = (p * r).sum() / (2 * up**2) + (p * s + q * r).sum() / (2 * up * down) + (q * s).sum() / (2 * down**2)
    log_odds, half = math.log(up / down), stats.Z * math.sqrt(variance)
    return log_odds, log_odds - half, log_odds + half


def at_landmark(
    months: pd.DataFrame,
    enrolments: pd.DataFrame,
    program: str,
    last: int,
    outcome: str,
    age: int = AGE,
    horizon: int = HORIZON,
) -> pd.DataFrame:
    """Accounts in force at `age` months whose next `horizon` months are all known by `last`.

    Columns: account_id, segment, is_member (first contact no later than the landmark), has_event (in the horizon).
    Accounts that were there when the data begins are left out: their age is not known.
    """
    refuse_ever_member(DESIGN, enrolments)
    known = months[~months["is_left_truncated"] & (months["cohort_no"] + age + horizon <= last)]
    there = known[known["age_months"] == age + 1]
    after = known[(known["age_months"] > age) & (known["age_months"] <= age + horizon)]
    happened = after.loc[after["has_left" if outcome == "churn" else "has_expanded"], "account_id"].unique()
    own = enrolments[enrolments["program"] == program].set_index("account_id")["first_no"]
    first = there["account_id"].astype("str").map(own)
    return pd.DataFrame(
        {
            "account_id": there["account_id"].astype("str"),
            "segment": there["segment"],
            "is_member": (first <= there["cohort_no"] + age).to_numpy(),
            "has_event": there["account_id"].isin(happened).to_numpy(),
        }
    ).reset_index(drop=True)


def effect(
    program: str, outcome: str, there: pd.DataFrame, score: pd.Series | None = None, naive: float | None = None
) -> Effect:
    """The stratified odds ratio at the landmark; strata are segment × third of the score.

    `there` is `at_landmark`; `score` one number an account_id known by then (gaps are a stratum of their own). `naive`
    defaults to the unstratified log odds ratio of the same accounts.
    """
    own = there.assign(stratum=there["segment"].astype("str"))
    if score is not None:
        values = own["account_id"].map(score)
        third = values.rank(pct=True).mul(3).apply(np.ceil).fillna(0).astype("int64").astype("str")
        own["stratum"] = own["stratum"] + " " + third
    member, event = own["is_member"].to_numpy(), own["has_event"].to_numpy()
    if naive is None and len(own):
        naive = naive_log_odds(member, event)
    base = {
        "program": program,
        "outcome": outcome,
        "design": DESIGN,
        "naive": naive,
        "n_accounts": len(own),
        "n_events": int(event.sum()),
        "n_enrolled": int(member.sum()),
    }
    thin = min(int(member.sum()), int((~member).sum()))
    if thin < 5:
        why = (
            f"{member.sum()} enrolled by the landmark and {(~member).sum()} not, of those whose year after it is known"
        )
        return Effect(**base, verdict="too few", note=why)
    cells = (
        pd.DataFrame(
            {
                "stratum": own["stratum"],
                "a": member & event,
                "b": member & ~event,
                "c": ~member & event,
                "d": ~member & ~event,
            }
        )
        .groupby("stratum")
        .sum()
    )
    try:
        log_odds, low, high = mantel_haenszel(cells.to_numpy())
    except ValueError as error:
        return Effect(**base, verdict="too few", note=str(error))
    says = verdict(int(min(event.sum(), (~event).sum())), thin)
    note = f"{formats.plural(len(cells), 'stratum', 'strata')}; enrolment after the landmark counts as none"
    found = e_values(log_odds, low, high, float(event.mean()), "odds")
    return Effect(**base, estimate=log_odds, low=low, high=high, verdict=says, note=note, **found)
