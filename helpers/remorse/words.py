"""The numbers behind what is said of a diagnosis; the sentences are in words.toml."""

import typing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.remorse.accounts import RENEWAL_WITHIN
from helpers.remorse.attribution import THIN, gap
from helpers.remorse.recipe import DRIVERS, LABELS, of_driver
from helpers.remorse.validation import MOST_CHECKED
from helpers.sentences import Sentences

if typing.TYPE_CHECKING:
    from helpers.remorse.diagnosis import Diagnosis


@dataclass(frozen=True)
class Facts:
    """What the sentences on a diagnosis are made of."""

    found: "Diagnosis"

    labels, thin, most_checked, renewal_within = LABELS, THIN, MOST_CHECKED, RENEWAL_WITHIN

    @property
    def top(self) -> dict:
        """The driver with the largest corrected odds: its label, and its odds with their interval."""
        row = self.found.attribution.table.iloc[0]
        odds = np.exp(row[["log_odds_corrected", "low_corrected", "high_corrected"]].astype(float))
        return {"label": LABELS[row["driver"]], "odds": odds.tolist()}

    @property
    def second(self) -> str:
        """The label of the driver after it, "" without one."""
        return next(iter(self.found.attribution.table["driver"].iloc[1:2].map(LABELS)), "")

    @property
    def is_ahead(self) -> bool:
        """Whether the first is told from the second."""
        return gap(self.found.attribution.fit, *self.found.attribution.table["driver"].head(2))[1] > 0

    def alphas(self, verdict: str) -> list[dict]:
        """The rows of Cronbach's alpha with a verdict."""
        checks = self.found.validation.checks
        return checks[(checks["measure"] == "Cronbach's alpha") & (checks["verdict"] == verdict)].to_dict("records")

    def check(self, measure: str) -> dict | None:
        """The row of one measure of the validation, None where it is not there."""
        checks = self.found.validation.checks
        return next(iter(checks[checks["measure"] == measure].to_dict("records")), None)

    @property
    def scored(self) -> tuple[list, list]:
        """Label and number of accounts of each driver with a score; label, signals needed and signals of the others."""
        n = self.found.scores.score.notna().sum()
        has = [(LABELS[driver], int(n[driver])) for driver in DRIVERS if n[driver]]
        sizes = {driver: len(of_driver(driver)) for driver in DRIVERS if not n[driver]}
        return has, [(LABELS[driver], -(-size // 2), size) for driver, size in sizes.items()]

    @property
    def acts(self) -> bool:
        """Whether the score may be acted on, and there is an account to act for."""
        return self.found.validation.is_passed and len(self.found.at_risk) > 0

    @property
    def n_signals(self) -> tuple[int, int]:
        """How many signals the source shows, and how many there are."""
        shown = self.found.signals.values.notna().any().sum()
        return int(shown), sum(len(of_driver(driver)) for driver in DRIVERS)

    @property
    def first(self) -> list[dict]:
        """The three accounts with the most MRR at risk."""
        return self.found.at_risk.head(3).to_dict("records")

    @property
    def leading(self) -> tuple[str, int] | None:
        """The driver that leads most accounts, and how many."""
        return _most(self.found.at_risk["leading_driver"])

    @property
    def due(self) -> pd.DataFrame:
        """The accounts that renew soon."""
        return self.found.at_risk[self.found.at_risk["stage"] == "renewal"]

    @property
    def product(self) -> tuple[str, int] | None:
        """The play of the product team that most accounts need, and how many."""
        return _most(self.found.at_risk.loc[self.found.at_risk["owner"] == "product", "play"])


def _most(values: pd.Series) -> tuple[str, int] | None:
    return next(((str(value), int(n)) for value, n in values.value_counts().items()), None)


def sentences(found: "Diagnosis") -> Sentences:
    """What page 30 says of a diagnosis."""
    return Sentences(Path(__file__).with_suffix(".toml"), Facts(found))
