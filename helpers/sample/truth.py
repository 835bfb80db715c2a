"""The truth about a sample company, which no table tells: its parameters, each account's drivers, what was drawn."""

import copy

import numpy as np

from helpers.sample import billing, signals
from helpers.sample import world as worlds
from helpers.sample.parameters import DRIVERS, FIRST, LAST_DAY, LOT, MONTHS, PARAMETERS, SEGMENTS

ABOUT = (
    "The truth about a sample company of After the Deal. Log-odds are monthly; remorse is the sum of the "
    "drivers weighted by their churn log-odds, brought to SD 1; health is its opposite; enrolment acts from the "
    "month after it; the offer's risks are those of leaving (left) or being away (gone) within twelve months after "
    "the lot, were it offered to everyone in the lot or to nobody."
)


def truth(world, lives) -> dict:
    """What was drawn, as a dict that JSON can hold; `about` says what its numbers mean."""
    early, later = signals.regret(world)
    read = ("driver", "loading", "read_from")
    return {
        "about": ABOUT,
        "accounts_n": world.n,
        "seed": world.seed,
        "first_month": str(FIRST),
        "last_day": str(LAST_DAY),
        "parameters": copy.deepcopy(PARAMETERS),
        "signals": {name: dict(zip(read, row, strict=True)) for name, row in signals.SIGNALS.items()},
        "regret": {"early": _share(early[world.is_customer]), "later": _share(later[world.is_customer])},
        "offer": {
            "program": "outcome_workshop",
            "drawn_on": "2025-06-30",
            "n_in_lot": int(lives.in_lot.sum()),
            "n_offered": int(lives.offered.sum()),
        }
        | both_arms(),
        "scripted": {role: f"A{k + 1:05d}" for role, k in world.cast.items()},
        "accounts": _accounts(world, lives, early, later),
    }


def _accounts(world, lives, early, later) -> dict[str, list]:
    drivers = {name: np.round(world.drivers[:, k], 4).tolist() for k, name in enumerate(DRIVERS)}
    joined = {f"joined_{name}": _month_names(lives.joined[name]) for name in PARAMETERS["churn"]["programs"]}
    return {
        "account_id": billing.account_ids(range(world.n)).tolist(),
        "segment": [SEGMENTS[k] for k in world.segment],
        "is_customer": world.is_customer.tolist(),
        "is_base": world.is_base.tolist(),
        "is_annual": world.is_annual.tolist(),
        "first_paid_on": np.where(world.is_customer, world.start.astype(str), "").tolist(),
        **drivers,
        "remorse": np.round(world.remorse, 4).tolist(),
        "regrets_early": early.tolist(),
        "regrets_later": later.tolist(),
        **joined,
    }


def both_arms(n: int = 6_000, seed: int = 0) -> dict[str, float]:
    """Twelve-month risks when the randomized offer goes to everybody in the lot and when it goes to nobody.

    The same large company lives twice. Nobody leaves after the lot; instead the chances of leaving are multiplied
    out for each account, which is exact for the first departure and leaves next to no simulation error.
    """
    world = worlds.people(n, seed, cast=False)
    numbers = worlds.draws(world)
    numbers["churn"][:, LOT + 1 :] = 1.0
    risks = {}
    for arm, offer in (("offered", True), ("not_offered", False)):
        lives = worlds.live(world, numbers, offer, months=LOT + 13)
        hazard = lives.hazard[lives.in_lot, LOT + 1 : LOT + 13]
        still = np.cumprod(1 - hazard, axis=1)
        leaves = hazard * np.column_stack([np.ones(len(hazard)), still[:, :-1]])
        away = np.cumprod(np.concatenate([[1.0], 1 - worlds.return_rate(np.arange(1, 12))]))[::-1]
        risks[arm] = {"left": 1 - still[:, -1].mean(), "gone": (leaves * away).sum(axis=1).mean()}
    result = {f"{kind}_{arm}": risk for arm, both in risks.items() for kind, risk in both.items()}
    result |= {f"{kind}_difference": risks["offered"][kind] - risks["not_offered"][kind] for kind in ("left", "gone")}
    return {name: round(float(value), 5) for name, value in sorted(result.items())}


def _month_names(months) -> list[str]:
    return ["" if month >= MONTHS else str(worlds.day(month, 1))[:7] for month in months]


def _share(values) -> float:
    return round(float(np.mean(values)), 5)
