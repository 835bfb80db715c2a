"""A notebook is read as a file in one place: which are numbered, what its cells say, and what is no notebook."""

import json

import pytest

from helpers.commands import needs, new, notebook_file
from helpers.commands.report import parameters
from helpers.errors import Refused


def written(folder, text: str):
    file = folder / "60_mine.ipynb"
    file.write_text(text, encoding="utf-8")
    return file


def test_only_what_is_named_with_two_digits_is_a_notebook_of_the_project(tmp_path):
    for name in ("70_b.ipynb", "10_a.ipynb", "7_short.ipynb", "60-dash.ipynb", "notes.ipynb", "80_c.txt"):
        (tmp_path / name).write_text("{}")
    assert list(notebook_file.numbered(tmp_path)) == ["10_a", "70_b"]


def test_a_source_may_be_one_text_or_lines_and_tags_may_be_missing(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Why\n", "now?"], "metadata": {}},
        {"cell_type": "code", "source": "n = 1", "metadata": {"tags": ["parameters"]}},
    ]
    read = notebook_file.cells(written(tmp_path, json.dumps({"cells": cells})))
    assert [cell["source"] for cell in read] == ["# Why\nnow?", "n = 1"]
    assert [cell["tags"] for cell in read] == [[], ["parameters"]]


def test_the_heading_above_is_that_of_the_first_cell_with_the_text_and_no_later_one(tmp_path):
    texts = [("markdown", "# A?"), ("code", "x"), ("markdown", "## B?\nmore"), ("code", "y"), ("markdown", "## C")]
    cells = [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in texts]
    file = written(tmp_path, json.dumps({"cells": cells}))
    assert [notebook_file.heading_above(file, text) for text in ("x", "y", "z", "")] == ["A?", "B?", "", ""]


def beside(file):
    """A new notebook in the project that has the file."""
    folder = file.parent / "project" / "notebooks"
    folder.mkdir(parents=True)
    file.rename(folder / file.name)
    new.create("Why now?", root=folder.parent)


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD", "[]", '{"cells": 3}', '{"cells": [1]}', '{"cells": [{"a": 1}]}'])
@pytest.mark.parametrize("read", [parameters.read, needs.read, beside], ids=["parameters", "needs", "new"])
def test_what_is_no_notebook_is_refused_in_the_same_words_wherever_it_is_read(tmp_path, read, text):
    with pytest.raises(Refused, match=r"60_mine\.ipynb is not a valid notebook file; restore it from git"):
        read(written(tmp_path, text))
