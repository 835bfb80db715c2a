"""A source may bound the memory of its queries: what does not fit goes to a folder of its own, which is removed."""

import errno
import gc
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from small_company import ACCOUNTS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import sources
from helpers.commands.check import check
from helpers.errors import NoRoom, Refused
from helpers.sources.engines import fence, prepared, scratch

TODAY = date(2024, 12, 31)
SET_UP = 4  # queries that set up a session, before any data is looked at
ONE = stretches("A, 2024-01-15, , 100")
# 400,000 different texts of some 200 letters: more than 48 MB.
WIDE = """
select count(*) as found from (
    select distinct repeat(cast(hash(i) as varchar), 10) as t from accounts, range(400000) as r(i)
) as texts
"""


def opened(folder, source=""):
    return sources.open(write_source(folder, subscriptions=ONE, source=source), "2024-12")


def setting(tables, name: str) -> str:
    return str(tables.query(f"select current_setting('{name}') as found")["found"].iloc[0])


def test_a_memory_limit_of_the_source_holds_for_its_session(tmp_path):
    assert setting(opened(tmp_path, 'memory_limit = "123MB"'), "memory_limit") == "117.3 MiB"


@pytest.mark.slow
def test_what_does_not_fit_spills_beside_the_temporary_files_and_nothing_is_left(tmp_path):
    (tmp_path / "room").mkdir()
    tables = opened(tmp_path, 'memory_limit = "48MB"\ntemp_directory = "room"')
    place = Path(setting(tables, "temp_directory")).parent
    assert (place.parent, place.stat().st_mode & 0o777) == (tmp_path / "room", 0o700)
    assert tables.query(WIDE)["found"].iloc[0] == 400_000
    del tables
    gc.collect()
    assert list((tmp_path / "room").iterdir()) == []


def test_two_sessions_spill_to_folders_of_their_own(tmp_path):
    tables = [opened(tmp_path) for _ in range(2)]
    assert len({setting(each, "temp_directory") for each in tables}) == 2


def test_an_interpreter_that_ends_leaves_no_folder(tmp_path):
    file = write_source(tmp_path, subscriptions=ONE, source='temp_directory = "."')
    code = f"from helpers import sources; sources.open({str(file)!r}, '2024-12').query('select 1 as one')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


SPILLS = """
import os, sys
from helpers import sources
tables = sources.open(sys.argv[1], "2024-12")
wide = "create temp table wide as select repeat(hash(i)::text, 9) from range(300000) as r(i)"
tables._engine.connection.execute(wide)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_session_left_is_private_and_cleared_by_the_next(tmp_path):
    os.umask(os.umask(0) & 0o077)  # as most have it: others may read what is not closed to them
    file = write_source(tmp_path, subscriptions=ONE, source='temp_directory = "."\nmemory_limit = "48MB"')
    assert subprocess.run([sys.executable, "-c", SPILLS, str(file)]).returncode == -9
    (left,) = tmp_path.glob("after-the-deal-*")
    assert left.stat().st_mode & 0o777 == 0o700
    assert sum(path.stat().st_size for path in left.rglob("*")) > 2**20
    held = sources.open(file, "2024-12")
    kept = Path(setting(held, "temp_directory")).parent
    assert list(tmp_path.glob("after-the-deal-*")) == [kept]
    sources.open(file, "2024-12")
    assert kept.is_dir(), "what is in use is nobody's to clear"


def left_by_a_killed_process(parent: Path) -> Path:
    code = f"""
import os
from helpers.sources.engines import scratch
scratch.folder(os, {str(parent)!r})
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    (left,) = parent.glob("after-the-deal-*")
    return left


def test_a_folder_that_only_has_our_name_is_not_cleared(tmp_path):
    """Not if it is empty, not if it holds a file `lock`, and not if it is a copy of one of ours."""
    left = left_by_a_killed_process(tmp_path)
    for name, mode in (("notes", 0o755), ("empty", 0o700), ("mine", 0o700)):
        (tmp_path / f"after-the-deal-{name}").mkdir(mode)
    (tmp_path / "after-the-deal-notes" / "mine.txt").write_text("mine")
    (tmp_path / "after-the-deal-mine" / "lock").write_text("of my own program")
    (tmp_path / "after-the-deal-link").symlink_to(tmp_path / "after-the-deal-notes")
    shutil.copytree(left, tmp_path / "after-the-deal-copy")
    scratch.clear(tmp_path)
    names = {path.name.removeprefix("after-the-deal-") for path in tmp_path.iterdir()}
    assert names == {"notes", "empty", "mine", "link", "copy"}


KILLED_BEFORE_EACH_STEP = """
import os, sys
from pathlib import Path
from helpers.sources.engines import scratch
STEPS = ("os.mkdir", "open", "fcntl.flock", "os.rename", "os.remove", "os.rmdir")
class Owner: pass
def lives(parent):
    owner = Owner()
    (scratch.folder(owner, parent) / "spilt").write_text("rows")
    del owner
for n in range(100):
    if not (child := os.fork()):
        steps = []
        def step(event, arguments):
            steps.extend([event] * (event in STEPS))
            if len(steps) > n:
                os._exit(9)
        sys.addaudithook(step)
        lives(sys.argv[1])
        os._exit(0)
    is_killed = os.waitpid(child, 0)[1] != 0
    left = [path.name for path in Path(sys.argv[1]).iterdir()]
    lives(sys.argv[1])
    print(n, is_killed, left, [path.name for path in Path(sys.argv[1]).iterdir()], sep=";")
    if not is_killed:
        break
"""


def test_a_kill_before_any_step_leaves_nothing_that_the_next_run_does_not_clear(tmp_path):
    run = subprocess.run([sys.executable, "-c", KILLED_BEFORE_EACH_STEP, tmp_path], check=True, capture_output=True)
    kills = [line.split(";") for line in run.stdout.decode().splitlines()]
    assert len(kills) > 8 and kills[-1][1] == "False"
    assert sum(left != "[]" for _, _, left, _ in kills) > 5
    assert [(n, left) for n, _, left, after in kills if after != "[]"] == []


def test_a_folder_that_another_run_took_for_one_that_was_left_is_made_again(tmp_path, monkeypatch):
    held, made = scratch._held, []

    def meanwhile(new: Path):
        made.append(new)
        if len(made) < 3:
            scratch.clear(tmp_path)  # as another run does, which finds it empty
        return held(new)

    monkeypatch.setattr(scratch, "_held", meanwhile)
    place = scratch.folder(meanwhile, tmp_path)
    assert (len(made), [*tmp_path.iterdir()]) == (3, [place])


def test_a_hidden_folder_is_cleared_only_if_it_is_empty_and_named_as_ours(tmp_path):
    for name in ("notes123", "short", "long_name", "UPPER123"):
        (tmp_path / f".after-the-deal-{name}").mkdir(0o700)
    (tmp_path / ".after-the-deal-open1234").mkdir(0o755)
    (tmp_path / ".after-the-deal-mine5678").mkdir(0o700)
    (tmp_path / ".after-the-deal-mine5678" / "lock").touch()
    (tmp_path / ".after-the-deal-mine5678" / "mine.txt").touch()
    scratch.clear(tmp_path)
    names = {path.name.removeprefix(".after-the-deal-") for path in tmp_path.iterdir()}
    assert names == {"short", "long_name", "UPPER123", "open1234", "mine5678"}


def test_one_in_which_jupyter_keeps_its_keys_is_cleared_like_the_others(tmp_path):
    left = left_by_a_killed_process(tmp_path)
    left.chmod(0o1700)  # as jupyter_client makes the folder of a connection file
    (left / "kernel.json").write_text("{}")
    scratch.clear(tmp_path)
    assert not left.exists()


@pytest.mark.parametrize("way", ["open to others", "a link as lock", "a pipe as lock"])
def test_a_folder_is_ours_only_as_we_make_it(tmp_path, way):
    left = left_by_a_killed_process(tmp_path)
    if way == "open to others":
        left.chmod(0o750)
    else:
        (left / "lock").rename(tmp_path / "elsewhere")
        (left / "lock").symlink_to(tmp_path / "elsewhere") if "link" in way else os.mkfifo(left / "lock")
    scratch.clear(tmp_path)
    assert left.is_dir()


def test_a_query_that_fits_nowhere_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setitem(fence.CONFIG, "allowed_configs", ["max_temp_directory_size"])
    tables = opened(tmp_path, 'memory_limit = "48MB"\ntemp_directory = "."')
    tables._engine.connection.execute("set max_temp_directory_size = '1MB'")
    with pytest.raises(NoRoom, match=r'(?s)memory_limit = "48MB".*temporary files.*temp_directory') as refused:
        tables.query(WIDE)
    assert "source.toml" in str(refused.value)


class Full:
    """A connection whose query number `fails_at` finds the disk full; `n` counts them, of all connections."""

    n = fails_at = 0

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def execute(self, *asked):
        Full.n += 1
        if Full.n == Full.fails_at:
            raise duckdb.IOException('IO Error: Could not write file "spill": No space left on device')
        return self._connection.execute(*asked)


def test_whichever_query_finds_the_disk_full_nothing_is_said_of_the_data(tmp_path, monkeypatch):
    """Neither a file that cannot be read, nor a table that is left out, nor a check that finds nothing wrong."""
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS)
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *given, **named: Full(connect(*given, **named)))

    def asked(act, fails_at=0):
        monkeypatch.setattr(Full, "n", 0)
        monkeypatch.setattr(Full, "fails_at", fails_at)
        act()
        return Full.n

    def opens():
        sources.open(file, "2024-06").fingerprints()

    def walks():
        check.walk(file, TODAY)

    at_opening = range(SET_UP + 1, asked(opens) + 1)
    for act, numbers in ((opens, at_opening), (walks, [*at_opening, asked(walks)])):
        for n in numbers:
            with pytest.raises(NoRoom, match="more room than"):
                asked(act, n)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("kind", ["DuckDB", "Python"])
def test_a_disk_or_a_share_of_it_that_is_full_is_known_by_its_words(tmp_path, code, kind):
    why = os.strerror(code)
    error = OSError(code, why) if kind == "Python" else duckdb.IOException(f"IO Error: Could not write file: {why}")
    with pytest.raises(NoRoom), opened(tmp_path)._engine.told("a place"):
        raise error


def test_a_disk_too_full_for_the_folder_of_a_session_is_no_fault_of_the_source(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(scratch, "folder", full)
    with pytest.raises(NoRoom, match="more room than"):
        opened(tmp_path)


def test_another_error_of_the_disk_is_itself(tmp_path):
    with pytest.raises(PermissionError), opened(tmp_path)._engine.told("a place"):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_disk_too_full_for_the_copy_of_a_file_is_no_fault_of_the_file(tmp_path, monkeypatch):
    """A packed file, a sheet or one with a footer is copied to the temporary files before DuckDB reads it."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    file = write_source(tmp_path, subscriptions=ONE)
    monkeypatch.setattr(prepared, "paths", full)
    with pytest.raises(NoRoom, match="more room than"):
        check.walk(file, TODAY)


@pytest.mark.parametrize("limit", ["much", "-5GB", "1GB'; drop table x; --"])
def test_a_limit_that_is_no_amount_is_refused(tmp_path, limit):
    with pytest.raises(Refused, match=r"memory_limit .* is not an amount of memory"):
        opened(tmp_path, f'memory_limit = "{limit}"')


def test_a_temp_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"temp_directory: .*nowhere: No such file"):
        opened(tmp_path, 'temp_directory = "nowhere"')


@pytest.mark.slow
def test_a_disk_that_fills_while_spilling_is_a_plain_refusal(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode and not os.environ.get("CI"):
        pytest.skip("mounting a disk of 4 MB takes root")
    assert mounted.returncode == 0, mounted.stderr
    try:
        with pytest.raises(NoRoom, match=r"more room than .* the disk for temporary files"):
            opened(tmp_path, 'memory_limit = "48MB"\ntemp_directory = "disk"').query(WIDE)
    finally:
        gc.collect()
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        duckdb.IOException('IO Error: Could not write file "/tmp/x/tables.duckdb": No space left on device'),
        duckdb.IOException('IO Error: Could not write file "/tmp/x/tables.duckdb": Disk quota exceeded'),
    ],
)
def test_a_full_folder_for_temporary_files_is_named_with_the_way_to_another(tmp_path, monkeypatch, error):
    """Also where a copy of a file is written there before any query, and whatever the error's own words are."""

    def full(*_):
        raise error

    monkeypatch.setattr(prepared, "paths", full)
    file = write_source(tmp_path, subscriptions=ONE, source='temp_directory = "."')
    with pytest.raises(NoRoom, match=r"temporary files \(\.\) have left\n    Fix: .*temp_directory"):
        sources.open(file, "2024-12")
