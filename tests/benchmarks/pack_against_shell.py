"""How long a pack takes, against papermill and nbconvert from the shell on the same notebooks. One run, a ratio.

.venv/bin/python tests/benchmarks/pack_against_shell.py
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[1-9]*.ipynb"))
SOURCE = ROOT / "data" / "sample" / "source.toml"


def timed(commands: list[list[str]], folder: Path) -> float:
    started = time.monotonic()
    for command in commands:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
    return time.monotonic() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = [[sys.executable, "-m", "helpers", "report", "--out", str(folder / "ours")]]
        shell = []
        for path in NOTEBOOKS:
            done = folder / path.name
            shell.append([str(BIN / "papermill"), str(path), str(done), "-p", "source", str(SOURCE)])
            shell.append([str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(done)])
        # Once unmeasured, so that neither side pays for cold caches.
        timed(ours, folder)
        first = timed([[*ours[0], "--fresh"]], folder)
        second = timed(shell, folder)
        again = timed(ours, folder)
    print(f"notebooks           {len(NOTEBOOKS)}")
    print(f"report              {first:6.1f} s")
    print(f"papermill+nbconvert {second:6.1f} s")
    print(f"report, unchanged   {again:6.1f} s")
    print(f"ratio               {first / second:6.2f}")
    print(f"ratio, unchanged    {again / second:6.2f}")


if __name__ == "__main__":
    main()
