"""How runs follow one another: each failure is named and shown, good work is kept, the last good pack stays.

In a small copy of the project with notebooks of a line or two; each fixture is one run, and starts where the one
before it ended.
"""

import fcntl
import json
from types import SimpleNamespace

import pytest
from packs import parsed
from tiny_project import Project, say

from helpers.page import TABLE_TYPE

BAD = ("20_raises", "30_exits", "40_dies", "50_loses")
TABLE = {"name": "numbers", "csv": "n\n1\n", "rows": 1}
SAVES = f"from IPython.display import display\ndisplay({ {TABLE_TYPE: TABLE} }, raw=True)"
# A figure that comes with a sentence: the page would show the sentence only, and lose the figure.
LOST = "display({'image/png': 'iVBORw0KGgo=', 'text/html': '<p>See the figure.</p>', 'text/plain': ''}, raw=True)"


def write(project: Project, name: str, *cells: str) -> None:
    """A notebook of two sections; `cells` stand in the second."""
    project.write(name, "## In the beginning", "from IPython.display import display", "## In the middle", *cells)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = Project(tmp_path_factory.mktemp("runs"))
    made.write("00_template", "1 / 0")
    made.write("10_good", f"headline: {say('Ten stayed.')}", SAVES)
    for name in BAD:
        write(made, name, say(f"{name} went well"))
    return made


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def recorded(project, run) -> SimpleNamespace:
    """What a run said, and the folder of packs as it left it."""
    packs = {path.name: contents(path) for path in project.reports.iterdir() if path.is_dir()}
    return SimpleNamespace(out=run.stdout, err=run.stderr, packs=packs)


def manifest(pack: dict[str, bytes]) -> dict:
    return json.loads(pack["manifest.json"])


def statuses(pack: dict[str, bytes]) -> dict[str, str]:
    return {notebook["name"]: notebook["status"] for notebook in manifest(pack)["notebooks"]}


def text(pack: dict[str, bytes], name: str) -> str:
    return parsed(pack[f"{name}.html"].decode()).get_text(" ")


@pytest.fixture(scope="module")
def good(project):
    """The first run: all is well."""
    return recorded(project, project.report())


@pytest.fixture(scope="module")
def failed(project, good):
    """The second: four of the five notebooks fail, each in its way, over what a killed run left."""
    write(project, "20_raises", "raise KeyError('churn <b>rate</b>')")
    write(project, "30_exits", "import sys\nsys.exit(0)", say("later"))
    write(project, "40_dies", "import os\nos.kill(os.getpid(), 9)")
    write(project, "50_loses", LOST)
    (project.reports / ".2024-06.building" / "tables").mkdir(parents=True)
    return recorded(project, project.report("--jobs", 2, code=1))


@pytest.fixture(scope="module")
def fixed(project, failed):
    """The third: fixed, and one of them now says something else. Somebody has spoilt the good pack's manifest."""
    for name in BAD:
        write(project, name, say(f"{name} is fixed"))
    (project.pack() / "manifest.json").write_text('{"notebooks": [{}', encoding="utf-8")
    return recorded(project, project.report())


@pytest.fixture(scope="module")
def ranged(project, fixed):
    """The fourth: two months, one notebook, afresh, with a parameter that looks like a number and is text."""
    project.write(
        "10_good",
        f"headline: {say('Ten stayed.')}",
        "print(period, repr(code), n)",
        SAVES,
        parameters="code = '7'\nn = 1\n",
    )
    arguments = ("--only", "10", "-p", "code=00123", "-p", "n=5")
    project.report("2024-05", *arguments)
    return recorded(project, project.report("2024-05..2024-06", *arguments, "--fresh"))


# A good run


def test_a_good_run_renders_the_notebooks_from_10_up(good):
    assert list(good.packs) == ["2024-06"]
    assert statuses(good.packs["2024-06"]) == dict.fromkeys(["10_good", *BAD], "built")
    assert manifest(good.packs["2024-06"])["status"] == "ok"
    assert good.packs["2024-06"]["tables/numbers.csv"] == b"n\n1\n"


def test_a_run_says_where_its_pack_is_and_one_line_a_notebook(good, project):
    lines = good.out.splitlines()
    assert lines[-1] == str(project.reports / "2024-06" / "index.html")
    assert sorted(line.split(":")[0] for line in lines[:-1]) == ["10_good", *BAD]


# A failed run


def test_a_failed_pack_is_put_beside_the_last_good_one(good, failed):
    assert sorted(failed.packs) == ["2024-06", "2024-06.failed"]
    assert failed.packs["2024-06"] == good.packs["2024-06"]
    assert "FAILED" in failed.out and "2024-06.failed" in failed.out


def test_what_a_killed_run_left_is_gone(failed, project):
    assert not (project.reports / ".2024-06.building").exists()


def test_a_failing_notebook_does_not_stop_the_others(failed):
    pack = failed.packs["2024-06.failed"]
    assert statuses(pack) == {"10_good": "reused", **dict.fromkeys(BAD, "failed")}
    assert {"10_good.html", "notebooks/10_good.ipynb", "tables/numbers.csv"} <= set(pack)
    assert manifest(pack)["status"] == "failed"


def test_a_page_that_would_lose_a_figure_is_a_failure_of_its_notebook(failed):
    pack = failed.packs["2024-06.failed"]
    assert "did not finish" in text(pack, "50_loses") and "page could not be made" in text(pack, "index")
    assert "notebooks/50_loses.ipynb" in pack


@pytest.mark.parametrize(
    ("name", "reason", "cell"),
    [
        ("20_raises", "KeyError: 'churn <b>rate</b>'", "raise KeyError('churn <b>rate</b>')"),
        ("30_exits", "sys.exit", "sys.exit(0)"),
        ("40_dies", "kernel died", "os.kill(os.getpid(), 9)"),
    ],
)
def test_the_page_of_a_failed_notebook_names_the_cell_and_the_reason(failed, name, reason, cell):
    pack = failed.packs["2024-06.failed"]
    page = text(pack, name)
    assert f"Title of {name}" in page and "did not finish" in page
    assert reason in page and cell in page
    assert "In the middle" in page and "In the beginning" not in page
    # The index marks it with its reason, and the manifest and the log name it too.
    assert reason in text(pack, "index")
    (entry,) = (entry for entry in manifest(pack)["notebooks"] if entry["name"] == name)
    assert reason in entry["reason"] and reason in failed.out
    assert f"notebooks/{name}.ipynb" in pack


def test_the_front_of_a_failed_pack_says_so_before_its_numbers(failed):
    pack = failed.packs["2024-06.failed"]
    index = text(pack, "index")
    assert index.index("did not finish") < index.index("Ten stayed.")
    assert pack["summary.md"].decode().count("did not finish") == len(BAD)


# The next run


def test_once_fixed_the_pack_is_in_its_place_and_the_failed_one_is_gone(fixed):
    assert list(fixed.packs) == ["2024-06"]
    pack = fixed.packs["2024-06"]
    assert "20_raises is fixed" in text(pack, "20_raises")
    assert manifest(pack)["status"] == "ok"


def test_what_succeeded_is_taken_over_and_only_the_rest_is_done_again(good, fixed):
    pack = fixed.packs["2024-06"]
    assert statuses(pack) == {"10_good": "reused", **dict.fromkeys(BAD, "built")}
    for name in ("10_good.html", "notebooks/10_good.ipynb", "tables/numbers.csv"):
        assert pack[name] == good.packs["2024-06"][name]
    assert "Ten stayed." in text(pack, "index")


# Parameters, ranges, --fresh, --only


def test_a_range_renders_a_pack_each_and_each_knows_its_own_period(ranged):
    assert sorted(ranged.packs) == ["2024-05", "2024-06"]
    for period, pack in ranged.packs.items():
        assert f"{period} '00123' 5" in text(pack, "10_good")
        assert (manifest(pack)["period"], manifest(pack)["as_of"][:7]) == (period, period)
        assert manifest(pack)["parameters"] == {"code": "00123", "n": 5}


def test_fresh_does_unchanged_notebooks_again(ranged):
    assert statuses(ranged.packs["2024-05"])["10_good"] == "built"


def test_only_renders_what_was_asked_for(ranged):
    assert set(statuses(ranged.packs["2024-05"])) == {"10_good"}


# Two runs, and two notebooks, that want the same place


def test_a_run_that_finds_the_period_locked_says_who_holds_it_and_exits_3(project, ranged):
    with (project.reports / ".2024-06.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 4242 on elsewhere\n")
        lock.flush()
        done = project.report("2024-06", "--fresh", code=3)
    assert "process 4242 on elsewhere" in done.stderr and "Traceback" not in done.stderr
    assert contents(project.pack()) == ranged.packs["2024-06"]


def test_of_two_notebooks_that_save_one_table_the_second_fails_and_harms_nothing(project, ranged):
    project.write("60_same", SAVES)
    project.report("--only", "10", "--only", "60", code=1)
    failed = contents(project.pack("2024-06.failed"))
    assert {name: statuses(failed)[name] == "failed" for name in ("10_good", "60_same")} == {
        "10_good": False,
        "60_same": True,
    }
    assert "10_good already saves tables/numbers.csv" in text(failed, "60_same")
    assert failed["tables/numbers.csv"] == ranged.packs["2024-06"]["tables/numbers.csv"]
    assert contents(project.pack()) == ranged.packs["2024-06"]


@pytest.mark.slow
def test_one_notebook_alone_leaves_the_unchanged_others_in_the_pack(tmp_path):
    project = Project(tmp_path)
    project.write("10_one", say("one"))
    project.write("20_two", say("two"))
    project.report()
    before = contents(project.pack())
    project.report("--only", "10", "--fresh")
    after = contents(project.pack())
    assert statuses(after) == {"10_one": "built", "20_two": "reused"}
    assert after["20_two.html"] == before["20_two.html"]
