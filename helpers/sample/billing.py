"""What the sample company billed: stretches of unchanged price, terms, notice, add-ons, trials.

Slot 0 is an account's platform subscription, slot 1 its add-on. Money is whole cents until the table is made.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.sample.parameters import HORIZON, LAST_DAY
from helpers.sample.world import day, days, month_of, pick, rng
from helpers.sources import schema
from helpers.sources.schema import columns

NONE = np.datetime64("NaT", "D")
PRODUCTS = np.array(["Platform", "Analytics"], object)
REASONS = np.array(["competitor", "status_quo", "in_house", "budget", None], object)
UNSTATED = ("term_months",)  # terms are stated by renewals that are rows of their own
REASON_SHARES = (0.24, 0.18, 0.08, 0.12, 0.38)


def table(name: str, /, **given) -> pd.DataFrame:
    """A frame with the columns, order and types of `schema`, sorted by its key; columns not given are empty."""
    rows = len(next(iter(given.values())))
    frame = {}
    for column in (column for column in schema.TABLES[name].columns if column not in UNSTATED):
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


def stack(parts: list[dict]) -> dict[str, np.ndarray]:
    """Columns of several parts under one another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def alive(world, lives, who, on) -> np.ndarray:
    """Whether an account was paying at the close of the date's month, and the date neither too early nor too late."""
    month = np.clip(month_of(on), 0, HORIZON - 1)
    return lives.held[who, month] & (on >= world.start[who]) & (on <= LAST_DAY)


@dataclass(frozen=True)
class Billing:
    """The subscriptions table, and what else was billed: seats and cents by account and month, deals that closed."""

    subscriptions: pd.DataFrame
    seats: np.ndarray
    cents: np.ndarray
    expansions: dict[str, np.ndarray]  # who, on, cents
    renewals: dict[str, np.ndarray]  # who, on, cents, won
    terms: dict[str, np.ndarray]  # who, renews, until: every term, whether or not the account stayed to its end


class _Book:
    """Open stretches by slot and account, and the rows of those that ended."""

    def __init__(self, world):
        stream = rng(world.seed, "prices")
        n = world.n
        self.world = world
        size = np.array([13, 48, 210])[world.segment] * np.exp(0.6 * stream.standard_normal(n))
        self.price = np.rint(np.array([4900, 4400, 3900])[world.segment] * np.exp(0.2 * stream.standard_normal(n)))
        self.price = self.price.astype(int)
        self.seats = np.maximum(4, np.rint(size)).astype(int)
        self.since = np.full((2, n), NONE)
        self.cents, self.number = np.zeros((2, n), int), np.zeros((2, n), int)
        self.renewal_day = world.renewal_day.copy()
        self.count, self.renews = np.zeros(n, int), np.full(n, NONE)
        self.rows, self.expansions, self.renewals = [], [], []

    def open(self, slot, who, on, cents, fresh=True):
        """Start a stretch; a fresh one is a new subscription, otherwise it goes on under the same id."""
        self.since[slot, who], self.cents[slot, who] = on, cents
        if fresh:
            self.count[who] += 1
            self.number[slot, who] = self.count[who]

    def close(self, slot, who, on, cancelled=None, reason=None):
        n = len(who)
        notice = np.full(n, NONE) if cancelled is None else np.maximum(cancelled, self.since[slot, who])
        self.rows.append(
            {
                "who": who,
                "number": self.number[slot, who],
                "slot": np.full(n, slot),
                "on": self.since[slot, who],
                "end": on,
                "cents": self.cents[slot, who],
                "seats": self.seats[who] if slot == 0 else np.full(n, -1),
                "renews": self.renews[who] if slot == 0 else np.full(n, NONE),
                "notice": notice,
                "reason": np.full(n, None, object) if reason is None else reason,
            }
        )
        self.since[slot, who], self.cents[slot, who] = NONE, 0

    def reprice(self, who, on, seats):
        """Another number of seats, hence another price, from a day on. A renewal on that day has been made already."""
        moved = self.since[0, who] < on
        self.close(0, who[moved], on[moved])
        self.seats[who] = seats
        self.open(0, who, on, seats * self.price[who], fresh=False)


def bill(world, lives, numbers) -> Billing:
    """Walk through the months and write down every stretch."""
    book = _Book(world)
    stream = rng(world.seed, "billing")
    seats, cents = np.zeros((world.n, HORIZON), int), np.zeros((world.n, HORIZON), int)
    on_days, sizes = 1 + stream.integers(0, 28, (world.n, HORIZON)), stream.random((world.n, HORIZON))
    reasons = REASONS[pick(stream.random((world.n, HORIZON)), REASON_SHARES)]
    for account in world.cast.values():
        reasons[account] = "competitor"
    for month in range(HORIZON):
        happened = {
            name: np.flatnonzero(getattr(lives, name)[:, month])
            for name in ("began", "left", "back", "due", "expanded", "contracted", "blinked")
        }
        _begin(book, happened["began"])
        _leave(book, happened["left"], month, on_days, numbers["notice"][:, month], reasons[:, month], lives)
        _renew(book, happened["due"], month, lives)
        on = np.where(lives.due[:, month], day(month, book.renewal_day), day(month, on_days[:, month]))
        _expand(book, happened["expanded"], on, sizes[:, month], numbers["add_on"][:, month])
        _contract(book, happened["contracted"], on, sizes[:, month], numbers["drop"][:, month])
        _return(book, happened["back"], day(month, on_days[:, month]), sizes[:, month])
        _blink(book, happened["blinked"], month, on_days[:, month])
        seats[:, month], cents[:, month] = book.seats, book.cents.sum(axis=0)
    for slot in (0, 1):
        who = np.flatnonzero(~np.isnat(book.since[slot]))
        book.close(slot, who, np.full(len(who), np.datetime64("2100-01-01")))
    _never_turned(book)
    rows = stack(book.rows)
    deals = stack(book.expansions), stack(book.renewals)
    return Billing(_subscriptions(world, rows), seats, cents, *deals, _terms(rows))


def _terms(rows) -> dict[str, np.ndarray]:
    """Each term that was agreed, by account and day of renewal, and the day until which it ran."""
    agreed = pd.DataFrame({name: rows[name] for name in ("who", "renews", "end")})[~np.isnat(rows["renews"])]
    ends = agreed.groupby(["who", "renews"], sort=True)["end"].max().reset_index()
    who, renews, until = (ends[name].to_numpy() for name in ("who", "renews", "end"))
    return {"who": who, "renews": renews.astype("datetime64[D]"), "until": until.astype("datetime64[D]")}


def _term(book, who, on, months) -> np.ndarray:
    """Day of the next renewal; empty for contracts from month to month."""
    ends = day(month_of(on) + months, book.renewal_day[who])
    return np.where(book.world.is_annual[who], ends, NONE)


def _begin(book, who):
    world = book.world
    on = world.start[who]
    turned = world.trial[who] == 1
    book.open(0, who, on - days(14), 0)
    book.close(0, who[turned], on[turned])
    book.renews[who] = _term(book, who, on, world.first_term[who])
    book.open(0, who, on, book.seats[who] * book.price[who], fresh=False)


def _leave(book, who, month, on_days, u_notice, reasons, lives):
    on = day(month, np.where(lives.due[who, month], book.renewal_day[who], on_days[who, month]))
    lag = 15 + (75 * u_notice[who] / 0.75).astype(int)
    notice = np.where(u_notice[who] < 0.75, on - days(lag), NONE)
    due = lives.due[who, month]
    lost = {"who": who[due], "on": on[due], "cents": book.cents[0, who[due]], "won": np.zeros(due.sum(), bool)}
    book.renewals.append(lost)
    book.close(0, who, on, notice, reasons[who])
    more = ~np.isnat(book.since[1, who])
    book.close(1, who[more], np.maximum(on[more], book.since[1, who[more]]), notice[more], reasons[who[more]])


def _renew(book, due, month, lives):
    who = due[~lives.left[due, month]]
    on = day(month, book.renewal_day[who])
    cents = book.cents[0, who]
    book.renewals.append({"who": who, "on": on, "cents": cents, "won": np.ones(len(who), bool)})
    book.close(0, who, on)
    book.renews[who] = _term(book, who, on, 12)
    book.open(0, who, on, cents, fresh=False)


def _expand(book, who, on, sizes, u_add_on):
    adds = np.isnat(book.since[1, who]) & (u_add_on[who] < 0.4)
    before = book.cents[:, who].sum(axis=0)
    new = who[adds]
    book.open(1, new, on[new], np.rint(book.cents[0, new] * (0.15 + 0.3 * sizes[new]) / 100).astype(int) * 100 + 100)
    more = who[~adds]
    seats = np.maximum(book.seats[more] + 1, np.rint(book.seats[more] * (1.1 + 0.5 * sizes[more])).astype(int))
    book.reprice(more, on[more], seats)
    gained = book.cents[:, who].sum(axis=0) - before
    book.expansions.append({"who": who, "on": on[who], "cents": gained})


def _contract(book, who, on, sizes, u_drop):
    drops = ~np.isnat(book.since[1, who]) & (u_drop[who] < 0.6)
    ends = who[drops]
    book.close(1, ends, on[ends])
    less = who[~drops & (book.seats[who] > 1)]
    seats = np.clip(np.rint(book.seats[less] * (0.6 + 0.3 * sizes[less])).astype(int), 1, book.seats[less] - 1)
    book.reprice(less, on[less], seats)


def _return(book, who, on, sizes):
    book.seats[who] = np.maximum(1, np.rint(book.seats[who] * (0.6 + 0.4 * sizes[who]))).astype(int)
    book.renewal_day[who] = (on[who] - on[who].astype("datetime64[M]").astype("datetime64[D]")).astype(int) + 1
    book.renews[who] = _term(book, who, on[who], 12)
    book.open(0, who, on[who], book.seats[who] * book.price[who])


def _blink(book, who, month, on_days):
    """Left early in the month and returned late in it: the month's close shows nothing."""
    book.close(0, who, day(month, 3 + on_days[who] // 4))
    book.open(0, who, day(month, 17 + on_days[who] // 4), book.seats[who] * book.price[who])


def _never_turned(book):
    who = np.flatnonzero(book.world.trial == 2)
    book.open(0, who, book.world.start[who], 0)
    book.renews[who] = NONE
    book.close(0, who, book.world.start[who] + days(14))


def _subscriptions(world, rows) -> pd.DataFrame:
    """The rows as known on the last day: a later end stands only for a term's end, or where notice had been given."""
    rows = {name: values[rows["on"] <= LAST_DAY] for name, values in rows.items()}
    trial = world.trial[rows["who"]] == 2
    later = rows["end"] > LAST_DAY
    told = later & (rows["notice"] <= LAST_DAY)
    end = np.where(~later | told | trial, rows["end"], rows["renews"])
    ids = [f"S{i + 1:05d}-{k}" for i, k in zip(rows["who"], rows["number"], strict=True)]
    return table(
        "subscriptions",
        subscription_id=np.array(ids, object),
        account_id=account_ids(rows["who"]),
        product=PRODUCTS[rows["slot"]],
        starts_on=rows["on"],
        ends_on=end,
        mrr=rows["cents"] / 100,
        currency=np.full(len(end), "USD", object),
        n_seats=np.where(rows["seats"] < 0, np.nan, rows["seats"]),
        renews_on=rows["renews"],
        cancelled_on=np.where(later & ~told, NONE, rows["notice"]),
        lost_to=np.where(later, None, rows["reason"]),
    )
