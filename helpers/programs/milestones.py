"""Milestones to celebrate: paying accounts that reached one in the period, with the play to run and who runs it."""

import tomllib
from pathlib import Path

import pandas as pd

from helpers.ledger import movements
from helpers.ledger.account_months import month_no
from helpers.periods import Period
from helpers.sources import Tables

MILESTONES = tomllib.loads((Path(__file__).parent / "milestones.toml").read_text(encoding="utf-8"))
COLUMNS = ["account_id", "name", "segment", "milestone", "month", "years", "mrr_cents", "play", "owner"]


def read(
    tables: Tables, active: pd.DataFrame, onboarded: pd.DataFrame | None, acts: pd.DataFrame | None
) -> pd.DataFrame:
    """`reached` of a source in its period. `active`: `account_months.held`; `onboarded`, `acts`: None where absent."""
    span = {"first_month": tables.period.first, "last_month": tables.period.last}
    grown = tables.run("first_expansions", **span)
    adopted = tables.run("full_adoptions", **span) if tables.has("usage") else None
    months = {"first_expansion": grown, "full_adoption": adopted, "first_value": _month(onboarded, "first_value_on")}
    calls = acts[acts["kind"] == "reference_call"] if acts is not None else None
    months["first_reference"] = _month(calls, "done_on")
    return reached(months, active, tables.period, tables.coverage.first_month)


def _month(frame: pd.DataFrame | None, day: str) -> pd.DataFrame | None:
    """The month of each account's first day; None without the table."""
    if frame is None:
        return None
    first = frame.dropna(subset=[day]).groupby("account_id", as_index=False)[day].min()
    return pd.DataFrame({"account_id": first["account_id"], "month_no": month_no(first[day])})


def reached(
    months: dict[str, pd.DataFrame | None], active: pd.DataFrame, period: Period, data_begins: int
) -> pd.DataFrame:
    """Paying accounts that reached a milestone in the period, in the order of milestones.toml, largest MRR first.

    first_value: the first result that the customer bought it for; full_adoption: the first month with nine in ten seats
    in use; anniversary: 12, 24, … months after the first paid month; first_reference: the first reference call done;
    first_expansion: the first month with more MRR. `months`: milestone → account_id and month_no of it, None where the
    source lacks the table; `active`: account_id, name, segment, cohort_no, mrr_cents. Accounts that were there in month
    `data_begins` have an unknown history: no anniversary and no first expansion. Columns: COLUMNS (month as its first
    day; years of an anniversary, else missing).
    """
    known = active[active["cohort_no"] > data_begins]
    years = (period.last - known["cohort_no"]) // 12
    day = known["cohort_no"] + 12 * years
    anniversaries = known[["account_id"]].assign(month_no=day, years=years)[years > 0]
    found = {**months, "anniversary": anniversaries}
    parts = []
    for name, milestone in MILESTONES.items():
        if found.get(name) is None:
            continue
        own = found[name][found[name]["month_no"].between(period.first, period.last)]
        base = known if name == "first_expansion" else active
        rows = base.merge(own, on="account_id", how="inner", validate="one_to_one")
        rows = rows.assign(milestone=milestone["what"], play=milestone["play"], owner=milestone["owner"])
        parts.append(rows.sort_values(["mrr_cents", "account_id"], ascending=[False, True]))
    rows = pd.concat(parts, ignore_index=True)
    rows["month"] = movements.month_of(rows["month_no"])
    return rows.reindex(columns=COLUMNS).astype({"years": "Int64", "mrr_cents": "int64"})
