"""What the sample company did with its customers: programs and touches, opportunities, advocacy; and their changes."""

import numpy as np
import pandas as pd

from helpers.sample.billing import account_ids, alive, numbered, stack, table
from helpers.sample.parameters import LOT, MONTHS, NEVER
from helpers.sample.world import change_dates, day, days, logistic, month_of, rng

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
NURTURE = {
    0: "onboarding",
    1: "onboarding",
    2: "adoption",
    4: "adoption",
    6: "value_review",
    9: "value_review",
    11: "renewal",
}


def programs() -> pd.DataFrame:
    """The eight programs, as the table of the same name has them."""
    name, owner, starts, ends, cost = zip(*PROGRAMS.values(), strict=True)
    return table(
        "programs",
        program=np.array(list(PROGRAMS), object),
        name=np.array(name, object),
        owner=np.array(owner, object),
        starts_on=np.array(starts, "datetime64[D]"),
        ends_on=np.array([end or "NaT" for end in ends], "datetime64[D]"),
        cost_per_touch=np.array(cost, float),
    )


def touches(world, lives, numbers, billing) -> pd.DataFrame:
    """Contacts of every program. The lot is one row an account that took part in it, offered or not, on one day."""
    stream = rng(world.seed, "touches")
    parts = [
        *_nurture(world, stream),
        *_members(world, lives, stream),
        *_workshop(world, lives, stream),
        *_conversations(world, lives, numbers, stream),
        *_campaigns(world, lives, stream),
        _renewal_desk(world, billing),
    ]
    rows = stack(parts)
    keep = (rows["lot"] >= 0) | alive(world, lives, rows["who"], rows["on"])
    rows = {name: values[keep] for name, values in rows.items()}
    return table(
        "touches",
        touch_id=numbered("X", rows["on"]),
        account_id=account_ids(rows["who"]),
        program=rows["program"],
        is_business_conversation=rows["program"] == "business_review",
        stage=rows["stage"],
        touched_on=rows["on"],
        is_randomized=rows["lot"] >= 0,
        was_offered=np.where(rows["lot"] >= 0, rows["lot"] == 1, None),
    )


def _touch(program, stage, who, on, lot=-1) -> dict[str, np.ndarray]:
    """`lot`: 1 the lot fell on the account, 0 it did not, -1 no lot."""
    text = {"program": np.full(len(who), program, object), "stage": np.full(len(who), stage, object)}
    return text | {"who": who, "on": on, "lot": np.broadcast_to(np.asarray(lot, int), len(who))}


def _nurture(world, stream) -> list[dict]:
    """Seven letters in the first year, and none after it."""
    who = np.arange(world.n)
    return [
        _touch("first_year_nurture", stage, who, world.start + days(30 * age + stream.integers(2, 12, world.n)))
        for age, stage in NURTURE.items()
    ]


def _members(world, lives, stream) -> list[dict]:
    """The first touch is the enrolment; then one about every quarter."""
    parts = []
    for program, stage in (("value_coaching", "value_review"), ("customer_community", "adoption")):
        who = np.flatnonzero(lives.joined[program] < MONTHS)
        first = day(lives.joined[program][who], stream.integers(1, 29, len(who)))
        parts += [
            _touch(program, stage, who, first + days(91 * k + (k > 0) * stream.integers(0, 15, len(who))))
            for k in range(MONTHS // 3)
        ]
    return parts


def _workshop(world, lives, stream) -> list[dict]:
    in_lot = np.flatnonzero(lives.in_lot)
    drawn = np.full(len(in_lot), day(LOT + 1, 1) - days(1))
    takes = np.flatnonzero(lives.joined["outcome_workshop"] < NEVER)
    on = day(LOT + 1, stream.integers(3, 29, len(takes)))
    return [
        _touch("outcome_workshop", "adoption", in_lot, drawn, lives.offered[in_lot]),
        _touch("outcome_workshop", "adoption", takes, on),
    ]


def _conversations(world, lives, numbers, stream) -> list[dict]:
    """Business reviews by segment, and after two in five of the changes that were noticed."""
    every = np.where(world.segment == 0, np.where(stream.random(world.n) < 0.2, 12, NEVER), 9 - 3 * world.segment)
    who, month = np.nonzero(lives.held[:, :MONTHS])
    age = month - month_of(world.start)[who]
    meets = (age > 0) & (age % every[who] == 0) & (stream.random(len(who)) < 0.8)
    regular = day(month, stream.integers(1, 29, len(who)))
    changed, detected = _noticed(lives, numbers)
    asks = stream.random(len(changed)) < 0.4
    soon = detected + days(stream.integers(4, 40, len(changed)))
    return [
        _touch("business_review", "value_review", who[meets], regular[meets]),
        _touch("business_review", "renewal", changed[asks], soon[asks]),
    ]


def _noticed(lives, numbers) -> tuple[np.ndarray, np.ndarray]:
    who, month = np.nonzero(lives.changed[:, :MONTHS])
    u = {name: numbers[name][who, month] for name in ("change_day", "change_lag")}
    return who, change_dates(u, month)[1]


def _campaigns(world, lives, stream) -> list[dict]:
    who, month = np.nonzero(lives.held[:, :MONTHS])
    expand = (month >= 3) & (stream.random(len(who)) < 0.04)
    club = (month >= 3) & (stream.random(len(who)) < 0.03 * logistic(world.health[who]))
    date = day(month, stream.integers(1, 29, len(who)))
    return [
        _touch("expansion_campaign", "expansion", who[expand], date[expand]),
        _touch("reference_club", "advocacy", who[club], date[club]),
    ]


def _renewal_desk(world, billing) -> dict[str, np.ndarray]:
    """Four in five of the terms that run out get a call some two months before, from a desk that cannot know which of
    these accounts will leave before that day: it does nothing, and must not look as if it did."""
    stream, terms = rng(world.seed, "renewal desk"), billing.terms
    on = terms["renews"] - days(stream.integers(45, 76, len(terms["who"])))
    calls = (stream.random(len(on)) < 0.8) & (month_of(on) < month_of(terms["until"]))
    return _touch("renewal_desk", "renewal", terms["who"][calls], on[calls])
