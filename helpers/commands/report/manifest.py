"""`manifest.json`: what a pack was made from, and the seal of each of its files.

A file is the report's where the manifest names it; all else in the folder belongs to somebody else.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from helpers import periods
from helpers.errors import Refused
from helpers.sources import ROOT

FILE, REPORTS, REVISIONS = "manifest.json", ROOT / "reports", "tables/revisions.csv"
_KINDS = {"period": str, "as_of": str, "parameters": dict, "source": dict, "notebooks": list}
_LATER = {"made": str, "replaces": str, "seal": str} | dict.fromkeys(("doubts", "headline", "left_out"), list)
_LATER |= dict.fromkeys(("files", "fingerprints", "notebook_files", "revisions"), dict)
_KINDS |= _LATER  # which earlier versions did not say
# A pack of an earlier version seals the files of its notebooks alone.
_FRONT = (FILE, "index.html", "definitions.html", "summary.md", "report.pdf")


@dataclass
class Outcome:
    """How a notebook ended: status is built, reused or failed; the rest explains it.

    `seconds` is what it took in this run, `cell_seconds` its cells' own time when it was built. `files` are its
    files in the pack, each with its SHA-256, and `seal` is that of this whole record (see `reuse`).
    """

    name: str
    key: str
    status: str = "built"
    seconds: float = 0.0
    cell_seconds: float = 0.0
    title: str = ""
    headline: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    reason: str = ""
    heading: str = ""
    source: str = ""
    traceback: str = ""
    files: dict[str, str] = field(default_factory=dict)
    seal: str = ""


def read(pack: Path) -> dict:
    """The manifest of a pack; empty where there is none that can be read."""
    if not (pack / FILE).is_file():
        return {}
    try:
        made = json.loads((pack / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return made if _is_manifest(made) else {}


def untouched(pack: Path) -> dict:
    """The same where it says what it said when it was written; else empty, and as if there were none."""
    made = read(pack)
    return made if is_sealed(made) else {}


def compared(pack: Path) -> dict:
    """The same where it says enough to be compared with; else empty, as where somebody took a part out."""
    made = read(pack)
    tables = made.get("source", {}).get("tables", {}).values()
    is_whole = made.keys() >= _KINDS.keys() - _LATER.keys() and all(
        each.keys() >= {"fingerprint", "rows"} for each in tables
    )
    return made if is_whole and all(each.keys() >= {"name", "files"} for each in made["notebooks"]) else {}


def _is_manifest(made) -> bool:
    """Whether no part of it, of those that are there, is of another kind than it is written as."""

    def fits(value, kinds: dict[str, type]) -> bool:
        return isinstance(value, dict) and all(
            isinstance(value.get(name, kind()), kind) for name, kind in kinds.items()
        )

    return (
        fits(made, _KINDS)
        and "notebooks" in made
        and fits(made.get("source", {}), {"tables": dict})
        and all(
            fits(each, {"fingerprint": str, "rows": int}) for each in made.get("source", {}).get("tables", {}).values()
        )
        and all(fits(each, {"name": str, "files": dict}) for each in made["notebooks"])
    )


def sealed(made: dict, pack: Path) -> str:
    """The text of the manifest of a finished `pack`: what it was made from, the SHA-256 of each file, and its own."""
    made = made | {"files": {name: content(pack / name) for name in sorted(inside(pack) - {FILE})}}
    return json.dumps(made | {"seal": digest(made)}, indent=2, ensure_ascii=False) + "\n"


def is_sealed(made: dict) -> bool:
    """Whether a manifest says what it said when it was written."""
    return made.get("seal") == digest({name: value for name, value in made.items() if name != "seal"})


def content(file: Path) -> str:
    """The SHA-256 of what a file holds; empty for what is none, such as a pipe, which would be waited for."""
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digest(value) -> str:
    """The SHA-256 of a value that JSON can write."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def foreign(pack: Path, made: dict) -> list[str]:
    """The files in a pack that the report did not write, by its manifest."""
    parts = (name for notebook in made.get("notebooks", []) for name in notebook.get("files", {}))
    return sorted(inside(pack) - ({FILE, *made["files"]} if "files" in made else {*_FRONT, *parts}))


def differences(pack: Path) -> dict[str, list[str] | str]:
    """How a pack differs from its manifest: missing, changed and extra (names of files), and unsealed (why nothing can
    be compared). All are empty where every file is there as it was written, and no other."""
    made, there = read(pack), inside(pack)
    if not {"seal", "files"} <= made.keys():
        is_earlier = made and "seal" not in made
        why = "was written by an earlier version, which did not seal it" if is_earlier else "cannot be read"
        return {"missing": [], "changed": [], "extra": [], "unsealed": f"{FILE} {why}"}
    files = made["files"]
    # A link to a file that holds the same is another thing.
    marks = {name: "" if (pack / name).is_symlink() else content(pack / name) for name in there & files.keys()}
    changed = sorted(name for name, mark in marks.items() if mark != files[name]) + [FILE] * (not is_sealed(made))
    missing = sorted(files.keys() - there)
    return {"missing": missing, "changed": changed, "extra": foreign(pack, made), "unsealed": ""}


def inside(pack: Path) -> set[str]:
    """Every file below a folder by its name from there; a link is a file, wherever it leads."""
    places = (path for path in pack.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(pack).as_posix() for path in places}


def verified(place: Path) -> dict:
    """Compare a pack with its manifest. `Refused` where the place is no pack.

    Returns: path, status (ok, or failed), missing, changed and extra (names of files), unsealed (why nothing can be
    compared), and `lines`: what to say of it, a verdict, then a line a file.
    """
    pack = place.expanduser()
    if not pack.is_dir():
        raise Refused(f"{place}: no such folder; a pack is a folder such as reports/2026-10")
    if not (pack / FILE).is_file():
        raise Refused(f"{place} holds no {FILE}, so it is no pack; name a folder such as reports/2026-10")
    found = differences(pack)
    named = [f"  {how}: {name}" for how in ("missing", "changed", "extra") for name in found[how]]
    said = "not as it was written" if named else "whole, every file as it was written"
    said = f"{found['unsealed']}, so nothing can be compared" if found["unsealed"] else said
    status = "failed" if any(found.values()) else "ok"
    return {"path": str(pack), "status": status, **found, "lines": [f"{pack}: {said}", *named]}


def latest(reports: Path | None = None) -> Path:
    """The pack in `reports/` that ends last, of several the one that begins last; `Refused` where there is none yet."""
    reports, ends = reports or REPORTS, {}
    for place in reports.glob("*"):
        with suppress(Refused):  # it has the name of no period
            period = periods.parse(place.name)
            if (place / FILE).is_file():
                ends[period.last, period.first] = place
    if not ends:
        raise Refused(f"{reports} holds no pack yet: make one with `python -m helpers report`, or name its folder")
    return ends[max(ends)]
