"""The page of a notebook whose tables the source does not have: its question, and what is missing."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.commands import clean, needs, notebook_file
from helpers.sources import Tables


def page(notebook: Path, tables: Tables) -> nbformat.NotebookNode | None:
    """The notebook in place of one that was run; None where the source has every table that its title cell needs."""
    stated = needs.read(notebook)
    absent = [name for name in stated.needs if not tables.has(name)] if stated else []
    if not absent:
        return None
    said = needs.sentence(absent)
    shown = {"text/plain": said, "text/html": f'<p class="headline mathjax_ignore">{said}</p>'}
    title = new_markdown_cell(notebook_file.cells(notebook)[0]["source"])
    line = new_code_cell(f"# Not run: {said}", metadata={"tags": ["headline"]}, execution_count=1)
    line.outputs = [new_output("display_data", data=shown)]
    return new_notebook(cells=[title, line], metadata={"kernelspec": clean.KERNEL})
