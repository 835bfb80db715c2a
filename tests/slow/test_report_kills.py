"""What takes long to show: the same numbers however they are made, and runs that are killed or cut off."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from packs import PROJECT, helpers
from tiny_project import Project, say


def tables(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "tables").iterdir()}


def test_tables_are_the_same_byte_for_byte_one_by_one_side_by_side_and_elsewhere(sample_pack, tmp_path):
    (tmp_path / "home").mkdir()
    helpers(
        "report",
        "--out",
        "alone",
        "--jobs",
        1,
        cwd=tmp_path,
        HOME=str(tmp_path / "home"),
        PYTHONHASHSEED="1",
        TZ="Pacific/Kiritimati",
    )
    assert tables(tmp_path / "alone" / "2026-10") == tables(sample_pack.folder)


def test_an_unchanged_pack_is_taken_over_with_the_same_bytes(sample_pack, tmp_path):
    shutil.copytree(sample_pack.folder.parent, tmp_path, dirs_exist_ok=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("10_metrics.*")} | tables(tmp_path / "2026-10")
    done = helpers("report", "--out", tmp_path, cwd=PROJECT)
    assert done.stdout.count("reused") >= 2 and "built" not in done.stdout
    after = {path: path.read_bytes() for path in tmp_path.rglob("10_metrics.*")} | tables(tmp_path / "2026-10")
    assert after == before


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.write(
        "10_slow", f"import pathlib, time\npathlib.Path('{tmp_path}/began').touch()\ntime.sleep(300)", say("late")
    )
    return made


def started(project: Project) -> subprocess.Popen:
    """A run that has come to the slow cell."""
    run = subprocess.Popen([sys.executable, "-m", "helpers", "report"], cwd=project.root, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not (project.root.parent / "began").exists():
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return run


def test_a_killed_run_is_never_seen_frees_its_lock_and_is_cleared_by_the_next(project):
    run = started(project)
    try:
        locked = project.report(code=3)
        assert f"process {run.pid} on" in locked.stderr
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert (project.reports / ".2024-06.building").is_dir() and not project.pack().exists()
    project.write("10_slow", say("quick now"))
    project.report()
    assert "quick now" in (project.pack() / "10_slow.html").read_text(encoding="utf-8")
    assert [path.name for path in project.reports.iterdir() if path.is_dir()] == ["2024-06"]


def test_a_reader_who_has_seen_enough_does_not_stop_the_work(project):
    project.write("10_slow", say("quick now"))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "helpers", "report"],
            cwd=project.root,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert (project.pack() / "index.html").is_file()
