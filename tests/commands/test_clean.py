"""What a run leaves in a notebook goes by one command, and what its author wrote stays to the byte."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from packs import PROJECT

from helpers.commands import notebook_file as clean
from helpers.errors import Refused

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@every_notebook
def test_a_notebook_is_in_the_form_that_is_committed(path):
    text = path.read_text(encoding="utf-8")
    assert clean.cleaned(text) == text, "run: .venv/bin/python -m helpers clean"


@every_notebook
def test_run_all_and_save_then_clean_leaves_no_difference(path):
    # As JupyterLab saves: outputs, counts, folded outputs, its own kernel and language.
    notebook = nbformat.read(path, as_version=4)
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.execution_count, cell.metadata["scrolled"] = count, True
        cell.metadata["execution"] = {"iopub.status.busy": "2026-11-27T22:00:00Z"}
        cell.metadata["jupyter"] = cell.metadata.get("jupyter", {}) | {"outputs_hidden": True}
        cell.outputs = [new_output("stream", text="$3.2M")]
    notebook.metadata.kernelspec = {"display_name": "mine", "language": "python", "name": "mine"}
    notebook.metadata.language_info |= {"version": "3.12.1", "pygments_lexer": "ipython3"}
    notebook.metadata["widgets"] = {}
    assert clean.cleaned(nbformat.writes(notebook)) == path.read_text(encoding="utf-8")


def test_what_the_author_set_stays_and_only_changed_files_are_written(tmp_path):
    cell = new_code_cell("a = 1\nb = 2", id="mine", metadata={"tags": ["author"], "jupyter": {"source_hidden": True}})
    cell.execution_count = 4
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "60_mine.ipynb")
    assert [path.name for path in clean.clean(tmp_path)] == ["60_mine.ipynb"]
    (kept,) = json.loads((tmp_path / "60_mine.ipynb").read_text(encoding="utf-8"))["cells"]
    assert kept["metadata"] == {"tags": ["author"], "jupyter": {"source_hidden": True}}
    assert "".join(kept["source"]) == "a = 1\nb = 2" and kept["id"] == "mine" and kept["execution_count"] is None
    assert clean.clean(tmp_path) == []


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"cells": [1]}', '{"nbformat": 4}'])
def test_a_file_that_is_no_notebook_is_refused_and_left_as_it_is(text, tmp_path):
    file = tmp_path / "60_mine.ipynb"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"60_mine\.ipynb is not a valid notebook file"):
        clean.clean(tmp_path)
    assert file.read_text(encoding="utf-8") == text
