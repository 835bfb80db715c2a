"""The tables that the sample company's lives leave behind: onboarding, usage, tickets, surveys, touches and the rest.

Each function takes the world, the lives and what was billed, and returns one table of `schema`. What a driver does to
a signal is `loading × driver + √(1 − loading²) × noise`, then brought to the signal's own unit and rounded.
"""

import numpy as np
import pandas as pd

from helpers import columns, schema
from helpers.sample_world import (
    DRIVERS, FIRST, HORIZON, LAST_DAY, LOT, MONTHS, NEVER, PARAMETERS, change_dates, day, draws, logistic, month_of, pick,
    rng,
)  # fmt: skip

NONE = np.datetime64("NaT", "D")

# signal → driver, loading before rounding, how it is read from the tables (up to day 90 after the first paid day)
SIGNALS = {
    "conflicting_objectives": ("complexity", 0.8, "survey item"),
    "requirements_changed": ("complexity", 0.7, "survey item"),
    "n_buying_group": ("complexity", 0.6, "accounts.n_buying_group"),
    "days_to_signature": ("complexity", 0.5, "first_contact_on to the first paid day"),
    "change_orders": ("complexity", 0.5, "onboarding.n_change_orders"),
    "states_value": ("value", 0.8, "survey item, reversed"),
    "unused_seats": ("value", 0.7, "1 - n_active_users / n_licensed_seats, months 0 to 3"),
    "days_to_first_value": ("value", 0.6, "first paid day to first_value_on"),
    "settled_for_less": ("value", 0.5, "survey item; bent to agree with the regret anchor"),
    "no_use_case": ("value", 0.5, "has_recorded_use_case is false"),
    "cost_exceeded": ("implementation", 0.8, "survey item"),
    "go_live_slip": ("implementation", 0.7, "planned_go_live_on to went_live_on, in days"),
    "cost_overrun": ("implementation", 0.6, "actual_cost / planned_cost - 1"),
    "urgent_tickets": ("implementation", 0.5, "defect and integration tickets of priority 1-2 a licensed seat"),
    "knew_next_step": ("guidance", 0.8, "survey item, reversed"),
    "failed_searches": ("guidance", 0.7, "n_failed_help_searches / n_help_searches, months 0 to 3"),
    "how_to_tickets": ("guidance", 0.6, "how_to tickets an account"),
    "abandoned_steps": ("guidance", 0.5, "1 - n_steps_done / n_steps at the last snapshot"),
    "little_contact": ("guidance", 0.5, "1 - n_steps_with_human_contact / n_steps at the last snapshot"),
}
SIX_ITEMS = ("conflicting_objectives", "requirements_changed", "states_value", "settled_for_less", "cost_exceeded",
             "knew_next_step")  # fmt: skip

# program → name, owner, first day, last day, cost of a touch
PROGRAMS = {
    "first_year_nurture": ("First-year nurture", "marketing", "2023-06-01", None, 4),
    "business_review": ("Business review", "success", "2023-01-01", None, 240),
    "value_coaching": ("Value coaching", "success", "2023-09-01", None, 180),
    "customer_community": ("Customer community", "marketing", "2023-09-01", None, 35),
    "outcome_workshop": ("Outcome workshop", "marketing", "2025-06-01", "2025-07-31", 650),
    "renewal_desk": ("Renewal desk", "sales", "2023-01-01", None, 60),
    "expansion_campaign": ("Expansion campaign", "marketing", "2024-02-01", None, 12),
    "reference_club": ("Reference club", "marketing", "2024-01-01", None, 40),
}
NURTURE = {0: "onboarding", 1: "onboarding", 2: "adoption", 4: "adoption", 6: "value_review", 9: "value_review",
           11: "renewal"}  # fmt: skip


def table(name: str, **given) -> pd.DataFrame:
    """A frame with the columns, order and types of `schema`, sorted by its key; columns not given are empty."""
    rows = len(next(iter(given.values())))
    frame = {}
    for column in schema.TABLES[name].columns:
        values = given.pop(column, None)
        values = pd.Series([None] * rows if values is None else values, index=range(rows))
        frame[column] = values.astype(columns.DTYPES[schema.kind(name, column)])
    if given:
        raise KeyError(f"{name} has no column {', '.join(given)}")
    return pd.DataFrame(frame).sort_values(list(schema.key(name)), kind="stable", ignore_index=True)


def account_ids(who) -> np.ndarray:
    """Text ids of accounts by position.

    >>> account_ids([0, 16]).tolist()
    ['A00001', 'A00017']
    """
    return np.array([f"A{i + 1:05d}" for i in who], object)


def numbered(prefix: str, on) -> np.ndarray:
    """Text ids in the order of a date: the earliest row is number 1.

    >>> numbered("T", np.array(["2024-05-01", "2024-02-01"], "datetime64[D]")).tolist()
    ['T000002', 'T000001']
    """
    rank = np.empty(len(on), int)
    rank[np.argsort(on, kind="stable")] = np.arange(1, len(on) + 1)
    return np.array([f"{prefix}{k:06d}" for k in rank], object)


def known(on) -> np.ndarray:
    """Dates, empty where they lie after the last day."""
    return np.where(on <= LAST_DAY, on, NONE)


def alive(world, lives, who, on) -> np.ndarray:
    """Whether an account was in force at the close of the date's month, and the date neither too early nor too late."""
    month = np.clip(month_of(on), 0, HORIZON - 1)
    return lives.held[who, month] & (on >= world.start[who]) & (on <= LAST_DAY)


def signal(world, name: str, wave: int = 1) -> np.ndarray:
    """A signal before it gets its unit: standard normal, more is worse."""
    driver, loading, _ = SIGNALS[name]
    noise = rng(world.seed, f"signal {name} {wave}").standard_normal(world.n)
    return loading * world.drivers[:, DRIVERS.index(driver)] + np.sqrt(1 - loading**2) * noise


def stack(parts: list[dict]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def onboarding(world, lives) -> pd.DataFrame:
    """Snapshots at days 30, 60 and 90, and at day 150 for those not done by then; 6% were never followed."""
    stream = rng(world.seed, "onboarding")
    n = world.n
    planned_on = world.start + stream.integers(14, 29, n)
    slip = np.rint(4 + 10 * signal(world, "go_live_slip")).astype(int)
    live_on = np.maximum(planned_on + slip, world.start + 3)
    value_on = np.maximum(
        live_on + 2, world.start + np.rint(60 + 15 * signal(world, "days_to_first_value")).astype(int)
    )
    budget = np.rint(np.array([20, 80, 300])[world.segment] * np.exp(0.4 * stream.standard_normal(n))) * 100 + 200
    cost = np.round(budget * np.maximum(0.6, 1.1 + 0.16 * signal(world, "cost_overrun")), 2)
    steps = stream.integers(10, 21, n)
    done = np.clip(1 - (0.2 + 0.13 * signal(world, "abandoned_steps")), 0.1, 1)
    human = np.clip(0.45 - 0.15 * signal(world, "little_contact"), 0, 1)
    orders = np.rint(np.maximum(0, 0.9 + 1.1 * signal(world, "change_orders")))
    recorded = signal(world, "no_use_case") < 0.52
    followed, gaps = stream.random(n) > 0.06, stream.random(n) < 0.08
    parts = []
    for number, (after, share) in enumerate({30: 0.45, 60: 0.8, 90: 1.0, 150: 1.0}.items()):
        on = world.start + after
        keep = followed & alive(world, lives, np.arange(n), on) & ((after < 150) | (value_on > world.start + 90))
        is_live = live_on <= on
        parts.append({name: values[keep] for name, values in {
            "account_id": account_ids(range(n)), "updated_on": on, "planned_go_live_on": planned_on,
            "went_live_on": np.where(is_live, live_on, NONE), "first_value_on": np.where(value_on <= on, value_on, NONE),
            "planned_cost": np.where(gaps, np.nan, budget), "actual_cost": np.where(is_live, cost, np.nan),
            "n_steps": steps, "n_steps_done": np.maximum(1, np.rint(steps * done * share)),
            "n_steps_with_human_contact": np.minimum(np.rint(steps * human), np.maximum(1, np.rint(steps * done * share))),
            "n_change_orders": np.floor(orders * min(1, 0.34 * (number + 1))), "has_recorded_use_case": recorded & is_live,
        }.items()})  # fmt: skip
    return table("onboarding", **stack(parts))


def usage(world, lives, seats) -> pd.DataFrame:
    """One row an account and month in force at its close. The last two months before leaving fade, from month 4 on."""
    stream = rng(world.seed, "usage")
    who, month = np.nonzero(lives.held[:, :MONTHS])
    age = month - month_of(world.start)[who]
    health, licensed = world.health[who], seats[who, month]
    unused = 0.3 + 0.15 * signal(world, "unused_seats")[who] - 0.015 * health * np.clip(age - 3, 0, 12)
    fading = np.where(lives.left[who, month + 1], 0.5, np.where(lives.left[who, month + 2], 0.75, 1.0))
    share = np.clip(1 - unused + 0.03 * stream.standard_normal(len(who)), 0.02, 1) * np.where(age > 3, fading, 1.0)
    searches = np.rint(8 + np.sqrt(licensed) * (1 + 2 * stream.random(len(who))))
    failing = np.clip(0.3 + 0.11 * signal(world, "failed_searches")[who] - 0.005 * np.clip(age - 3, 0, 20), 0, 1)
    features = np.rint(9 + 2.5 * health + 0.25 * age + 2 * stream.standard_normal(len(who)))
    more = stream.random(len(who)) < 0.15
    return table(
        "usage", account_id=account_ids(who), month=day(month, 1), n_active_users=np.rint(licensed * share),
        n_licensed_seats=licensed, n_features_used=np.clip(features, 1, 40), n_help_searches=searches,
        n_failed_help_searches=np.rint(searches * failing), n_new_use_cases=lives.used[who, month] * (1 + more),
    )  # fmt: skip


def tickets(world, lives, seats) -> pd.DataFrame:
    """Tickets of the first 90 days by the signals, and a few a year after that, more where there are more seats."""
    stream = rng(world.seed, "tickets")
    first = seats[np.arange(world.n), np.clip(month_of(world.start), 0, None)]
    urgent = np.rint(first * np.maximum(0, 0.055 + 0.045 * signal(world, "urgent_tickets"))).astype(int)
    how_to = np.rint(np.maximum(0, 1.6 + 1.5 * signal(world, "how_to_tickets"))).astype(int)
    held, month = np.nonzero(lives.held[:, :MONTHS])
    later = stream.random(len(held)) < 0.06 * np.sqrt(seats[held, month] / 10)
    who = np.concatenate([np.repeat(np.arange(world.n), urgent), np.repeat(np.arange(world.n), how_to), held[later]])
    kinds = np.repeat([0, 1, 2], [urgent.sum(), how_to.sum(), later.sum()])
    n, u = len(who), stream.random((3, len(who)))
    soon = world.start[who] + stream.integers(3, 86, n)
    on = np.where(kinds < 2, soon, soon)
    on[kinds == 2] = day(month[later], stream.integers(1, 29, later.sum()))
    category = np.where(kinds == 0, 1 + pick(u[0], [0.6, 0.4]), pick(u[0], [0.3, 0.3, 0.2, 0.2]) * (kinds == 2))
    priority = np.where(
        kinds == 0, 1 + pick(u[1], [0.3, 0.7]), np.where(kinds == 1, 4, 2 + pick(u[1], [0.2, 0.5, 0.3]))
    )
    closed = on + np.ceil(priority * 4 * u[2] ** 2).astype(int)
    keep = alive(world, lives, who, on) & ((kinds < 2) | (on > world.start[who] + 90))
    return table(
        "tickets", ticket_id=numbered("T", on[keep]), account_id=account_ids(who[keep]), opened_on=on[keep],
        closed_on=known(closed)[keep], priority=priority[keep],
        category=np.array(["how_to", "defect", "integration", "billing"], object)[category[keep]],
    )  # fmt: skip
