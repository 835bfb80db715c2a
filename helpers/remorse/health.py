"""How healthy each account looked when it was scored: what other topics hold equal between accounts."""

from dataclasses import dataclass, field

import pandas as pd

from helpers.formats import Shown
from helpers.ledger import account_months
from helpers.remorse import scores, signals
from helpers.sources import Tables

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "read".split()
__dir__ = __all__.copy


@dataclass(frozen=True)
class Health(Shown):
    """The driver readings of the accounts, how noisy they are, and when they were known."""

    latent: pd.DataFrame = field(metadata={"holds": "one row per account, one column per driver, in SD"})
    noise: pd.DataFrame = field(metadata={"holds": "the SD of each reading's measurement error"})
    known_on: pd.Series = field(metadata={"holds": "the day on which each account's readings were known"})
    basis: str = field(metadata={"holds": "what the scores were compared with"})


def read(tables: Tables) -> Health:
    """The driver readings of a source as of its period (`scores.measured`), above 20,000
    accounts of every kth; without a column where no signal is on record."""
    found = signals.read(tables, every=account_months.every_kth(tables))
    scored = scores.score(found, *scores.against(tables, found))
    readings = scores.measured(scored.z)
    return Health(readings.latent, readings.noise, found.accounts["cutoff_on"], scored.basis)
