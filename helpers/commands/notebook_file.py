"""A notebook as a file: where the numbered ones lie, and what the cells of one say without being run."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from helpers.errors import Refused
from helpers.sources import ROOT

NOTEBOOKS = ROOT / "notebooks"
_NUMBERED = re.compile(r"\d\d_\w+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def numbered(folder: Path = NOTEBOOKS) -> dict[str, Path]:
    """The notebooks of a folder that are named like `10_metrics.ipynb`, by name, in order; 00 is the template."""
    return {path.stem: path for path in sorted(folder.glob("*.ipynb")) if _NUMBERED.fullmatch(path.stem)}


def cells(notebook: Path) -> list[dict]:
    """The cells of a notebook, each with `cell_type`, `source` as one text, and `tags`; `Refused` for no notebook."""
    try:
        read = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [
            {**cell, "source": "".join(cell["source"]), "tags": cell.get("metadata", {}).get("tags", [])}
            for cell in read
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{notebook.name} is not a valid notebook file; restore it from git or fix its JSON") from None


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
