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
from pathlib import Path

from helpers.commands.report import manifest
from helpers.commands.report.manifest import Outcome, content, digest
from helpers.commands.report.places import short
from helpers.periods import Period
from helpers.sources import ROOT, Tables
from helpers.sources.settings import REFERENCE

_PACKAGES = (
    *("pandas", "numpy", "scipy", "statsmodels", "duckdb"),
    *("matplotlib", "seaborn", "papermill", "nbconvert", "ipykernel"),
)
_OF_A_RUN = ("status", "seconds")  # how a run went is not what was made: both may differ from pack to pack
FRONT = ("index.html", "definitions.html", "summary.md")
_DISTRIBUTION = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.(?:dist|egg)-info")
_SOURCES = (".py", ".sql", ".j2", ".css", ".json", ".toml")


def facts(period: Period, source: Path, values: dict[str, object], tables: Tables) -> dict:
    """What the pack is made from; with the notebook's own source this is all that a page depends on."""
    packages = installed()
    latest = {name: day.isoformat() if day else "" for name, day in tables.latest().items()}
    return {
        "period": str(period),
        "as_of": period.as_of.isoformat(),
        "parameters": values,
        "source": {
            "file": short(source),
            "name": tables.settings.name,
            "pseudonyms": tables.pseudonyms,
            "covers": str(tables.coverage),
            "currency": tables.currency,
            "is_complete": tables.is_complete,
            "tables": {
                name: {"fingerprint": mark, "rows": rows, "latest": latest.get(name, "")}
                for (name, mark), rows in zip(tables.fingerprints().items(), tables.n_rows().values(), strict=True)
            },
        },
        "versions": {"python": platform.python_version()} | {name: packages.get(name, "") for name in _PACKAGES},
        "fingerprints": _fingerprints(source, packages),
        "git_commit": _commit(),
    }


def _fingerprints(source: Path, packages: dict[str, str]) -> dict[str, str]:
    """What a page depends on besides the data, the notebook and its parameters, each as a hash."""
    package = Path(__file__).resolve().parents[2]
    files = {
        "source file": [source],
        "definitions": [*filter(Path.exists, [source.with_name(REFERENCE)]), *sorted((ROOT / "data").glob("*.csv"))],
        "code": sorted(path for path in package.rglob("*") if path.suffix in _SOURCES),
    }
    marks = {name: digest([(path.name, content(path)) for path in paths])[:16] for name, paths in files.items()}
    return marks | {"packages": digest(packages)[:16]}


def installed() -> dict[str, str]:
    """Every installed package with its version, read from the names of the folders that pip leaves.

    >>> installed()["pandas"].split(".")[0] >= "3"
    True
    """
    folders = [Path(folder) for folder in reversed(sys.path) if folder and Path(folder).is_dir()]
    named = [_DISTRIBUTION.fullmatch(path.name) for folder in folders for path in sorted(folder.glob("*-info"))]
    return {found["name"].lower(): found["version"] for found in named if found}


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def key(notebook: Path, values: dict[str, object], made_from: dict) -> str:
    """Changes when anything does that the notebook's page could depend on; `made_from` as of `facts`."""
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


def last_doubts(pack: Path) -> tuple[str, ...] | None:
    """What the last pack says is doubtful about the source; None where there is no whole pack that says."""
    doubts = manifest.read(pack).get("doubts")
    return tuple(map(str, doubts)) if isinstance(doubts, list) else None


def is_unchanged(outcomes: list[Outcome], last: dict) -> bool:
    """Whether a pack has the pages of the one whose manifest is `last`, and no others: so they also link as there."""
    pages = [(outcome.name, outcome.seal) for outcome in outcomes if outcome.status == "reused"]
    return len(pages) == len(outcomes) and pages == [(each["name"], each["seal"]) for each in last.get("notebooks", [])]


def front_key(made: dict, before: Path, extras: Sequence[bool] = ()) -> str:
    """Changes when anything does that the first page depends on: the manifest `made`, the last period's pack, and which
    files for taking along it links (`extras`)."""
    notebooks = [{name: each[name] for name in each if name not in _OF_A_RUN} for each in made["notebooks"]]
    tables = sorted(before.glob("tables/*.csv"))
    compared = [content(path) for path in (before / manifest.FILE, *tables) if path.is_file()]
    return digest([made | {"notebooks": notebooks}, compared, list(extras)])


def has_front(key: str, last: dict, pack: Path, folder: Path) -> bool:
    """Copy the first page of `pack`, whose manifest is `last`, if it has this key and is as it was written."""
    marks = last.get("files", {})
    return last.get("front") == key and all(
        name in marks and _copied(pack / name, folder / name, marks[name]) for name in FRONT
    )


def _copied(file: Path, copy: Path, mark: str) -> bool:
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
    return all(
        _copied(pack / name, own / Path(name).name if name.startswith("tables/") else folder / name, mark)
        for name, mark in last.files.items()
    )
