"""The pins install on each Python that we promise, and its numbers are the same bytes; what a wheel holds."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from shutil import which

import pytest
from packs import PROJECT

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [version for version in ("3.11", "3.12", "3.13") if version != HERE]


def interpreter(version: str) -> str | None:
    """A Python of this version on the path or among pyenv's, that starts."""
    found = [which(f"python{version}"), *sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))]
    for python in filter(None, found):
        asked = [python, "-c", "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return str(python)
    return None


def alone() -> dict[str, str]:
    """This environment without what would lead another Python to the packages of this one."""
    return {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    }


def run(*command, cwd: Path = PROJECT) -> None:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=alone(), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("version", OTHERS)
def test_the_pins_install_and_the_tables_are_the_same_bytes(version, sample_pack, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here; get it with pyenv install {version}, or from your system's packages")
    run(python, "-m", "venv", tmp_path / "venv")
    inside = tmp_path / "venv" / "bin" / "python"
    run(inside, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", "requirements.txt")
    run(inside, "-m", "pip", "check")
    run(inside, "-m", "helpers", "report", "--out", tmp_path / "packs")
    theirs = {path.name: path.read_bytes() for path in (tmp_path / "packs" / "2026-10" / "tables").iterdir()}
    ours = {path.name: path.read_bytes() for path in (sample_pack.folder / "tables").iterdir()}
    assert set(theirs) == set(ours) and len(ours) > 10
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_a_wheel_holds_the_helpers_with_their_queries_and_templates_and_nothing_else(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "-q", "-w", tmp_path)
    (wheel,) = tmp_path.glob("after_the_deal-*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    folder = PROJECT / "helpers"
    there = {
        f"helpers/{path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there
    assert any(name.endswith(".sql") for name in held) and any(name.endswith(".j2") for name in held)
