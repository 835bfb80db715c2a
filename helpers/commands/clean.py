"""Notebooks as they are committed: without what a run left in them, in the form that JupyterLab saves."""

import json
from pathlib import Path

from helpers.commands import files, notebook_file
from helpers.errors import Refused

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_OF_A_RUN = frozenset({"execution", "papermill", "collapsed", "scrolled", "trusted", "ExecuteTime"})


def clean(folder: Path = notebook_file.NOTEBOOKS) -> list[Path]:
    """Write every notebook of a folder as it is committed; the files that this changed."""
    changed = []
    for path in sorted(folder.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        written = cleaned(text, path.name)
        if written != text:
            files.write(path, written)
            changed.append(path)
    return changed


def cleaned(text: str, name: str = "notebook") -> str:
    r"""The text of a notebook without what a run left in it; running and saving it changes nothing that remains.

    >>> cell = '{"cell_type": "code", "id": "a", "metadata": {"scrolled": true}, "source": "1", "execution_count": 7}'
    >>> made = json.loads(cleaned('{"cells": [' + cell + '], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'))
    >>> made["cells"][0]["metadata"], made["cells"][0]["execution_count"], made["cells"][0]["outputs"]
    ({}, None, [])
    """
    try:
        notebook = json.loads(text)
        cells = [_cell(cell) for cell in notebook["cells"]]
        about = notebook.get("metadata", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{name} is not a valid notebook file; restore it from git or fix its JSON") from None
    about |= {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    about.pop("widgets", None)
    made = notebook | {"cells": cells, "metadata": about}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cell(cell: dict) -> dict:
    about = {key: value for key, value in cell.get("metadata", {}).items() if key not in _OF_A_RUN}
    # Whether outputs are folded is removed along with them.
    hidden = {key: value for key, value in about.pop("jupyter", {}).items() if not key.startswith("outputs_")}
    source = "".join(cell["source"]).splitlines(keepends=True)
    made = cell | {"metadata": about | ({"jupyter": hidden} if hidden else {}), "source": source}
    if cell["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    return made
