"""A pack is put in place at one instant: readers see the old one or the new one, whole, whatever happens between."""

import fcntl
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.commands.report import manifest, pack
from helpers.errors import Refused


def made(folder: Path, text: str) -> Path:
    (folder / "tables").mkdir(parents=True)
    (folder / "index.html").write_text(text, encoding="utf-8")
    (folder / "tables" / f"{text}.csv").write_text(text, encoding="utf-8")
    (folder / manifest.FILE).write_text(manifest.sealed({"notebooks": []}, folder), encoding="utf-8")
    return folder


def is_whole(folder: Path, text: str, *others: str) -> bool:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return (
        found == {"index.html", f"tables/{text}.csv", manifest.FILE, *others}
        and (folder / "index.html").read_text(encoding="utf-8") == text
    )


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
    # Of this module alone: the scratch folder of a source may be removed at any moment, as garbage.
    mine = SimpleNamespace(rmtree=lambda path: (states.append(is_whole(target, "new")), shutil.rmtree(path)))
    monkeypatch.setattr(pack, "shutil", mine)
    pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert states == [True]


# What stands in the way


def test_after_the_exchange_nothing_fails_and_the_next_run_clears(tmp_path, monkeypatch, way):
    """The old pack cannot be removed, as in a folder of somebody else's: the new one is in place, and that is said."""
    target, said = made(tmp_path / "2026-10", "old"), []

    def refuses(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(pack, "shutil", SimpleNamespace(rmtree=refuses))
    for text in ("new", "newer"):  # the second finds the first's name taken, and that stops it as little
        with pack.building(tmp_path, "2026-10", said.append) as folder:
            folder.rmdir()
            pack.put_in_place(made(folder, text), target, say=said.append)
        assert is_whole(target, text) and any("could not be removed" in line for line in said)
    assert len(seen(tmp_path)) == 3
    monkeypatch.setattr(pack, "shutil", shutil)
    with pack.building(tmp_path, "2026-10"):
        pass
    assert seen(tmp_path) == ["2026-10"] and is_whole(target, "newer")


def test_a_disk_that_does_not_confirm_the_exchange_is_said_and_no_failure(tmp_path, monkeypatch):
    target, said, real = made(tmp_path / "2026-10", "old"), [], pack.to_disk

    def fails(paths):
        paths = list(paths)
        if paths == [tmp_path]:
            raise OSError(5, "Input/output error")
        real(paths)

    monkeypatch.setattr(pack, "to_disk", fails)
    pack.put_in_place(made(tmp_path / ".new", "new"), target, say=said.append)
    assert is_whole(target, "new") and "does not confirm" in said[0]


def test_a_read_only_pack_is_replaced_like_any_other(tmp_path, way):
    target = made(tmp_path / "2026-10", "old")
    for place in (target / "tables", target):
        place.chmod(0o500)
    pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert seen(tmp_path) == ["2026-10"] and is_whole(target, "new")


@pytest.mark.parametrize("name", ["2026-10", "2026-10.failed"])
def test_a_link_a_file_or_the_folder_of_somebody_else_is_refused_before_anything_runs(tmp_path, name):
    place, other = tmp_path / "packs" / name, tmp_path / "mine"
    place.parent.mkdir()
    pack.refuse_unfit(place.parent, "2026-10")
    made(other, "old")
    place.symlink_to(other)
    with pytest.raises(Refused, match=r"is a link to .*mine"):
        pack.refuse_unfit(place.parent, "2026-10")
    place.unlink()
    place.write_text("notes")
    with pytest.raises(Refused, match="is a file"):
        pack.refuse_unfit(place.parent, "2026-10")
    place.unlink()
    place.mkdir()
    pack.refuse_unfit(place.parent, "2026-10")  # an empty folder is nobody's
    for text in (None, "", "[]", '{"name": "package"}'):
        (place / "customers.csv").write_text("A")
        if text is not None:
            (place / "manifest.json").write_text(text)
        with pytest.raises(Refused, match=r"holds files, but no manifest\.json of a report"):
            pack.refuse_unfit(place.parent, "2026-10")
        assert (place / "customers.csv").read_text() == "A"


def test_a_pack_is_no_place_for_packs(tmp_path):
    made(tmp_path / "2026-10", "old")
    (tmp_path / "2026-10" / manifest.FILE).write_text('{"notebooks": []}')
    with pytest.raises(Refused, match=rf"2026-10 is a report itself: .*--out {tmp_path}$"):
        pack.refuse_unfit(tmp_path / "2026-10", "2026-10")


def test_a_pack_whose_manifest_is_spoilt_is_replaced_and_loses_no_file_of_others(tmp_path, way):
    target = made(tmp_path / "2026-10", "old")
    (target / "index.html").write_text('<meta name="generator" content="After the Deal">')
    (target / "notes.md").write_text("ask Ann")
    (target / "manifest.json").write_text('{"notebooks": [{}')
    pack.refuse_unfit(tmp_path, "2026-10")
    pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert is_whole(target, "new", "notes.md", "tables/old.csv")


def test_what_a_dead_run_left_under_a_link_or_a_file_is_cleared_and_the_links_target_stays(tmp_path):
    made(tmp_path / "elsewhere", "mine")
    (tmp_path / ".2026-10.building").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".2026-10.building-1").write_text("a file")
    with pack.building(tmp_path, "2026-10"):
        pass
    assert seen(tmp_path) == ["elsewhere"] and is_whole(tmp_path / "elsewhere", "mine")


# Files of others


def test_a_file_that_the_report_did_not_write_moves_along_and_what_it_wrote_does_not(tmp_path, way):
    target, failed = made(tmp_path / "2026-10", "old"), made(tmp_path / "2026-10.failed", "half")
    (target / "notes").mkdir()
    (target / "notes" / "call.md").write_text("ask Ann")
    (target / "latest").symlink_to("index.html")
    (failed / "why.txt").write_text("the disk")
    pack.put_in_place(made(tmp_path / ".new", "new"), target, [failed])
    assert seen(tmp_path) == ["2026-10"] and is_whole(target, "new", "notes/call.md", "latest", "why.txt")
    assert (target / "notes" / "call.md").read_text() == "ask Ann" and (target / "latest").readlink() == Path(
        "index.html"
    )
    pack.put_in_place(made(tmp_path / ".new", "newer"), target)
    assert is_whole(target, "newer", "notes/call.md", "latest", "why.txt")


def test_a_file_of_others_is_copied_where_there_are_no_links(tmp_path, monkeypatch):
    target = made(tmp_path / "2026-10", "old")
    (target / "notes.md").write_text("ask Ann")

    def no_links(*_, **__):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(pack.os, "link", no_links)
    pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert is_whole(target, "new", "notes.md")


def test_a_file_of_others_is_never_overwritten_by_one_of_the_same_name(tmp_path, way):
    target = made(tmp_path / "2026-10", "old")
    (target / "tables" / "new.csv").write_text("mine")
    with pytest.raises(FileExistsError, match=r"tables/new\.csv is not the report's.*move yours"):
        pack.put_in_place(made(tmp_path / ".new", "new"), target)
    assert is_whole(target, "old", "tables/new.csv") and (target / "tables" / "new.csv").read_text() == "mine"


def test_what_is_renamed_is_on_disk_first(tmp_path, monkeypatch):
    """Every file and folder of the pack is handed to the disk before the rename, the folder around it after."""
    done = []
    real, rename = pack.to_disk, Path.rename
    monkeypatch.setattr(pack, "to_disk", lambda paths: [(done.append(path), real([path])) for path in paths])
    monkeypatch.setattr(Path, "rename", lambda path, to: (done.append("rename"), rename(path, to)))
    new = made(tmp_path / ".new", "new")
    inside = {new, *new.rglob("*")}
    pack.put_in_place(new, tmp_path / "2026-10")
    at = done.index("rename")
    assert set(done[:at]) == inside and len(inside) == 5 and done[at + 1 :] == [tmp_path]


def test_a_system_that_cannot_exchange_says_so_and_changes_nothing(tmp_path, monkeypatch):
    one, other = made(tmp_path / "one", "one"), made(tmp_path / "other", "other")
    monkeypatch.setattr(pack.sys, "platform", "darwin")
    assert pack._exchanged(one, other) is False
    assert is_whole(one, "one") and is_whole(other, "other")


@pytest.mark.parametrize("name", ["2026-10", "2026-10.failed"])
def test_a_crash_between_the_two_renames_is_fixed_by_the_next_run(tmp_path, monkeypatch, name):
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


def test_only_what_a_run_leaves_is_cleared(tmp_path):
    """Not a folder of somebody else's whose name only begins like one of ours."""
    for name in (".2026-10.building", ".2026-10.building-2", ".2026-10.building-notes", ".2026-10.old.zip"):
        (tmp_path / name).mkdir()
    with pack.building(tmp_path, "2026-10"):
        pass
    assert seen(tmp_path) == [".2026-10.building-notes", ".2026-10.old.zip"]
