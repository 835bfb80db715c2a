"""Open the data of a report: checked against the contract, in our names, cut to what was known at the period's end.

    tables = sources.open("data/sample/source.toml", "2026-10")
    tables.frame("tickets")                         # one table as a pandas frame
    tables.query("select count(*) from accounts")   # SQL over the same tables, on the engine that holds them

These two doors are the only ones, for the shipped notebooks as for a fork's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import date
from functools import cached_property
from threading import Lock

import pandas as pd

from helpers import periods
from helpers.periods import Period
from helpers.sources import (
    contract,
    coverage,
    engines,
    mapping,
    pseudonyms,
    queries,
    schema,
    settings,
    snapshot,
    unstated,
)
from helpers.sources.coverage import Coverage
from helpers.sources.rates import Rates
from helpers.sources.refusals import refuse, refused, text
from helpers.sources.schema import columns

ROW_LIMIT = 2_000_000
SAMPLED_ROWS = 500_000  # of a table from which only rates are made, not amounts and counts


class _Run:
    """What the tables of one source share, whatever their period: whether all read one state, and what kernels got."""

    def __init__(self):
        self.lock, self.is_held, self.is_handed = Lock(), False, False


class Tables:
    """The as-of tables of one source and period. Make one with `open`."""

    def __init__(self, engine: engines.Engine, mapped: dict[str, mapping.Mapped], source: settings.Settings):
        self._engine = engine
        self._mapped = mapped
        self.settings = source
        self.names = tuple(mapped)
        self.pseudonyms = pseudonyms.mark(next(iter(mapped.values())).key) if mapped else ""
        self.is_fresh = False  # a file that was just written may be half of it: it is looked at again at the end
        self.stamps: dict[str, list[tuple[int, int]]] = {}  # when files were written that a run has begun to read
        self.period: Period
        self._run = _Run()
        self._counted: dict[str, int] = {}
        self._levels = ""  # whose levels the run's snapshot holds, as `_state` says it

    def __dir__(self) -> list[str]:
        """What a notebook calls, and Tab completes."""
        names = "as_of at coverage currency fingerprints frame has is_complete n_rows names notes optional period query"
        return [*names.split(), "rates", "settings"]

    @cached_property
    def coverage(self) -> Coverage:
        """Which months the data covers."""
        found = self.uncut(coverage.query(self.names)).iloc[0]
        refuse("nothing_recurring", pd.isna(found["first"]), file=self.settings.file)
        until = self.settings.data_until
        if "mrr" in self.names and not self._mapped["mrr"].shape.movements:
            until = coverage.of_levels(self.uncut("select max(month) as last from _all_mrr")["last"].iloc[0], until)
        return coverage.between(found["first"], found["last"], until)

    @cached_property
    def currency(self) -> str:
        """The ISO code of the currency that every amount is in."""
        if self.rates:
            return self.rates.to
        return str(self.uncut("select min(currency) as currency from _all_subscriptions")["currency"].iloc[0])

    @property
    def as_of(self) -> date:
        """The last day of the period: what came later is not seen."""
        return self.period.as_of

    @property
    def _state(self) -> str:
        """What the levels of these accounts rest on besides the data: the cut-off and the rates."""
        return f"{self.as_of} {self.rates and self.rates.opening}" if hasattr(self, "period") else ""

    @property
    def is_complete(self) -> bool:
        """Whether the data covers the period to its last day."""
        return self.period.last <= self.coverage.last_complete_month

    @property
    def rates(self) -> Rates | None:
        """The exchange rates of this report; None where every amount is in one currency."""
        return next(iter(self._mapped.values())).rates

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report says of how the tables were read, such as what a sheet of MRR by month cannot say."""
        return unstated.notes(self._mapped)

    def latest(self) -> dict[str, date | None]:
        """The latest day of each table that dates its rows, as known at the cut-off; None where it has no row."""
        days = [f"(select max({column}) from {name}) as {name}" for name, column in schema.dated(self.names).items()]
        row = self.query(f"select {', '.join(days)}").iloc[0]
        return {name: None if pd.isna(day) else pd.Timestamp(day).date() for name, day in row.items()}

    def real_names(self) -> frozenset[str]:
        """Every id and name of an account as the source has them, to keep them out of an anonymized report."""
        name = "accounts" if "accounts" in self._mapped else "mrr"
        plain = {name: replace(self._mapped[name], key="")}
        found = self._engine.run(mapping.prelude(plain, "select account_id, name from _all_accounts", None))
        return frozenset(found["account_id"].dropna()) | frozenset(found["name"].dropna())

    def has(self, *names: str) -> bool:
        """Whether the source has all of these tables; a name that is none of ours is `Refused`."""
        for name in names:
            refuse("no_such_table", name not in schema.TABLES, name=name, meant=(name, schema.TABLES))
        # Subscriptions are there either way: stated by the source, or read from its invoice lines or its MRR by month.
        return all(schema.is_given(name, self.names) for name in names)

    def query(self, sql: str) -> pd.DataFrame:
        """The result of SQL over the as-of tables, such as `select segment, count(*) as n from accounts group by 1`."""
        if self.pseudonyms:
            pseudonyms.refuse_real(sql)
        levels = snapshot.LEVELS if self._levels == self._state else ""
        if not levels and ("_levels" in sql or "_movements" in sql):
            levels = self._engine.held(self._movements())
        return self._engine.run(mapping.prelude(self._mapped, sql, self.as_of, levels))

    def _movements(self) -> str:
        """The query of the levels of MRR as known at the cut-off, on which many others rest."""
        return mapping.prelude(self._mapped, "select * from _movements", self.as_of)

    def uncut(self, sql: str) -> pd.DataFrame:
        """SQL over every row that the source has (`_all_accounts`, …), for `check` alone: no report may look ahead."""
        return self._engine.run(mapping.prelude(self._mapped, sql, None))

    def mapped(self, name: str) -> mapping.Mapped:
        """How a table is read: its place, and which of our columns the source has and lacks."""
        return self._mapped[name]

    def run(self, name: str, **values: int) -> pd.DataFrame:
        """The result of `helpers/sources/queries/<name>.sql` with its `{value}`s filled in, whole numbers only."""
        return self.query(queries.text(name, **{key: int(value) for key, value in values.items()}))

    def frame(self, name: str, every: int = 1) -> pd.DataFrame:
        """One as-of table as a pandas frame, in the dtypes of `schema`, sorted by its key.

        `every` = k takes the rows of every kth account, in order of account_id (`every_kth` finds the k).
        """
        refuse("table_absent", not self.has(name), name=name, file=self.settings.file, meant=(name, self.names))
        n_rows = self._n_rows(name)
        refuse("too_many_rows", n_rows > ROW_LIMIT * every, name=name, n=n_rows, most=ROW_LIMIT)
        kth = f" where account_id in (select account_id from _places where mod(place, {int(every)}) = 0)"
        frame = self.query(f"select * from {name}{kth * (every > 1)} order by {', '.join(schema.key(name))}")
        kinds = {column: columns.DTYPES[schema.kind(name, column)] for column in frame.columns}
        return frame.astype(kinds)

    def optional(self, name: str, every: int = 1) -> pd.DataFrame | None:
        """The same, or None where the source does not have the table."""
        return self.frame(name, every) if self.has(name) else None

    def every_kth(self, name: str, most: int = SAMPLED_ROWS) -> int:
        """The k for which every kth account has about `most` rows of a table; 1 where all have, or it is absent."""
        return max(1, -(-self._n_rows(name) // most)) if self.has(name) else 1

    def _n_rows(self, name: str) -> int:
        if name not in self._counted:
            self._counted[name] = int(self.query(f"select count(*) as n from {name}")["n"].iloc[0])
        return self._counted[name]

    def n_rows(self, uncut: bool = False) -> dict[str, int]:
        """Visible rows of each table; `uncut` counts all that the source has."""
        start = "_all_" if uncut else ""
        counts = f"select {', '.join(f'(select count(*) from {start}{name}) as {name}' for name in self.names)}"
        found = self.uncut(counts) if uncut else self.query(counts)
        return {name: int(n) for name, n in found.iloc[0].items()}

    @cached_property
    def _marks(self) -> dict[str, str]:
        return {name: self._engine.fingerprint(self.settings.tables[name], self._mapped[name]) for name in self.names}

    def fingerprints(self) -> dict[str, str]:
        """A short hash of each table's source as it was read."""
        return dict(self._marks)

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """While this is open, this process and the kernels that it starts see one state of the data: from now on if the
        engine can promise that, else once it is handed over (`changed` tells otherwise)."""
        held = self._engine.hold()
        os.environ.update(held)
        self._run.is_held = bool(held)
        try:
            yield
        finally:
            for name in (*held, snapshot.VARIABLE):
                os.environ.pop(name, None)
            self._run = _Run()
            self._engine.release()

    def hand_over(self) -> None:
        """Give the kernels that start from now on what is settled, and the snapshot where there is one, once a run.

        `Refused` where the files were rewritten between their fingerprint and the end of the reading.
        """
        with self._run.lock:
            if self._run.is_handed:
                return
            facts = snapshot.Facts(self._marks, self.coverage, self.currency, self.pseudonyms, self._state)
            kept = snapshot.layers(self._mapped)
            if self._state:  # dear, and asked for by every notebook
                kept["levels"] = self._movements()
            file = self._engine.kept(kept)
            if file:
                self.refuse_changed(self.changed(self._marks) or self.rewritten())
                self._run.is_held = True
            os.environ[snapshot.VARIABLE] = snapshot.text(self.settings, self._mapped, file, facts)
            self._run.is_handed = True

    def settle(self, facts: snapshot.Facts) -> None:
        """Take for settled what the report has found that started this process."""
        self._marks, self.coverage, self.currency = facts.marks, facts.coverage, facts.currency
        self.pseudonyms, self._levels = facts.pseudonyms, facts.levels

    def changed(self, since: dict[str, str]) -> list[str]:
        """The tables whose data is no longer what it was at the fingerprints `since`."""
        if self._run.is_held and not self.is_fresh:
            return []
        engine, tables = self._engine, dict(self._mapped)
        if self.settings.kind == "spark":  # a session of Spark keeps which files a table had
            engine = engines.connect(self.settings)
            there = {name: engine.mapped(self.settings.tables[name]).relation for name in since}
            tables = {name: replace(each, relation=there[name]) for name, each in tables.items()}
        return [name for name in since if engine.fingerprint(self.settings.tables[name], tables[name]) != since[name]]

    def rewritten(self) -> list[str]:
        """The tables whose files were written since a run began to read them, also if their bytes are as before."""
        stamps = engines.stamps(self.settings) if self.stamps else {}
        return [name for name, stamp in self.stamps.items() if stamps.get(name) != stamp]

    def refuse_changed(self, names: list[str]) -> None:
        """`Refused` where the data of some tables changed while it was read."""
        refuse("data_changed", names, file=self.settings.file, names=", ".join(names))

    def faults(self, *only: str) -> list[contract.Fault]:
        """Every broken rule of the data contract, of all tables or some; rows are named as the source names them."""
        plain = {name: replace(mapped, key="") for name, mapped in self._mapped.items()}
        found = contract.check(plain, self._engine.run, only)
        billing = [name for name in ("subscriptions", *schema.IN_PLACE_OF["subscriptions"]) if name in self._mapped]
        asked, wanted = set(billing) & set(only or self.names), self.settings.currency
        if not found and wanted and asked and wanted != self.currency:
            said, column = text("other_currency", currency=self.currency, wanted=wanted), "currency"
            fix = "bring the two into line"
            if self.currency == "None":
                said, column, fix = text("nothing_paid"), "", text("map_what_is_paid")
            found.append(contract.Fault(self._mapped[billing[0]].place, billing[0], column, said, 0, (), fix))
        return found

    def without(self, *names: str) -> "Tables":
        """The same source as if it did not have these tables; for real names, also where a report has pseudonyms."""
        left = {name: replace(mapped, key="") for name, mapped in self._mapped.items() if name not in names}
        return Tables(self._engine, left, self.settings)

    def at(self, period: Period) -> "Tables":
        """The same source as it was known at the end of another period."""
        if not self.coverage.first_month <= period.first <= period.last <= self.coverage.last_month:
            inside = " to ".join(map(periods.month_text, (self.coverage.first_month, self.coverage.last_month)))
            raise refused("outside_data", period=period, file=self.settings.file, months=inside)
        mapped = self._mapped
        if self.rates:
            mapped = {name: replace(each, rates=self.rates.at(period)) for name, each in mapped.items()}
        other = copy(self)
        other._mapped, other.period, other._counted = mapped, period, {}
        return other

    def default_period(self, today: date | None = None) -> Period:
        """The last month that the data covers to its end; where its last day is not stated, none after `today`."""
        last = self.coverage.last_complete_month
        # A contract that is signed and starts next year, or a sheet that goes on as a forecast, covers no month.
        if today and not self.settings.data_until:
            last = min(last, periods.last_complete_month(today))
        # A notebook asks no clock: there, rows that came at a steady pace and end are what speaks against a last day.
        if latest := self.latest_before_until(today or date.max):
            last = min(last, periods.month_no(latest) - 1)
        return periods.of_month(max(last, self.coverage.first_month))

    def latest_before_until(self, today: date) -> date | None:
        """The latest day with a row where the source file's `data_until` is doubtful; None where it is not."""
        return coverage.latest_before(self.settings.data_until, self.coverage.latest, today, self.names, self.uncut)
