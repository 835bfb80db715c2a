"""The disk fails at the n-th step, for every n: readers find the old pack or the new one whole, and the next run works.

Each step that a pack's writing takes on the disk (open to write, make, rename, link, remove a file or folder, write it
to the disk itself) fails once with an input/output error. Notebooks are not run; all else is what `report` does.
"""

import errno
import os
import sys
from argparse import Namespace
from io import StringIO
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from small_company import ACCOUNTS, SUBSCRIPTIONS
from writing import write_source

from helpers import sources
from helpers.commands.report import build, execute, manifest, reuse
from helpers.commands.report.log import Voice
from helpers.page import TABLE_TYPE

STEPS = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "shutil.copyfile", "fsync"}


class Disk:
    """A disk that fails at step number `fails_at` below `folder`, and counts."""

    def __init__(self):
        self.folder, self.fails_at, self.n = None, 0, 0
        sys.addaudithook(self.step)

    def step(self, event: str, arguments: tuple) -> None:
        if self.folder is None or event not in STEPS or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        if event == "open" and not (isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")):
            return
        if not os.fsdecode(arguments[0]).startswith(self.folder):
            return
        self.n += 1
        if self.n == self.fails_at:
            raise OSError(errno.EIO, "Input/output error", arguments[0])

    def sync(self, opened: int) -> None:
        self.step("fsync", (Path(f"/proc/self/fd/{opened}").readlink(),))


OPTIONS = Namespace(fresh=True, jobs=1, timeout=None, keep=5, pdf=False, xlsx=False, email=None)
DISK = Disk()  # a hook stays until the process ends


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Build the pack of one notebook whose table says `value`, where the disk fails at step `fails_at` (0: never)."""
    source = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, data_until="2024-06-30")
    notebook = tmp_path / "10_one.ipynb"
    parameters = new_code_cell('period = ""\nsource = ""', metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[new_markdown_cell("# One"), parameters]), notebook)
    tables = sources.open(source, "2024-06")
    monkeypatch.setattr(type(tables), "hand_over", lambda _: None)
    monkeypatch.setattr(os, "fsync", DISK.sync)

    def of(value: str, fails_at: int = 0) -> str:
        def executed(path, _, work):
            to = work.folder / "notebooks" / path.name
            to.write_bytes(path.read_bytes())  # as papermill does
            cell = new_code_cell("1", execution_count=1, metadata={"tags": ["headline"]})
            table = {"name": "numbers", "csv": f"value\n{value}\n", "rows": 1}
            cell.outputs = [new_output("display_data", data={"text/plain": value, TABLE_TYPE: table})]
            return new_notebook(cells=[new_markdown_cell("# One"), cell])

        monkeypatch.setattr(execute, "execute", executed)
        facts = reuse.State(source, {}).facts(tables)
        out = tmp_path / "out"
        request = build.Request(tables.period, source, out, (notebook,), facts, lambda: tables, OPTIONS)
        DISK.folder, DISK.n, DISK.fails_at = str(tmp_path / "out"), 0, fails_at
        try:
            return "good" if build.build(request, Voice(StringIO()))[1]["status"] == "ok" else "failed"
        except build.Unwritten as error:
            assert "Input/output error" in str(error)
            return "unwritten"
        finally:
            DISK.folder = None

    return of


def value(out: Path) -> str:
    """What the pack says; it must be whole."""
    assert not any(manifest.differences(out / "2024-06").values())
    return (out / "2024-06" / "tables" / "numbers.csv").read_text(encoding="utf-8").split()[1]


@pytest.mark.slow
def test_whichever_step_fails_the_old_pack_or_the_new_one_is_there_whole(run, tmp_path):
    out, ends, last = tmp_path / "out", {}, "1"
    run("0")
    assert run(last) == "good"
    n_steps = DISK.n
    assert n_steps > 25
    for n in range(1, n_steps + 1):
        ends[n] = run(str(n + 1), fails_at=n)
        # A failure leaves what was there; what is in place is no failure.
        last = str(n + 1) if ends[n] == "good" else last
        assert value(out) == last, (n, ends)
    assert {"good", "unwritten"} <= set(ends.values())
    assert run("end") == "good" and value(out) == "end"
    assert {path.name for path in out.iterdir()} == {"2024-06", ".2024-06.lock", ".earlier"}


@pytest.mark.slow
def test_a_first_pack_that_fails_at_any_step_leaves_nothing_half_done(run, tmp_path):
    out, n = tmp_path / "out", 0
    while not (out / "2024-06").exists():
        n += 1
        assert run("0", fails_at=n) in ("unwritten", "failed", "good")
    assert n > 10 and value(out) == "0"
    assert run("1") == "good" and value(out) == "1"
