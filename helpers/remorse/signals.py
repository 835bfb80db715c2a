"""The signals of each account as they stood at its cut-off, by default day 90 after it first paid."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused
from helpers.remorse.leakage import refuse_leaks
from helpers.remorse.recipe import CUTOFF_DAYS, SIGNALS
from helpers.sources import Tables

FRESH = 31  # days before the cut-off within which a snapshot that shows nothing yet still says "not yet"
WINDOW_DAYS = 90


@dataclass(frozen=True)
class Signals:
    """What is known of each account that reached its cut-off.

    accounts: name, segment, first_paid_on, cutoff_on, seats_then (paid for at the cut-off), place, by account_id.
    values: one column a signal in its own unit, missing where unknown. known_on: the day each was known. too_young:
    accounts whose cut-off is still to come; truncated: accounts left out because they were there when the data begins
    and show no onboarding, so that nobody knows their day 90. They are every `every`-th account, the `part`-th of them.
    """

    accounts: pd.DataFrame
    values: pd.DataFrame
    known_on: pd.DataFrame
    too_young: int
    truncated: int
    cutoff_days: int
    every: int = 1
    part: int = 0


def read(
    tables: Tables, cutoff_days: int = CUTOFF_DAYS, window_days: int = WINDOW_DAYS, every: int = 1, part: int = 0
) -> Signals:
    """The signals of all accounts whose cut-off has passed, from whichever tables the source has.

    Usage and tickets are those of the `window_days` up to the cut-off. `every` = k takes the accounts whose place in
    the order of account_id, divided by k, leaves `part`. Raises Refused for a cut-off that is not a whole number of
    days from 1, and where the leakage guard finds a value known later.
    """
    if not (float(cutoff_days).is_integer() and cutoff_days >= 1 and window_days >= 1):
        raise Refused(f"a cut-off is a whole number of days after the first paid day, not {cutoff_days}")
    values = {"cutoff_days": cutoff_days, "window_days": window_days, "every": every, "part": part}
    names = ["start", *(name for name in _MEASURES if tables.has(name))]
    start, *rows = (as_dates(tables.run(f"signals_{name}", **values)).set_index("account_id") for name in names)
    rows = dict(zip(names[1:], rows, strict=True))
    is_young = start["cutoff_on"] > pd.Timestamp(tables.as_of)
    # Who was there when the data begins, and no onboarding says that it came just then, has no day 90 that we know.
    begins = pd.Timestamp(periods.month_start(tables.coverage.first_month)) + pd.DateOffset(months=1)
    onboarded = start.index.isin(rows["onboarding"].index) if "onboarding" in rows else False
    was_there = (start["first_paid_on"] < begins) & ~onboarded & ~is_young
    accounts = start[~is_young & ~was_there]
    measured = _of_accounts(accounts)
    for name, frame in rows.items():
        measured |= _MEASURES[name](accounts, frame)
    shown = [name for name in SIGNALS if name in measured]
    found = pd.DataFrame({name: measured[name][0] for name in shown}, index=accounts.index, dtype="float64")
    known_on = pd.DataFrame({name: measured[name][1] for name in shown}, index=accounts.index)
    refuse_leaks(found, known_on, accounts["cutoff_on"])
    accounts = accounts[["name", "segment", "first_paid_on", "cutoff_on", "seats_then", "place"]]
    n_young, n_there = int(is_young.sum()), int(was_there.sum())
    return Signals(accounts, found, known_on, n_young, n_there, int(cutoff_days), every, part)


def as_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """A query's result with its days (`…_on`, last_month) as dates, whichever engine gave them.

    >>> as_dates(pd.DataFrame({"n": [1], "asked_on": ["2026-10-31"]})).dtypes.astype("str").tolist()
    ['int64', 'datetime64[us]']
    """
    dates = {column: "datetime64[us]" for column in frame.columns if column.endswith("_on") or column == "last_month"}
    return frame.astype(dates)


def _number(values) -> pd.Series:
    return pd.to_numeric(values).astype("float64")


def _ratio(part, whole) -> pd.Series:
    whole = _number(whole)
    return _number(part) / whole.where(whole > 0)


def _of_accounts(own) -> dict:
    contact = (own["first_paid_on"] - own["first_contact_on"]).dt.days
    known = own["first_paid_on"]
    return {
        "n_buying_group": (_number(own["n_buying_group"]), known),
        "days_to_signature": (_number(contact.where(contact >= 0)), known),
    }


def _of_onboarding(own, rows) -> dict:
    seen = rows.reindex(own.index)
    known = seen["updated_on"]
    # Nothing yet in a fresh snapshot: it took at least until then.
    until = known.where((own["cutoff_on"] - known).dt.days <= FRESH)
    value, steps = seen["value_on"].fillna(until), seen["n_steps"]
    slip = (seen["live_on"].fillna(until) - seen["planned_go_live_on"]).dt.days
    # Not live yet, and not due yet either: there is no slip so far.
    slip = slip.where(seen["live_on"].notna() | (slip > 0))
    found = {
        "change_orders": _number(seen["n_change_orders"]),
        "days_to_first_value": _number((value - own["first_paid_on"]).dt.days).clip(lower=0),
        "no_use_case": (~seen["has_recorded_use_case"].astype("boolean")).astype("Float64").astype("float64"),
        "go_live_slip": _number(slip),
        "cost_overrun": _ratio(seen["cost_so_far"], seen["planned_cost"]) - 1,
        "abandoned_steps": (1 - _ratio(seen["n_steps_done"], steps)).clip(lower=0),
        "little_contact": (1 - _ratio(seen["n_steps_with_human_contact"], steps)).clip(lower=0),
    }
    days = {"days_to_first_value": seen["value_on"], "go_live_slip": seen["live_on"]}
    days = {name: known.where(~(day > known), day) for name, day in days.items()}
    return {name: (values, days.get(name, known)) for name, values in found.items()}


def _of_usage(own, rows) -> dict:
    seen = rows.reindex(own.index)
    known = seen["last_month"] + pd.offsets.MonthEnd(0)
    return {
        "unused_seats": ((1 - _ratio(seen["n_active"], seen["n_licensed"])).clip(0, 1), known),
        "failed_searches": (_ratio(seen["n_failed"], seen["n_searches"]), known),
    }


def _of_tickets(own, rows) -> dict:
    seen = rows.reindex(own.index)
    # No ticket is a count of 0, known all along.
    known = seen["last_opened_on"].fillna(own["first_paid_on"])
    return {
        "urgent_tickets": (_ratio(_number(seen["n_urgent"]).fillna(0), own["seats_then"]), known),
        "how_to_tickets": (_number(seen["n_how_to"]).fillna(0), known),
    }


def _of_surveys(own, rows) -> dict:
    of_item = dict(iter(rows.groupby("item")))
    parts = {
        name: of_item.get(name, rows[:0]).reindex(own.index) for name in SIGNALS if SIGNALS[name].table == "surveys"
    }
    return {name: (_number(part["mean_score"]), part["last_answered_on"]) for name, part in parts.items()}


_MEASURES = {"onboarding": _of_onboarding, "usage": _of_usage, "tickets": _of_tickets, "surveys": _of_surveys}


def coverage(counts: pd.Series, n_accounts: int) -> pd.DataFrame:
    """How many of the accounts show each signal of the recipe, in its order; `counts`: accounts by signal.

    Columns: signal, driver, about, n (accounts with a value), share (of all diagnosed, 0–1; missing without accounts).
    """
    rows = [(name, signal.driver, signal.about) for name, signal in SIGNALS.items()]
    n = counts.reindex(list(SIGNALS), fill_value=0).to_numpy(dtype="int64")
    found = pd.DataFrame(rows, columns=["signal", "driver", "about"]).assign(n=n)
    return found.assign(share=n / n_accounts if n_accounts else np.nan)


def evidence(name: str, value: float) -> str:
    """One observed signal in words.

    >>> evidence("go_live_slip", 41), evidence("cost_overrun", 0.38), evidence("states_value", 2)
    ('went live 41 days late', 'cost 38% over plan', 'cannot state the value it gets (2 of 7)')
    """
    signal = SIGNALS[name]
    return signal.says.replace("{}", in_unit(signal.unit, value))


def in_unit(unit: str, value: float) -> str:
    """A signal's value as a reader wants it; a flag has none.

    >>> in_unit("days", 1.0), in_unit("share", 0.38), in_unit("rate", 0.0512), in_unit("points", 2.0)
    ('1 day', '38%', '0.05', '2')
    """
    if unit == "days":
        return formats.plural(round(value), "day").replace("-", "−")
    if unit in ("share", "flag"):
        return formats.percent(value, 0) if unit == "share" else ""
    return f"{value:.2f}" if unit == "rate" else f"{value:.1f}".removesuffix(".0")
