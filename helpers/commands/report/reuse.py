"""What a page depends on, and whether the one of the last pack may be taken over: the same key, and untouched since.

A notebook's key is a hash over its source, parameters, data, the helpers and every installed package. Its seal is a
hash over what the manifest says of it and over its files, so a page, a table or a headline that somebody edited or a
disk damaged is made again rather than handed on.
"""

import contextlib
import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from helpers.commands.report.execute import Outcome
from helpers.periods import Period
from helpers.sources import ROOT, Tables
from helpers.sources.settings import REFERENCE

_PACKAGES = (
    *("pandas", "numpy", "scipy", "statsmodels", "duckdb"),
    *("matplotlib", "seaborn", "papermill", "nbconvert", "ipykernel"),
)
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
            "file": str(source),
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
        "environment": _digest(packages)[:16],
        "git_commit": _commit(),
    }


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


def key(notebook: Path, values: dict[str, object], source: Path, made_from: dict) -> str:
    """Changes when anything does that the notebook's page could depend on; `made_from` as of `facts`."""
    digest = hashlib.sha256(notebook.read_bytes())
    own = {name: made_from[name] for name in ("period", "source", "versions", "environment")}
    digest.update(json.dumps([own, values], sort_keys=True).encode())
    frozen = source.with_name(REFERENCE)
    for file in (source, *([frozen] if frozen.exists() else [])):
        digest.update(file.read_bytes())
    package = Path(__file__).resolve().parents[2]
    for helper in sorted(path for path in package.rglob("*") if path.suffix in _SOURCES):
        digest.update(helper.relative_to(package).as_posix().encode() + helper.read_bytes())
    for file in sorted((ROOT / "data").glob("*.csv")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:24]


def seal(outcome: Outcome, pack: Path) -> None:
    """Record the files of an outcome and what they hold, once they are what readers will see."""
    outcome.files = {name: _content(pack / name) for name in _files(outcome)}
    outcome.seal = _sealed(outcome)


def _files(outcome: Outcome) -> tuple[str, ...]:
    tables = (f"tables/{name}.csv" for name in outcome.tables)
    return f"{outcome.name}.html", f"notebooks/{outcome.name}.ipynb", *tables


def _sealed(outcome: Outcome) -> str:
    # How a run went is not what was made: both may differ from pack to pack.
    return _digest(
        {name: value for name, value in asdict(outcome).items() if name not in ("status", "seconds", "seal")}
    )


def _digest(value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _content(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def last_outcomes(packs: Iterable[Path]) -> list[tuple[Outcome, Path]]:
    """The notebooks that succeeded in `packs`, each with the pack it is in, in the packs' order."""
    found = []
    for pack in packs:
        # A pack that is not whole, or of another version, is nothing to take over, and no reason to stop.
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            known = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))["notebooks"]
            found += [(outcome, pack) for outcome in [Outcome(**each) for each in known] if outcome.status != "failed"]
    return found


def last_doubts(pack: Path) -> tuple[str, ...] | None:
    """What the last pack says is doubtful about the source; None where there is no whole pack that says."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        return tuple(map(str, json.loads((pack / "manifest.json").read_text(encoding="utf-8"))["doubts"]))
    return None


def taken_over(last: Outcome, pack: Path, folder: Path) -> bool:
    """Copy the files of `last` from `pack` into the new one at `folder`; False where they are not what its seal says.

    Tables go to `.tables/<name>/`, like those of a notebook that has just run.
    """
    own = folder / ".tables" / last.name
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    if _sealed(last) != last.seal or set(last.files) != set(_files(last)):
        return False
    for name, content in last.files.items():
        copy = own / Path(name).name if name.startswith("tables/") else folder / name
        try:
            shutil.copyfile(pack / name, copy)
        except FileNotFoundError:
            return False
        if _content(copy) != content:
            return False
    return True
