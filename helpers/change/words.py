"""The numbers behind what is said about the changing customer; the sentences are in words.toml."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import stats
from helpers.change.attention import STAGNATION
from helpers.change.hazards import ANY, STAGNATING
from helpers.change.lost import UNKNOWN
from helpers.sentences import Sentences

ODDS = ["log_odds", "log_odds_low", "log_odds_high"]


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


def sentences(facts: Facts) -> Sentences:
    """What page 50 says."""
    return Sentences(Path(__file__).with_suffix(".toml"), facts)
