"""A pack is put in place at one instant: readers see the old one or the new one, whole, whatever happens between."""

import fcntl
import os
from pathlib import Path

import pytest

from helpers.commands.report import pack


def made(folder: Path, text: str) -> Path:
    (folder / "tables").mkdir(parents=True)
    (folder / "index.html").write_text(text, encoding="utf-8")
    (folder / "tables" / f"{text}.csv").write_text(text, encoding="utf-8")
    return folder


def is_whole(folder: Path, text: str) -> bool:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return found == {"index.html", f"tables/{text}.csv"} and (folder / "index.html").read_text(encoding="utf-8") == text


def seen(out: Path) -> list[str]:
    """What is in the folder of packs, but for the lock."""
    return sorted(path.name for path in out.iterdir() if path.suffix != ".lock")


@pytest.fixture(params=["exchange", "two renames"])
def way(request, monkeypatch):
    """Both ways of replacing a folder: the atomic one, and the one where the system has no exchange."""
    if request.param == "two renames":
        monkeypatch.setattr(pack, "_exchanged", lambda one, other: False)


def test_the_first_pack_is_renamed_into_its_place(tmp_path, way):
    pack.put_in_place(made(tmp_path / ".new", "new"), tmp_path / "2026-10")
    assert seen(tmp_path) == ["2026-10"] and is_whole(tmp_path / "2026-10", "new")


def test_a_later_pack_takes_the_place_of_the_one_before(tmp_path, way):
    target = made(tmp_path / "2026-10", "old")
    pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert seen(tmp_path) == ["2026-10"] and is_whole(target, "new")


def test_at_no_moment_of_an_exchange_is_the_place_empty_or_half_full(tmp_path, monkeypatch):
    target, states = made(tmp_path / "2026-10", "old"), []
    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, lambda *_: pytest.fail("an exchange needs no rename"))
    removed = pack.shutil.rmtree
    monkeypatch.setattr(pack.shutil, "rmtree", lambda path: (states.append(is_whole(target, "new")), removed(path)))
    pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert states == [True]


def test_a_system_that_cannot_exchange_says_so_and_changes_nothing(tmp_path, monkeypatch):
    one, other = made(tmp_path / "one", "one"), made(tmp_path / "other", "other")
    monkeypatch.setattr(pack.sys, "platform", "darwin")
    assert pack._exchanged(one, other) is False
    assert is_whole(one, "one") and is_whole(other, "other")


@pytest.mark.parametrize("name", ["2026-10", "2026-10.failed"])
def test_a_crash_between_the_two_renames_is_mended_by_the_next_run(tmp_path, monkeypatch, name):
    target, rename = made(tmp_path / name, "old"), Path.rename
    monkeypatch.setattr(pack, "_exchanged", lambda one, other: False)

    def crashing(path, to):
        if path.name == ".2026-10.building":
            raise KeyboardInterrupt
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", crashing)
    with pytest.raises(KeyboardInterrupt):
        pack.put_in_place(made(tmp_path / ".2026-10.building", "new"), target)
    monkeypatch.setattr(Path, "rename", rename)
    assert not target.exists()  # the moment that only these systems have
    with pack.building(tmp_path, "2026-10"):
        assert is_whole(target, "old")
    assert seen(tmp_path) == [name]


def test_a_crash_after_the_two_renames_keeps_the_new_pack(tmp_path):
    target = made(tmp_path / "2026-10", "new")
    made(tmp_path / ".2026-10.old", "old")
    with pack.building(tmp_path, "2026-10"):
        assert is_whole(target, "new")
    assert seen(tmp_path) == ["2026-10"]


def test_what_a_dead_run_left_is_cleared(tmp_path):
    made(tmp_path / ".2026-10.building", "half")
    with pack.building(tmp_path, "2026-10") as folder:
        assert list(folder.iterdir()) == []
        assert folder.name.startswith(".") and folder.parent == tmp_path  # beside the target: one file system
    assert seen(tmp_path) == []


def test_another_period_is_left_alone(tmp_path):
    made(tmp_path / ".2026-09.building", "half")
    with pack.building(tmp_path, "2026-10"):
        pass
    assert seen(tmp_path) == [".2026-09.building"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failed_build_leaves_nothing_and_the_last_pack_stays(tmp_path, error):
    target = made(tmp_path / "2026-10", "old")
    with pytest.raises(error), pack.building(tmp_path, "2026-10") as folder:
        made(folder / "half", "new")
        raise error
    assert seen(tmp_path) == ["2026-10"] and is_whole(target, "old")


def test_the_second_of_two_is_told_who_holds_the_lock(tmp_path):
    with pack.building(tmp_path, "2026-10") as folder:
        with pytest.raises(pack.Locked, match=rf"2026-10.*process {os.getpid()} on"):
            pack.building(tmp_path, "2026-10").__enter__()
        assert folder.is_dir()  # the second one cleared nothing of the first
        with pack.building(tmp_path, "2026-11"):
            pass
    with pack.building(tmp_path, "2026-10"):
        pass


def test_the_lock_is_flocks_so_it_ends_with_its_process(tmp_path):
    with pack.building(tmp_path, "2026-10"):
        pass
    (lock,) = tmp_path.glob(".*.lock")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(pack.Locked):
            pack.building(tmp_path, "2026-10").__enter__()
