"""From the belief in potential value before the deal to experienced value after it: how far each cohort has come."""

import numpy as np
import pandas as pd

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
    found, values = {}, signals.values
    if "days_to_signature" in values.columns:
        found["before the deal", "first contact to signature", "days"] = values["days_to_signature"].dropna()
    if tables.has("onboarding"):
        seen = as_dates(tables.run("first_value")).set_index("account_id")
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
        begun = tables.run("first_year", days=YEAR).set_index("account_id")["n_begun"]
        found["first year", "use cases begun", "count"] = begun[begun.index.isin(over)].dropna().astype(float)
    if tables.has("touches"):
        first = as_dates(tables.run("first_reviews")).set_index("account_id")["first_review_on"].reindex(over)
        days = (first - signals.accounts["first_paid_on"].reindex(over)).dt.days
        found["first year", "value review held", "share"] = (days <= YEAR).astype(float)
    return found


def _measured(values, unit) -> dict:
    if unit == "time":
        if len(values) < TOO_FEW:
            return {"value": None, "low": None, "high": None, "n": len(values), "verdict": "too few"}
        middle, low, high = curves.median(curves.kaplan_meier(values["days"], values["seen"]))
        verdict = "ok" if middle is not None else "undefined"
        return {"value": middle, "low": low, "high": high, "n": len(values), "verdict": verdict}
    if unit == "share":
        metric = proportion(int(values.sum()), len(values), "share", "nobody")
        return {"value": metric.value, "low": metric.low, "high": metric.high, "n": metric.n, "verdict": metric.verdict}
    return _mean(values)


def _mean(values: pd.Series) -> dict:
    n = len(values)
    if n < TOO_FEW:
        return {"value": None, "low": None, "high": None, "n": n, "verdict": "too few" if n else "undefined"}
    mean, half = float(values.mean()), Z * float(values.std(ddof=1)) / np.sqrt(n)
    return {"value": mean, "low": mean - half, "high": mean + half, "n": n, "verdict": "few" if n < 10 else "ok"}
