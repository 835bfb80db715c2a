"""From the belief in potential value before the deal to experienced value after it: how far each cohort has come."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.metrics.core import TOO_FEW, proportion
from helpers.remorse.signals import Signals, as_dates
from helpers.sources import Tables
from helpers.stats import Z, curves

YEAR = 365
COLUMNS = "phase measure cohort value low high n verdict unit".split()


def story(tables: Tables, signals: Signals) -> pd.DataFrame:
    """Where value is promised, recorded, first seen and reviewed: all diagnosed accounts, and by year of their start.

    Columns: phase (before the deal, onboarding, first year), measure, cohort (`all` or a year), value, low, high (95%),
    n, unit (days, share 0–1, points 1–7, count), verdict. First value: Kaplan–Meier median, accounts that have none yet
    are censored at their latest snapshot. First-year measures count accounts whose first year is over. What the source
    does not tell is left out.
    """
    start = signals.accounts["first_paid_on"]
    rows = []
    for (phase, measure, unit), values in _facts(tables, signals).items():
        for cohort, own in {"all": start, **dict(iter(start.groupby(start.dt.year)))}.items():
            part = values.loc[values.index.intersection(own.index)]
            rows.append((phase, measure, str(cohort), *_measured(part, unit), unit))
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(("value", "low", "high"), "float64"))
    return frame[[*COLUMNS[:7], "unit", "verdict"]]


def _facts(tables, signals) -> dict[tuple, pd.Series]:
    """(phase, measure, unit) → one value an account; of first value, days and whether it was seen."""
    found, values, kth = {}, signals.values, {"every": signals.every, "part": signals.part}
    if "days_to_signature" in values.columns:
        found["before the deal", "first contact to signature", "days"] = values["days_to_signature"].dropna()
    if tables.has("onboarding"):
        seen = as_dates(tables.run("first_value", **kth)).set_index("account_id")
        seen = seen.loc[seen.index.intersection(values.index)]
        days = (seen["first_value_on"].fillna(seen["updated_on"]) - seen["first_paid_on"]).dt.days.clip(lower=0)
        first = pd.DataFrame({"days": days, "seen": seen["first_value_on"].notna()})
        found["onboarding", "signature to first value (median)", "time"] = first
        use_case = seen["has_recorded_use_case"].astype("boolean").dropna().astype(float)
        found["onboarding", "use case written down", "share"] = use_case
    if "states_value" in values.columns:
        found["onboarding", "can state the value it gets, at day 90", "points"] = values["states_value"].dropna()
    paid = signals.accounts["first_paid_on"]
    over = paid[paid + pd.Timedelta(days=YEAR) <= pd.Timestamp(tables.as_of)]
    if tables.has("usage"):
        begun = tables.run("first_year", days=YEAR, **kth).set_index("account_id")["n_begun"]
        found["first year", "use cases begun", "count"] = begun[begun.index.isin(over.index)].dropna().astype(float)
    if tables.has("touches"):
        first = as_dates(tables.run("first_reviews", **kth)).set_index("account_id")["first_review_on"]
        days = (first.reindex(over.index) - over).dt.days
        found["first year", "value review held", "share"] = (days <= YEAR).astype(float)
    return found


def _measured(values, unit) -> tuple:
    """Value, low, high, n and verdict of a cohort."""
    n = len(values)
    if unit == "share":
        metric = proportion(int(values.sum()), n, "share", "nobody")
        return metric.value, metric.low, metric.high, metric.n, metric.verdict
    if n < TOO_FEW:
        return None, None, None, n, "too few" if n or unit == "time" else "undefined"
    if unit == "time":
        middle, low, high = curves.median(curves.kaplan_meier(values["days"], values["seen"]))
        return middle, low, high, n, "undefined" if middle is None else "ok"
    mean, half = float(values.mean()), Z * float(values.std(ddof=1)) / np.sqrt(n)
    return mean, mean - half, mean + half, n, "few" if n < 10 else "ok"


def by_cohort(rows: pd.DataFrame) -> pd.DataFrame:
    """`story` as a page shows it: a row a measure, a column a cohort, each cell with its interval and n."""
    cells = [_cell(*row) for row in rows[["unit", "value", "low", "high", "n"]].itertuples(index=False)]
    wide = rows.assign(cell=cells).pivot(index=["phase", "measure"], columns="cohort", values="cell").fillna("")
    order = rows[["phase", "measure"]].drop_duplicates().itertuples(index=False, name=None)
    return wide.loc[list(order), sorted(wide.columns, key=lambda name: (name != "all", name))].reset_index()


def _cell(unit, value, low, high, n) -> str:
    if pd.isna(value):
        return f"too few (n = {formats.count(n)})"
    if unit == "share":
        return f"{formats.percent(value, 0)} ({formats.interval(low, high)}), n = {formats.count(n)}"
    digits, what = {"count": (1, ""), "points": (1, " of 7")}.get(unit, (0, " days"))
    around = f" ({low:.{digits}f} to {high:.{digits}f})" if pd.notna(low) and pd.notna(high) else ""
    return f"{value:.{digits}f}{what}{around}, n = {formats.count(n)}"
