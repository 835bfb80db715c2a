"""What the sample company's customers show of what they feel: onboarding, usage, tickets and surveys.

Each function takes the world and the lives and returns one table of `schema`. What a driver does to a signal
is `loading × driver + √(1 − loading²) × noise`, then brought to the signal's own unit and rounded.
"""

import numpy as np
import pandas as pd

from helpers.sample.billing import NONE, account_ids, alive, known, numbered, stack, table
from helpers.sample.parameters import DRIVERS, LAST_DAY, MONTHS, PARAMETERS
from helpers.sample.world import day, days, logistic, month_of, pick, rng

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
SIX_ITEMS = (
    "conflicting_objectives",
    "requirements_changed",
    "states_value",
    "settled_for_less",
    "cost_exceeded",
    "knew_next_step",
)


def signal(world, name: str, wave: int = 1) -> np.ndarray:
    """A signal before it gets its unit: standard normal, more is worse."""
    driver, loading, _ = SIGNALS[name]
    noise = rng(world.seed, f"signal {name} {wave}").standard_normal(world.n)
    return loading * world.drivers[:, DRIVERS.index(driver)] + np.sqrt(1 - loading**2) * noise


def days_to_signature(world) -> np.ndarray:
    """Days from the first conversation to the first paid day."""
    return np.maximum(20, np.rint(80 + 28 * signal(world, "days_to_signature"))).astype(int)


def onboarding(world, lives) -> pd.DataFrame:
    """Snapshots at days 30, 60 and 90, and at day 150 for those not done by then; 6% were never followed."""
    stream = rng(world.seed, "onboarding")
    plan = _onboarding_plan(world, stream)
    followed = stream.random(world.n) > 0.06
    parts = []
    for after, share in {30: 0.45, 60: 0.8, 90: 1.0, 150: 1.0}.items():
        on = world.start + days(after)
        late = (after < 150) | (plan["first_value_on"] > world.start + days(90))
        keep = followed & alive(world, lives, np.arange(world.n), on) & late
        done = np.maximum(1, np.rint(plan["n_steps_done"] * share))
        is_live = plan["went_live_on"] <= on
        seen = {
            "account_id": account_ids(range(world.n)),
            "updated_on": on,
            "n_steps_done": done,
            "went_live_on": np.where(is_live, plan["went_live_on"], NONE),
            "first_value_on": np.where(plan["first_value_on"] <= on, plan["first_value_on"], NONE),
            "actual_cost": np.where(is_live, plan["actual_cost"], np.nan),
            "n_steps_with_human_contact": np.minimum(plan["n_steps_with_human_contact"], done),
            "n_change_orders": np.floor(plan["n_change_orders"] * min(1, after / 90)),
            "has_recorded_use_case": plan["has_recorded_use_case"] & (after >= 60),
        }
        parts.append({name: values[keep] for name, values in (plan | seen).items()})
    return table("onboarding", **stack(parts))


def _onboarding_plan(world, stream) -> dict[str, np.ndarray]:
    """What was agreed, and how it comes out in the end."""
    n = world.n
    planned_on = world.start + days(stream.integers(14, 29, n))
    slip = np.rint(4 + 10 * signal(world, "go_live_slip")).astype(int)
    live_on = np.maximum(planned_on + days(slip), world.start + days(3))
    value_on = world.start + days(np.rint(60 + 15 * signal(world, "days_to_first_value")))
    budget = np.rint(np.array([20, 80, 300])[world.segment] * np.exp(0.4 * stream.standard_normal(n))) * 100 + 200
    steps = stream.integers(10, 21, n)
    finished = np.clip(0.8 - 0.13 * signal(world, "abandoned_steps"), 0.1, 1)
    human = np.clip(0.45 - 0.15 * signal(world, "little_contact"), 0, 1)
    return {
        "planned_go_live_on": planned_on,
        "went_live_on": live_on,
        "first_value_on": np.maximum(live_on + days(2), value_on),
        "planned_cost": np.where(stream.random(n) < 0.08, np.nan, budget),
        "actual_cost": np.round(budget * np.maximum(0.6, 1.1 + 0.16 * signal(world, "cost_overrun")), 2),
        "n_steps": steps,
        "n_steps_done": np.rint(steps * finished),
        "n_steps_with_human_contact": np.rint(steps * human),
        "n_change_orders": np.rint(np.maximum(0, 0.9 + 1.1 * signal(world, "change_orders"))),
        "has_recorded_use_case": signal(world, "no_use_case") < 0.52,
    }


def usage(world, lives, seats) -> pd.DataFrame:
    """One row a paying account and month. The last two months before leaving fade, from month 4 on."""
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
        "usage",
        account_id=account_ids(who),
        month=day(month, 1),
        n_active_users=np.rint(licensed * share),
        n_licensed_seats=licensed,
        n_features_used=np.clip(features, 1, 40),
        n_help_searches=searches,
        n_failed_help_searches=np.rint(searches * failing),
        n_new_use_cases=lives.used[who, month] * (1 + more),
    )


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
    on = world.start[who] + days(stream.integers(3, 86, n))
    on[kinds == 2] = day(month[later], stream.integers(1, 29, later.sum()))
    category = np.where(kinds == 0, 1 + pick(u[0], [0.6, 0.4]), pick(u[0], [0.3, 0.3, 0.2, 0.2]) * (kinds == 2))
    priority = np.where(
        kinds == 0, 1 + pick(u[1], [0.3, 0.7]), np.where(kinds == 1, 4, 2 + pick(u[1], [0.2, 0.5, 0.3]))
    )
    closed = on + days(np.ceil(priority * 8 * u[2] ** 3))
    keep = alive(world, lives, who, on) & ((kinds < 2) | (on > world.start[who] + days(90)))
    return table(
        "tickets",
        ticket_id=numbered("T", on[keep]),
        account_id=account_ids(who[keep]),
        opened_on=on[keep],
        closed_on=known(closed)[keep],
        priority=priority[keep],
        category=np.array(["how_to", "defect", "integration", "billing"], object)[category[keep]],
    )


def regret(world) -> tuple[np.ndarray, np.ndarray]:
    """Whether each customer regrets the purchase about day 60, and in months 8 to 14 (some of the same)."""
    chance, u = PARAMETERS["regret"], rng(world.seed, "regret").random(world.n)
    early, later = (logistic(chance[at] + chance["slope"] * world.remorse) for at in ("intercept", "later_intercept"))
    return u < early, u < later


def surveys(world, lives, closed_tickets) -> pd.DataFrame:
    """The purchase survey about day 60 and in months 8 to 14, NPS every half year, and after some closed tickets."""
    parts = [_purchase(world, lives, 1), _purchase(world, lives, 2), _after_tickets(world, closed_tickets)]
    for round_, age in enumerate(range(4, MONTHS, 6)):
        parts += [_relationship(world, lives, age, contact, f"nps {round_} {contact}") for contact in (1, 2)]
    rows = stack(parts)
    rows["asked"] = rows["asked"].astype("datetime64[D]")
    # the items of a questionnaire lie side by side: its number is the rank of its first row
    first = np.flatnonzero(rows["first"])
    number = numbered("R", rows["asked"][first])[np.cumsum(rows["first"]) - 1]
    answered = ~np.isnan(rows["score"])
    return table(
        "surveys",
        response_id=number,
        account_id=account_ids(rows["who"]),
        survey=rows["survey"],
        item=rows["item"],
        contact_id=np.array([f"C{i + 1:05d}-{k}" for i, k in zip(rows["who"], rows["contact"], strict=True)], object),
        asked_on=rows["asked"],
        answered_on=np.where(answered, rows["answered"], NONE),
        score=rows["score"],
    )


def _rows(survey, items, who, contact, asked, lag, answers, scores) -> dict[str, np.ndarray]:
    """Long rows: one an item of each questionnaire. An answer after the last day has not come yet."""
    width = len(items)
    answered = np.repeat(asked + days(lag), width)
    given = np.repeat(answers, width) & (answered <= LAST_DAY)
    return {
        "first": np.tile(np.arange(width) == 0, len(who)),
        "who": np.repeat(who, width),
        "contact": np.repeat(contact, width),
        "survey": np.full(width * len(who), survey, object),
        "item": np.tile(np.array(items, object), len(who)),
        "asked": np.repeat(asked, width),
        "answered": answered,
        "score": np.where(given, np.ravel(scores), np.nan),
    }


def _purchase(world, lives, wave) -> dict[str, np.ndarray]:
    stream, n = rng(world.seed, f"purchase survey {wave}"), world.n
    asked = world.start + days(stream.integers(52, 61, n) if wave == 1 else stream.integers(245, 426, n))
    regrets, chance = regret(world)[wave - 1], PARAMETERS["response"]
    odds = chance["base"] + chance["regret"] * regrets + chance["not_SMB"] * (world.segment > 0)
    answers, lag = stream.random(n) < logistic(odds), stream.integers(0, 11, n)
    scores = _purchase_scores(world, regrets, wave, stream)
    who = np.flatnonzero(alive(world, lives, np.arange(n), asked) & ((wave == 1) | (stream.random(n) < 0.6)))
    items = (*SIX_ITEMS, "expectations_met", "would_buy_again")
    contact = np.ones(len(who), int)
    return _rows("purchase_regret", items, who, contact, asked[who], lag[who], answers[who], scores[who])


def _purchase_scores(world, regrets, wave, stream) -> np.ndarray:
    """Answers 1–7. Who regrets has expectations met ≤ 3 and settled for less ≥ 5, and nobody else has both."""
    scores = {name: _seven(signal(world, name, wave)) for name in SIX_ITEMS}
    for name in ("states_value", "knew_next_step"):
        scores[name] = 8 - scores[name]
    met = _seven(-0.6 * world.remorse + 0.8 * stream.standard_normal(world.n))
    again = _seven(0.2 - 0.6 * world.remorse - 0.5 * regrets + 0.7 * stream.standard_normal(world.n))
    settled = np.where(regrets, np.maximum(scores["settled_for_less"], 5), scores["settled_for_less"])
    met = np.where(regrets, np.minimum(met, 3), np.where(settled >= 5, np.maximum(met, 4), met))
    return np.column_stack([*(scores | {"settled_for_less": settled}).values(), met, again])


def _seven(x) -> np.ndarray:
    """The 1–7 answer of a standard normal opinion."""
    return np.clip(np.rint(4 + 1.5 * x), 1, 7)


def _recommend(world, who, stream) -> np.ndarray:
    return np.clip(np.rint(7.9 + 1.25 * world.health[who] + 1.4 * stream.standard_normal(len(who))), 0, 10)


def _relationship(world, lives, age, contact, aspect) -> dict[str, np.ndarray]:
    stream, n = rng(world.seed, aspect), world.n
    asked = world.start + days(30 * age + stream.integers(0, 31, n))
    scores = _recommend(world, np.arange(n), stream)
    answers, lag = stream.random(n) < logistic(-0.3 + 0.2 * world.health), stream.integers(0, 15, n)
    reached = (contact == 1) | (stream.random(n) < np.array([0.15, 0.5, 0.9])[world.segment])
    who = np.flatnonzero(alive(world, lives, np.arange(n), asked) & reached)
    contacts = np.full(len(who), contact)
    return _rows("nps_relationship", ("recommend",), who, contacts, asked[who], lag[who], answers[who], scores[who])


def _after_tickets(world, closed) -> dict[str, np.ndarray]:
    """`closed`: the tickets that were closed. A quarter of their senders are asked the day after."""
    stream = rng(world.seed, "after tickets")
    chosen = closed[(stream.random(len(closed)) < 0.25) & (closed.closed_on < pd.Timestamp(LAST_DAY)).to_numpy()]
    who = chosen.account_id.str[1:].astype(int).to_numpy() - 1
    asked = chosen.closed_on.to_numpy().astype("datetime64[D]") + days(1)
    scores = np.clip(_recommend(world, who, stream) - (chosen.priority.to_numpy(int) == 1), 0, 10)
    answers, lag = stream.random(len(who)) < 0.35, stream.integers(0, 6, len(who))
    contact = stream.integers(1, 4, len(who))
    return _rows("nps_transactional", ("recommend",), who, contact, asked, lag, answers, scores)
