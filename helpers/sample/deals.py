"""What the sample company's customers bought, did for it and went through: opportunities, advocacy, changes."""

import numpy as np
import pandas as pd

from helpers.sample.billing import NONE, account_ids, alive, known, numbered, stack, table
from helpers.sample.parameters import HORIZON, LAST_DAY, MONTHS
from helpers.sample.signals import days_to_signature
from helpers.sample.world import change_dates, day, days, logistic, month_of, pick, rng

KINDS = np.array(
    [
        "champion_left",
        "reorganization",
        "merger",
        "new_executive",
        "budget_cut",
        "strategy_shift",
        "competitor_evaluation",
    ],
    object,
)
ACTS = np.array(["reference_call", "case_study", "review", "referral", "speaking", "advisory_board"], object)
SOURCES = np.array(["marketing", "sales", "success", "product", "partner"], object)
LOST = np.array(["competitor", "status_quo", "in_house", "budget", None], object)


def opportunities(world, lives, billing) -> pd.DataFrame:
    """Deals: the purchase itself, renewals from 90 days before they are due, expansions won and lost."""
    stream = rng(world.seed, "opportunities")
    rows = stack(
        [
            _purchases(world, billing, stream),
            _renewals(billing, stream),
            _expansions(billing, stream),
            _lost_expansions(world, lives, billing, stream),
        ]
    )
    rows = {name: values[rows["created"] <= LAST_DAY] for name, values in rows.items()}
    closed = known(rows["closed"])
    is_open, n = np.isnat(closed), len(closed)
    status = np.where(is_open, "open", np.where(rows["won"], "won", "lost")).astype(object)
    reason = LOST[pick(stream.random(n), [0.3, 0.25, 0.1, 0.2, 0.15])]
    return table(
        "opportunities",
        opportunity_id=numbered("O", rows["created"]),
        account_id=account_ids(rows["who"]),
        kind=rows["kind"],
        sourced_by=rows["source"],
        created_on=rows["created"],
        closed_on=closed,
        status=status,
        mrr=rows["cents"] / 100,
        lost_to=np.where(status == "lost", reason, None),
    )


def _deal(kind, who, created, closed, cents, won, shares, stream) -> dict[str, np.ndarray]:
    source = SOURCES[pick(stream.random(len(who)), shares)]
    won = np.broadcast_to(won, len(who))
    return {
        "kind": np.full(len(who), kind, object),
        "source": source,
        "who": who,
        "created": created,
        "closed": closed,
        "cents": cents,
        "won": won,
    }


def _purchases(world, billing, stream) -> dict[str, np.ndarray]:
    who = np.flatnonzero(~world.is_base)
    closed = world.start[who] + days(np.where(world.trial[who] == 2, 14, 0))
    first = billing.cents[who, month_of(world.start[who])]
    cents = np.where(first > 0, first, 50_000)
    shares = [0.35, 0.42, 0.0, 0.05, 0.18]
    known_for = days_to_signature(world)[who] * (0.3 + 0.5 * stream.random(len(who)))
    created = world.start[who] - days(np.ceil(known_for))
    return _deal("new", who, created, closed, cents, world.is_customer[who], shares, stream)


def _renewals(billing, stream) -> dict[str, np.ndarray]:
    due = billing.renewals
    shares = [0.0, 0.3, 0.7, 0.0, 0.0]
    return _deal("renewal", due["who"], due["on"] - days(90), due["on"], due["cents"], due["won"], shares, stream)


def _expansions(billing, stream) -> dict[str, np.ndarray]:
    won = billing.expansions
    created = won["on"] - days(stream.integers(10, 91, len(won["on"])))
    return _deal("expansion", won["who"], created, won["on"], won["cents"], True, [0.25, 0.25, 0.3, 0.15, 0.05], stream)


def _lost_expansions(world, lives, billing, stream) -> dict[str, np.ndarray]:
    who, month = np.nonzero(lives.held[:, :MONTHS] & (stream.random((world.n, HORIZON))[:, :MONTHS] < 0.02))
    created = np.maximum(day(month, stream.integers(1, 29, len(who))), world.start[who])
    cents = np.rint(billing.cents[who, month] * (0.1 + 0.4 * stream.random(len(who))) / 100).astype(int) * 100
    closed = created + days(stream.integers(20, 150, len(who)))
    return _deal("expansion", who, created, closed, cents, False, [0.3, 0.3, 0.2, 0.15, 0.05], stream)


def advocacy(world, lives) -> pd.DataFrame:
    """Asks, the healthier the likelier; a few accounts asked far too often; referrals that became customers."""
    stream = rng(world.seed, "advocacy")
    rows = stack([kind(world, lives, stream) for kind in (_asks, _asked_too_often, _referrals)])
    done = known(rows["done"])
    n, is_done = len(done), ~np.isnat(done)
    is_review = rows["act"] == 2
    site = np.array(["G2", "Capterra", "TrustRadius"], object)[stream.integers(0, 3, n)]
    stars = np.clip(np.rint(4.2 + 0.5 * world.health[rows["who"]] + 0.6 * stream.standard_normal(n)), 1, 5)
    referred = np.where(is_done & (rows["referred"] >= 0), account_ids(rows["referred"]), None)
    return table(
        "advocacy",
        act_id=numbered("V", rows["on"]),
        account_id=account_ids(rows["who"]),
        kind=ACTS[rows["act"]],
        contact_id=np.array([f"C{i + 1:05d}-1" for i in rows["who"]], object),
        requested_on=rows["on"],
        done_on=done,
        site=np.where(is_review, site, None),
        rating=np.where(is_review & is_done, stars, np.nan),
        is_incentivized=is_review & (stream.random(n) < 0.3),
        referred_account_id=referred,
    )


def _ask(who, on, act, stream) -> dict[str, np.ndarray]:
    """An ask is done in two of three cases, after two weeks in the middle."""
    lag = np.ceil(14 * np.exp(0.8 * stream.standard_normal(len(who)))).astype(int)
    done = np.where(stream.random(len(who)) < 0.66, on + days(lag), NONE)
    return {"who": who, "on": on, "done": done, "act": act, "referred": np.full(len(who), -1)}


def _asks(world, lives, stream) -> dict[str, np.ndarray]:
    who, month = np.nonzero(lives.held[:, :MONTHS])
    age = month - month_of(world.start)[who]
    asked = (age >= 3) & (stream.random(len(who)) < logistic(-4.4 + 0.9 * world.health[who]))
    who, on = who[asked], day(month[asked], stream.integers(1, 29, asked.sum()))
    act = pick(stream.random(len(who)), [0.35, 0.12, 0.28, 0.13, 0.06, 0.06])
    return _ask(who, on, act, stream)


def _asked_too_often(world, lives, stream) -> dict[str, np.ndarray]:
    """The healthiest accounts that paid throughout the last year: nine asks each within it."""
    faithful = np.flatnonzero(lives.held[:, MONTHS - 12 : MONTHS].all(axis=1))
    favourites = faithful[np.argsort(world.remorse[faithful], kind="stable")][: max(2, world.n // 250)]
    who = np.repeat(favourites, 9)
    on = LAST_DAY - days(stream.integers(5, 350, len(who)))
    return _ask(who, on, pick(stream.random(len(who)), [0.6, 0.1, 0.1, 0.1, 0.1, 0.0]), stream)


def _referrals(world, lives, stream) -> dict[str, np.ndarray]:
    """Two in three of the accounts that came by referral name the account that sent them."""
    came = np.flatnonzero(by_referral(world) & world.is_customer & (stream.random(world.n) < 0.67))
    on = world.start[came] - days(stream.integers(40, 121, len(came)))
    who = stream.integers(0, world.n, len(came))
    rows = {
        "who": who,
        "on": on,
        "done": on + days(stream.integers(3, 31, len(came))),
        "act": np.full(len(came), 3),
        "referred": came,
    }
    keep = alive(world, lives, who, on)
    return {name: values[keep] for name, values in rows.items()}


def by_referral(world) -> np.ndarray:
    """Whether the account was won by referral."""
    return rng(world.seed, "acquisition source").random(world.n) < 0.18


def changes(world, lives, numbers) -> pd.DataFrame:
    """Changes at customers. Of every eighth account that left, one was learned of only afterwards, in a post-mortem."""
    who, month = np.nonzero(lives.changed[:, :MONTHS])
    u = {name: numbers[name][who, month] for name in ("change_day", "change_lag")}
    happened, detected = change_dates(u, month)
    stream = rng(world.seed, "changes")
    gone, left = np.nonzero(lives.left[:, :MONTHS] & (stream.random((world.n, HORIZON))[:, :MONTHS] < 0.125))
    before = np.maximum(day(left, 1) - days(stream.integers(5, 60, len(gone))), world.start[gone])
    after = day(left + 1, stream.integers(1, 29, len(gone)))
    who, happened, detected = (np.concatenate(pair) for pair in ((who, gone), (happened, before), (detected, after)))
    kind = KINDS[pick(stream.random(len(who)), [0.24, 0.18, 0.08, 0.16, 0.14, 0.1, 0.1])]
    keep = detected <= LAST_DAY
    return table(
        "changes",
        change_id=numbered("E", detected[keep]),
        account_id=account_ids(who[keep]),
        kind=kind[keep],
        happened_on=happened[keep],
        detected_on=detected[keep],
    )
