"""What one run of `report` hands to its kernels: the state of the data that all of them read, settled once.

The tables of files and of a pulled database are written, in our names and types and under their pseudonyms, to one
DuckDB file in a private folder; a kernel attaches it for reading and cuts its period there. Of a database that is asked
where it is, and of Spark, kernels learn only that the contract holds. An environment variable tells them so.
"""

import hashlib
import json
import os
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from pathlib import Path

from helpers.sources import mapping, queries, schema
from helpers.sources.coverage import Coverage
from helpers.sources.dialects import DUCKDB
from helpers.sources.engines import fence
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refuse
from helpers.sources.settings import Settings
from helpers.sources.shapes import Shape

VARIABLE = "AFTER_THE_DEAL_TABLES"
LEVELS = "source.levels"  # the table of the file with the result of _movements.sql for the period of the run
DAYS = ("data_until", "latest")  # of the coverage


@dataclass(frozen=True)
class Facts:
    """What is settled of a source: `marks` are the fingerprints, `pseudonyms` is the mark of their key.

    `levels`: the cut-off and the rates of the levels of MRR that the file holds, if any.
    """

    marks: dict[str, str]
    coverage: Coverage
    currency: str
    pseudonyms: str = ""
    levels: str = ""


def layers(mapped: dict[str, Mapped]) -> dict[str, str]:
    """The query of each table as the snapshot holds it: our columns that the source has, typed, every row.

    >>> print(layers({"usage": Mapped("usage", "u.csv", "u", "", {"month": '"ym"', "n_active_users": None})})["usage"])
    with _raw_usage as (select * from u), _all_usage as (select try_cast("ym" as date) as month from _raw_usage)
    select * from _all_usage
    """
    sql, found = queries.macros(mapping.__file__), {}
    for name, each in mapped.items():
        there = replace(each, columns={ours: sql for ours, sql in each.columns.items() if sql})
        found[name] = f"with {sql.raw(each)}, {sql.all(there)}\nselect * from _all_{name}"
    return found


def text(settings: Settings, mapped: dict[str, Mapped], file: Path | None, facts: Facts) -> str:
    """What a kernel reads in the environment: the facts, and how the tables of the file are read, if any."""
    tables = {
        name: (each.place, sorted(each.absent), each.shape and astuple(each.shape), each.notes)
        for name, each in mapped.items()
    }
    state = {"run": os.getpid(), "file": str(file or ""), "tables": tables, **asdict(facts)}
    return json.dumps(_source(settings) | state, default=str)


def _source(settings: Settings) -> dict[str, str]:
    return {"source": str(settings.file.resolve()), "says": hashlib.sha256(settings.file.read_bytes()).hexdigest()}


def handed(settings: Settings) -> dict | None:
    """What the run that started this process says of the source; None where no run did, or it is of another source.

    A run that has ended says nothing: a JupyterLab that inherited its word reads the source itself. `Refused` where the
    source file says other things by now, or what the run has read is gone.
    """
    found = json.loads(os.environ.get(VARIABLE, "null"))
    ours = _source(settings)
    if not found or found["source"] != ours["source"] or not _is_running(found["run"]):
        return None
    is_gone = found["file"] and not Path(found["file"]).exists()
    refuse("snapshot_gone", is_gone, snapshot=found["file"], file=settings.file)
    refuse("source_changed", found["says"] != ours["says"], file=settings.file)
    return found


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        pass
    return True


class Snapshot(fence.Session):
    """The DuckDB file of a run, attached for reading; nothing else can be read through it."""

    def __init__(self, settings: Settings, state: dict):
        super().__init__(settings, Path(state["file"]))
        self._state = state

    def tables(self) -> dict[str, Mapped]:
        """How each table is read: as it stands, since it is in our types already."""
        found = {}
        for name, (place, absent, shape, notes) in self._state["tables"].items():
            columns = {ours: None if ours in absent else DUCKDB.quoted(ours) for ours in schema.TABLES[name].columns}
            exact = frozenset(columns) - set(absent)
            about = {"shape": Shape(*shape) if shape else None, "notes": tuple(notes)}
            found[name] = Mapped(name, place, f"source.{name}", "", columns, exact, **about)
        return found


def facts(state: dict) -> Facts:
    """The facts in what `handed` gives."""
    days = {name: date.fromisoformat(day) for name in DAYS if (day := state["coverage"][name])}
    coverage, levels = Coverage(**state["coverage"] | days), state["levels"] if state["file"] else ""
    return Facts(state["marks"], coverage, state["currency"], state["pseudonyms"], levels)
