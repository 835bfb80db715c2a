"""The Stanford heart transplants: 103 patients, days from acceptance to death or last sight, and to the transplant.

Crowley and Hu (1977), Journal of the American Statistical Association 72, 27–36; the figures as in R's survival::heart.
`36>39` was transplanted on day 36 and died on day 39, `50` died on day 50 without, a `+` was last seen alive. (A
patient who died on the day of the transplant was given half a day before it there, and so here.)
"""

import pandas as pd

_PATIENTS = """
50 6 1>16 36>39 18 3 51>675 40 85 12>58 26>153 8 17>81 37>1387 1 28>308 36 20>43 37 18>28 8>1032 12>51 3>733 83>219
25>1800+ 1401+ 263 71>72 35 16>852 16 17>77 51>1587+ 23>1572+ 12 46>100 19>66 4.5>5 2>53 41>1408+ 58>1322+ 3 2 40 1>45
2>996 21>72 9 36>1142+ 83>980 32>285 102 41>188 3 10>61 67>942+ 149 21>343 78>916+ 3>68 2 69 27>842+ 33>584 12>78 32
57>285 3>68 10>670+ 5>30 31>620+ 4>596+ 27>90 5>17 2 46>545+ 21 210>515+ 67>96 26>482+ 6>445+ 428+ 32>80 37>334 5 8>397+
60>110 31>370+ 139>207 160>186 340 310>340+ 28>265+ 4>165 2>16 13>180+ 21>131+ 96>109+ 21 38>39+ 31+ 11+ 6
"""


def patients() -> pd.DataFrame:
    """One row a patient: days, has_died, transplanted_on (day; missing = never)."""
    rows = []
    for text in _PATIENTS.split():
        before, _, after = text.rstrip("+").rpartition(">")
        rows.append(
            {"days": float(after), "has_died": not text.endswith("+"), "transplanted_on": float(before or "nan")}
        )
    return pd.DataFrame(rows)


def stretches(frame: pd.DataFrame) -> pd.DataFrame:
    """Each patient's time before the transplant and after it: entry, exit, has_died, is_transplanted."""
    waits = frame["transplanted_on"].notna()
    before = pd.DataFrame(
        {
            "entry": 0.0,
            "exit": frame["transplanted_on"].fillna(frame["days"]),
            "has_died": frame["has_died"] & ~waits,
            "is_transplanted": 0.0,
        }
    )
    own = frame[waits]
    after = pd.DataFrame(
        {"entry": own["transplanted_on"], "exit": own["days"], "has_died": own["has_died"], "is_transplanted": 1.0}
    )
    return pd.concat([before, after], ignore_index=True)
