"""Whether a pack is as it was written: `verify` names every file that is missing, changed or extra."""

import json
import os
import shutil

import pytest

from helpers.__main__ import main
from helpers.commands.report import manifest


@pytest.fixture
def pack(tmp_path):
    """A pack of three files, sealed."""
    folder = tmp_path / "2026-10"
    (folder / "tables").mkdir(parents=True)
    for name in ("index.html", "summary.md", "tables/metrics.csv"):
        (folder / name).write_text(f"content of {name}", encoding="utf-8")
    (folder / manifest.FILE).write_text(manifest.sealed({"notebooks": [], "period": "2026-10"}, folder))
    return folder


def found(pack, capsys, code=1) -> dict[str, list[str]]:
    assert main(["verify", str(pack), "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert (answer["exit_code"], answer["status"]) == (code, "ok" if code == 0 else "failed")
    (each,) = answer["packs"]
    assert bool(answer["error"]) == (code == 1) and each["path"] == str(pack)
    return {how: each[how] for how in ("missing", "changed", "extra") if each[how]}


def test_a_pack_as_it_was_written_is_whole(pack, capsys):
    assert found(pack, capsys, code=0) == {}
    assert main(["verify", str(pack)]) == 0
    assert capsys.readouterr().out == f"{pack}: whole, every file as it was written\n"


@pytest.mark.parametrize("name", ["index.html", "summary.md", "tables/metrics.csv"])
def test_every_file_is_watched(pack, capsys, name):
    (pack / name).write_text("other", encoding="utf-8")
    assert found(pack, capsys) == {"changed": [name]}
    (pack / name).unlink()
    assert found(pack, capsys) == {"missing": [name]}


@pytest.mark.parametrize("how", ["a pipe", "a link to the same text"])
def test_what_stands_in_the_place_of_a_file_is_no_file_as_it_was_written(pack, capsys, tmp_path, how):
    (pack / "summary.md").rename(tmp_path / "elsewhere.md")
    if how == "a pipe":
        os.mkfifo(pack / "summary.md")
    else:
        (pack / "summary.md").symlink_to(tmp_path / "elsewhere.md")
    assert found(pack, capsys) == {"changed": ["summary.md"]}


def test_a_pipe_for_a_manifest_is_none(pack, capsys):
    (pack / manifest.FILE).unlink()
    os.mkfifo(pack / manifest.FILE)
    assert (main(["verify", str(pack)]), manifest.read(pack)) == (2, {})


def test_a_manifest_that_somebody_edited_is_told(pack, capsys):
    file = pack / manifest.FILE
    file.write_text(file.read_text(encoding="utf-8").replace("2026-10", "2026-11"), encoding="utf-8")
    assert found(pack, capsys) == {"changed": [manifest.FILE]}


def test_extra_files_and_links_are_named_and_a_link_is_not_followed(pack, capsys, tmp_path):
    (pack / "notes.md").write_text("mine")
    (pack / "tables" / "more").symlink_to(tmp_path)
    assert found(pack, capsys) == {"extra": ["notes.md", "tables/more"]}
    main(["verify", str(pack)])
    assert capsys.readouterr().out.splitlines()[1:] == ["  extra: notes.md", "  extra: tables/more"]


def test_of_several_packs_one_that_is_not_whole_counts(pack, capsys):
    other = shutil.copytree(pack, pack.with_name("2026-09"))
    (other / "index.html").unlink()
    assert main(["verify", str(pack), str(other), "--json"]) == 1
    assert [each["status"] for each in json.loads(capsys.readouterr().out)["packs"]] == ["ok", "failed"]


@pytest.mark.parametrize("text", ["", "[]", '{"notebooks": []}'])
def test_a_manifest_that_seals_nothing_is_said_to_be_no_proof(pack, capsys, text):
    (pack / manifest.FILE).write_text(text, encoding="utf-8")
    assert found(pack, capsys) == {}
    main(["verify", str(pack)])
    assert "nothing can be compared" in capsys.readouterr().out


def test_without_a_name_the_latest_pack_is_compared_and_named(pack, capsys, monkeypatch):
    for name in ("2026-Q3", "2026-09", "2026-10.failed", "2026-11.failed", "2027-01 draft"):
        shutil.copytree(pack, pack.with_name(name))
    pack.with_name("2026-12").mkdir()
    monkeypatch.setattr(manifest, "REPORTS", pack.parent)
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == f"{pack}: whole, every file as it was written\n"
    (pack / "index.html").unlink()
    assert main(["verify"]) == 1
    shutil.rmtree(pack)
    assert manifest.latest(pack.parent).name == "2026-09", "of two that end on one day, the one that begins last"


def test_where_nothing_was_reported_yet_that_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(manifest, "REPORTS", tmp_path)
    assert main(["verify"]) == 2
    assert "holds no pack yet: make one with `python -m helpers report`" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nowhere"], ["."], ["--jsn", "."]])
def test_what_is_no_pack_is_refused(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    assert main(["verify", *arguments]) == 2
    assert "refused: " in capsys.readouterr().err


def test_a_name_that_steers_a_terminal_does_not_reach_it(pack, capsys):
    (pack / "a\x1b[2J.html").write_text("evil")
    main(["verify", str(pack)])
    assert r"extra: a\x1b[2J.html" in capsys.readouterr().out
