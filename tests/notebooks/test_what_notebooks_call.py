"""notebooks/README.md lists what a notebook may call, as the faces say it; Tab completes that and nothing else."""

import ast
import re
from importlib import import_module

import faces
import nbformat
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from packs import PROJECT, SHIPPED

PAGE = faces.FILE.read_text(encoding="utf-8")
MODULES = [face for face in faces.FACES if face != "tables"]


def test_the_page_is_what_the_faces_say():
    assert faces.page(PAGE) == PAGE, "write it anew: .venv/bin/python tests/company/faces.py"


def test_every_row_shows_its_name_at_work_and_says_what_it_is():
    for face, rows in faces.sections(PAGE).items():
        assert [faces.named(face, example) for example, _, _ in rows] == faces.names(face)
        assert all(ast.parse(example) and gives and about.endswith(".") for example, gives, about in rows)
    assert len(faces.sections(PAGE)) == len(faces.FACES) and PAGE.count("\n| `") > 100


@pytest.mark.parametrize("face", MODULES)
def test_tab_completes_the_names_of_the_page_and_no_others(face):
    shell = InteractiveShell.instance()
    try:
        shell.user_ns[face] = import_module(f"helpers.{face}")
        with provisionalcompleter():
            offered = {each.text for each in shell.Completer.completions(f"{face}.", len(face) + 1)}
    finally:
        InteractiveShell.clear_instance()
    assert {name for name in offered if not name.startswith("_")} == {name.split(".")[1] for name in faces.names(face)}


def test_the_shipped_notebooks_call_nothing_else():
    listed = {name for face in faces.FACES for name in faces.names(face)}
    for name in ("00_template", *SHIPPED):
        file = PROJECT / "notebooks" / f"{name}.ipynb"
        if file.is_file():
            cells = nbformat.read(file, as_version=4).cells
            code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
            imported = set(re.findall(r"\w+", " ".join(re.findall(r"^from helpers import (.+)$", code, re.MULTILINE))))
            called = {found[0] for found in re.finditer(r"(?<![\w/])(\w+)(\.\w+)+", code) if found[1] in imported}
            assert {call for call in called if not listed & prefixes(call)} == set(), name


def prefixes(name: str) -> set[str]:
    """A dotted name and those in front of it."""
    parts = name.split(".")
    return {".".join(parts[:end]) for end in range(2, len(parts) + 1)}
