"""notebooks/README.md lists what a notebook may call, as the faces say it; Tab completes that and nothing else."""

import ast
import re
from importlib import import_module
from pathlib import Path

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
    known = listed | {name.rpartition(".")[0] for name in listed}
    for name in ("00_template", *SHIPPED):
        file = PROJECT / "notebooks" / f"{name}.ipynb"
        if file.is_file():
            assert called(file) - known == set(), name


def called(file: Path) -> set[str]:
    """The dotted names of faces in the code of a notebook."""
    sources = [cell.source for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "helpers"]
    imported = {alias.name for node in imports for alias in node.names}
    dotted = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    return {name for name in dotted if name.partition(".")[0] in imported and re.fullmatch(r"[\w.]+", name)}
