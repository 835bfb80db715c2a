"""The marginal user: how many of the seats paid for are in use, whether that moves, and what it says about leaving."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.metrics import Metric
from helpers.metrics.core import ALL, TOO_FEW, pick, proportion, row, table
from helpers.metrics.retention import revenue_ratio
from helpers.remorse.attribution import ROWS, covariates
from helpers.remorse.diagnosis import Diagnosis
from helpers.sources import Tables
from helpers.stats import Z

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "read".split()
__dir__ = __all__.copy

USED, UNDER = "seats_in_use_rate", "accounts_under_half_rate"
UNDER_HALF, HALF = STATES = ("under half", "half or more")
MONTHS = 24
EARLIER = 3  # months before; who has decided to leave fades in the last ones, which would look like a cause
ODDS = ["log_odds", "log_odds_low", "log_odds_high"]
LISTED = "account_id name segment n_used n_seats mrr_cents unused_cents".split()
LEAVING = [*"months_before seats_in_use n_accounts n_months n_events hazard low high".split(), *ODDS, "note"]


@dataclass(frozen=True)
class Seats(Shown):
    """Seats in use ÷ seats paid for: where it stands, whether it moves, who uses the least, and what that foretells."""

    rates: pd.DataFrame = field(metadata={"holds": "one row per metric, month and segment: the value, its interval"})
    changes: dict = field(metadata={"holds": "metric → change in 12 months: difference, low, high"})
    accounts: pd.DataFrame = field(
        metadata={"holds": "one row per account under half, by what it pays for unused seats"}
    )
    leaving: pd.DataFrame = field(metadata={"holds": "one row per state: the monthly risk of leaving"})
    month: str = field(metadata={"holds": "the last month with seats on record"})
    late: str = field(metadata={"holds": "that month in words, where it is not the last one of the period"})
    currency: str = field(repr=False)

    @property
    def trend(self) -> pd.DataFrame:
        """The share of seats in use of all accounts, a row a month, for a chart."""
        return self.rates[(self.rates["metric"] == USED) & (self.rates["segment"] == ALL)].reset_index(drop=True)

    @property
    def latest(self) -> dict[str, Metric]:
        """Both rates of all accounts in the last month, by name."""
        return pick(self.rates, self.month)

    @property
    def says(self) -> Sentences:
        """What the page says: share, trend, leaving, and actions."""
        return Sentences(__file__, self)


def read(tables: Tables, found: Diagnosis) -> Seats:
    """The seats of a source as of its period, up to the last month that its data covers; empty without usage.

    `found` is `diagnosis.diagnose`: its months at risk are those in which accounts leave or stay.
    """
    last, nothing = min(tables.period.last, tables.coverage.last_complete_month), pd.DataFrame()
    is_recorded = tables.has("usage")
    seats = tables.run("seat_months", last_month=last, every=found.outcomes.every) if is_recorded else nothing
    if seats.empty:
        none = pd.DataFrame(columns=LISTED)
        return Seats(table([]), {}, none, nothing, periods.month_text(last), "", tables.currency)
    # Usage often comes a month later than invoices do.
    month = int(seats["month_no"].max())
    seats["is_under"] = 2 * seats["n_used"] < seats["n_seats"]
    recent = seats[seats["month_no"] > month - MONTHS]
    late = periods.name_of(periods.month_start(month)) if month < last else ""
    under, left = tables.run("unused_seats", last_month=month), leaving(found.outcomes.months, seats)
    moved, text = changes(recent, month), periods.month_text(month)
    return Seats(rates(recent, month), moved, under, left, text, late, tables.currency)


def rates(seats: pd.DataFrame, last: int) -> pd.DataFrame:
    """Both metrics of every month, and of every segment in month `last`; `metrics.COLUMNS`.

    seats_in_use_rate: Σ seats in use ÷ Σ seats paid for, over accounts; an account's use counts up to what it pays for.
    accounts_under_half_rate: accounts that use under half of their seats ÷ accounts with seats. `seats`: account_id,
    segment, month_no, n_used, n_seats, is_under.

    >>> two = pd.DataFrame({"month_no": 5, "segment": "S", "n_used": [1, 9], "n_seats": 10, "is_under": [True, False]})
    >>> rates(pd.concat([two] * 5), 5)[["metric", "value"]].drop_duplicates().values.tolist()
    [['seats_in_use_rate', 0.5], ['accounts_under_half_rate', 0.5]]
    """
    parts = [(number, ALL, own) for number, own in seats.groupby("month_no")]
    parts += [(last, segment, own) for segment, own in seats[seats["month_no"] == last].groupby("segment")]
    rows = []
    for number, segment, own in parts:
        paid, used = (own[name].to_numpy(dtype=float) for name in ("n_seats", "n_used"))
        share = revenue_ratio(paid, used, "seats in use ÷ seats paid for", ceiling=1.0)
        under = proportion(int(own["is_under"].sum()), len(own), "accounts under half ÷ accounts with seats", "nobody")
        month = periods.month_text(int(number))
        rows += [row(USED, segment, month, share), row(UNDER, segment, month, under)]
    return table(rows)


def changes(seats: pd.DataFrame, last: int) -> dict[str, tuple[float, float, float]]:
    """Metric → its change over the 12 months that end with `last`, with a 95% interval, linearized over accounts.

    An account that is there in both months counts in both, so what stays alike in it cancels. Missing with fewer than
    five accounts in either month.
    """
    pair = [seats[seats["month_no"] == month].set_index("account_id").assign(one=1) for month in (last - 12, last)]
    if min(map(len, pair)) < TOO_FEW:
        return {}
    found = {}
    for metric, part, whole in ((USED, "n_used", "n_seats"), (UNDER, "is_under", "one")):
        before, now = (own[part].sum() / own[whole].sum() for own in pair)
        then, today = (
            (own[part] - share * own[whole]) / own[whole].sum() for own, share in zip(pair, (before, now), strict=True)
        )
        pull = today.sub(then, fill_value=0.0)
        half = Z * float(np.sqrt(pull @ pull * len(pull) / (len(pull) - 1)))
        found[metric] = tuple(float(now - before) + side for side in (0.0, -half, half))
    return found


def leaving(months: pd.DataFrame, seats: pd.DataFrame) -> pd.DataFrame:
    """The monthly risk of leaving by the seats in use one month and three months before.

    `months` is `outcomes.Outcomes.months`. Columns: months_before, seats_in_use (under half, half or more), n_accounts,
    n_months (account-months), n_events, hazard with low and high (a month, 0–1; Wilson); for those under half log_odds
    with log_odds_low and log_odds_high (one logit with segment, age, cohort, renewals, changes and programs, by
    account), or a note why there are none.
    """
    lines = []
    for before in (1, EARLIER):
        then = seats[["account_id", "is_under"]].assign(month_no=seats["month_no"] + before)
        rows = months.merge(then, on=["account_id", "month_no"], validate="one_to_one")
        sides = {UNDER_HALF: rows[rows["is_under"]], HALF: rows[~rows["is_under"]]}
        is_enough = min(own["is_lost"].sum() for own in sides.values()) >= TOO_FEW
        odds = _log_odds(rows) if is_enough else {"note": "too few have left on one of the two sides"}
        for state, own in sides.items():
            n, lost = len(own), int(own["is_lost"].sum())
            rate = (lost / n, *stats.wilson(lost, n)) if n else (None, None, None)
            counts = (before, state, own["account_id"].nunique(), n, lost)
            line = dict(zip(LEAVING[:8], (*counts, *rate), strict=True)) | {"note": ""}
            lines.append(line | odds if state == UNDER_HALF else line)
    found = pd.DataFrame(lines, columns=LEAVING)
    return found.astype(dict.fromkeys(("hazard", "low", "high", *ODDS), "float64"))


def _log_odds(rows: pd.DataFrame) -> dict[str, float | str]:
    rows = rows.rename(columns={"is_under": UNDER_HALF}).astype({UNDER_HALF: "float64"})
    columns = [UNDER_HALF, *covariates(rows, [UNDER_HALF])]
    kept, offset = stats.events_and_some(rows["is_lost"], ROWS)
    rows = rows.iloc[kept]
    try:
        x, _ = stats.screen(rows["is_lost"], rows[columns])
        fit = stats.logit(rows["is_lost"], x, cluster=rows["account_id"], offset=offset)
    except stats.UNESTIMABLE as error:
        return {"note": str(error)}
    return dict(zip(ODDS, (float(fit.estimate[UNDER_HALF]), *fit.interval(UNDER_HALF)), strict=True))
