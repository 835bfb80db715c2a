"""The layers of a page: what it answers, the evidence, which is folded, and what is for analysts, folded at its end.

A notebook says which is which by tags. A section whose heading is tagged `evidence` is one fold, named by its question;
of other sections, the cells tagged so are, named by a heading of their own (###) or by what they show. Sections tagged
`analysts` go to the end, as do definitions, checks and provenance in any notebook. Without tags all is answer.
"""

import re
from collections.abc import Iterator
from itertools import chain, groupby

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

CONTENTS, METHOD = "<!-- contents -->", "<!-- for analysts -->"
_FOLD, _END = '<details class="evidence"><summary>', "</details>"
_FOR_ANALYSTS = ("Definitions, exclusions, caveats", "Checks", "Provenance")
_CAPTION = re.compile(r"<(?:caption|h3)>(.*?)</(?:caption|h3)>", re.DOTALL)


def layered(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells in the order of their page, each with the HTML that stands `before` and `after` it in its metadata."""
    sections = [[]]
    for cell in cells:
        cell.metadata["before"] = cell.metadata["after"] = ""
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    opening, *sections = sections
    answer = [section for section in sections if _layer(section[0]) != "analysts"]
    method = [section for section in sections if _layer(section[0]) == "analysts"]
    answer = [_folded(section) if _layer(section[0]) == "evidence" else _with_folds(section) for section in answer]
    for mark, part in ((METHOD, method), (CONTENTS, [*answer, *method])):
        if part:
            part[0][0].metadata["before"] = mark + part[0][0].metadata["before"]
    return [*opening, *chain.from_iterable([*answer, *method])]


def _layer(cell: NotebookNode) -> str:
    """The layer that a heading's tags, or its words, put it in; empty for an answer."""
    if cell.cell_type == "markdown" and cell.source.partition("\n")[0].removeprefix("## ").strip() in _FOR_ANALYSTS:
        return "analysts"
    return next((tag for tag in cell.metadata.get("tags", []) if tag in ("evidence", "analysts")), "")


def _folded(section: list[NotebookNode]) -> list[NotebookNode]:
    """A section as one fold, whose name is its heading."""
    head, *rest = section
    head.source, _, text = head.source.partition("\n")
    if text.strip():
        rest = [new_markdown_cell(text, metadata={"before": "", "after": ""}), *rest]
    head.metadata["before"], head.metadata["after"] = _FOLD, "</summary>" + _END * (not rest)
    if rest:
        rest[-1].metadata["after"] = _END
    return [head, *rest]


def _with_folds(section: list[NotebookNode]) -> list[NotebookNode]:
    """A section whose cells of evidence are folded where they stand, under the name of what they show."""
    for layer, run in groupby(section, _layer):
        cells = list(run)
        if layer == "evidence" and cells[0].source.startswith("### "):
            _folded(cells)
        elif layer == "evidence" and any(cell.get("outputs") or cell.cell_type == "markdown" for cell in cells):
            cells[0].metadata["before"] = f"{_FOLD}{next(_captions(cells), 'More on this')}</summary>"
            cells[-1].metadata["after"] = _END
    return section


def _captions(cells: list[NotebookNode]) -> Iterator[str]:
    outputs = chain.from_iterable(cell.get("outputs", []) for cell in cells)
    for output in outputs:
        yield from _CAPTION.findall(output.get("data", {}).get("text/html", ""))
