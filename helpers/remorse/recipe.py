"""The recipe of the diagnosis, from `signals.toml`: four drivers of regret, and the signals each is read from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

CUTOFF_DAYS = 90


@dataclass(frozen=True)
class Signal:
    """One signal: its driver, the table and columns it is read from, what it says, and the evidence in words.

    `says` has `{}` for the value; `unit` is days, share, count, rate (a seat), points (1–7) or flag; `is_reversed`
    where a high value is good.
    """

    driver: str
    table: str
    columns: str
    about: str
    says: str
    unit: str
    is_reversed: bool = False


_RECIPE = tomllib.loads((Path(__file__).parent / "signals.toml").read_text(encoding="utf-8"))
LABELS: Mapping[str, str] = MappingProxyType(_RECIPE["drivers"])
DRIVERS = tuple(LABELS)
SIGNALS: Mapping[str, Signal] = MappingProxyType({name: Signal(**row) for name, row in _RECIPE["signals"].items()})


def of_driver(driver: str) -> list[str]:
    """The signals of one driver.

    >>> of_driver("implementation")
    ['cost_exceeded', 'go_live_slip', 'cost_overrun', 'urgent_tickets']
    """
    return [name for name, signal in SIGNALS.items() if signal.driver == driver]
