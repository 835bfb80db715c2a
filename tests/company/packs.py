"""Two packs, rendered once for all tests, as a reader renders them: by a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = ("10_metrics", "20_cohort_retention", "30_buyer_remorse", "40_programs", "50_changing_customer")
# The pack is what lies in the folder: those of a fork are in it, and one that was deleted is not.
NOTEBOOKS = tuple(sorted(path.stem for path in (PROJECT / "notebooks").glob("[1-9][0-9]_*.ipynb")))


def helpers(*arguments, cwd, code=0, **environment) -> subprocess.CompletedProcess:
    """Run `python -m helpers …` in the folder `cwd`, where it must end with the exit code `code`."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done


def parsed(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


@dataclass(frozen=True)
class Pack:
    """A rendered pack, and the source it was made from."""

    folder: Path
    source: Path

    def _there(self, file: str) -> Path:
        """A file of the pack; a test skips where it would be that of a notebook which this fork has deleted."""
        gone = sorted(set(SHIPPED) - set(NOTEBOOKS))
        if gone and not (self.folder / file).exists():
            pytest.skip(f"{file} is not there, nor is {', '.join(gone)}, which this project came with")
        return self.folder / file

    def page(self, name: str) -> BeautifulSoup:
        return parsed(self._there(f"{name}.html").read_text(encoding="utf-8"))

    def pages(self) -> list[Path]:
        return sorted(self.folder.glob("*.html"))

    def notebook(self, name: str) -> nbformat.NotebookNode:
        return nbformat.read(self._there(f"notebooks/{name}.ipynb"), as_version=4)

    def table(self, name: str, **options) -> pd.DataFrame:
        return pd.read_csv(self._there(f"tables/{name}.csv"), **options)

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))


def rendered(name: str):
    """A fixture: the pack of this one notebook on the sample company, its default period."""

    @pytest.fixture(scope="module")
    def pack(tmp_path_factory) -> Pack:
        if not (PROJECT / "notebooks" / f"{name}.ipynb").is_file():
            pytest.skip(f"notebooks/{name}.ipynb was removed; its test can go, too")
        out = tmp_path_factory.mktemp(name)
        helpers("report", "--only", name, "--out", out, cwd=PROJECT)
        (folder,) = (path for path in out.iterdir() if not path.name.startswith("."))
        return Pack(folder, PROJECT / "data" / "sample" / "source.toml")

    return pack


@pytest.fixture(scope="session")
def sample_pack(tmp_path_factory) -> Pack:
    """The sample company, its default period, two notebooks side by side."""
    out = tmp_path_factory.mktemp("sample-pack")
    helpers("report", "--out", out, "--jobs", 2, cwd=PROJECT)
    return Pack(out / "2026-10", PROJECT / "data" / "sample" / "source.toml")


@pytest.fixture(scope="session")
def fresh_pack(tmp_path_factory) -> Pack:
    """A company that nobody has seen, made and rendered from another folder, with paths of there and an empty HOME."""
    folder = tmp_path_factory.mktemp("fresh-pack")
    (folder / "home").mkdir()
    nothing = {"HOME": str(folder / "home"), "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""}
    helpers("sample", "company", "--accounts", 300, "--seed", 7, "--truth", "truth.json", cwd=folder, **nothing)
    helpers("report", "--source", "company/source.toml", "--out", "packs", cwd=folder, **nothing)
    return Pack(folder / "packs" / "2026-10", folder / "company" / "source.toml")
