"""A notebook as a file: where the numbered ones lie, what its cells say without being run, and its clean form."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.commands import files
from helpers.errors import Refused
from helpers.sources import ROOT

NOTEBOOKS = ROOT / "notebooks"
_NUMBERED = re.compile(r"\d\d_\w+")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_OF_A_RUN = frozenset({"execution", "papermill", "collapsed", "scrolled", "trusted", "ExecuteTime"})
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def numbered(folder: Path = NOTEBOOKS) -> dict[str, Path]:
    """The notebooks of a folder that are named like `10_metrics.ipynb`, by name, in order; 00 is the template."""
    return {path.stem: path for path in sorted(folder.glob("*.ipynb")) if _NUMBERED.fullmatch(path.stem)}


@contextmanager
def _valid(name: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{name} is not a valid notebook file; restore it from git or fix its JSON") from None


def cells(notebook: Path) -> list[dict]:
    """The cells of a notebook, each with `cell_type`, `source` as one text, and `tags`; `Refused` for no notebook."""
    with _valid(notebook.name):
        read = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        texts = [{"source": "".join(cell["source"]), "tags": cell.get("metadata", {}).get("tags", [])} for cell in read]
        return [cell | text for cell, text in zip(read, texts, strict=True)]


def outputs(cells: Iterable[dict]) -> list[dict]:
    """What the cells of a notebook put out, one after the other."""
    return [output for cell in cells for output in cell.get("outputs", [])]


def title(cells: Iterable[dict], fallback: str) -> str:
    """The first heading of a notebook, without Markdown's backslashes.

    >>> title([{"cell_type": "markdown", "source": "# Is 2\\\\*2 four?"}], "60_mine")
    'Is 2*2 four?'
    """
    for cell in cells:
        if cell["cell_type"] == "markdown" and (found := re.search(r"^#\s+(.+)$", cell["source"], re.MULTILINE)):
            return _ESCAPED.sub(r"\1", found[1].strip())
    return fallback


def heading_above(notebook: Path, source: str) -> str:
    """The last heading above the first cell that holds `source`; empty where no cell does.

    >>> heading_above(NOTEBOOKS / "00_template.ipynb", "page.provenance(tables)")
    'Provenance'
    """
    heading = ""
    for cell in cells(notebook):
        if cell["cell_type"] == "markdown" and cell["source"].startswith("#"):
            heading = cell["source"].splitlines()[0].lstrip("# ")
        if source and cell["source"] == source:
            return heading
    return ""


def clean(folder: Path = NOTEBOOKS) -> list[Path]:
    """Write every notebook of a folder as it is committed; the files that this changed."""
    changed = []
    for path in sorted(folder.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        if (written := cleaned(text, path.name)) != text:
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
    with _valid(name):
        notebook = json.loads(text)
        about = notebook.get("metadata", {}) | {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        about.pop("widgets", None)
        made = notebook | {"cells": list(map(_cleaned_cell, notebook["cells"])), "metadata": about}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cleaned_cell(cell: dict) -> dict:
    about = {key: value for key, value in cell.get("metadata", {}).items() if key not in _OF_A_RUN}
    # Whether outputs are folded is removed along with them.
    hidden = {key: value for key, value in about.pop("jupyter", {}).items() if not key.startswith("outputs_")}
    source = "".join(cell["source"]).splitlines(keepends=True)
    made = cell | {"metadata": about | ({"jupyter": hidden} if hidden else {}), "source": source}
    if cell["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    return made
