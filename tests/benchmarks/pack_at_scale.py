"""What the whole pack costs a company of a hundred thousand accounts or a million: seconds and peak memory a notebook.

    python tests/benchmarks/pack_at_scale.py --accounts 1_000_000 --jobs 2

Makes a company with all eleven tables (`big_data.company`), renders its pack, and watches the kernels meanwhile. Exit
code 1 where a notebook fails or a limit is not held: ten minutes on the clock, 4 GB a kernel.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import big_data
import nbformat
import psutil

MINUTES, GIGABYTES = 10, 4.0


class Watch(threading.Thread):
    """The peak memory of every process below one: process id → (when first seen, peak GB); kernels only."""

    def __init__(self, process: int):
        super().__init__(daemon=True)
        self.process, self.peaks, self.report, self.is_over = psutil.Process(process), {}, 0.0, False

    def run(self) -> None:
        while not self.is_over:
            try:
                self.report = max(self.report, self.process.memory_info().rss / 2**30)
                for child in self.process.children(recursive=True):
                    self._look_at(child)
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.1)

    def _look_at(self, child: psutil.Process) -> None:
        with_folder = child.memory_info().rss / 2**30
        if any("ipykernel" in part or part.endswith("report.kernels") for part in child.cmdline()):
            first, peak = self.peaks.get(child.pid, (time.monotonic(), 0.0))
            self.peaks[child.pid] = first, max(peak, with_folder)


def rendered(source: Path, out: Path, jobs: int) -> tuple[Watch, float, int]:
    command = [sys.executable, "-m", "helpers", "report", "--source", str(source), "--out", str(out), "--fresh"]
    command += ["--jobs", str(jobs), "--timeout", "7200"]
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=big_data.PROJECT, stdout=subprocess.DEVNULL)
    watch = Watch(process.pid)
    watch.start()
    code = process.wait()
    watch.is_over = True
    watch.join()
    return watch, time.monotonic() - started, code


def slowest_cells(notebook: Path, n: int = 3) -> str:
    """The cells of an executed notebook that took longest, by id."""
    cells = [cell for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    took = [(cell.metadata.get("papermill", {}).get("duration") or 0.0, cell.id) for cell in cells]
    return ", ".join(f"{name} {seconds:.1f} s" for seconds, name in sorted(took, reverse=True)[:n])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=1, help="1 shows which kernel used how much")
    parser.add_argument("--folder", type=Path, help="where the company is, or is to be made")
    parser.add_argument("--memory-limit", default="", help="of [source], such as 1GB")
    parser.add_argument("--keep", type=Path, help="a folder for the pack, which is removed otherwise")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name) / "company"
        if not (folder / "source.toml").exists():
            folder.mkdir(parents=True, exist_ok=True)
            big_data.company(folder, given.accounts)
        source = folder / "source.toml"
        if given.memory_limit:
            tables = sorted(path.stem for path in folder.glob("*.parquet"))
            source = big_data.source(folder, tables, "2026-10-31", given.memory_limit)
        out = given.keep or Path(name) / "out"
        shutil.rmtree(out, ignore_errors=True)
        watch, wall, code = rendered(source, out, given.jobs)
        (manifest,) = out.glob("*/manifest.json")
        for each in json.loads(manifest.read_text(encoding="utf-8"))["notebooks"]:
            cells = slowest_cells(manifest.parent / "notebooks" / f"{each['name']}.ipynb")
            print(f"{each['name']:24}{each['status']:10}{each['seconds']:7.1f} s   slowest: {cells}")
        peaks = [peak for _, peak in sorted(watch.peaks.values())]
        print(
            f"peak memory of the kernels, in the order of their start: {', '.join(f'{peak:.2f} GB' for peak in peaks)}"
        )
        print(f"report itself: {watch.report:.2f} GB; whole pack: {wall:.0f} s on the clock, exit code {code}")
    return int(code != 0 or wall > 60 * MINUTES or max(peaks, default=0) > GIGABYTES)


if __name__ == "__main__":
    sys.exit(main())
