"""From a source file to its tables: matched, checked against the contract, and for a report held while it runs."""

import atexit
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from helpers import periods
from helpers.errors import NoRoom, Refused, Unmatched
from helpers.periods import Period
from helpers.sources import contract, engines, mapping, project, pseudonyms, queries, settings, snapshot, unstated
from helpers.sources.project import DEFAULT, ROOT
from helpers.sources.rates import SCALE, rates_in
from helpers.sources.refusals import refuse, text
from helpers.sources.tables import Tables

Remap = Callable[[settings.TableSettings, Unmatched, Callable[[str], pd.DataFrame]], settings.TableSettings]


def connect(source: str | Path = DEFAULT) -> Tables:
    """A source without a period yet, its columns matched but its contract unchecked. Relative to the project's root."""
    tables, unread = connect_each(source)
    for error in unread.values():
        raise error
    return tables


def connect_each(source: str | Path, remap: Remap | None = None) -> tuple["Tables", dict[str, Refused]]:
    """Like `connect`, but a table that cannot be matched holds up no other: it is in the second value, with why.

    `remap` may say how such a table would be mapped; then it is among the tables as if the source file said so.
    """
    found = _settings(source)
    engine = engines.connect(found)
    key = pseudonyms.key(found.file)
    mapped, unread = {}, {}

    def read(table: settings.TableSettings) -> mapping.Mapped:
        return replace(unstated.filled(engine.mapped(table), found, engine.run), key=key)

    for name, table in found.tables.items():
        try:
            mapped[name] = read(table)
        except NoRoom:
            raise
        except Refused as error:
            unread[name] = error
            if remap and isinstance(error, Unmatched):
                try:
                    mapped[name] = read(remap(table, error, engine.run))
                except NoRoom:
                    raise
                except Refused:
                    pass  # what is said of it is what it lacked at first
    try:
        mapped = _converted(mapped, engine, found)
    except Refused as error:
        unread["rates"] = error
        del mapped["rates"]
    return Tables(engine, mapped, found), unread


def _settings(source: str | Path) -> settings.Settings:
    project.refuse_other()
    return settings.read(ROOT / Path(source).expanduser())


def _converted(mapped: dict[str, mapping.Mapped], engine, found: settings.Settings) -> dict[str, mapping.Mapped]:
    """The tables with the rates of the source, if it has any."""
    if "rates" not in mapped:
        return mapped
    rows = engine.run(mapping.prelude(mapped, queries.text("_rates", scale=SCALE), None))
    rates = rates_in(rows, found.currency, mapped["rates"].dialect)
    return {name: replace(each, rates=rates) for name, each in mapped.items()}


@contextmanager
def held(source: str | Path) -> Iterator[Tables]:
    """The tables of a source for one run of `report`, checked; what is fingerprinted is what was read.

    Files that are rewritten meanwhile are read once more; `Refused` where they are rewritten again.
    """
    for is_last in (False, True):
        stamps, before = engines.stamps(_settings(source)), engines.digests(_settings(source))
        try:
            tables = connect(source)
        except Refused:
            if is_last or engines.digests(_settings(source)) == before:
                raise
            continue
        with tables.one_state():
            faults = tables.faults()
            marks = tables.fingerprints()
            tables.stamps = stamps
            changed = [name for name, mark in before.items() if marks.get(name) != mark] or tables.rewritten()
            if changed and not is_last:
                continue
            tables.refuse_changed(changed)
            contract.refuse_faults(faults)
            tables.is_fresh = engines.is_fresh(tables.settings)
            yield tables
        return


def _handed(source: str | Path) -> Tables | None:
    """The tables as the report that started this process settled them; None where they are to be read here."""
    found = _settings(source)
    if not (state := snapshot.handed(found)):
        return None
    if state["file"]:
        engine = snapshot.Snapshot(found, state)
        tables = Tables(engine, _converted(engine.tables(), engine, found), found)
    else:
        tables = connect(source)
    tables.settle(snapshot.facts(state))
    return tables


@cache
def _keep_what_is_imported() -> None:
    """No collection of a notebook has to look through it for garbage again, but the last: that took a tenth second."""
    gc.freeze()
    atexit.register(gc.unfreeze)


def open(source: str | Path = DEFAULT, period: str | Period = "") -> Tables:
    """The tables of a source as known at the end of `period` (`2026-10`, `2026-Q3`, or `""`: the last complete month).

    `source` is a TOML file, relative to the project's root; for the sample company's, `project.default()`. `Refused`,
    in plain words, where the file, the data or the period cannot be used.
    """
    _keep_what_is_imported()
    why = text("period_number") if isinstance(period, int) else ""
    refuse("period_text", not isinstance(period, str | Period | None), period=period, why=why)
    at = periods.parse(str(period)) if period else None  # a Period, too: a cell that is run twice
    place = project.default() if str(source) == DEFAULT else source
    tables = _handed(place)
    if tables is None:
        tables = connect(place)
        faults = tables.faults()
        refuse("faults_by_real_names", faults and tables.pseudonyms)
        contract.refuse_faults(faults)
    return tables.at(at or tables.default_period())
