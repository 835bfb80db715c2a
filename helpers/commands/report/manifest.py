"""`manifest.json`: what a pack was made from, and the seal of each of its files.

A file is the report's where the manifest names it; all else in the folder belongs to somebody else.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

FILE = "manifest.json"
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
    return made if isinstance(made, dict) and isinstance(made.get("notebooks"), list) else {}


def sealed(made: dict, pack: Path) -> str:
    """The text of the manifest of a finished `pack`: what it was made from, the SHA-256 of each file, and its own."""
    made = made | {"files": {name: content(pack / name) for name in sorted(inside(pack) - {FILE})}}
    return json.dumps(made | {"seal": digest(made)}, indent=2, ensure_ascii=False) + "\n"


def content(file: Path) -> str:
    """The SHA-256 of what a file holds; empty for what is none, such as a pipe, which would be waited for."""
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digest(value) -> str:
    """The SHA-256 of a value that JSON can write."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def ours(made: dict) -> set[str]:
    """The files of a pack that the report wrote, by its manifest."""
    if "files" in made:
        return {FILE, *made["files"]}
    parts = (name for notebook in made.get("notebooks", []) for name in notebook.get("files", {}))
    return {*_FRONT, *parts}


def foreign(pack: Path, made: dict) -> list[str]:
    """The files in a pack that the report did not write."""
    return sorted(inside(pack) - ours(made))


@dataclass(frozen=True)
class Differences:
    """How a pack differs from its manifest, by names of files; `unsealed` says why nothing can be compared."""

    missing: list[str]
    changed: list[str]
    extra: list[str]
    unsealed: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every file is there as it was written, and no other."""
        return not (self.missing or self.changed or self.extra or self.unsealed)


def differences(pack: Path) -> Differences:
    """Compare every file of a pack with its manifest."""
    made, there = read(pack), inside(pack)
    if not made or "seal" not in made:
        why = "was written by an earlier version, which did not seal it" if made else "cannot be read"
        return Differences([], [], [], f"{FILE} {why}")
    files = made["files"]
    changed = [name for name in sorted(there & files.keys()) if not _is_as_written(pack / name, files[name])]
    if digest({name: value for name, value in made.items() if name != "seal"}) != made["seal"]:
        changed.append(FILE)
    return Differences(sorted(files.keys() - there), changed, foreign(pack, made))


def _is_as_written(file: Path, mark: str) -> bool:
    """Whether a file is still what was written; a link to one that holds the same is another thing."""
    return not file.is_symlink() and content(file) == mark


def inside(pack: Path) -> set[str]:
    """Every file below a folder by its name from there; a link is a file, wherever it leads."""
    found = set()
    for folder, folders, names in os.walk(pack):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        found |= {(Path(folder) / name).relative_to(pack).as_posix() for name in (*names, *links)}
    return found
