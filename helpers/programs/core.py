"""What a program did, in one row: simple comparison, sound estimate, its interval, design, E-value and verdict."""

import math
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from helpers.errors import Refused

EVENT = {"churn": "has_left", "expansion": "has_expanded"}  # outcome → the column of account-months that says it
OUTCOMES = tuple(EVENT)
# Strongest first: intention to treat, as a 12-month risk difference; a discrete-time hazard with time-varying
# enrollment, corrected for noise in the scores; the same, not corrected. Only the first two are quoted: in 360 made-up
# companies their 95% intervals held the truth in 93–95%, the third's in 81–91% (tests/benchmarks/programs_recovery.py).
DESIGNS = ("randomized offer", "hazard, SIMEX", "hazard")
QUOTED = DESIGNS[:2]
COMMON = 0.15
FEW, TOO_FEW = 10, 5
LOG_ODDS, RISK = "log-odds", "risk difference"

IMMORTAL = (
    "a comparison of accounts that were ever in a program with those that never were is refused: an account must stay "
    "until it enrolls, so members cannot have left before (immortal time), and a program without effect looks good. "
    "Give the month of enrollment (first_no), and one of the designs: "
)


@dataclass(frozen=True)
class Effect:
    """What one design says about one program and one outcome.

    `estimate`, `low`, `high` and `naive` in the unit of `scale`: log-odds a month, or risk difference (over 12 months,
    −1…1). Below 0 means fewer.
    `naive` is the ever-member comparison (of the randomized design: those who came against those who did not).
    `uncorrected` is the estimate without SIMEX, or without CUPED. `e_value` is for the estimate and `e_value_low` for
    the bound nearest to no effect; none for a randomized design. `n_events_enrolled`: the events of accounts while
    enrolled (or offered), of all `n_events`.
    """

    program: str
    outcome: str
    design: str
    naive: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    e_value: float | None = None
    n_accounts: int = 0
    n_events: int = 0
    verdict: str = "undefined"
    uncorrected: float | None = None
    scale: str = LOG_ODDS
    e_value_low: float | None = None
    n_enrolled: int = 0
    note: str = ""
    n_events_enrolled: int = 0


COLUMNS = [part.name for part in fields(Effect)]


def table(effects) -> pd.DataFrame:
    """Effects as a table, one row each, in the order given. Columns: COLUMNS.

    >>> table([Effect("club", "churn", "hazard")])["verdict"].tolist()
    ['undefined']
    """
    frame = pd.DataFrame([asdict(effect) for effect in effects], columns=COLUMNS)
    numbers = [part.name for part in fields(Effect) if part.default is None]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def refuse_ever_member(design: str, enrolments: pd.DataFrame | None = None) -> None:
    """`Refused` for a comparison by membership alone, whether asked for by name or by a table without months.

    >>> refuse_ever_member("hazard", pd.DataFrame({"account_id": ["a"], "program": ["p"], "first_no": [3]}))
    >>> refuse_ever_member("ever member")
    Traceback (most recent call last):
    helpers.errors.Refused: a comparison of accounts that were ever in a program with those that never were is \
refused: an account must stay until it enrolls, so members cannot have left before (immortal time), and a program \
without effect looks good. Give the month of enrollment (first_no), and one of the designs: randomized offer, \
hazard, SIMEX, hazard
    """
    undated = enrolments is not None and "first_no" not in enrolments.columns
    if undated or "ever" in design.lower() or "naive" in design.lower():
        raise Refused(IMMORTAL + ", ".join(DESIGNS))
    if design not in DESIGNS:
        raise Refused(f"{design!r} is none of the designs: {', '.join(DESIGNS)}")


def e_value(risk_ratio: float) -> float:
    """How strong a hidden cause must be to explain a risk ratio away: RR + √(RR (RR − 1)), RR taken above 1.

    The association that it would need with the program and with the outcome, each as a risk ratio, 1 or more
    (VanderWeele and Ding 2017, their smoking example: 3.9 gives 7.26).

    >>> round(e_value(3.9), 2), e_value(1.0), e_value(0.5) == e_value(2.0)
    (7.26, 1.0, True)
    """
    if not risk_ratio > 0 or math.isinf(risk_ratio):
        raise ValueError(f"a risk ratio is above 0 and finite, not {risk_ratio}")
    ratio = max(risk_ratio, 1 / risk_ratio)
    return float(ratio + math.sqrt(ratio * (ratio - 1)))


def e_value_of_bound(low: float, high: float) -> float:
    """The E-value of the bound nearest to no effect: 1 where the interval of the risk ratio holds 1.

    >>> round(e_value_of_bound(1.8, 8.7), 2), e_value_of_bound(0.9, 2.0)
    (3.0, 1.0)
    """
    return 1.0 if low <= 1 <= high else e_value(low if low > 1 else high)


def as_risk_ratio(ratio: float, share: float) -> float:
    """A hazard ratio as the risk ratio that an E-value needs; `share`: how many have the outcome in the end, 0–1.

    Up to 15% it is taken as it is; above, (1 − ½^√HR) ÷ (1 − ½^√(1/HR)) (VanderWeele 2017, table 2 of VanderWeele and
    Ding).

    >>> as_risk_ratio(4.0, 0.10), as_risk_ratio(1.0, 0.4)
    (4.0, 1.0)
    """
    return ratio if share <= COMMON else (1 - 0.5 ** math.sqrt(ratio)) / (1 - 0.5 ** math.sqrt(1 / ratio))


def e_values(estimate: float, low: float, high: float, share: float) -> dict[str, float]:
    """Both E-values of a log hazard ratio with its interval: e_value, e_value_low.

    >>> e_values(0.0, -0.1, 0.1, 0.3)
    {'e_value': 1.0, 'e_value_low': 1.0}
    """
    middle, below, above = (as_risk_ratio(math.exp(min(max(x, -50), 50)), share) for x in (estimate, low, high))
    return {"e_value": e_value(middle), "e_value_low": e_value_of_bound(below, above)}


def naive_log_odds(is_member, has_event) -> float | None:
    """The log odds ratio of an outcome between accounts ever enrolled and never enrolled. Wrong; shown as such.

    One value an account. Half an account is added to each cell where one is empty (Haldane); None where everybody or
    nobody is a member.

    >>> round(naive_log_odds([1, 1, 1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 1, 1, 1, 0]), 4)  # ln of 1/3 ÷ 3
    -2.1972
    """
    member, event = np.asarray(is_member, dtype=bool), np.asarray(has_event, dtype=bool)
    if member.all() or not member.any():
        return None
    cells = np.array([(one & other).sum() for one in (member, ~member) for other in (event, ~event)])
    a, b, c, d = cells + (0.5 if (cells == 0).any() else 0.0)
    return float(math.log(a * d / (b * c)))


def verdict(n_events: int, n_accounts: int) -> str:
    """`too few` under 5 events or accounts on the thinner side, `few` under 10.

    >>> verdict(4, 90), verdict(9, 90), verdict(90, 90)
    ('too few', 'few', 'ok')
    """
    least = min(n_events, n_accounts)
    return "too few" if least < TOO_FEW else "few" if least < FEW else "ok"
