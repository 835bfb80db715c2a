"""How a run speaks, stops, and tells what it may take over: its parts, one by one. Whole runs: test_run_slow."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from io import StringIO
from threading import Timer
from types import SimpleNamespace

import duckdb
import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError
from nbformat.v4 import new_code_cell, new_notebook, new_output
from packs import PROJECT
from papermill.exceptions import PapermillExecutionError

from helpers import errors
from helpers.__main__ import COMMANDS, main
from helpers.commands import stopping
from helpers.commands.report import build, execute, manifest, reuse, run
from helpers.commands.report.kernels import Kernels
from helpers.commands.report.log import Voice
from helpers.commands.report.manifest import Outcome
from helpers.commands.report.parameters import refuse_segment
from helpers.commands.stopping import Answer
from helpers.errors import Refused

# Signals


@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_run_with_the_code_that_shells_use(number, code):
    before = [signal.getsignal(each) for each in stopping.SIGNALS]
    with pytest.raises(stopping.Stopped) as stop, stopping.on_signals():
        os.kill(os.getpid(), number)
        time.sleep(5)  # never over: the signal comes first
    assert stop.value.exit_code == code and number.name in str(stop.value)
    assert [signal.getsignal(each) for each in stopping.SIGNALS] == before


@pytest.mark.usefixtures("terminal_signals")
def test_a_stop_among_the_locks_of_an_import_waits_until_it_is_over():
    """Raised there, the lock of all imports is never freed, and the next thread that imports waits forever."""
    importing = SimpleNamespace(f_code=SimpleNamespace(co_filename="<frozen importlib._bootstrap>"))
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(stopping.Stopped, match="SIGTERM"), stopping.on_signals() as came:
        signal.getsignal(signal.SIGTERM)(signal.SIGTERM, importing)
        assert came == [signal.SIGTERM]
        time.sleep(5)
    assert signal.getsignal(signal.SIGALRM) == before and signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("terminal_signals")
def test_a_stop_that_is_not_heard_is_raised_again():
    class Ended:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    with pytest.raises(stopping.Stopped, match="SIGINT"), stopping.on_signals():
        Ended()
        time.sleep(5)


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.on_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("terminal_signals")
def test_clearing_away_is_not_disturbed_by_a_second_signal():
    with pytest.raises(stopping.Stopped), stopping.on_signals():
        with stopping.undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)


def test_outside_the_main_thread_signals_stay_as_they_are():
    def both():
        with stopping.on_signals(), stopping.undisturbed():
            return True

    with ThreadPoolExecutor() as threads:
        assert threads.submit(both).result()


def test_nothing_takes_a_stop_for_a_failure():
    assert not issubclass(stopping.Stopped, Exception)


def test_kernels_end_with_all_that_they_started_and_what_had_not_begun_never_does():
    kernels = Kernels()
    command = ["sh", "-c", "sleep 60 & wait"]
    with (
        subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE) as shell,
        ThreadPoolExecutor(max_workers=1) as threads,
    ):
        kernels._groups.add(shell.pid)
        jobs = [threads.submit(shell.wait), threads.submit(time.sleep, 60)]
        kernels.end(jobs)
        assert jobs[0].result() == -signal.SIGKILL and jobs[1].cancelled()
        assert shell.stdout.read() == b""  # comes to its end when nobody is left who could write: not even the child


# What is said


def test_each_line_goes_to_the_stream_and_with_its_time_to_the_log(tmp_path):
    stream = StringIO()
    voice = Voice(stream)
    voice.say("before there is a log")
    log = voice.log_to(tmp_path / "new")
    voice.say("10_metrics: built")
    voice.note("for the log alone")
    assert stream.getvalue() == "before there is a log\n10_metrics: built\n"
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 2)[1:] for line in lines] == [
        [str(os.getpid()), "10_metrics: built"],
        [str(os.getpid()), "for the log alone"],
    ]
    assert all(date.fromisoformat(line[:10]) for line in lines)


def test_an_error_of_many_lines_and_colors_is_one_plain_line(tmp_path):
    stream = StringIO()
    voice = Voice(stream)
    log = voice.log_to(tmp_path)
    voice.say("KeyError: '\x1b[2J\u202eevil\nreport 2026-10: built'")
    assert stream.getvalue() == r"KeyError: '\x1b[2J\u202eevil report 2026-10: built'" + "\n"
    assert len(log.read_text(encoding="utf-8").splitlines()) == 1


def test_a_log_that_cannot_be_written_is_said_once_and_stops_nothing(tmp_path, capsys):
    stream = StringIO()
    voice = Voice(stream)
    voice.log_to(tmp_path).mkdir()
    voice.say("one")
    voice.say("two")
    assert stream.getvalue() == "one\ntwo\n" and capsys.readouterr().err.count("no log from here on") == 1


def test_a_stream_of_few_letters_gets_the_others_spelled_out():
    done = subprocess.run(
        [sys.executable, "-c", "from helpers.commands.report.log import Voice; Voice().say('Zürich → 中')"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == rb"Z\xfcrich \u2192 \u4e2d" + b"\n"


@pytest.mark.parametrize(
    "arguments", [["--only", "99"], ["--list"], ["--jobs", "two"], ["--fres"], ["--source", "nowhere.toml"]]
)
def test_a_scheduler_gets_one_object_also_when_nothing_could_begin(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["report", "--json", *arguments]) == 2
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (answer["status"], answer["exit_code"], answer["periods"]) == ("refused", 2, [])
    assert answer["error"] and answer["error"] in said.err and said.out.count("\n") == 1


@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.parametrize("moment", ["importing", "reading"])
def test_a_scheduler_gets_its_object_also_when_the_run_is_stopped_in_its_first_second(moment, capsys, monkeypatch):
    def stopped(*_):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    if moment == "importing":
        monkeypatch.setitem(COMMANDS, "report", stopped)
    else:
        monkeypatch.setattr(run, "_requests", stopped)
    assert main(["report", "--json"]) == 143
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["exit_code"], answer["error"]) == ("stopped", 143, "stopped by SIGTERM")


@pytest.mark.slow
@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.parametrize("is_refused", [True, False])
def test_a_query_that_a_signal_ends_is_a_run_that_is_stopped(is_refused, capsys, monkeypatch):
    """DuckDB makes an error of its own out of what the signal raises."""

    def asks(*_):
        session = duckdb.connect()
        session.execute("select 1").fetchall()
        Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            session.execute("select max(hash(i)) from range(10000000000) as r(i)").fetchall()
        except Exception as error:
            if is_refused:
                raise Refused(f"a query failed: {error}") from None
            raise

    monkeypatch.setattr(run, "_requests", asks)
    assert main(["report", "--json"]) == 130
    said = capsys.readouterr()
    assert (json.loads(said.out)["status"], said.err) == ("stopped", "stopped by SIGINT\n")


@pytest.mark.usefixtures("terminal_signals")
def test_a_stop_while_doubts_are_asked_is_no_doubt():
    """A query that the signal ends is refused, as one of a source that went away is, and that is said on the page."""

    def asks():
        with suppress(stopping.Stopped):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        raise Refused("a query failed")

    with pytest.raises(stopping.Stopped, match="SIGINT"), stopping.on_signals():
        build._doubts(SimpleNamespace(doubts=asks))
    stopping.heed()  # what came in one run is nothing to the next


def test_a_scheduler_gets_the_reason_also_of_what_nobody_foresaw(capsys, monkeypatch):
    def breaks(*_):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(run, "_requests", breaks)
    with pytest.raises(ZeroDivisionError):
        main(["report", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["exit_code"]) == ("failed", 1)
    assert answer["error"] == "ZeroDivisionError: by nothing"


def raised_over(cause: Exception) -> Exception:
    """What a library says whose extension modules there was no room to load: not a word of memory."""
    try:
        raise ImportError("The install you are using seems to be broken, please try reinstalling.") from cause
    except ImportError as error:
        return error


@pytest.mark.parametrize(
    "error",
    [
        raised_over(ImportError("_ccallback_c.so: failed to map segment from shared object")),
        MemoryError(),
        duckdb.OutOfMemoryException("Out of Memory Error: Allocation failure"),
        RuntimeError("can't start new thread"),
        OSError(12, "Cannot allocate memory"),
        ImportError("_duckdb.so: failed to map segment from shared object"),
    ],
)
def test_too_little_memory_is_said_in_a_line(error, capsys, monkeypatch):
    def breaks(*_):
        raise error

    monkeypatch.setattr(run, "_requests", breaks)
    assert main(["report", "--json"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("failed: not enough memory (") and said.err.count("\n") == 1
    assert json.loads(said.out)["status"] == "failed"


def test_what_fails_where_no_more_memory_can_be_had_is_said_to_lack_it(capsys, monkeypatch):
    """An error of the interpreter itself names no cause, nor does what a module says that was imported by half."""

    def breaks(*_):
        raise SystemError("error return without exception set")

    monkeypatch.setattr(run, "_requests", breaks)
    with pytest.raises(SystemError):
        main(["report"])
    monkeypatch.setattr(errors, "_has_room", lambda: False)
    assert main(["report"]) == 1
    assert "not enough memory (SystemError: error return without exception set)" in capsys.readouterr().err


@pytest.mark.parametrize(("code", "ends"), [(errno.ENOSPC, 1), (errno.EDQUOT, 1), (errno.EFBIG, 1), (errno.ENOENT, 2)])
def test_a_full_disk_is_a_failure_of_the_machine_whatever_was_to_be_written(code, ends, capsys, monkeypatch):
    def breaks(*_):
        raise OSError(code, os.strerror(code), "to be written")

    monkeypatch.setitem(COMMANDS, "sample", breaks)
    assert main(["sample", "somewhere"]) == ends
    assert os.strerror(code) in capsys.readouterr().err


def test_a_query_without_room_is_a_failure_of_the_machine_and_not_of_the_input(capsys, monkeypatch):
    def breaks(*_):
        raise errors.NoRoom("a query needs more room")

    monkeypatch.setattr(run, "_requests", breaks)
    assert main(["report"]) == 1
    assert capsys.readouterr().err == "failed: a query needs more room\n"


@pytest.mark.parametrize(
    ("name", "traceback", "said"),
    [
        ("MemoryError", ["MemoryError"], "not enough memory (MemoryError: it)"),
        ("ImportError", ["x.so: failed to map segment", "ImportError: it"], "not enough memory (ImportError: it)"),
        ("ValueError", ["ValueError: it"], "ValueError: it"),
        ("KeyError", ["\x1b[32m---> 4\x1b[39m except MemoryError:\n      5     pass", "KeyError: it"], "KeyError: it"),
    ],
)
def test_a_notebook_that_lacked_memory_says_so_first(name, traceback, said):
    error = PapermillExecutionError(1, 1, "import scipy", name, "it", traceback)
    assert execute._reason(error) == said


@pytest.mark.parametrize(
    ("late", "said"),
    [("Timeout waiting for IOPub output", "a cell ended, and"), ("Cell execution timed out", "its time limit of 20 s")],
)
def test_output_that_comes_late_is_not_called_a_cell_that_ran_too_long(late, said, tmp_path, monkeypatch):
    """papermill ends a cell whose output is 4 seconds late, as that of one which prints a lot is on a busy machine."""

    def ends(*_, iopub_timeout, **__):
        assert iopub_timeout > 60
        raise CellTimeoutError.error_from_timeout_and_cell(late, iopub_timeout, new_code_cell("1"))

    notebook = tmp_path / "10_a.ipynb"
    nbformat.write(new_notebook(), notebook)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(papermill, "execute_notebook", ends)
    request = SimpleNamespace(period="2026-10", source=tmp_path / "s.toml", values_of=lambda _: {}, forks=None)
    request.options = SimpleNamespace(timeout=20)
    work = SimpleNamespace(request=request, folder=tmp_path, kernels=Kernels(), voice=SimpleNamespace(has_bars=False))
    outcome = Outcome("10_a", "key")
    assert execute.execute(notebook, outcome, work) is None
    assert outcome.status == "failed" and said in outcome.reason


@pytest.mark.parametrize("place", ["a file", "below a file"])
def test_a_folder_that_cannot_be_written_is_a_failure_with_its_reason(place, capsys, tmp_path):
    (tmp_path / "taken").write_text("")
    out = tmp_path / "taken" if place == "a file" else tmp_path / "taken" / "packs"
    assert main(["report", "--json", "--out", str(out)]) == 1
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (answer["status"], answer["exit_code"]) == ("failed", 1)
    assert "could not be written" in answer["error"] and "could not be written" in answer["periods"][0]["error"]
    assert "unchanged" in said.err and (tmp_path / "taken").read_text() == ""


def test_a_run_counts_as_failed_until_it_has_ended():
    assert json.loads(Answer().text())["exit_code"] == 1


# Segments


def test_a_segment_is_compared_letter_by_letter():
    refuse_segment("SMB", ["SMB", "Enterprise"], "2026-10-31")
    for name in ("smb", "SMB ", "", "all"):
        with pytest.raises(Refused, match=r"2026-10-31.*Enterprise, SMB"):
            refuse_segment(name, ["SMB", "Enterprise"], "2026-10-31")


# Too much printed


def printed(*texts: str) -> nbformat.NotebookNode:
    outputs = [new_output("stream", name="stdout", text=text) for text in texts]
    return new_notebook(
        cells=[new_code_cell("…", outputs=[*outputs, new_output("display_data", {"text/plain": "kept"})])]
    )


@pytest.mark.parametrize("sizes", [[], [5], [20_000], [12_000, 8_000]])
def test_what_a_cell_prints_stays_up_to_its_limit(sizes):
    notebook = printed(*("x" * size for size in sizes))
    before = json.dumps(notebook)
    assert json.dumps(execute._shortened(notebook)) == before


@pytest.mark.parametrize("sizes", [[20_001], [12_000, 8_001], [12_000, 8_000, 1], [30_000, 50_000_000]])
def test_what_is_beyond_is_cut_and_the_cut_is_said_with_its_size(sizes):
    (cell,) = execute._shortened(printed(*("x" * size for size in sizes))).cells
    texts = [output.text for output in cell.outputs if output.output_type == "stream"]
    assert "".join(texts[:-1]) == "x" * 20_000
    assert f"[{sum(sizes) - 20_000:,} more characters were printed" in texts[-1]
    assert sum(output.output_type == "display_data" for output in cell.outputs) == 1


# What may be taken over


@pytest.fixture
def sealed(tmp_path):
    """A notebook in a pack as a run leaves it, and the folder of the next pack."""
    old, new = tmp_path / "2026-10", tmp_path / ".2026-10.building"
    for folder in (old / "notebooks", old / "tables", new / "notebooks", new / ".tables"):
        folder.mkdir(parents=True)
    for name in ("10_a.html", "notebooks/10_a.ipynb", "tables/numbers.csv"):
        (old / name).write_text(f"content of {name}", encoding="utf-8")
    outcome = Outcome("10_a", "key", title="A", headline=["Ten stayed."], tables=["numbers"], seconds=3.0)
    reuse.seal(outcome, old)
    return outcome, old, new


def test_a_notebook_is_taken_over_with_its_files_as_they_were(sealed):
    outcome, old, new = sealed
    assert reuse.taken_over(outcome, old, new)
    for name in ("10_a.html", "notebooks/10_a.ipynb"):
        assert (new / name).read_bytes() == (old / name).read_bytes()
    assert (new / ".tables" / "10_a" / "numbers.csv").read_bytes() == (old / "tables" / "numbers.csv").read_bytes()


@pytest.mark.parametrize("name", ["10_a.html", "notebooks/10_a.ipynb", "tables/numbers.csv"])
@pytest.mark.parametrize("how", ["one letter", "cut off", "gone"])
def test_a_file_that_somebody_changed_is_not_handed_on(sealed, name, how):
    outcome, old, new = sealed
    text = (old / name).read_text(encoding="utf-8")
    if how == "gone":
        (old / name).unlink()
    else:
        (old / name).write_text(text.replace("content", "Content") if how == "one letter" else text[:-1])
    assert not reuse.taken_over(outcome, old, new)


@pytest.mark.parametrize("name", ["10_a.html", "notebooks/10_a.ipynb", "tables/numbers.csv"])
@pytest.mark.parametrize("how", ["a pipe", "a folder", "unreadable", "a link to itself"])
def test_what_is_no_file_any_more_neither_is_handed_on_nor_stops_a_run(sealed, name, how, monkeypatch):
    outcome, old, new = sealed

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    if how == "unreadable":  # which no file is to root
        monkeypatch.setattr(reuse.shutil, "copyfile", denied)
    else:
        (old / name).unlink()
        make = {"a pipe": os.mkfifo, "a folder": os.mkdir, "a link to itself": lambda place: place.symlink_to(place)}
        make[how](old / name)
    assert not reuse.taken_over(outcome, old, new)


@pytest.mark.parametrize(
    "change",
    [{"headline": ["All stayed."]}, {"title": "B"}, {"tables": []}, {"files": {}}, {"key": "other"}, {"seal": ""}],
)
def test_a_manifest_that_somebody_changed_is_not_handed_on(sealed, change):
    outcome, old, new = sealed
    assert not reuse.taken_over(replace(outcome, **change), old, new)


def test_how_long_a_run_took_is_not_what_it_made(sealed):
    outcome, old, new = sealed
    assert reuse.taken_over(replace(outcome, status="reused", seconds=0.0), old, new)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"notebooks": [{}]}', '{"notebooks": [{"name": "10_a", "new": 1}]}', "\0"]
)
def test_a_manifest_that_cannot_be_read_offers_nothing(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert reuse.last_outcomes([tmp_path, tmp_path / "nowhere"]) == []


def test_what_failed_is_not_offered_and_the_first_pack_comes_first(tmp_path):
    made = {"one": [Outcome("10_a", "1"), Outcome("20_b", "1", status="failed")], "two": [Outcome("10_a", "2")]}
    for name, outcomes in made.items():
        (tmp_path / name).mkdir()
        about = {"period": "2026-10", "as_of": "2026-10-31", "parameters": {}, "source": {"tables": {}}}
        text = json.dumps(about | {"notebooks": [asdict(outcome) for outcome in outcomes]})
        (tmp_path / name / "manifest.json").write_text(text, encoding="utf-8")
    found = reuse.last_outcomes([tmp_path / "one", tmp_path / "two"])
    assert [(outcome.name, outcome.key, pack.name) for outcome, pack in found] == [
        ("10_a", "1", "one"),
        ("10_a", "2", "two"),
    ]


@pytest.fixture
def fronted(tmp_path):
    """A pack with its first page as a run leaves it, the manifest of it, the pack of the month before, a new folder."""
    old, before, new = (tmp_path / name for name in ("2026-10", "2026-09", ".2026-10.building"))
    for folder in (old, before / "tables", new):
        folder.mkdir(parents=True)
    (before / "tables" / "metrics.csv").write_text("metric\n")
    (before / manifest.FILE).write_text("{}")
    for name in reuse.FRONT:
        (old / name).write_text(f"content of {name}", encoding="utf-8")
    facts = {"notebooks": [asdict(Outcome("10_a", "key", title="A", seal="s"))], "doubts": []}
    last = facts | {"front": reuse.front_key(facts, before)}
    return old, json.loads(manifest.sealed(last, old)), before, new


def test_a_first_page_is_taken_over_only_for_the_same_facts_and_as_it_was_written(fronted):
    old, last, before, new = fronted
    made = {name: last[name] for name in ("notebooks", "doubts")}
    quick = made | {"notebooks": [made["notebooks"][0] | {"status": "reused", "seconds": 0.0}]}
    assert reuse.has_front(reuse.front_key(quick, before), last, old, new)
    assert (new / "index.html").read_text(encoding="utf-8") == "content of index.html"
    doubted = reuse.front_key(made | {"doubts": ["usage.seats"]}, before)
    assert not reuse.has_front(doubted, last, old, new)
    (before / "tables" / "metrics.csv").write_text("metric\nnrr\n")
    assert reuse.front_key(made, before) != last["front"], "what changed since the last report is another"
    (old / "summary.md").write_text("edited", encoding="utf-8")
    assert not reuse.has_front(last["front"], last, old, new)


@pytest.mark.parametrize("extra", ["report.pdf", "report.xlsx", "report.eml"])
def test_a_first_page_that_links_a_file_for_taking_along_is_not_that_of_a_pack_without_it(fronted, extra):
    old, last, before, new = fronted
    made = {name: last[name] for name in ("notebooks", "doubts")}
    linked = last | {"front": reuse.front_key(made, before, (extra,))}
    assert not reuse.has_front(reuse.front_key(made, before), linked, old, new)
    plain = last | {"front": reuse.front_key(made, before)}
    assert reuse.has_front(reuse.front_key(made, before), plain, old, new)


def test_pages_are_unchanged_only_all_together(fronted):
    last = fronted[1]
    reused = Outcome("10_a", "key", status="reused", title="A", seal="s")
    assert reuse.is_unchanged([reused], last)
    for others in (
        [],
        [reused, replace(reused, name="20_b")],
        [replace(reused, seal="t")],
        [replace(reused, status="built")],
    ):
        assert not reuse.is_unchanged(others, last)


def test_pages_of_a_version_that_sealed_nothing_are_no_unchanged_ones():
    outcome = Outcome("10_a", "key", status="reused", title="A", seal="s")
    unsealed = asdict(outcome)
    del unsealed["seal"]
    assert not reuse.is_unchanged([outcome], {"notebooks": [unsealed]})


MADE_FROM = {
    "period": "2026-10",
    "source": {"tables": {}},
    "versions": {"pandas": "3"},
    "fingerprints": {"code": "abc"},
}


def test_the_key_follows_everything_that_a_page_depends_on_and_nothing_else(tmp_path):
    notebook = tmp_path / "10_a.ipynb"
    notebook.write_text("{}", encoding="utf-8")
    keys = [reuse.key(notebook, {"n": 1}, MADE_FROM)]
    assert reuse.key(notebook, {"n": 1}, MADE_FROM | {"git_commit": "f00", "parameters": {"m": 2}}) == keys[0]
    keys.append(reuse.key(notebook, {"n": 2}, MADE_FROM))
    for name, other in {"period": "2026-09", "source": {}, "versions": {}, "fingerprints": {}}.items():
        keys.append(reuse.key(notebook, {"n": 1}, MADE_FROM | {name: other}))
    notebook.write_text("{ }", encoding="utf-8")
    keys.append(reuse.key(notebook, {"n": 1}, MADE_FROM))
    assert len(set(keys)) == len(keys) == 7


def test_the_fingerprints_follow_the_source_file_the_reference_and_the_packages_each_its_own(tmp_path):
    source = tmp_path / "source.toml"
    source.write_text("", encoding="utf-8")
    before = reuse._fingerprints(source, {"pandas": "3"})
    for change, name in (
        (lambda: source.write_text("#", encoding="utf-8"), "source file"),
        (lambda: (tmp_path / "reference.csv").write_text("a", encoding="utf-8"), "definitions"),
    ):
        change()
        after = reuse._fingerprints(source, {"pandas": "3"})
        assert {each for each in before if before[each] != after[each]} == {name}
        before = after
    after = reuse._fingerprints(source, {"pandas": "4"})
    assert {each for each in before if before[each] != after[each]} == {"packages"}


def test_every_kind_of_file_that_a_page_is_made_with_counts_as_code():
    package = PROJECT / "helpers"
    kinds = {path.suffix for path in package.rglob("*.*") if path.is_file() and "__pycache__" not in path.parts}
    assert kinds - set(reuse._SOURCES) <= {".jinja", ".txt"}  # the data dictionary, and what `new` says


def test_every_package_that_pip_knows_is_in_the_environment():
    from importlib.metadata import version

    found = reuse.installed()
    assert {name: found[name] for name in reuse._PACKAGES} == {name: version(name) for name in reuse._PACKAGES}


def test_a_python_without_the_packages_says_how_to_run_it():
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-S", "-m", "helpers", "check"]
    done = subprocess.run(command, cwd=PROJECT, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "is not installed" in done.stderr and ".venv/bin/python -m helpers" in done.stderr


@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.parametrize("second", stopping.SIGNALS)
def test_a_second_signal_is_no_news_while_the_first_is_on_its_way(second):
    """Raised again, it would end what clears away after the first, and leave half of it, or a traceback."""
    cleared = []
    with pytest.raises(stopping.Stopped, match="SIGINT"), stopping.on_signals() as came:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), second)
            cleared.append(list(came))
    assert cleared == [[signal.SIGINT, second]]


@pytest.mark.usefixtures("terminal_signals")
def test_a_closed_terminal_does_not_keep_the_answer_from_a_scheduler(capsys, monkeypatch):
    """Nobody can be told on a terminal that is gone, and the answer on stdout, a file, was left out."""

    def hangs(*_):
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(5)

    def gone(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setitem(COMMANDS, "report", hangs)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=gone, flush=gone))
    assert main(["report", "--json"]) == 129
    assert json.loads(capsys.readouterr().out)["exit_code"] == 129


@pytest.mark.usefixtures("terminal_signals")
def test_a_scheduler_gets_its_answer_whole_and_once_whatever_signal_comes_meanwhile(monkeypatch):
    class Out(StringIO):
        def write(self, text):
            os.kill(os.getpid(), signal.SIGINT)
            return super().write(text)

    answer = stopping.Answer()
    monkeypatch.setattr(sys, "stdout", out := Out())
    with stopping.on_signals():
        answer.say()
        answer.say()
    assert out.getvalue() == f"{answer.text()}\n"


@pytest.mark.usefixtures("terminal_signals")
def test_a_signal_after_the_end_of_a_command_does_not_change_how_it_ended():
    code = """
import atexit, os, signal, sys
from helpers.commands import stopping

def command():
    with stopping.on_signals():
        if sys.argv[1] == "stopped":
            os.kill(os.getpid(), signal.SIGINT)
    again()
    return 3

def again():
    for number in stopping.SIGNALS:
        os.kill(os.getpid(), number)

class Last:  # goes after Python has put back what each signal does by default
    def __del__(self, kill=os.kill, me=os.getpid(), numbers=stopping.SIGNALS):
        for number in numbers:
            kill(me, number)

last = Last()
atexit.register(again)
sys.exit(stopping.as_process(command))
"""
    for way, ends in (("alone", 3), ("stopped", 130)):
        done = subprocess.run(
            [sys.executable, "-c", code, way], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (ends, "")
