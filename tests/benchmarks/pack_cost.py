"""What a pack costs, against papermill and nbconvert from the shell on the same notebooks. One run, ratios.

.venv/bin/python tests/benchmarks/pack_cost.py            # both packs
.venv/bin/python tests/benchmarks/pack_cost.py trivial    # six notebooks of a line each: what the report itself adds
.venv/bin/python tests/benchmarks/pack_cost.py real       # the notebooks of the project
.venv/bin/python tests/benchmarks/pack_cost.py --against ../before [--times 5] [2025-11..2026-10]
                                                          # an earlier commit, checked out there with its own .venv

Wall time is what a reader waits; processor time (of all processes) is shown beside it because another program on the
machine cannot stretch it as much. Exit code 1 where a limit is not held.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PARAMETERS = 'period = ""  # the month\nsource = "data/sample/source.toml"  # where the data is'
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
# Wall time against the shell's: (built afresh, unchanged). And seconds a notebook beside its cells' own.
LIMITS = {"trivial": (0.28, 0.02), "real": (0.40, 0.02)}
BESIDE_CELLS = 4.0
LONGEST_CELL = 10.0  # seconds
LARGEST_PAGE = 600_000  # bytes


def timed(commands: list[list[str]], folder: Path, project: Path) -> tuple[float, float]:
    """Seconds on the clock, and of all processors together, that the commands take one after another."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(project)}
        )
    took, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def trivial_project(folder: Path) -> Path:
    """A copy of the project with six notebooks of a line each."""
    project = folder / "project"
    for name in ("helpers", "data"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "notebooks").mkdir()
    for number in range(10, 70, 10):
        cells = [new_markdown_cell("# How much is one and one?"), new_code_cell(PARAMETERS), new_code_cell("1 + 1")]
        cells[1].metadata["tags"] = ["parameters"]
        notebook = new_notebook(cells=cells, metadata=KERNEL)
        nbformat.write(notebook, project / "notebooks" / f"{number}_sum.ipynb")
    return project


def costs(project: Path, folder: Path) -> dict:
    notebooks = sorted((project / "notebooks").glob("[1-9]*.ipynb"))
    source = project / "data" / "sample" / "source.toml"
    ours = [sys.executable, "-m", "helpers", "report", "--out", str(folder / "ours")]
    shell = []
    for path in notebooks:
        done = folder / path.name
        shell.append([str(BIN / "papermill"), str(path), str(done), "-p", "source", str(source)])
        shell.append([str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(done)])
    # Once unmeasured, so that neither side pays for cold caches.
    timed([ours, *shell[:2]], folder, project)
    found = {"shell": timed(shell, folder, project), "report": timed([[*ours, "--fresh"]], folder, project)}
    (manifest,) = (folder / "ours").glob("*/manifest.json")
    cells = sum(each["cell_seconds"] for each in json.loads(manifest.read_text(encoding="utf-8"))["notebooks"])
    done = [nbformat.read(path, as_version=4) for path in manifest.parent.glob("notebooks/*.ipynb")]
    longest = max(cell.metadata.get("papermill", {}).get("duration") or 0 for each in done for cell in each.cells)
    page = max(path.stat().st_size for path in manifest.parent.glob("*.html"))
    found["unchanged"] = timed([ours], folder, project)
    return found | {"n": len(notebooks), "cells": cells, "longest": longest, "page": page}


def shown(name: str, found: dict) -> bool:
    """Print the figures of one pack; whether its limits hold."""
    n, cores = found["n"], len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"\n{name}: {n} notebooks, {cores} cores, load {os.getloadavg()[0]:.1f}")
    for what, said in (("shell", "papermill + nbconvert"), ("report", "report"), ("unchanged", "report, unchanged")):
        print(f"  {said:24}{found[what][0]:7.1f} s{found[what][1]:9.1f} s of processors")
    held = []
    for what, limit in zip(("report", "unchanged"), LIMITS[name], strict=True):
        wall, work = (found[what][i] / found["shell"][i] for i in (0, 1))
        held.append(wall <= limit)
        print(f"  ratio, {what:17}{wall:7.3f}  (limit {limit}; of processor time {work:.3f})")
    if name == "real":
        most = found["cells"] / cores + BESIDE_CELLS * n
        held += [found["report"][0] <= most, found["longest"] <= LONGEST_CELL, found["page"] <= LARGEST_PAGE]
        print(f"  cells' own time {found['cells']:15.1f} s; the pack may take {most:.1f} s")
        print(f"  the longest cell {found['longest']:14.1f} s  (limit {LONGEST_CELL:.0f} s)")
        print(f"  the largest page {found['page'] / 1000:14.0f} KB (limit {LARGEST_PAGE / 1000:.0f} KB)")
    return all(held)


def against(earlier: Path, times: int, period: str) -> None:
    """This checkout and an earlier one, one after the other in turn, so that both have the same machine: medians."""
    found = {earlier: [], ROOT: []}
    with tempfile.TemporaryDirectory() as name:
        for turn in range(times + 1):
            for project, took in found.items():
                out = Path(name) / str(list(found).index(project))
                python = project / ".venv" / "bin" / "python"
                command = [
                    str(python),
                    "-m",
                    "helpers",
                    "report",
                    *[period] * bool(period),
                    "--fresh",
                    "--out",
                    str(out),
                ]
                # The first turn warms the caches of both.
                took += [timed([command], project, project)] * bool(turn)
    wall, work = ([statistics.median(each[i] for each in took) for took in found.values()] for i in (0, 1))
    for what, (before, now) in (("on the clock", wall), ("of processors", work)):
        print(f"{period or 'last month'}, {what:14}{before:8.1f} s before{now:8.1f} s now   ratio {now / before:.3f}")


def main() -> int:
    if "--against" in sys.argv:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--against", type=Path, required=True)
        parser.add_argument("--times", type=int, default=5)
        parser.add_argument("period", nargs="?", default="")
        given = parser.parse_args()
        against(given.against.resolve(), given.times, given.period)
        return 0
    held = []
    for name in sys.argv[1:] or LIMITS:
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            held.append(shown(name, costs(trivial_project(folder) if name == "trivial" else ROOT, folder)))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
