"""What a page depends on, and whether the one of the last pack may be taken over: the same key, and untouched since.

A notebook's key is a hash over its source, parameters, data, the helpers and every installed package. Its seal is a
hash over what the manifest says of it and over its files, so a page, a table or a headline that somebody edited or a
disk damaged is made again rather than handed on.
"""

import contextlib
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from helpers import periods
from helpers.commands.report import manifest
from helpers.commands.report.log import short
from helpers.commands.report.manifest import Outcome, content, digest
from helpers.periods import Period
from helpers.sources import ROOT, engines, project, pseudonyms, settings

_PACKAGES = "pandas numpy scipy statsmodels duckdb matplotlib seaborn papermill nbconvert ipykernel".split()
_OF_A_RUN = ("status", "seconds")  # how a run went is not what was made: both may differ from pack to pack
FRONT = ("index.html", "definitions.html", "summary.md")
_DISTRIBUTION = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.(?:dist|egg)-info")
_SOURCES = (".py", ".sql", ".j2", ".css", ".json", ".toml", ".mplstyle")


class State:
    """What the packs of a source are made from now, with these parameters.

    A pack stands where all that it was made from is as it was, in files: then no data need be read to know so. Files
    are compared by their bytes, which is what the fingerprint of their table is; a database has to be asked.
    """

    def __init__(self, source: Path, values: dict[str, object]):
        project.refuse_other()
        self._settings, self._values = settings.read(source), values
        packages = installed()
        self._around = {
            "versions": {"python": platform.python_version()} | {name: packages.get(name, "") for name in _PACKAGES},
            "fingerprints": _fingerprints(source, packages),
            "git_commit": _commit(),
        }

    def facts(self, tables) -> dict:
        """What the pack of the period of `tables` is made from; with a notebook's own source this is all that its page
        depends on."""
        rows, latest = tables.n_rows(), tables.latest()
        days = {name: day.isoformat() if day else "" for name, day in latest.items()}
        marks = tables.fingerprints().items()
        held = {name: {"fingerprint": mark, "rows": rows[name], "latest": days.get(name, "")} for name, mark in marks}
        source = {"file": short(self._settings.file), "name": tables.settings.name, "pseudonyms": tables.pseudonyms}
        source |= {"covers": str(tables.coverage), "currency": tables.currency, "is_complete": tables.is_complete}
        facts = {"period": str(tables.period), "as_of": tables.as_of.isoformat(), "parameters": self._values}
        return facts | {"source": source | {"tables": held}} | self._around

    @property
    def asks(self) -> bool:
        """Whether the source file asks questions of its own: of whatever data they like, so each run asks again."""
        return bool(self._settings.questions)

    @cached_property
    def _marks(self) -> dict[str, str]:
        return engines.digests(self._settings)

    def standing(self, pack: Path) -> dict | None:
        """The `facts` of a pack that stands, from its manifest; None where it does not."""
        made, file = manifest.untouched(pack), self._settings.file
        if not made:
            return None
        of, mark = made["source"], pseudonyms.mark(pseudonyms.key(file))
        now = {"period": pack.name, "parameters": self._values, "file": short(file), "pseudonyms": mark}
        now |= {name: self._around[name] for name in ("versions", "fingerprints")}
        if any((made | of).get(name) != value for name, value in now.items()):
            return None
        if {name: each["fingerprint"] for name, each in of["tables"].items()} != self._marks:
            return None
        return {name: made[name] for name in ("period", "as_of", "parameters", "source")} | self._around

    def default_period(self, out: Path, today: date) -> Period | None:
        """What `Tables.default_period` says of a pack in `out` that stands; None where the data has to be asked."""
        packs = sorted(out.glob("[0-9]*"), reverse=True)
        of = next((made["source"] for place in packs if (made := self.standing(place))), None)
        stated = self._settings.data_until
        latest = max((table["latest"] for table in of["tables"].values()), default="") if of else ""
        if of is None or (stated and (stated - timedelta(days=31)).isoformat() > latest):
            return None
        first, _, last = of["covers"].partition(" to ")
        until = date.fromisoformat(last) if len(last) > len(first) else None
        month = periods.last_complete_month(until) if until else periods.parse(last).first - 1
        month = month if stated else min(month, periods.last_complete_month(today))
        return periods.of_month(max(month, periods.parse(first).first))


def _fingerprints(source: Path, packages: dict[str, str]) -> dict[str, str]:
    """What a page depends on besides the data, the notebook and its parameters, each as a hash."""
    package, reference = Path(__file__).resolve().parents[2], source.with_name(settings.REFERENCE)
    files = {
        "source file": [source],
        "definitions": [*filter(Path.exists, [reference]), *sorted((ROOT / "data").glob("*.csv"))],
        "code": sorted(path for path in package.rglob("*") if path.suffix in _SOURCES),
    }
    marks = {name: digest([(path.name, content(path)) for path in paths])[:16] for name, paths in files.items()}
    return marks | {"packages": digest(packages)[:16]}


def _commit() -> str:
    """The commit of this copy; empty where it is no checkout, or git is not installed."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def installed() -> dict[str, str]:
    """Every installed package with its version, read from the names of the folders that pip leaves.

    >>> installed()["pandas"].split(".")[0] >= "3"
    True
    """
    folders = [Path(folder) for folder in reversed(sys.path) if folder and Path(folder).is_dir()]
    named = [_DISTRIBUTION.fullmatch(path.name) for folder in folders for path in sorted(folder.glob("*-info"))]
    return {found["name"].lower(): found["version"] for found in named if found}


def key(notebook: Path, values: dict[str, object], made_from: dict) -> str:
    """Changes when anything does that the notebook's page could depend on; `made_from` as of `State.facts`."""
    used = {name: made_from[name] for name in ("period", "source", "versions", "fingerprints")}
    return digest([content(notebook), used, values])[:24]


def seal(outcome: Outcome, pack: Path) -> None:
    """Record the files of an outcome and what they hold, once they are what readers will see."""
    outcome.files = {name: content(pack / name) for name in _files(outcome)}
    outcome.seal = _sealed(outcome)


def _files(outcome: Outcome) -> tuple[str, ...]:
    tables = (f"tables/{name}.csv" for name in outcome.tables)
    return f"{outcome.name}.html", f"notebooks/{outcome.name}.ipynb", *tables


def _sealed(outcome: Outcome) -> str:
    return digest({name: value for name, value in asdict(outcome).items() if name not in (*_OF_A_RUN, "seal")})


def last_outcomes(packs: Iterable[Path]) -> list[tuple[Outcome, Path]]:
    """The notebooks that succeeded in `packs`, each with the pack it is in, in the packs' order."""
    found = []
    for pack in packs:
        # Notebooks as another version describes them are nothing to take over, and no reason to stop.
        with contextlib.suppress(TypeError):
            outcomes = [Outcome(**each) for each in manifest.read(pack).get("notebooks", [])]
            found += [(outcome, pack) for outcome in outcomes if outcome.status != "failed"]
    return found


def is_unchanged(outcomes: list[Outcome], last: dict) -> bool:
    """Whether a pack has the pages of the one whose manifest is `last`, and no others: so they also link as there."""
    pages = [(outcome.name, outcome.seal) for outcome in outcomes if outcome.status == "reused"]
    then = [(each.get("name"), each.get("seal", "")) for each in last.get("notebooks", [])]
    return len(pages) == len(outcomes) and pages == then


def front_key(made: dict, before: Path, extras: Sequence[str] = ()) -> str:
    """Changes when anything does that the first page depends on: the manifest `made`, the last period's pack, and which
    files for taking along it links (`extras`)."""
    notebooks = [{name: each[name] for name in each if name not in _OF_A_RUN} for each in made["notebooks"]]
    tables = sorted(before.glob("tables/*.csv"))
    compared = [content(path) for path in (before / manifest.FILE, *tables) if path.is_file()]
    return digest([made | {"notebooks": notebooks}, compared, list(extras)])


def has_front(key: str, last: dict, pack: Path, folder: Path) -> bool:
    """Copy the first page of `pack`, whose manifest is `last`, if it has this key and is as it was written."""
    marks = last.get("files", {})
    return last.get("front") == key and all(_copied(pack / name, folder / name, marks.get(name)) for name in FRONT)


def _copied(file: Path, copy: Path, mark: str | None) -> bool:
    try:
        if file.is_file():
            shutil.copyfile(file, copy)
    except (FileNotFoundError, PermissionError):
        return False
    return content(copy) == mark


def taken_over(last: Outcome, pack: Path, folder: Path) -> bool:
    """Copy the files of `last` from `pack` into the new one at `folder`; False where they are not what its seal says.

    Tables go to `.tables/<name>/`, like those of a notebook that has just run.
    """
    own = folder / ".tables" / last.name
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    if _sealed(last) != last.seal or set(last.files) != set(_files(last)):
        return False
    copies = {name: own / Path(name).name if name.startswith("tables/") else folder / name for name in last.files}
    return all(_copied(pack / name, copies[name], mark) for name, mark in last.files.items())
