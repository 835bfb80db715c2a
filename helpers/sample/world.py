"""The world behind the sample company: its customers, what they feel, and what becomes of them month by month.

Everything that a model may later recover is a number in `PARAMETERS`. A month runs in this order: who leaves is drawn
among the accounts that pay at its opening, from what was so at the close of the month before; then, among those who
stay, expansion, contraction, new use cases, changes at the customer and enrolment in programs. Every aspect draws from
a random stream of its own name, so that a later aspect does not reshuffle the earlier ones.
"""

from dataclasses import dataclass, field

import numpy as np

from helpers.sample.parameters import CAST, DRIVERS, FIRST, HORIZON, LOT, MONTHS, NEVER, PARAMETERS, SEGMENTS


def rng(seed: int, aspect: str) -> np.random.Generator:
    """The random stream of one aspect of the company with this seed.

    >>> rng(1, "churn").random() == rng(1, "churn").random() != rng(1, "names").random()
    True
    """
    return np.random.default_rng([seed, *aspect.encode()])


def logistic(x):
    """Probability from log-odds: 1 ÷ (1 + e^−x).

    >>> float(logistic(0.0))
    0.5
    """
    return 1 / (1 + np.exp(-x))


def pick(u, shares) -> np.ndarray:
    """Position in `shares` (which add up to 1) that each uniform number falls on.

    >>> pick(np.array([0.1, 0.6, 0.99]), [0.5, 0.4, 0.1]).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(np.cumsum(list(shares))[:-1], u, side="right")


def days(number) -> np.ndarray:
    """A number of days, to be added to a date.

    >>> str(np.datetime64("2024-01-31") + days(1))
    '2024-02-01'
    """
    return np.asarray(number).astype("timedelta64[D]")


def day(month, number) -> np.ndarray:
    """The date of a day (1–28) of a month, counted from 2023-11 = 0.

    >>> str(day(2, 15))
    '2024-01-15'
    """
    return (FIRST + np.asarray(month).astype("timedelta64[M]")).astype("datetime64[D]") + days(np.asarray(number) - 1)


def month_of(on) -> np.ndarray:
    """The month of a date, counted from 2023-11 = 0.

    >>> int(month_of(np.datetime64("2024-01-15")))
    2
    """
    return (np.asarray(on).astype("datetime64[M]") - FIRST).astype(int)


@dataclass(frozen=True)
class World:
    """The customers as they are, one entry an account, in order of their start."""

    seed: int
    n: int
    segment: np.ndarray  # position in SEGMENTS
    drivers: np.ndarray  # n × 4, standard normal
    remorse: np.ndarray  # their sum weighted by the churn log-odds, brought to SD 1; health is its opposite
    start: np.ndarray  # first paid day; the trial's first day where the trial never turned
    is_base: np.ndarray  # customer before 2023-11-01 already
    is_annual: np.ndarray
    first_term: np.ndarray  # months to the first renewal
    renewal_day: np.ndarray
    trial: np.ndarray  # 0 none, 1 turned paid, 2 never turned
    cast: dict[str, int]

    @property
    def health(self):
        """How well it goes at the customer: the opposite of its remorse."""
        return -self.remorse

    @property
    def is_customer(self):
        """Whether the account ever pays; the others only tried."""
        return self.trial < 2


def people(n: int, seed: int, cast: bool = True) -> World:
    """Draw the customers. About 24 months of full acquisition, then a year of 28% of it."""
    segment = pick(rng(seed, "segment").random(n), PARAMETERS["segment_shares"].values())
    drivers = _drivers(n, seed)
    weights = np.array(list(PARAMETERS["churn"]["drivers"].values()))
    spread = np.sqrt(weights @ _correlations() @ weights)
    is_base = np.arange(n) < round(PARAMETERS["base_share"] * n)
    start = _starts(n, seed, is_base)
    trial = pick(rng(seed, "trial").random(n), _trial_shares()) * (start >= day(0, 15))  # none before the data begin
    is_annual = rng(seed, "annual").random(n) < np.array(list(PARAMETERS["annual_shares"].values()))[segment]
    stream = rng(seed, "renewal")
    first_term = np.where(is_base, stream.integers(1, 13, n), 12)
    start_day = (start - start.astype("datetime64[M]").astype("datetime64[D]")).astype(int) + 1
    renewal_day = np.where(is_base, stream.integers(1, 29, n), start_day)
    roles = {}
    if cast:
        roles = {role: int(n * (0.10 + 0.025 * k)) for k, role in enumerate(CAST)} | {"trial_open": n - 1}
        start[n - 1] = np.datetime64("2026-10-22")
        trial[list(roles.values())] = [CAST[role].get("trial", 0) for role in roles]
        fixed = {roles[role]: script["is_annual"] for role, script in CAST.items() if "is_annual" in script}
        is_annual[list(fixed)] = list(fixed.values())
    remorse = (drivers * weights).sum(axis=1) / spread
    return World(seed, n, segment, drivers, remorse, start, is_base, is_annual, first_term, renewal_day, trial, roles)


def _trial_shares() -> list[float]:
    turned, not_turned = PARAMETERS["trial_turned_share"], PARAMETERS["trial_not_turned_share"]
    return [1 - turned - not_turned, turned, not_turned]


def _correlations() -> np.ndarray:
    return np.where(np.eye(len(DRIVERS)) > 0, 1.0, PARAMETERS["driver_correlation"])


def _drivers(n, seed) -> np.ndarray:
    shared = np.sqrt(PARAMETERS["driver_correlation"])
    own = np.sqrt(1 - PARAMETERS["driver_correlation"])
    stream = rng(seed, "drivers")
    return shared * stream.standard_normal((n, 1)) + own * stream.standard_normal((n, len(DRIVERS)))


def _starts(n, seed, is_base) -> np.ndarray:
    weights = np.where(np.arange(MONTHS) < 24, 1.0, 0.28)
    stream = rng(seed, "starts")
    months = pick(stream.random(n), weights / weights.sum())
    number = np.where(stream.random(n) < 0.4, 1, stream.integers(1, 29, n))
    dates = np.where(is_base, day(0, 1), day(months, number))
    return np.concatenate([dates[is_base], np.sort(dates[~is_base])])


def draws(world: World) -> dict[str, np.ndarray]:
    """One uniform number an account and month for everything that can happen; those of the cast are fixed."""
    names = (
        "churn",
        "back",
        "expand",
        "add_on",
        "contract",
        "drop",
        "change",
        "change_day",
        "change_lag",
        "use_case",
        "value_coaching",
        "customer_community",
        "blink",
        "notice",
    )
    numbers = {name: rng(world.seed, name).random((world.n, HORIZON)) for name in names}
    numbers |= {name: rng(world.seed, name).random(world.n) for name in ("lot", "uptake", "use_case_rate")}
    for role, account in world.cast.items():
        for name in ("churn", "back", "expand", "add_on", "contract", "drop", "blink"):
            numbers[name][account] = 1.0
            numbers[name][account, list(CAST[role].get(name, ()))] = 0.0
        numbers["notice"][account] = 0.7  # notice, 85 days before the end
    return numbers


@dataclass
class Lives:
    """What became of each account: account × month, true where it happened in the month."""

    n: int
    held: np.ndarray = field(init=False)  # paying at the close of the month
    hazard: np.ndarray = field(init=False)  # chance of leaving in the month, for accounts that pay at its opening

    def __post_init__(self):
        for name in ("held", "began", "left", "back", "due", "expanded", "contracted", "changed", "used", "blinked"):
            setattr(self, name, np.zeros((self.n, HORIZON), bool))
        self.in_window = np.zeros((self.n, HORIZON + 9), bool)  # in the six months after a change was detected
        self.hazard = np.zeros((self.n, HORIZON))
        self.joined = {name: np.full(self.n, NEVER) for name in PARAMETERS["churn"]["programs"]}
        self.in_lot, self.offered = np.zeros(self.n, bool), np.zeros(self.n, bool)
        self.last_use, self.left_in = np.full(self.n, -NEVER), np.full(self.n, NEVER)
        self.first_due = np.full(self.n, NEVER)


def live(world: World, numbers: dict, offer: bool | None = None, months: int = HORIZON) -> Lives:
    """Let the months pass. `offer`: the randomized offer goes to all (True) or none (False) instead of at random."""
    lives = Lives(world.n)
    for month in range(months):
        u = {name: values if values.ndim == 1 else values[:, month] for name, values in numbers.items()}
        stay = _leave_and_come(world, lives, u, month)
        _grow(world, lives, u, month, stay)
        _change(lives, u, month)
        _join(world, lives, u, month, stay, offer)
    return lives


def _leave_and_come(world, lives, u, month) -> np.ndarray:
    open_ = lives.held[:, month - 1] if month else np.zeros(world.n, bool)
    lives.due[:, month] = open_ & world.is_annual & (month >= lives.first_due) & ((month - lives.first_due) % 12 == 0)
    lives.hazard[:, month] = open_ * _hazard(world, lives, month)
    left = open_ & (u["churn"] < lives.hazard[:, month])
    began = world.is_customer & (month_of(world.start) == month)
    back = (lives.left_in < month) & (u["back"] < return_rate(month - lives.left_in))
    stay = open_ & ~left
    lives.held[:, month] = stay | began | back
    lives.left[:, month], lives.began[:, month], lives.back[:, month] = left, began, back
    lives.left_in = np.where(left, month, np.where(back, NEVER, lives.left_in))
    lives.first_due = np.where(began, month + world.first_term, np.where(back, month + 12, lives.first_due))
    return stay


def return_rate(gap) -> np.ndarray:
    """Chance of coming back in a month, by the months since the account left."""
    rates = PARAMETERS["return_rates"]
    return np.where(gap <= 3, rates["first_three_months"], rates["later"])


def _hazard(world, lives, month) -> np.ndarray:
    """Chance of leaving in the month, from what was so at the close of the month before."""
    effects = PARAMETERS["churn"]
    odds = np.array([effects["base"][name] for name in SEGMENTS])[world.segment]
    odds = odds + (world.drivers * np.array(list(effects["drivers"].values()))).sum(axis=1)
    odds += effects["renewal_month"] * lives.due[:, month] + effects["change_window"] * lives.in_window[:, month]
    stagnant = np.maximum(0, month - 1 - lives.last_use - PARAMETERS["stagnation_after_months"])
    odds += effects["stagnation_per_month"] * stagnant + effects["cohort_per_month"] * month_of(world.start)
    for program, effect in effects["programs"].items():
        odds += effect * (lives.joined[program] < month)
    return logistic(odds)


def _grow(world, lives, u, month, stay) -> None:
    grow, shrink = PARAMETERS["expansion"], PARAMETERS["contraction"]
    odds = grow["base"] + grow["health"] * world.health + grow["Enterprise"] * (world.segment == 2)
    for program, effect in grow["programs"].items():
        odds = odds + effect * (lives.joined[program] < month)
    expanded = stay & (u["expand"] < logistic(odds))
    contracted = stay & ~expanded & (u["contract"] < logistic(shrink["base"] + shrink["health"] * world.health))
    lives.expanded[:, month], lives.contracted[:, month] = expanded, contracted
    plain = stay & ~expanded & ~contracted & ~world.is_annual
    lives.blinked[:, month] = plain & (u["blink"] < 0.0004)


def _change(lives, u, month) -> None:
    held = lives.held[:, month]
    low, high = PARAMETERS["use_case_rates"]
    fresh = lives.began[:, month] | lives.back[:, month]
    lives.used[:, month] = fresh | (held & (u["use_case"] < low + (high - low) * u["use_case_rate"]))
    lives.last_use = np.where(lives.used[:, month], month, lives.last_use)
    lives.changed[:, month] = held & ~fresh & (u["change"] < PARAMETERS["change_rate"])
    who = np.flatnonzero(lives.changed[:, month])
    known = month_of(change_dates(u, month)[1])
    for later in range(1, PARAMETERS["change_window_months"] + 1):
        lives.in_window[who, known[who] + later] = True


def change_dates(u, month) -> tuple[np.ndarray, np.ndarray]:
    """When a change of the month happened, and when it was detected: 3 to 35 days later."""
    happened = day(month, 1 + (28 * u["change_day"]).astype(int))
    return happened, happened + days(3 + (33 * u["change_lag"]).astype(int))


def _join(world, lives, u, month, stay, offer) -> None:
    chance = PARAMETERS["enrolment"]
    odds = chance["base"] + chance["health"] * world.health + chance["Enterprise"] * (world.segment == 2)
    for program in ("value_coaching", "customer_community"):
        new = stay & (lives.joined[program] == NEVER) & (u[program] < logistic(odds))
        lives.joined[program] = np.where(new, month, lives.joined[program])
    chance = PARAMETERS["offer"]
    if month == LOT:
        lives.in_lot = lives.held[:, month] & (month - month_of(world.start) >= chance["least_age_months"])
        lives.offered = lives.in_lot & ((u["lot"] < chance["share"]) if offer is None else offer)
    if month == LOT + 1:
        takes = u["uptake"] < logistic(chance["uptake_base"] + chance["uptake_health"] * world.health)
        lives.joined["outcome_workshop"] = np.where(lives.offered & stay & takes, month, NEVER)
