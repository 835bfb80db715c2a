"""Kills of whole runs at random moments: how often one finds a pack that is not whole, or a kernel that lives.

    .venv/bin/python tests/benchmarks/kills.py 500

Each try changes a notebook, starts a report and kills it: the process, its whole group, or one of its kernels; some
runs have little memory, some a clock that was set back (libfaketime, where it is installed). Every third is killed
while it puts the pack in place, the others at any moment. After each, the pack must be as its manifest says (`verify`),
and be the old one or the new one. Every 25th run is left alone: it must succeed, and leave nothing of those before it.
"""

import argparse
import contextlib
import os
import random
import resource
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
CLOCK = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def children(process: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False).stdout.split()
    return [int(each) for each in found]


def descendants(process: int) -> list[int]:
    return [each for child in children(process) for each in (child, *descendants(child))]


def started(project: Project, way: str, temp: Path) -> subprocess.Popen:
    environment = os.environ | {"TMPDIR": str(temp)}
    if way == "clock" and CLOCK.exists():
        environment |= {"LD_PRELOAD": str(CLOCK), "FAKETIME": "-400d"}
    room = random.randrange(400_000_000, 3_000_000_000)
    return subprocess.Popen(
        [sys.executable, "-m", "helpers", "report", "--out", "packs"],
        cwd=project.root,
        env=environment,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_AS, (room, room))) if way == "memory" else None,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait(run: subprocess.Popen, moment: float | None, packs: Path) -> None:
    """Until that many seconds have gone by; without a number, until the new pack is written and goes to its place."""
    begun = time.monotonic()
    while run.poll() is None and time.monotonic() - begun < (120 if moment is None else moment):
        if moment is None and any(packs.glob(".2024-06.building*/manifest.json")):
            time.sleep(random.uniform(0, 0.06))
            return
        time.sleep(0.001)


def killed(run: subprocess.Popen, way: str) -> list[int] | None:
    """Kill a run in one of the ways; returns the processes that it had started, None where it had ended before."""
    if run.poll() is not None:
        return None
    had = descendants(run.pid)
    if way == "group":
        os.killpg(run.pid, signal.SIGKILL)
    elif way == "kernel" and had:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(had), signal.SIGKILL)
        run.wait(timeout=300)
    else:
        run.kill()
    run.wait()
    return had


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def left_alone(project: Project, temp: Path) -> tuple[float, Counter]:
    """How long a run takes that nobody kills, and what is left after it beside the pack."""
    begun = time.monotonic()
    run = started(project, "process", temp)
    counts = Counter({"left alone, and failed": int(run.wait() != 0)})
    packs = project.root / "packs"
    counts["left beside the pack"] = len({path.name for path in packs.iterdir()} - ENDS_WITH)
    counts["left in the temporary folder"] = len([*temp.iterdir()])
    return time.monotonic() - begun, counts


def tries(n: int, seed: int, folder: Path) -> Counter:
    random.seed(seed)
    project, temp, last = Project(folder), folder / "tmp", 0
    temp.mkdir()
    project.write("10_one", f"headline: {say('One is good.')}")
    project.write("20_two", say("Version 0."))
    left_alone(project, temp)  # which compiles the modules
    took, counts = left_alone(project, temp)
    pack = project.root / "packs" / "2024-06"
    for version in range(1, n + 1):
        way = WAYS[version % len(WAYS)]
        project.write("20_two", say(f"Version {version}."))
        run = started(project, way, temp)
        wait(run, None if version % 3 == 0 else took * random.uniform(0, 1.1), pack.parent)
        had = killed(run, way)
        counts[f"{way}: {'ended before' if had is None else 'killed'}"] += 1
        page = (pack / "20_two.html").read_text(encoding="utf-8")
        seen = next((each for each in (version, last) if f"Version {each}." in page), None)
        counts["torn packs"] += any(manifest.differences(pack).values())
        counts["neither old nor new"] += seen is None
        deadline = time.monotonic() + 30
        while any(map(lives, had or ())) and time.monotonic() < deadline:
            time.sleep(0.05)
        counts["processes that live on"] += sum(map(lives, had or ()))
        counts["the new pack" if seen == version else "the old pack"] += 1
        last = seen or last
        if version % 25 == 0 or version == n:
            took, left = left_alone(project, temp)
            counts.update(left)
            last = version
        print(version, way, f"{took:.1f} s a run", dict(counts), file=sys.stderr, flush=True)
    return counts


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("tries", type=int, nargs="?", default=500)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name, count in sorted(tries(options.tries, options.seed, Path(place)).items()):
            print(f"{count:6} {name}")
