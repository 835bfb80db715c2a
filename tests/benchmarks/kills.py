"""Kills of whole runs at random moments: how often one finds a pack that is not whole, or a kernel that lives.

    .venv/bin/python tests/benchmarks/kills.py 500

Each try changes a notebook, starts a report and kills it: the process, its whole group, or one of its kernels; some
runs have little memory, some a clock that was set back (libfaketime, where it is installed). After each, the pack must
be as its manifest says (`verify`), and be the old one or the new one; at the end a run must succeed and leave nothing.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "company"), str(TESTS.parent)]

from tiny_project import Project, say  # noqa: E402 - after the path

from helpers.commands.report import manifest  # noqa: E402

ENDS_WITH = {"2024-06", ".2024-06.lock", ".report.log", ".earlier"}
WAYS = ("process", "group", "kernel", "memory", "clock")


def children(process: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False).stdout.split()
    return [int(each) for each in found]


def descendants(process: int) -> list[int]:
    return [each for child in children(process) for each in (child, *descendants(child))]


def started(project: Project, way: str) -> subprocess.Popen:
    environment = dict(os.environ)
    if way == "clock" and shutil.which("faketime"):
        environment |= {"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "FAKETIME": "-400d"}
    least = (lambda: resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))) if way == "memory" else None
    command = [sys.executable, "-m", "helpers", "report", "--out", "packs"]
    return subprocess.Popen(
        command,
        cwd=project.root,
        env=environment,
        preexec_fn=least,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed(run: subprocess.Popen, way: str, after: float) -> list[int]:
    """Kill a run in one of the ways after some seconds; returns the processes that it had."""
    try:
        run.wait(timeout=after)
        return []
    except subprocess.TimeoutExpired:
        had = descendants(run.pid)
    if way == "group":
        os.killpg(run.pid, signal.SIGKILL)
    elif way == "kernel" and had:
        os.kill(random.choice(had), signal.SIGKILL)
        run.wait(timeout=120)
    else:
        run.kill()
    run.wait()
    return had


def lives(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def tries(n: int, seed: int, folder: Path) -> Counter:
    random.seed(seed)
    project, counts = Project(folder), Counter()
    project.write("10_one", f"headline: {say('One is good.')}")
    project.write("20_two", say("Version 0."))
    begun = time.monotonic()
    project.report("--out", "packs")
    took, last, pack = time.monotonic() - begun, 0, project.root / "packs" / "2024-06"
    for version in range(1, n + 1):
        way = WAYS[version % len(WAYS)]
        project.write("20_two", say(f"Version {version}."))
        had = killed(started(project, way), way, took * random.uniform(0.1, 1.1))
        page = (pack / "20_two.html").read_text(encoding="utf-8")
        seen = next((each for each in (version, last) if f"Version {each}." in page), None)
        counts["torn packs"] += not manifest.differences(pack).is_whole
        counts["neither old nor new"] += seen is None
        deadline = time.monotonic() + 20
        while any(map(lives, had)) and time.monotonic() < deadline:
            time.sleep(0.1)
        counts["kernels that live on"] += sum(map(lives, had))
        counts["new" if seen == version else "old"] += 1
        last = seen or last
        print(version, way, dict(counts), file=sys.stderr, flush=True)
    project.report("--out", "packs")
    counts["last run left"] = len({path.name for path in pack.parent.iterdir()} - ENDS_WITH)
    return counts


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("tries", type=int, nargs="?", default=500)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name, count in sorted(tries(options.tries, options.seed, Path(place)).items()):
            print(f"{count:6} {name}")
