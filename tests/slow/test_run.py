"""Whole runs that are hung, stopped, killed, crowded or cut off: readers find the old pack or the new one, whole."""

import fcntl
import hashlib
import json
import os
import pty
import random
import re
import resource
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from packs import PROJECT, helpers, parsed
from test_recipes import cron_lines
from tiny_project import Project, say

RUN = [sys.executable, "-m", "helpers", "report"]
PRINTS = "for _ in range(50):\n    print('x' * 1_000_000)"


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.write("10_one", f"headline: {say('One is good.')}", "segment", parameters='segment = ""\n')
    made.write("20_two", say("Two is good."))
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def assert_whole(folder: Path) -> None:
    """Every file of every notebook is there, with the content that the manifest states."""
    assert {"index.html", "summary.md", "definitions.html"} <= set(contents(folder))
    notebooks = manifest(folder)["notebooks"]
    assert len(notebooks) == 2
    for notebook in notebooks:
        assert len(notebook["files"]) == 2
        for name, content in notebook["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == content


def waits(project: Project, name: str) -> Path:
    """A notebook that leaves the number of its kernel's process in a file, and waits."""
    mark = project.root.parent / f"began-{name}"
    code = f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(300)"
    project.write(name, code)
    return mark


def began(run: subprocess.Popen, mark: Path) -> int:
    deadline = time.monotonic() + 90
    while not (mark.exists() and mark.read_text()):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    return int(mark.read_text())


def assert_gone(process: int) -> None:
    deadline = time.monotonic() + 20
    while Path(f"/proc/{process}/cmdline").exists() and Path(f"/proc/{process}/cmdline").read_bytes():
        assert time.monotonic() < deadline, "a kernel lives on"
        time.sleep(0.05)


# Notebooks that do not behave


def test_hanging_and_printing_without_end_harm_nobody_else(project):
    project.write("30_hangs", "# Waiting", "while True: pass", say("never"))
    project.write("40_prints", PRINTS, say("Printed."))
    done = project.report("--timeout", 20, "--json", code=1)
    (answer,) = [json.loads(line) for line in done.stdout.splitlines()]
    (period,) = answer["periods"]
    assert (answer["status"], answer["exit_code"], period["failures"]) == ("failed", 1, ["30_hangs"])
    assert {each["name"]: each["status"] for each in period["notebooks"]} == {
        "10_one": "built",
        "20_two": "built",
        "30_hangs": "failed",
        "40_prints": "built",
    }
    folder = Path(period["path"])
    page = parsed((folder / "30_hangs.html").read_text(encoding="utf-8")).get_text(" ")
    assert "time limit of 20 s" in page and "while True: pass" in page and "Waiting" in page
    assert all(path.stat().st_size < 600_000 for path in folder.rglob("*") if path.is_file())
    page = parsed((folder / "40_prints.html").read_text(encoding="utf-8")).get_text(" ")
    assert "49,980,050 more characters were printed" in page and "Printed." in page
    log = Path(answer["log"]).read_text(encoding="utf-8")
    assert "30_hangs: failed" in log and "FAILED, see" in log and "30_hangs: failed" in done.stderr


# Stopped


@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_kernels_and_leaves_the_last_good_pack(project, number, code):
    project.report()
    before = contents(project.pack())
    marks = [waits(project, "20_two"), waits(project, "30_three")]
    run = subprocess.Popen(
        [*RUN, "--json", "--jobs", "2"], cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    kernels = [began(run, mark) for mark in marks]
    run.send_signal(number)
    out, err = run.communicate(timeout=60)  # the kernels would go on for minutes
    assert run.returncode == code
    answer = json.loads(out)
    assert (answer["status"], answer["exit_code"]) == ("stopped", code)
    assert signal.Signals(number).name in err and "Traceback" not in err
    for kernel in kernels:
        assert_gone(kernel)
    assert contents(project.pack()) == before
    left = sorted(path.name for path in project.reports.iterdir())
    assert left == [".2024-06.lock", ".report.log", "2024-06"]
    # The next run finds nothing in its way, and takes over what had not changed.
    project.write("20_two", say("Two is good again."))
    (project.root / "notebooks" / "30_three.ipynb").unlink()
    project.report()
    assert {each["name"]: each["status"] for each in manifest(project.pack())["notebooks"]}["10_one"] == "reused"


@pytest.mark.usefixtures("terminal_signals")
def test_ctrl_c_pressed_twice_ends_a_run_as_one_does(project):
    """The second comes at any moment: while kernels are ended, the folder is cleared, Python itself leaves."""
    project.report()
    before, codes = contents(project.pack()), []
    for number in range(12):
        mark = waits(project, "20_two")
        mark.unlink(missing_ok=True)
        run = subprocess.Popen(
            [*RUN, "--json"], cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        kernel = began(run, mark)
        run.send_signal(signal.SIGINT)
        time.sleep(0.04 * number)
        run.send_signal(signal.SIGINT)  # to a process that has ended it does nothing
        out, err = run.communicate(timeout=120)
        codes.append(run.returncode)
        assert json.loads(out)["status"] == "stopped" and "Traceback" not in err, err
        assert_gone(kernel)
        assert contents(project.pack()) == before
    assert codes == [130] * 12
    assert sorted(path.name for path in project.reports.iterdir()) == [".2024-06.lock", ".report.log", "2024-06"]


def test_killed_at_random_moments_the_old_pack_or_the_new_one_is_there_whole(project):
    moments, started = random.Random(7), time.monotonic()
    project.report()
    took, last = time.monotonic() - started, 0
    seen = {"old": 0, "new": 0}
    for version in range(13):
        # However fast the machine is, the first of them cannot have come to its end.
        mark = waits(project, "20_two") if version == 0 else None
        if version:
            project.write("20_two", say(f"Version {version}."))
        run = subprocess.Popen(RUN, cwd=project.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if mark:
                began(run, mark)
            run.wait(timeout=0 if mark else took * moments.uniform(0.3, 1.1))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        assert_whole(project.pack())
        page = (project.pack() / "20_two.html").read_text(encoding="utf-8")
        is_new = version > 0 and f"Version {version}." in page
        assert is_new or (f"Version {last}." in page if last else "Two is good." in page)
        seen["new" if is_new else "old"] += 1
        last = version if is_new else last
    assert seen["old"] > 0
    project.report()
    assert_whole(project.pack())
    assert not [path for path in project.reports.iterdir() if path.is_dir() and path.name != "2024-06"]


PLACES = """
import sys
from pathlib import Path
from helpers.commands.report import pack
if sys.argv[2] == "two renames":
    pack._exchanged = lambda one, other: False
for turn in range(10**6):
    with pack.building(Path(sys.argv[1]), "2026-10") as folder:
        for number in range(20):
            (folder / f"{number}.html").write_text(str(turn))
        pack.put_in_place(folder, Path(sys.argv[1]) / "2026-10")
    if turn == 1:
        print("ready", flush=True)
"""


@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_killed_between_two_packs_a_hundred_times(tmp_path, way):
    """The moment of the exchange, again and again: one set of twenty files that belong together, or the other."""
    from helpers.commands.report import pack

    moments, turns = random.Random(11), set()
    for _ in range(50):
        run = subprocess.Popen([sys.executable, "-c", PLACES, str(tmp_path), way], stdout=subprocess.PIPE, cwd=PROJECT)
        run.stdout.readline()
        time.sleep(moments.uniform(0, 0.03))
        run.kill()
        run.communicate()
        if way == "two renames":
            # Such a system has a moment without; the next run ends it before it does anything else.
            with pack.building(tmp_path, "2026-10"):
                pass
        files = sorted((tmp_path / "2026-10").iterdir())
        texts = {path.read_text() for path in files}
        assert len(files) == 20 and len(texts) == 1 and texts != {""}
        turns |= texts
    assert len(turns) > 1


# Crowded


def test_of_two_runs_at_once_one_builds_and_the_other_says_who(project):
    go = project.root / "go"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.05)"
    project.write("20_two", wait, say("Two is good."))
    runs = [
        subprocess.Popen([*RUN, "--json"], cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    deadline = time.monotonic() + 240
    while all(run.poll() is None for run in runs):  # the one that builds waits for the other's end
        assert time.monotonic() < deadline
        time.sleep(0.05)
    go.touch()
    answers = {run.wait(timeout=240): json.loads(run.communicate()[0]) for run in runs}
    assert set(answers) == {0, 3}
    (locked,) = answers[3]["periods"]
    assert (answers[3]["status"], locked["status"]) == ("locked", "locked")
    assert any(f"process {run.pid} on" in locked["error"] for run in runs)
    assert_whole(project.pack())


def test_of_a_range_the_month_that_is_locked_is_left_out_and_the_others_are_built(project):
    project.reports.mkdir()
    with (project.reports / ".2024-05.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = project.report("2024-05..2024-06", "--json", code=3)
    answer = json.loads(done.stdout)
    assert [(each["period"], each["status"]) for each in answer["periods"]] == [
        ("2024-05", "locked"),
        ("2024-06", "ok"),
    ]
    assert_whole(project.pack())


# Cut off


def test_a_disk_that_is_full_leaves_the_last_good_pack(project):
    project.report()
    before = contents(project.pack())
    project.write("20_two", say("Two is new."))

    def small_files():
        # No file may grow beyond 3 KB from here on: to a program it is the same as a disk that is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    done = subprocess.run(
        [*RUN, "--json"],
        cwd=project.root,
        capture_output=True,
        text=True,
        preexec_fn=small_files,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["periods"][0]["status"]) == ("failed", "failed")
    assert "could not be written" in done.stderr and "Traceback" not in done.stderr
    assert contents(project.pack()) == before
    assert [path.name for path in project.reports.iterdir() if path.is_dir()] == ["2024-06"]


# Too little memory, and a clock that goes back


def test_with_too_little_memory_a_run_says_so_and_leaves_the_last_good_pack(project, tmp_path):
    """From hardly enough to import to nearly enough. A library in C may end the process; even that tears nothing."""
    temp = tmp_path / "temp"
    temp.mkdir()
    project.report()
    before, ends = contents(project.pack()), set()
    for megabytes in (350, 400, 500, 650, 900, 1100):
        done = subprocess.run(
            [*RUN, "--fresh"],
            cwd=project.root,
            preexec_fn=lambda size=megabytes: resource.setrlimit(resource.RLIMIT_AS, (size * 2**20,) * 2),
            env=os.environ | {"TMPDIR": str(temp), "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        said = done.stdout + done.stderr
        assert_whole(project.pack())
        if done.returncode > 0:
            assert "Traceback" not in said, said
            assert re.search("memory|kernel died|allocate|could not be started", said), said
        if done.returncode:
            assert contents(project.pack()) == before
        ends.add(done.returncode)
    assert 1 in ends, "with so little no run succeeds"
    helpers("report", "--fresh", cwd=project.root, TMPDIR=str(temp))
    assert not list(temp.glob("after-the-deal-*"))


@pytest.mark.parametrize("offset", ["-400d", "+400d"])
def test_a_clock_that_is_set_back_or_ahead_between_two_runs_tears_and_loses_nothing(project, offset):
    library = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
    if not library.exists() and not os.environ.get("CI"):
        pytest.skip("setting a clock takes libfaketime (apt-get install faketime)")
    project.report()
    first = contents(project.pack())
    for path in (project.root / "data" / "sample").iterdir():
        os.utime(path, (time.time() + 86_400 * 30,) * 2)  # a file of the future
    environment = {"LD_PRELOAD": str(library), "FAKETIME": offset}
    done = helpers("report", cwd=project.root, **environment)
    assert done.stdout.count("reused") == 2, "what is unchanged is told by its content, not by a time"
    project.write("20_two", say("Two is better."))
    helpers("report", cwd=project.root, **environment)
    assert_whole(project.pack())
    assert "Two is better." in contents(project.pack())["20_two.html"].decode()
    project.write("20_two", say("Two is good."))
    project.report()
    assert contents(project.pack())["20_two.html"] == first["20_two.html"]
    helpers("verify", project.pack(), cwd=project.root)
    assert sorted(path.name for path in project.reports.iterdir()) == [".2024-06.lock", ".report.log", "2024-06"]


# Taken over, or not


def test_a_page_that_somebody_edited_is_made_again(project):
    project.report()
    page = project.pack() / "20_two.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Two is good.", "Two is great."), encoding="utf-8")
    done = project.report()
    assert "20_two: not as it was written" in done.stdout
    assert {each["name"]: each["status"] for each in manifest(project.pack())["notebooks"]} == {
        "10_one": "reused",
        "20_two": "built",
    }
    assert "Two is great." not in page.read_text(encoding="utf-8")


def test_a_first_page_that_somebody_edited_is_made_again_and_an_unchanged_pack_is_the_same(project):
    project.report()
    before = contents(project.pack())
    (project.pack() / "index.html").write_text("Everybody stayed.", encoding="utf-8")
    project.report()
    assert contents(project.pack())["index.html"] == before["index.html"]
    project.report()
    after = contents(project.pack())
    same = {name for name in before if name != "manifest.json"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_an_unchanged_pack_loads_nothing_that_reads_data_or_makes_pages(project):
    project.report("2024-06")
    code = "import sys; from helpers.__main__ import main; main(['report', '2024-06']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "reused" in done.stdout
    reading = {"pandas", "numpy", "duckdb", "scipy", "statsmodels"}
    assert not loaded & (reading | {"papermill", "nbformat", "nbconvert", "jinja2", "matplotlib"})


# One segment


def test_one_segment_reaches_the_notebooks_that_can_and_the_index_says_which(project):
    project.report("--segment", "S")
    assert "'S'" in parsed((project.pack() / "10_one.html").read_text(encoding="utf-8")).get_text(" ")
    said = "Only segment S is shown in: 10_one. All accounts are shown in: 20_two."
    for name in ("index.html", "summary.md"):
        text = parsed((project.pack() / name).read_text(encoding="utf-8")).get_text(" ")
        assert said in text.replace("\\_", "_"), "Markdown writes an underscore with a backslash"
    project.report()
    assert said not in (project.pack() / "summary.md").read_text(encoding="utf-8").replace("\\_", "_")
    assert {each["name"]: each["status"] for each in manifest(project.pack())["notebooks"]} == {
        "10_one": "built",
        "20_two": "reused",
    }


# Watched by a person, and by cron


def test_on_a_terminal_each_notebook_has_a_bar_that_fills(project):
    watching, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (30, 100))
    run = subprocess.Popen(RUN, cwd=project.root, stdout=terminal, stderr=terminal)
    os.close(terminal)
    said = b""
    while True:
        try:
            read = os.read(watching, 65536)
        except OSError:  # how a terminal ends
            break
        if not read:
            break
        said += read
    os.close(watching)
    assert run.wait() == 0
    text = said.decode("utf-8", "replace")
    for name in ("10_one", "20_two"):
        assert re.search(rf"{name} +: +\d+%\|.*/\d+ \[", text) and re.search(rf"{name}: built in [\d.]+ s\r\n", text)
    assert text.rstrip().endswith("index.html")
    log = (project.reports / ".report.log").read_text(encoding="utf-8")
    assert "10_one: built" in log and "%" not in log


def test_the_line_of_the_crontab_runs_in_the_bare_surroundings_that_cron_gives(project):
    (project.root / ".venv" / "bin").mkdir(parents=True)
    python = project.root / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    command = cron_lines()[0].split(None, 5)[5]
    bare = {"PROJECT": str(project.root), "PATH": "/usr/bin:/bin", "HOME": str(project.root.parent), "SHELL": "/bin/sh"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env=bare, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["periods"][0]["path"] == str(project.pack())
    assert_whole(project.pack())
