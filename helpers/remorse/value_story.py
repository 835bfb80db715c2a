"""From the belief in potential value before the deal to experienced value after it: how far each cohort has come."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.metrics.core import TOO_FEW, proportion
from helpers.remorse.signals import Signals, as_dates
from helpers.sources import Tables
from helpers.stats import Z, curves

YEAR = 365
COLUMNS = ["phase", "measure", "cohort", "value", "low", "high", "n", "unit", "verdict"]


def story(tables: Tables, signals: Signals) -> pd.DataFrame:
    """Where value is promised, recorded, first seen and reviewed: all diagnosed accounts, and by year of their start.

    Columns: phase (before the deal, onboarding, first year), measure, cohort (`all` or a year), value, low, high (95%),
    n, unit (days, share 0–1, points 1–7, count), verdict. First value: Kaplan–Meier median, accounts that have none yet
    are censored at their latest snapshot. First-year measures count accounts whose first year is over. What the source
    does not tell is left out.
    """
    start = signals.accounts["first_paid_on"]
    facts = _facts(tables, signals)
    rows = []
    for cohort, own in {"all": start, **dict(iter(start.groupby(start.dt.year)))}.items():
        for (phase, measure, unit), values in facts.items():
            part = values.loc[values.index.intersection(own.index)]
            rows.append(
                {"phase": phase, "measure": measure, "cohort": str(cohort), "unit": unit} | _measured(part, unit)
            )
    order = {key: place for place, key in enumerate(dict.fromkeys(row["measure"] for row in rows))}
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(("value", "low", "high"), "float64"))
    return frame.sort_values("measure", key=lambda names: names.map(order), kind="stable").reset_index(drop=True)


def _facts(tables, signals) -> dict[tuple, pd.Series]:
    """(phase, measure, unit) → one value an account; of first value, days and whether it was seen."""
    found, values, kth = {}, signals.values, {"every": signals.every, "part": signals.part}
    if "days_to_signature" in values.columns:
        found["before the deal", "first contact to signature", "days"] = values["days_to_signature"].dropna()
    if tables.has("onboarding"):
        seen = as_dates(tables.run("first_value", **kth)).set_index("account_id")
        seen = seen.loc[seen.index.intersection(values.index)]
        until = seen["first_value_on"].fillna(seen["updated_on"])
        days = (until - seen["first_paid_on"]).dt.days.clip(lower=0)
        found["onboarding", "signature to first value (median)", "time"] = pd.DataFrame(
            {"days": days, "seen": seen["first_value_on"].notna()}
        )
        use_case = seen["has_recorded_use_case"].astype("boolean").dropna().astype(float)
        found["onboarding", "use case written down", "share"] = use_case
    if "states_value" in values.columns:
        found["onboarding", "can state the value it gets, at day 90", "points"] = values["states_value"].dropna()
    over = signals.accounts.index[
        signals.accounts["first_paid_on"] + pd.Timedelta(days=YEAR) <= pd.Timestamp(tables.as_of)
    ]
    if tables.has("usage"):
        begun = tables.run("first_year", days=YEAR, **kth).set_index("account_id")["n_begun"]
        found["first year", "use cases begun", "count"] = begun[begun.index.isin(over)].dropna().astype(float)
    if tables.has("touches"):
        first = as_dates(tables.run("first_reviews", **kth)).set_index("account_id")["first_review_on"].reindex(over)
        days = (first - signals.accounts["first_paid_on"].reindex(over)).dt.days
        found["first year", "value review held", "share"] = (days <= YEAR).astype(float)
    return found


def _measured(values, unit) -> dict:
    n, names = len(values), ("value", "low", "high", "n", "verdict")
    if unit == "share":
        metric = proportion(int(values.sum()), n, "share", "nobody")
        return {name: getattr(metric, name) for name in names}
    if n < TOO_FEW:
        return dict(zip(names, (None, None, None, n, "too few" if n or unit == "time" else "undefined"), strict=True))
    if unit == "time":
        middle, low, high = curves.median(curves.kaplan_meier(values["days"], values["seen"]))
        return dict(zip(names, (middle, low, high, n, "undefined" if middle is None else "ok"), strict=True))
    mean, half = float(values.mean()), Z * float(values.std(ddof=1)) / np.sqrt(n)
    return dict(zip(names, (mean, mean - half, mean + half, n, "few" if n < 10 else "ok"), strict=True))


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
