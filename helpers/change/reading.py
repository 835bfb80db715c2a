"""Everything that the page on the changing customer shows, read from one source in one call."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.change.attention import STAGNATION, attention_list, by_year_of_life, list_total, sides, with_plays
from helpers.change.hazards import ANY, STAGNATING, by_state, too_late
from helpers.change.lost import UNKNOWN, where_accounts_went, where_deals_went
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import account_months, movements
from helpers.sources import Tables

TEMPLATES = Path(__file__).with_name("words.toml")
ODDS = ["log_odds", "log_odds_low", "log_odds_high"]


@dataclass(frozen=True)
class Change(Shown):
    """What changes at customers, what that does to the risk, who has not been talked to, and where attention goes."""

    states: pd.DataFrame = field(metadata={"holds": "one row per state: monthly risk of leaving, and odds"})
    waiting: pd.DataFrame = field(metadata={"holds": "one row per account to call, largest MRR first"})
    waiting_total: pd.DataFrame = field(metadata={"holds": "one row: accounts to call, and what they pay"})
    lost: pd.DataFrame = field(metadata={"holds": "one row per destination of lost accounts, largest first"})
    lost_deals: pd.DataFrame = field(metadata={"holds": "one row per destination of lost expansions and renewals"})
    sides: pd.DataFrame = field(metadata={"holds": "new logos and existing base: contacts, pipeline and MRR"})
    years: pd.DataFrame = field(metadata={"holds": "one row per year of customer life: risk, and contacts"})
    held: pd.DataFrame = field(metadata={"holds": "one row per paying account"})
    months: pd.DataFrame = field(metadata={"holds": "one row per account and month at risk of leaving"})
    monthly: pd.DataFrame = field(metadata={"holds": "one row per month: movements of MRR"})
    last: int = field(metadata={"holds": "number of the last month"})
    n_too_late: int = field(metadata={"holds": "changes learned of only after the account had left"})
    sampling: str = field(metadata={"holds": "how accounts were sampled, if they were"})
    sentences: Sentences = field(metadata={"holds": "what the page says"})

    @property
    def call_list(self) -> pd.DataFrame:
        """`waiting` as a page shows it: names instead of ids, reasons in plain words, what to do and who does it."""
        table = self.waiting.assign(reasons=self.waiting["reasons"].str.replace("_", " "))
        table = table.rename(columns={"name": "account", "hazard": "chance of leaving per month"})
        names = ["account", "mrr_cents", "chance of leaving per month", "low", "high", "reasons", "since"]
        return table[[*names, "last_conversation_on", "play", "owner"]]


@dataclass(frozen=True)
class Facts:
    """What the sentences are made of: the frames of `change.read`; `ended` names the programs that end with the first
    year (None: contacts are not on record), `is_recorded` says whether business conversations are on record."""

    states: pd.DataFrame
    waiting: pd.DataFrame
    held: pd.DataFrame
    lost: pd.DataFrame
    sides: pd.DataFrame
    years: pd.DataFrame
    currency: str
    window: int = 6
    ended: list[str] | None = None
    is_recorded: bool = True
    n_too_late: int = 0

    two_shares = staticmethod(stats.two_shares)

    def state(self, name: str) -> dict | None:
        """The row of a state of `hazards.by_state`, None where there is none."""
        return self.states.set_index("state").to_dict("index").get(name)

    def is_clear(self, row: dict) -> bool:
        """Whether the odds of a state are told from 1."""
        return row["log_odds_low"] > 0 or row["log_odds_high"] < 0

    def times(self, row: dict) -> str:
        """The odds of a state, and their interval."""
        value, low, high = np.exp([row[name] for name in ODDS])
        return f"{value:.1f} times as high (95% interval {low:.1f} to {high:.1f})"

    def moves(self, row: dict) -> list[float]:
        """By what share the odds change, and the interval."""
        return np.expm1([row[name] for name in ODDS]).tolist()

    @cached_property
    def sees_risk(self) -> bool:
        """Whether any change, or any use, is on record; without them nobody is known to be at risk."""
        return bool(self.states.loc[self.states["state"].isin([ANY, STAGNATING]), "n_months"].sum())

    @property
    def n_stagnating(self) -> int:
        """Accounts on the list for their stagnation alone."""
        return int((self.waiting["reason"] == STAGNATION).sum()) if len(self.waiting) else 0

    @property
    def largest_waiting(self) -> list[tuple[str, int]]:
        """Name and MRR of the three largest accounts on the list."""
        return list(self.waiting[["name", "mrr_cents"]].head(3).itertuples(index=False, name=None))

    @property
    def largest(self) -> list[dict | None]:
        """The two destinations that took most, the second None where there is one."""
        return [*self.lost.head(2).to_dict("records"), None][:2]

    @property
    def n_unknown(self) -> int:
        """Departures without a destination."""
        return int(self.lost.loc[self.lost["went_to"] == UNKNOWN, "n_accounts"].sum())

    def side(self, name: str) -> dict:
        """The row of a side of `attention.sides`."""
        return self.sides.set_index("side").loc[name].to_dict()

    @property
    def first(self) -> tuple[int, int]:
        """Losses and account-months of the first year of customers' lives."""
        return self._counts(self.years["life_year"] == 1)

    @property
    def later(self) -> tuple[int, int]:
        """Losses and account-months of the years after it."""
        return self._counts(self.years["life_year"] > 1)

    def _counts(self, rows: pd.Series) -> tuple[int, int]:
        return int(self.years.loc[rows, "n_events"].sum()), int(self.years.loc[rows, "n_months"].sum())


def read(tables: Tables, window: int = account_months.WINDOW) -> Change:
    """Everything on the changing customer as of the period. `window`: months after a change that count as at risk."""
    history = account_months.history(tables, window=window)
    last, held = history.last, account_months.held(tables, history.last)
    use_cases = tables.run("use_cases", last_month=last) if tables.has("usage") else None
    talked = tables.run("conversations") if tables.has("touches") else None
    counts = tables.run("touch_counts", last_month=last) if tables.has("touches") else None
    deals = tables.run("recent_opportunities", opening_month=last - 12) if tables.has("opportunities") else None
    losses = tables.run("losses", opening_month=last - 12, last_month=last)
    monthly = movements.by_month(movements.cube(tables), tables.coverage.first_month, tables.period.last)
    waiting = attention_list(held, account_months.detected_changes(tables), use_cases, talked, last, window)
    states = by_state(history.months, history.changes, window)
    frames = {
        "states": states,
        "waiting": with_plays(waiting, states),
        "waiting_total": list_total(waiting),
        "lost": where_accounts_went(losses, tables.run("lost_to"), last),
        "lost_deals": where_deals_went(deals, periods.month_start(last - 11), tables.as_of),
        "sides": sides(counts, deals, monthly, tables.period),
        "years": by_year_of_life(history.months, counts),
        "held": held,
    }
    ended = None if counts is None else first_year_only(counts, tables.optional("programs"))
    is_recorded = talked is not None and len(talked) > 0
    n_too_late = too_late(history.changes, history.levels)
    shown = [frames[name] for name in ("states", "waiting", "held", "lost", "sides", "years")]
    facts = Facts(*shown, tables.currency, window, ended, is_recorded, n_too_late)
    return Change(
        **frames,
        months=history.months,
        monthly=monthly[monthly["month"] <= pd.Timestamp(periods.month_start(last))],
        last=last,
        n_too_late=n_too_late,
        sampling=history.sampling,
        sentences=Sentences(TEMPLATES, facts),
    )


def first_year_only(counts: pd.DataFrame, programs: pd.DataFrame | None) -> list[str]:
    """What people call the programs whose contacts all fall into a customer's first year (life_year 0).

    >>> counts = pd.DataFrame({"program": ["a_b", "c", "c"], "life_year": [0, 0, 1], "n_touches": [5, 5, 1]})
    >>> first_year_only(counts, None)
    ['A b']
    """
    ended = account_months.only_first_year(counts)
    names = programs.set_index("program")["name"].dropna().to_dict() if programs is not None else {}
    return [str(names.get(name) or name.replace("_", " ").capitalize()) for name in ended]
